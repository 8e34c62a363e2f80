# For scripts that build programs and try them by the command line: toolchain, ATLAS_BIN (default: the release build), and
# lines of `ok NAME` and `bad NAME [DETAIL]` counted in passed and failed. Sourced, never run.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$ROOT/tools/dev/rv32.sh"

prepare_programs() {
  ensure_packages "${PACKAGES_RV32[@]}"
  sysroot
  if [[ -z ${ATLAS_BIN:-} ]]; then
    build release atlas
    ATLAS_BIN=$ATLAS
  fi
}

passed=0 failed=0
ok() {
  passed=$((passed + 1))
  printf '%s  ok%s  %s\n' "$GREEN" "$RESET" "$1"
}
bad() { # NAME [DETAIL]
  failed=$((failed + 1))
  printf '%sfail%s  %s\n' "$RED" "$RESET" "$1"
  [[ -z ${2:-} ]] || sed 's/^/      /' <<<"$2"
}
