#!/usr/bin/env bash
# ./dev build [preset] [target...]
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
preset=${1:-release}
grep -q "\"name\": \"$preset\"" "$ROOT/CMakePresets.json" || die "no preset '$preset' in CMakePresets.json"
ensure_packages "${PACKAGES_BUILD[@]}"
case $preset in asan | tsan | fuzz) ensure_packages "${PACKAGES_SANITIZE[@]}" ;; esac
build "$preset" "${@:2}"
