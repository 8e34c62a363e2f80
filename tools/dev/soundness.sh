#!/usr/bin/env bash
# ./dev soundness [--sample | --check] [line...]: the attacks of docs/soundness.md, line by line: which tests, and what
# came of them. --check runs none and says whether they exist. Closes with `N passed, M failed`, counting lines.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

LIST=tests/soundness/lines.txt
sample=0 check=0 wanted=()
for word in "$@"; do
  case $word in
    --sample) sample=1 ;;
    --check) check=1 ;;
    [1-9] | [1-9][0-9]) wanted+=("$word") ;;
    *) die "soundness takes --sample, --check and numbers of lines in docs/soundness.md, not '$word'" ;;
  esac
done

# Every line that the document lists must have tests, and every test a line that it lists.
mapfile -t documented < <(sed -n 's/^| \([0-9][0-9]*\) | .*/\1/p' docs/soundness.md)
((${#documented[@]})) || die "docs/soundness.md lists no attacks"
declare -A patterns suites_of
while read -r line suite names; do
  [[ -z $line || $line == \#* ]] && continue
  [[ " ${documented[*]} " == *" $line "* ]] || die "$LIST names line $line, which docs/soundness.md does not list"
  patterns[$line]+=" ${names// / } "
  for name in $names; do suites_of[$name]=$suite; done
done <"$LIST"
((${#wanted[@]})) || wanted=("${documented[@]}")

mapfile -t suites < <(for line in "${wanted[@]}"; do for name in ${patterns[$line]:-}; do echo "${suites_of[$name]}"; done; done | sort -u)
((${#suites[@]})) || die "no tests for lines ${wanted[*]}"
if [[ -z ${ATLAS_BIN_DIR:-} ]]; then
  ensure_packages "${PACKAGES_BUILD[@]}"
  build release "${suites[@]/%/_test}"
fi
BIN=${ATLAS_BIN_DIR:-$BUILD/release/bin}
((sample)) || export ATLAS_LARGE=1

# Each suite runs once, with all that the lines want of it; what exists and what passed is read from its own lists.
set -f
declare -A result
for suite in "${suites[@]}"; do
  if ((check)); then
    while read -r name; do result[$suite/$name]=OK; done < <(
      "$BIN/${suite}_test" --gtest_list_tests | awk '/^[^ ]/ { sub(/\.$/, "", $1); group = $1 } /^ / { print group "." $1 }')
    continue
  fi
  [[ $suite == guest && -z ${ATLAS_BIN_DIR:-} ]] && tools/dev/guest_batch.sh build
  filter=''
  for line in "${wanted[@]}"; do
    for name in ${patterns[$line]:-}; do [[ ${suites_of[$name]} == "$suite" ]] && filter+=$name:; done
  done
  log=$BUILD/log/soundness-$suite.log
  mkdir -p "${log%/*}"
  "$BIN/${suite}_test" --gtest_color=no --gtest_filter="$filter" >"$log" 2>&1 </dev/null || true
  while read -r verdict name; do result[$suite/$name]=$verdict; done < <(
    sed -nE 's/^\[ +(OK|FAILED|SKIPPED) +\] ([A-Za-z0-9_]+\.[A-Za-z0-9_]+)( .*|$)/\1 \2/p' "$log")
done

# matches PATTERN: names of the tests that ran and match.
matches() {
  local key
  for key in "${!result[@]}"; do
    # shellcheck disable=SC2053 # a pattern
    [[ $key == ${suites_of[$1]}/$1 ]] && printf '%s\n' "$key"
  done
}
passed=0 failed=0
for line in "${wanted[@]}"; do
  bad=() good=0 skipped=0
  for name in ${patterns[$line]:-}; do
    mapfile -t found < <(matches "$name")
    ((${#found[@]})) || bad+=("$name (no such test, or it did not finish)")
    for key in "${found[@]}"; do
      case ${result[$key]} in
        OK) good=$((good + 1)) ;;
        SKIPPED) skipped=$((skipped + 1)) ;;
        *) bad+=("$key") ;;
      esac
    done
  done
  ((good)) || bad+=("no test ran")
  ((skipped && !sample)) && bad+=("$skipped tests were skipped")
  text=$(sed -n "s/^| $line | \(.*\) |$/\1/p" docs/soundness.md)
  if ((${#bad[@]})); then
    failed=$((failed + 1))
    printf '%sfail%s  %2d  %s\n' "$RED" "$RESET" "$line" "$text"
    printf '            %s\n' "${bad[@]}"
  else
    passed=$((passed + 1))
    printf '%s  ok%s  %2d  %2d tests%s  %s\n' "$GREEN" "$RESET" "$line" "$good" "$( ((skipped)) && printf ', %d left out' "$skipped")" "$text"
  fi
done
set +f
# What each chip's constraints, look-ups and messages are worth: the mutation runs' own table.
if ((!check)); then
  for suite in "${suites[@]}"; do
    { grep -hE '^mutation (score|\|)' "$BUILD/log/soundness-$suite.log" || true; } | sed 's/^mutation |/   /; s/^mutation/    &/'
  done
fi
printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
