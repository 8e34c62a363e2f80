#!/usr/bin/env bash
# ./dev fuzz [--list] [target] [seconds]: libFuzzer targets under ASan and UBSan, from their corpora.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

mapfile -t targets < <(find tests/fuzz -maxdepth 1 -name '*_fuzz.cpp' -printf '%f\n' | sed 's/_fuzz\.cpp$//' | sort)
((${#targets[@]})) || die "there is no fuzz target: tests/fuzz holds no NAME_fuzz.cpp"
if [[ ${1:-} == --list ]]; then
  printf '%s\n' "${targets[@]}"
  exit 0
fi
chosen=("${targets[@]}") seconds=30
for word in "$@"; do
  if [[ $word =~ ^[0-9]+$ ]]; then
    seconds=$word
  else
    [[ " ${targets[*]} " == *" $word "* ]] || die "there is no fuzz target '$word'. The targets are: ${targets[*]}"
    chosen=("$word")
  fi
done

ensure_packages "${PACKAGES_BUILD[@]}" "${PACKAGES_SANITIZE[@]}"
build fuzz "${chosen[@]/#/fuzz_}"

# fuzz_one TARGET: prints its line; exit code 1 if it found something or did not run.
fuzz_one() {
  # What is found goes to build/fuzz-corpus, so that the tree stays as it is; keep what is worth it in tests/fuzz/corpus.
  local target=$1 found=$BUILD/fuzz-corpus/$1 crashes=$BUILD/fuzz-crashes/$1 log=$BUILD/log/fuzz-$1.log
  local corpora=("$found") dictionary=() status=0 runs
  mkdir -p "$found" "$crashes" "${log%/*}"
  [[ -d tests/fuzz/corpus/$target ]] && corpora+=("tests/fuzz/corpus/$target")
  [[ -f tests/fuzz/$target.dict ]] && dictionary=("-dict=tests/fuzz/$target.dict")
  "$BUILD/fuzz/bin/fuzz_$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="$crashes/" "${dictionary[@]}" "${corpora[@]}" >"$log" 2>&1 </dev/null || status=$?
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  if ((status == 0)) && ((${runs:-0} > 0)); then
    printf '%s  ok%s  %-16s %10d runs in %d s\n' "$GREEN" "$RESET" "$target" "$runs" "$seconds"
  else
    printf '%sfail%s  %-16s exit code %d; input in %s, log %s\n' "$RED" "$RESET" "$target" "$status" "${crashes#"$ROOT/"}" "${log#"$ROOT/"}"
    grep -E 'ERROR|SUMMARY|runtime error|broken invariant|Test unit written' "$log" | head -n 6 | sed 's/^/      /' || true
    return 1
  fi
}

# One target a core.
failed=0 running=0
for target in "${chosen[@]}"; do
  if ((running == JOBS)); then
    wait -n || failed=$((failed + 1))
    running=$((running - 1))
  fi
  fuzz_one "$target" &
  running=$((running + 1))
done
for ((; running > 0; --running)); do wait -n || failed=$((failed + 1)); done
printf '%d passed, %d failed\n' $((${#chosen[@]} - failed)) "$failed"
((failed == 0))
