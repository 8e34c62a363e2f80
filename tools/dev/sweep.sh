#!/usr/bin/env bash
# ./dev sweep [PART…] [--seed N] [--check]: the batch program against native execution, over everything that can be found.
#   e2e            every block that the end-to-end suites make
#   states[=N]     N of Ethereum's state tests as blocks of this chain (1,000)
#   random[=N]     N random transactions over random contracts (10,000)
#   native[=N]     as many through the program's code natively: whatever users send, it may not halt (1,000,000)
#   heavy          the heaviest blocks that gas allows: cold slots, call data, code
#   elf            the program built again from nothing in another place: the same bytes
# Without parts, all of them. --check closes with `N passed, M failed` of batches and cases. ATLAS_BIN_DIR names the folder
# of atlas, guest_chain and guest_sweep (default: the release build), ATLAS_BATCH_ELF the program if it need not be built.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$ROOT/tools/dev/vectors.sh"
cd "$ROOT"

declare -A size=([states]=1000 [random]=10000 [native]=1000000)
parts=() seed=1 check=0
while (($#)); do
  case $1 in
    --seed)
      seed=${2:-}
      [[ $seed =~ ^[0-9]+$ ]] || die "--seed takes a number"
      shift
      ;;
    --check) check=1 ;;
    e2e | states | random | native | heavy | elf) parts+=("$1") ;;
    states=* | random=* | native=*)
      size[${1%%=*}]=${1#*=}
      [[ ${1#*=} =~ ^[1-9][0-9]*$ ]] || die "$1: how many?"
      parts+=("${1%%=*}")
      ;;
    *) die "sweep does not know '$1'; it takes e2e, states[=N], random[=N], native[=N], heavy, elf, --seed N and --check" ;;
  esac
  shift
done
((${#parts[@]})) || parts=(e2e states random native heavy elf)

if [[ -z ${ATLAS_BIN_DIR:-} ]]; then
  ensure_packages "${PACKAGES_BUILD[@]}"
  build release atlas guest_sweep guest_chain
  ATLAS_BIN_DIR=$BUILD/release/bin
fi
elf=${ATLAS_BATCH_ELF:-$BUILD/guest/batch.elf}
tools/dev/guest_batch.sh build

passed=0 failed=0
# judge NAME COMMAND…: runs what closes with `N passed, M failed`, and adds that up
judge() {
  local name=$1 log=$BUILD/log/sweep-$1.log started counts
  shift
  started=$(now_ms)
  mkdir -p "${log%/*}"
  "$@" >"$log" 2>&1 </dev/null || true
  read -ra counts <<<"$(sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed.*/\1 \2/p' "$log" | tail -n 1)"
  if ((${#counts[@]} < 2)); then
    counts=(0 1) # it ended before it could count
    tail -n 12 "$log" | sed 's/^/      /'
  fi
  grep -E '^fail|note' "$log" | head -n 20 | sed 's/^/      /' || true
  passed=$((passed + counts[0])) failed=$((failed + counts[1]))
  printf '%-8s %s passed, %s failed; %s (%s s)\n' "$name" "${counts[0]}" "${counts[1]}" \
    "$(grep -E 'transactions|drawn' "$log" | tail -n 1)" "$(since "$started")"
}

build_elsewhere() {
  local copy
  copy=$(mktemp -d)
  mkdir -p "$copy/some/where/src" "$copy/some/where/build"
  cp -r "$ROOT"/src/{base,crypto,types,state,evm,stf} "$copy/some/where/src/"
  cp -r "$ROOT"/{guest,tools,dev} "$copy/some/where/"
  ln -s "$BUILD/guest-sysroot" "$copy/some/where/build/guest-sysroot"
  CCACHE_DISABLE=1 "$copy/some/where/tools/guest" build "$copy/some/where/guest/batch" \
    "${BATCH_PROGRAM[@]}" -o "$copy/batch.elf" || true
  if cmp "$elf" "$copy/batch.elf"; then
    echo "1 passed, 0 failed"
  else
    echo "fail  two builds of the same sources differ"
    echo "0 passed, 1 failed"
  fi
  rm -rf "$copy"
}

for part in "${parts[@]}"; do
  case $part in
    e2e)
      chains=$(mktemp -d)
      trap 'rm -rf "$chains"' EXIT
      ensure_node
      install_e2e
      step "the end-to-end suites"
      ATLAS_BIN=$ATLAS_BIN_DIR/atlas E2E_CHAINS=$chains node tests/e2e/run.mjs >"$BUILD/log/sweep-e2e-suites.log" 2>&1 </dev/null ||
        warn "not all suites passed: $BUILD/log/sweep-e2e-suites.log"
      judge e2e "$ATLAS_BIN_DIR/guest_chain" "$elf" "$chains"
      ;;
    states)
      unpack_vectors
      if [[ -z ${ATLAS_VECTORS:-} || ! -d $ATLAS_VECTORS/dev-state-osaka-prague ]]; then
        note "left out: states, because ATLAS_VECTORS does not name the conformance data"
        continue
      fi
      judge states "$ATLAS_BIN_DIR/guest_sweep" "$elf" states "${size[states]}" "$seed" "$ATLAS_VECTORS/dev-state-osaka-prague"
      ;;
    heavy) judge heavy "$ATLAS_BIN_DIR/guest_sweep" "$elf" heavy 1 "$seed" ;;
    elf) judge elf build_elsewhere ;;
    random) judge random "$ATLAS_BIN_DIR/guest_sweep" "$elf" random "${size[random]}" "$seed" ;;
    native) judge native "$ATLAS_BIN_DIR/guest_sweep" - random "${size[native]}" "$seed" ;;
  esac
done
((check)) && printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
