# Finds the conformance data, unpacks archives once into build/vectors and exports ATLAS_VECTORS for the tests.
# Sourced after common.sh.

# unpack_vectors: leaves ATLAS_VECTORS pointing at an unpacked tree, or unset with a warning that says what is left out.
unpack_vectors() {
  local from=${ATLAS_VECTORS:-$ROOT/../shared/vectors}
  if [[ ! -d $from ]]; then
    warn "no conformance data at $from: left out are the suite 'conformance' and the tests that read vectors (they count
         as skipped). Put the archives of execution-spec-tests there or set ATLAS_VECTORS (docs/architecture.md, tests)."
    unset ATLAS_VECTORS
    return 0
  fi
  if ! compgen -G "$from/*.tar.zst" >/dev/null; then # already unpacked
    ATLAS_VECTORS=$(cd "$from" && pwd)
    export ATLAS_VECTORS
    return 0
  fi
  local to=$BUILD/vectors archive name stamp
  mkdir -p "$to/.stamps"
  for archive in "$from"/*.tar.zst "$from"/*.tsv.zst; do
    [[ -f $archive ]] || continue
    name=${archive##*/}
    stamp="$(stat -c '%s %Y' "$archive")"
    [[ -f $to/.stamps/$name && $(<"$to/.stamps/$name") == "$stamp" ]] && continue
    note "unpacking $name"
    case $name in
      *.tar.zst)
        rm -rf "${to:?}/${name%.tar.zst}"
        mkdir -p "$to/${name%.tar.zst}"
        zstd -dcq --long=27 "$archive" | tar xf - -C "$to/${name%.tar.zst}"
        ;;
      *.tsv.zst) zstd -dcq --long=27 "$archive" >"$to/${name%.zst}" ;;
    esac
    printf '%s\n' "$stamp" >"$to/.stamps/$name"
  done
  export ATLAS_VECTORS=$to
}
