#!/usr/bin/env bash
# ./dev build [preset] [target...] | ./dev build contracts
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
preset=${1:-release}
if [[ $preset == contracts ]]; then
  build_contracts
  note "build/contracts: $(ls "$BUILD/contracts" | tr '\n' ' ')"
  exit 0
fi
grep -q "\"name\": \"$preset\"" "$ROOT/CMakePresets.json" || die "no preset '$preset' in CMakePresets.json; \`./dev build contracts\` compiles what atlas load deploys"
ensure_packages "${PACKAGES_BUILD[@]}"
case $preset in asan | tsan | fuzz) ensure_packages "${PACKAGES_SANITIZE[@]}" ;; esac
build "$preset" "${@:2}"
