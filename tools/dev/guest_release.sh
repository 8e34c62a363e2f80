#!/usr/bin/env bash
# The release artefact of the batch program (docs/architecture.md): its hash is part of a verifying key, so a protocol
# version ships the program as it was built, not only its sources.
#   guest_release.sh make     builds guest/batch and writes guest/release/batch.elf.zst and guest/release/batch.txt
#   guest_release.sh check    builds it again and compares: `equal`, `differs` (exit code 1), or `not compared` where the
#                             tools have other versions than those that made it, or nothing was released
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
RELEASE=guest/release

versions() {
  local package
  for package in clang-19 lld-19 picolibc-riscv64-unknown-elf gcc-riscv64-unknown-elf; do
    printf '%s %s\n' "$package" "$(dpkg-query -W -f '${Version}' "$package" 2>/dev/null || echo none)"
  done
}
hash_of() { sha256sum "$1" | cut -d' ' -f1; }

ensure_packages zstd
elf=$BUILD/guest/batch.elf
case ${1:-} in
  make)
    tools/dev/guest_batch.sh build
    mkdir -p "$RELEASE"
    zstd -q -19 -f "$elf" -o "$RELEASE/batch.elf.zst"
    { printf 'sha256 %s\n' "$(hash_of "$elf")" && versions; } >"$RELEASE/batch.txt"
    note "$RELEASE/batch.elf.zst: $(stat -c %s "$RELEASE/batch.elf.zst") bytes, $(head -n 1 "$RELEASE/batch.txt")"
    ;;
  check)
    if [[ ! -f $RELEASE/batch.txt ]]; then
      echo "not compared: no protocol version has been released yet"
    elif [[ $(tail -n +2 "$RELEASE/batch.txt") != "$(versions)" ]]; then
      echo "not compared: guest/release/batch.txt names other versions of the tools"
    else
      unpacked=$(mktemp)
      trap 'rm -f "$unpacked"' EXIT
      zstd -q -d -f "$RELEASE/batch.elf.zst" -o "$unpacked"
      tools/dev/guest_batch.sh build
      want=$(sed -n 's/^sha256 //p' "$RELEASE/batch.txt")
      if [[ $(hash_of "$unpacked") == "$want" && $(hash_of "$elf") == "$want" ]]; then
        echo "equal: $want"
      else
        echo "differs: released $want, unpacked $(hash_of "$unpacked"), built $(hash_of "$elf")"
        exit 1
      fi
    fi
    ;;
  *) die "guest_release takes make or check" ;;
esac
