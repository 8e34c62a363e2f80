#!/usr/bin/env bash
# ./dev test [--list] [--preset P] [suite...]: builds what the suites need and runs them; the last line counts all cases.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
source "$ROOT/tools/dev/vectors.sh"
cd "$ROOT"

mapfile -t rooms < <(find src -mindepth 2 -name '*_test.cpp' | cut -d/ -f2 | sort -u)
suites=()
for room in "${rooms[@]}"; do [[ $room == conformance ]] || suites+=("$room"); done
suites+=(conformance e2e crash differential limits soak lint rv32 guest soundness prove)

preset=release chosen=()
while (($#)); do
  case $1 in
    --list)
      printf '%s\n' "${suites[@]}"
      exit 0
      ;;
    --preset)
      preset=${2:?--preset takes a name from CMakePresets.json}
      shift
      ;;
    -*) die "test does not know '$1'; it takes --list, --preset NAME and suites: ${suites[*]}" ;;
    *)
      [[ " ${suites[*]} " == *" $1 "* ]] || die "there is no suite '$1'. The suites are: ${suites[*]}"
      chosen+=("$1")
      ;;
  esac
  shift
done
everything=0
if ((${#chosen[@]} == 0)); then
  chosen=("${suites[@]}")
  everything=1
fi
BIN=$BUILD/$preset/bin
wants() { [[ " ${chosen[*]} " == *" $1 "* ]]; }
is_room() { [[ " ${rooms[*]} " == *" $1 "* ]]; }

# ---- counting --------------------------------------------------------------------------------------------------------
total_passed=0 total_failed=0 total_skipped=0 red=()
# count NAME PASSED FAILED SKIPPED STARTED_MS LOG
count() {
  total_passed=$((total_passed + $2)) total_failed=$((total_failed + $3)) total_skipped=$((total_skipped + $4))
  local mark=$GREEN"  ok" more=''
  (($4)) && more=", $4 skipped"
  if (($3)); then
    mark=$RED"fail"
    red+=("$1")
  fi
  printf '%s%s  %-16s %6d passed, %d failed%s  (%s s)\n' "$mark" "$RESET" "$1" "$2" "$3" "$more" "$(since "$5")"
  (($3)) && note "log: ${6#"$ROOT/"}"
  return 0
}
# The closing `N passed, M failed[, K skipped]` of a log as "N M K"; "0 1 0" if it has none.
closing() {
  grep -E '^[0-9]+ passed, [0-9]+ failed' "$1" | tail -n 1 |
    awk '{ gsub(/[^0-9 ]/, " "); print $1, $2, $3 + 0; found = 1 } END { if (!found) print 0, 1, 0 }'
}

# gtest_suite NAME BINARY [FILTER]
gtest_suite() {
  local name=$1 log=$LOGS/$1.log started status=0 ran failed skipped
  started=$(now_ms)
  "$BIN/$2" --gtest_color=no ${3:+--gtest_filter="$3"} >"$log" 2>&1 </dev/null || status=$?
  ran=$(sed -n 's/^\[==========\] \([0-9]*\) test.* ran\..*/\1/p' "$log" | tail -n 1)
  failed=$(sed -n 's/^\[  FAILED  \] \([0-9]*\) tests\{0,1\}, listed below.*/\1/p' "$log" | tail -n 1)
  skipped=$(sed -n 's/^\[  SKIPPED \] \([0-9]*\) tests\{0,1\}, listed below.*/\1/p' "$log" | tail -n 1)
  ran=${ran:-0} failed=${failed:-0} skipped=${skipped:-0}
  if ((ran == 0)) || { ((status)) && ((failed == 0)); }; then # it crashed, or the filter matched nothing
    failed=$((failed + 1)) ran=$((ran + 1))
    tail -n 8 "$log" | sed 's/^/      /'
  fi
  grep -E '^\[  FAILED  \] [^ ]+ \(' "$log" | sed 's/^/      /' || true
  { grep -hoE 'left out: .*' "$log" || true; } | sort -u | sed 's/^/      /'
  count "$name" $((ran - failed - skipped)) "$failed" "$skipped" "$started" "$log"
}

# statetest_suite NAME FORK FOLDER
statetest_suite() {
  local name=$1 fork=$2 folder=$ATLAS_VECTORS/$3 log=$LOGS/$1.log started
  started=$(now_ms)
  if [[ ! -d $folder ]]; then
    note "left out: $name, because $folder is absent"
    return 0
  fi
  "$BIN/atlas" statetest --fork "$fork" "$folder" >"$log" 2>&1 </dev/null || true
  local counts
  read -ra counts <<<"$(closing "$log")"
  if ((counts[1])); then tail -n 12 "$log" | sed 's/^/      /'; fi
  if ((counts[2])); then { grep -iE '^ *[0-9]+ skipped|^skipped' "$log" || true; } | sort -u | head -n 12 | sed 's/^/      /'; fi
  count "$name" "${counts[@]}" "$started" "$log"
}

# script_suite NAME COMMAND...: for what closes with `N passed, M failed` itself
script_suite() {
  local name=$1 log=$LOGS/$1.log started counts
  shift
  started=$(now_ms)
  "$@" >"$log" 2>&1 </dev/null || true
  read -ra counts <<<"$(closing "$log")"
  if ((counts[1])); then sed 's/^/      /' "$log" | tail -n 40; fi
  count "$name" "${counts[@]}" "$started" "$log"
}

# The batch program, built once for all that run it.
batch_program() {
  [[ -n ${ATLAS_BATCH_ELF:-} ]] && return 0
  tools/dev/guest_batch.sh build
  export ATLAS_BATCH_ELF=$BUILD/guest/batch.elf
}

e2e_suite() {
  local log=$LOGS/e2e.log started value passed failed skipped
  started=$(now_ms)
  rm -rf "$BUILD/e2e-chains"
  E2E_CHAINS=$BUILD/e2e-chains ATLAS_BIN=$BIN/atlas node tests/e2e/run.mjs --test-reporter=tap >"$log" 2>&1 </dev/null || true
  value() { sed -n "s/^# $1 \([0-9]*\)/\1/p" "$log" | tail -n 1; }
  passed=$(value pass) failed=$(value fail) skipped=$(value skipped)
  failed=$((${failed:-0} + $(value cancelled || echo 0)))
  ((${passed:-0} + failed == 0)) && failed=1
  grep -E '^ *not ok' "$log" | sed 's/^/      /' || true
  count e2e "${passed:-0}" "$failed" "${skipped:-0}" "$started" "$log"
}

# ---- install and build -----------------------------------------------------------------------------------------------
started_all=$(now_ms)
LOGS=$BUILD/log/test
mkdir -p "$LOGS"
packages=("${PACKAGES_BUILD[@]}" "${PACKAGES_TEST[@]}")
wants lint && packages+=("${PACKAGES_LINT[@]}")
{ wants rv32 || wants guest || wants prove || wants e2e; } && packages+=("${PACKAGES_RV32[@]}")
case $preset in asan | tsan | fuzz) packages+=("${PACKAGES_SANITIZE[@]}") ;; esac
ensure_packages "${packages[@]}"
unpack_vectors

targets=()
for suite in "${chosen[@]}"; do
  is_room "$suite" && targets+=("${suite}_test")
done
wants crypto && targets+=(evm_test)
{ wants conformance || wants e2e || wants guest || wants differential || wants soak || wants limits || wants crash; } && targets+=(atlas)
wants e2e && targets+=(guest_chain)
wants guest && targets+=(guest_test guest_bench guest_sweep prove_batch_test)
wants soundness && targets+=(stark_test zkvm_test guest_test)
wants prove && targets+=(atlas)
wants crash && targets+=(crash)
wants differential && targets+=(differential)
wants soak && targets+=(soak)
wants limits && targets+=(limits)
if ((everything)); then
  build "$preset"
elif ((${#targets[@]})); then
  build "$preset" "${targets[@]}"
fi
if wants e2e || wants differential; then
  ensure_node
  install_e2e
fi

# ---- run -------------------------------------------------------------------------------------------------------------
step "running ${#chosen[@]} suites"
for suite in "${chosen[@]}"; do
  case $suite in
    crypto)
      gtest_suite crypto crypto_test
      # The precompile vectors live where the precompiles do; naming the suite runs them too.
      ((everything)) || gtest_suite precompiles evm_test '*Precompile*'
      ;;
    conformance)
      if is_room conformance; then gtest_suite conformance-unit conformance_test; fi
      if [[ -n ${ATLAS_VECTORS:-} ]]; then
        statetest_suite statetest-osaka Osaka dev-state-osaka-prague
        statetest_suite statetest-prague Prague dev-state-osaka-prague
        statetest_suite statetest-cancun Cancun dev-state-cancun-supplement
      fi
      ;;
    e2e)
      e2e_suite
      # Every block that those made, by the program that is proved.
      batch_program
      script_suite e2e-guest "$BIN/guest_chain" "$ATLAS_BATCH_ELF" "$BUILD/e2e-chains"
      rm -rf "$BUILD/e2e-chains"
      ;;
    crash) script_suite crash "$BIN/crash" 4 --accounts 200000 --dir "$BUILD/crash/test" ;;
    differential) script_suite differential env ATLAS_BIN="$BIN/atlas" tools/dev/differential.sh --check 848 1 --traces 100 ;;
    limits) script_suite limits env ATLAS_BIN="$BIN/atlas" tools/dev/soak.sh --limits ;;
    soak) script_suite soak env ATLAS_BIN="$BIN/atlas" tools/dev/soak.sh --check --seconds 20 --rate 50000 ;;
    lint) script_suite lint tools/dev/lint.sh ;;
    rv32) script_suite rv32 tools/rv32_check ;;
    soundness) script_suite soundness env ATLAS_BIN_DIR="$BIN" tools/dev/soundness.sh --check ;;
    prove)
      batch_program
      script_suite prove env ATLAS_BIN="$BIN/atlas" tools/dev/prove.sh --sample
      ;;
    guest)
      ATLAS_BIN=$BIN/atlas script_suite guest tools/dev/guest_check.sh
      batch_program
      gtest_suite guest-batch guest_test
      gtest_suite guest-proofs prove_batch_test
      script_suite guest-budgets env ATLAS_BIN_DIR="$BIN" tools/dev/guest_batch.sh check
      script_suite guest-sweep env ATLAS_BIN_DIR="$BIN" tools/dev/sweep.sh states=40 random=400 native=4000 --check
      ;;
    zkvm)
      # Searches and repeated proofs tell sanitizers nothing that the other tests do not, and take minutes under them.
      filter='-MachineMutation.*:*Omission*:Jobs.SurviveKills:Forgery.PaddingIsSilent:SegmentForgery.Words*'
      filter+=':Wire.AllInstructionSets*:Wire.NoProofOfAFalseWitness:Machine.ShippedSet*:Determinism.WhatRowsSay*'
      if [[ $preset == release ]]; then filter=''; fi
      gtest_suite zkvm zkvm_test "$filter"
      ;;
    *) gtest_suite "$suite" "${suite}_test" ;;
  esac
done

((${#red[@]})) && printf '\n%sfailed:%s %s\n' "$RED" "$RESET" "${red[*]}"
note "all suites took $(since "$started_all") s, installing and building included"
printf '%d passed, %d failed' "$total_passed" "$total_failed"
((total_skipped)) && printf ', %d skipped' "$total_skipped"
printf '\n'
((total_failed == 0))
