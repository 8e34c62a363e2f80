#!/usr/bin/env bash
# ./dev bench [--list] [--json] [--log-cycles N] [name...]: Google Benchmark binaries as one line (or JSON object) a figure.
# Every figure is the median of several repetitions; counters of a benchmark (tx_per_s, …) are figures of their own.
# `sequencer` has a third mode beside exec and ingest: a client process over HTTP, Atlas and anvil in turns
# (bench_rpc.mjs); it takes some minutes. `prover` proves examples/fibonacci, a process a case, so that peak memory is the
# case's own, then batches of 100 transactions each; --log-cycles N proves 2^N cycles of fibonacci only, --log-cycles 0 batches only.
# `segments` proves 10^8 cycles by one process and by two that share a folder, of one thread each, and 10^8 cycles of a
# program that writes all over its memory. `primitives` proves loops of one primitive: time a call, less that of the loop without it.
# ATLAS_BIN_DIR names the folder of the benchmarks (default: the release build), ATLAS_BATCH_ELF the batch program if it need not be built.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"
BIN=${ATLAS_BIN_DIR:-$BUILD/release/bin}
build_benches() { [[ -n ${ATLAS_BIN_DIR:-} ]] || build release "$@"; }

mapfile -t rooms < <(find src -mindepth 2 -name '*_bench.cpp' | cut -d/ -f2 | sort -u)
# A bench is named after its room; the EVM is measured through the state transition, which drives it, so `evm` runs both;
# the zkVM's is its executor's.
names=("${rooms[@]/#%zkvm/executor}" prover primitives segments guest)
json=0 chosen=() logs='18 20 22' batches=1
while (($#)); do
  word=$1
  shift
  case $word in
    --log-cycles)
      [[ ${1:-} =~ ^[0-9]+$ ]] && (($1 == 0 || ($1 >= 16 && $1 <= 24))) || die "--log-cycles takes a number from 16 to 24, or 0"
      logs=$1 batches=0
      (($1)) || logs='' batches=1
      shift
      ;;
    --list)
      printf '%s\n' "${names[@]}"
      exit 0
      ;;
    --json) json=1 ;;
    -*) die "bench does not know '$word'; it takes --list, --json, --log-cycles N and names: ${names[*]}" ;;
    *)
      [[ " ${names[*]} " == *" $word "* || $word == evm ]] || die "there is no benchmark '$word'. There are: ${names[*]}"
      chosen+=("$word")
      ;;
  esac
