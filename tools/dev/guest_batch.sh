#!/usr/bin/env bash
# The batch program (guest/batch) over the harness of tests/guest.
#   guest_batch.sh bench [option…]   cycles a transaction, as "case<TAB>metric<TAB>value<TAB>unit" lines (./dev bench guest)
#   guest_batch.sh check             each case within its budget in guest/budgets; closes with `N passed, M failed`
#   guest_batch.sh build             the program alone, into build/guest/batch.elf
# ATLAS_BIN_DIR names the folder of guest_bench (default: the release build), ATLAS_BATCH_ELF the program if it need not be
# built.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

command=${1:-bench}
shift || true
elf=${ATLAS_BATCH_ELF:-$BUILD/guest/batch.elf}
[[ -n ${ATLAS_BATCH_ELF:-} ]] || tools/guest build guest/batch "${BATCH_PROGRAM[@]}" -o "$elf"
[[ $command == build ]] && exit 0
if [[ -z ${ATLAS_BIN_DIR:-} ]]; then
  build release guest_bench
  ATLAS_BIN_DIR=$BUILD/release/bin
fi
build_contracts
case $command in
  bench) "$ATLAS_BIN_DIR/guest_bench" "$elf" guest/budgets "$BUILD/contracts" "$@" ;;
  check) "$ATLAS_BIN_DIR/guest_bench" "$elf" guest/budgets "$BUILD/contracts" --check --accounts 50000 "$@" ;;
  *) die "guest_batch does not know '$command'; it takes bench, check and build" ;;
esac