done
((${#chosen[@]})) || chosen=("${names[@]}")

ensure_packages "${PACKAGES_BUILD[@]}"
machine=$(hardware)

# binaries NAME: the benchmark binaries behind a name
binaries() {
  local room
  for room in "${rooms[@]}"; do
    if [[ $room == "$1" ]] || { [[ $1 == evm && $room == stf ]]; } || { [[ $1 =~ ^(executor|prover|primitives)$ && $room == zkvm ]]; }; then echo "${room}_bench"; fi
  done
}
# Google Benchmark's JSON (one key a line) on stdin to lines "case<TAB>metric<TAB>value<TAB>unit": medians, or single runs
# with an argument.
figures() {
  awk -v wanted="${1-median}" '
    function flush(   k) {
      if (name != "" && kind == wanted) {
        for (k = 1; k <= n; ++k) printf "%s\t%s\t%s\t%s\n", name, metric[k], value[k], unit_of(metric[k])
      }
      name = ""; n = 0; kind = ""
    }
    function unit_of(m) {
      if (m == "time") return time_unit
      if (m == "floor_s" || m == "cpu_s" || m == "verify_s" || m == "first_proof_s") return "s"
      if (m ~ /_per_s$/) { sub(/_per_s$/, "", m); return m "/s" }
      if (m ~ /^cpu_s_/) return "s"
      if (m ~ /^ns_per_/) return "ns"
      if (m == "bytes_per_second") return "B/s"
      if (m == "items_per_second") return "items/s"
      if (m ~ /_(ns|us|ms|s|wei|bytes|ratio)$/) { sub(/.*_/, "", m); return m }
      return m
    }
    /^ *"benchmarks":/ { inside = 1 }
    !inside { next }
    /^ *\{/ { flush() }
    match($0, /^ *"[^"]*": /) {
      key = $0; sub(/^ *"/, "", key); sub(/".*/, "", key)
      val = substr($0, RSTART + RLENGTH); sub(/,$/, "", val); gsub(/^"|"$/, "", val)
      if (key == "name") next
      if (key == "run_name") {
        clock = val ~ /\/(real|manual)_time/ ? "real_time" : "cpu_time"
        gsub(/\/(real_time|process_time|manual_time|iterations:[0-9]+)/, "", val)
        name = val
      }
      else if (key == "aggregate_name") kind = val
      else if (key == "time_unit") time_unit = val
      else if (key == "error_message") { print "error: " name ": " val > "/dev/stderr"; failed = 1 }
      else if (key == clock) { metric[++n] = "time"; value[n] = val }
      else if (key ~ /^(family_index|per_family_instance_index|run_type|repetitions|repetition_index|threads|iterations|real_time|cpu_time|aggregate_unit|error_occurred|label)$/) next
      else if (val ~ /^[-+0-9.e]+$/) { metric[++n] = key; value[n] = val }
    }
    END { flush(); exit failed }'
}

# "case<TAB>metric<TAB>value<TAB>unit" lines as the user asked for them
show() {
  awk -F'\t' -v bench="$1" -v json="$json" -v hardware="$machine" '
    function clean(s) { gsub(/["\\]/, "", s); return s }
    json { printf "{\"bench\":\"%s\",\"case\":\"%s\",\"metric\":\"%s\",\"value\":%.6g,\"unit\":\"%s\",\"hardware\":\"%s\"}\n", bench, clean($1), $2, $3, $4, clean(hardware) }
    !json { printf "  %-44s %-22s %14.4g %s\n", $1, $2, $3, $4 }'
}

# The sequencer over HTTP, beside anvil: two processes each, the same client for both.
rpc_mode() {
  build release atlas
  build_contracts
  ensure_node
  npm_ci "$ROOT/tests/e2e"
  step "Atlas and anvil over HTTP in turns, $RPC_ROUNDS rounds"
  node "$ROOT/tools/dev/bench_rpc.mjs" "$ATLAS" "$ROOT/tests/e2e/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil" \
    "$BUILD/contracts" "$BUILD/bench" "$RPC_ROUNDS" </dev/null
}
RPC_ROUNDS=${ATLAS_BENCH_ROUNDS:-3}

primitives_mode() {
  local out=$BUILD/log/primitives.json
  "$BIN/zkvm_bench" --benchmark_filter='^call_' --benchmark_out="$out" --benchmark_out_format=json \
    >"$BUILD/log/primitives.log" 2>&1 </dev/null || return 1
  figures '' <"$out"
}

# prove_case NAME ELF HINT PROCESSES [OPTION...]: one execution, proved by so many processes from one folder. Seconds until
# the last is done, the largest one's peak memory, and what the folder came to.
prove_case() {
  local name=$1 elf=$2 hint=$3 count=$4 out=$BUILD/bench/segments started pid pids=() peak=0 here
  shift 4
  rm -rf "$out" && mkdir -p "$out"
  started=$(now_ms)
  for ((k = 0; k < count; ++k)); do
    "$BIN/atlas" prove --elf "$elf" --hint "$hint" --out "$out/proof" --work "$out/work" --json "$@" >"$out/log-$k" 2>&1 </dev/null &
    pids+=($!)
  done
  while kill -0 "${pids[@]}" 2>/dev/null; do
    for pid in "${pids[@]}"; do
      here=$(awk '/^VmHWM/ { print $2 }' "/proc/$pid/status" 2>/dev/null) || true
      ((${here:-0} <= peak)) || peak=$here
    done
    sleep 0.1
  done
  for pid in "${pids[@]}"; do
    wait "$pid" || { cat "$out"/log-* >&2; return 1; }
  done
  seconds=$(since "$started")
  "$BIN/atlas" verify --elf "$elf" "$out/proof" >/dev/null || return 1
  printf '%s\ttime\t%s\ts\n' "$name" "$seconds"
  printf '%s\tpeak_memory_bytes\t%s\tbytes\n' "$name" $((peak * 1024))
  printf '%s\tfolder_bytes\t%s\tbytes\n' "$name" "$(du -sb "$out/work" | cut -f1)"
  printf '%s\tsegments\t%s\tsegments\n' "$name" "$(sed 's/.*"segments":\([0-9]*\).*/\1/' "$out/log-0")"
  rm -rf "$out"
}
segments_mode() {
  local seconds one hint=$BUILD/bench/hint
  mkdir -p "$BUILD/bench"
  words $((ATLAS_BENCH_CYCLES / 6)) >"$hint" # six cycles a number of fibonacci
  step "$ATLAS_BENCH_CYCLES cycles, one process of one thread, then two"
  prove_case one_process "$BUILD/guest/fibonacci.elf" "$hint" 1 --threads 1 || return 1
  one=$seconds
  prove_case two_processes "$BUILD/guest/fibonacci.elf" "$hint" 2 --threads 1 || return 1
  printf 'two_processes\tratio_to_one\t%s\tratio\n' "$(awk -v a="$seconds" -v b="$one" 'BEGIN { printf "%.3f", a / b }')"
  step "$ATLAS_BENCH_CYCLES cycles that write all over 128 MiB"
  words 128 $((ATLAS_BENCH_CYCLES / 12)) >"$hint"
  prove_case scatter "$BUILD/guest/scatter.elf" "$hint" 1 || return 1
  rm -f "$hint"
}
ATLAS_BENCH_CYCLES=${ATLAS_BENCH_CYCLES:-100000000}

# The prover: the faster of two proofs in one process; the first one's time, with memory still to be found, beside it.
prover_mode() {
  local log threads isa out=$BUILD/log/prover.json
  for log in $logs; do
    for threads in 2 1; do
      for isa in avx512 avx2 portable; do
        # A processor without these instructions has no such case, and one thread of scalar code would take minutes.
        [[ $log -gt 20 && $threads == 1 && $isa == portable ]] && continue
        step "2^$log cycles, $threads threads, $isa"
        ATLAS_BENCH_LOGS=$log "$BIN/zkvm_bench" --benchmark_filter="^log${log}_t${threads}_${isa}/" \
          --benchmark_out="$out" --benchmark_out_format=json >"$BUILD/log/prover.log" 2>&1 </dev/null || return 1
        [[ -s $out ]] && figures '' <"$out"
      done
    done
  done
  ((batches)) || return 0
  step "batches of $ATLAS_BENCH_BATCH transactions"
  tools/dev/guest_batch.sh build >&2
  build_contracts
  build_benches prove_bench
  "$BIN/prove_bench" "${ATLAS_BATCH_ELF:-$BUILD/guest/batch.elf}" "$BUILD/contracts" --count "$ATLAS_BENCH_BATCH" </dev/null
}
ATLAS_BENCH_BATCH=${ATLAS_BENCH_BATCH:-100}

status=0
for name in "${chosen[@]}"; do
  if [[ $name == guest ]]; then # cycles of the batch program: no clock, so one run is enough
    tools/dev/guest_batch.sh bench | show guest || status=1
    continue
  fi
  if [[ $name == segments ]]; then
    build_benches atlas
    "$ROOT/tools/guest" examples >&2
    segments_mode | show segments || status=1
    continue
  fi
  mapfile -t programs < <(binaries "$name")
  build_benches "${programs[@]}"
  # It also measures programs as compilers write them.
  if [[ $name == executor || $name == prover ]]; then "$ROOT/tools/guest" examples >&2; fi
  if [[ $name == prover ]]; then
    prover_mode | show prover || status=1
    continue
  fi
  if [[ $name == primitives ]]; then
    primitives_mode | show primitives || status=1
    continue
  fi
  # Proofs are measured under their own names; the synthetic machine's large cases by hand (stark_bench).
  filter=.
  [[ $name != executor ]] || filter='-^(log|call)'
  [[ $name != stark ]] || filter='log18|log20.*avx512'
  if [[ $name == sequencer ]]; then build_contracts; fi
  for program in "${programs[@]}"; do
    out=$BUILD/log/$program.json
    # The whole run as JSON goes to a file; a case is repeated so that its median means something on a shared machine.
    if ! "$BIN/$program" --benchmark_repetitions=5 --benchmark_report_aggregates_only=true \
      --benchmark_filter="$filter" --benchmark_min_time=0.2 --benchmark_out="$out" --benchmark_out_format=json >"$BUILD/log/$program.log" 2>&1 </dev/null; then
      tail -n 15 "$BUILD/log/$program.log" >&2
      warn "$program failed"
      status=1
      continue
    fi
    figures <"$out" | show "$name" || status=1
  done
  if [[ $name == sequencer ]]; then
    rpc_mode | tee "$BUILD/log/bench_rpc.tsv" | show "$name" || status=1
  fi
done
((json)) || note "hardware: $machine; medians of 5 repetitions"
exit $status
