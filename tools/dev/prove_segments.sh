#!/usr/bin/env bash
# ./dev prove --segments: proofs of many segments at the shipped 128-bit set. A prover killed KILLS (20) times at random
# ends with a valid proof, no finished segment is proved again, and no kill costs more than the segment that was in the
# making; two processes that share the default folder both end well. SEED makes the kills others. ATLAS_BIN names the
# command line to test (default: the release build). Some minutes. Closes with `N passed, M failed`.
source "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"

kills=${KILLS:-20} RANDOM=${SEED:-1}
prepare_programs
work=$(mktemp -d "${TMPDIR:-/tmp}/atlas-segments-XXXXXX")
trap 'kill -KILL $(jobs -p) 2>/dev/null || true; rm -rf "$work"' EXIT
elf=$work/fibonacci.elf
"$ROOT/tools/guest" build "$ROOT/examples/fibonacci" -o "$elf" >/dev/null 2>"$work/log" || die "fibonacci does not build: $(tail -n 3 "$work/log")"
# No function: what a kill means is the process itself, not a shell that waits for it.
prove=("$ATLAS_BIN" prove --elf "$elf" --hint "$work/n" --out "$work/p")
is_valid() { "$ATLAS_BIN" verify --elf "$elf" "$work/p" >"$work/log" 2>&1; }
count() { { find "$work/p.work" -name "$1" ! -name '*.part' 2>/dev/null || true; } | wc -l; }
begun() { { cat "$work/p.work"/lock-[0-9]* 2>/dev/null || true; } | wc -l; } # a line each time that a segment is begun
sleep_ms() { sleep "$(printf '%d.%03d' $(($1 / 1000)) $(($1 % 1000)))"; }

# ---- killed at random, while it makes segments of the default size ------------------------------------------------------
words 16700000 >"$work/n" # 10^8 cycles, 20 segments
keep=(--work "$work/p.work")
started=$(now_ms) cut=0 finished=''
# One segment, so that it is known how long they take here.
"${prove[@]}" "${keep[@]}" >/dev/null 2>&1 &
pid=$!
until (($(count plan))) || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
planned=$(now_ms)
until (($(count 'segment-*'))) || ! kill -0 $pid 2>/dev/null; do sleep 0.02; done
segment_ms=$(($(now_ms) - planned))
kill -KILL $pid 2>/dev/null || true
wait $pid 2>/dev/null || true
for ((k = 0; k < kills; ++k)); do
  before=$(begun) done_before=$(count 'segment-*')
  "${prove[@]}" "${keep[@]}" >/dev/null 2>&1 &
  pid=$!
  # At any time of a segment, or somewhat later; soon after the first one that is finished, for something must be left.
  last=$(($(now_ms) + RANDOM * segment_ms * 5 / 4 / 32768))
  until (($(now_ms) >= last)); do
    (($(count 'segment-*') == done_before)) || last=$(now_ms)
    sleep 0.02
  done
  if kill -KILL $pid 2>/dev/null; then cut=$((cut + 1)); fi
  wait $pid 2>/dev/null || true
  lost=$(($(begun) - before - ($(count 'segment-*') - done_before)))
  ((lost <= 1)) || bad "kill $k costs one segment at most" "$lost segments were begun and not finished"
  now=$(find "$work/p.work" -name 'segment-*' ! -name '*.part' -printf '%f %T@\n' | sort)
  if [[ -n $(comm -23 <(printf '%s\n' "$finished") <(printf '%s\n' "$now") | tr -d '\n') ]]; then
    bad "kill $k leaves finished segments alone" "$finished"$'\n'"then"$'\n'"$now"
  fi
  finished=$now
done
in_time=$(wc -l <<<"$finished")
if "${prove[@]}" "${keep[@]}" >"$work/log" 2>&1 && is_valid; then
  total=$(count 'segment-*')
  repeated=$(($(begun) - total))
  if ((cut < kills || repeated > cut + 1)); then
    bad "a prover killed $kills times repeats one segment a kill at most" "$cut kills, $total segments, $repeated begun again"
  else
    ok "killed $((cut + 1)) times, $in_time of $total segments done by then: a valid proof; $repeated segments were begun again, $(since "$started") s"
  fi
else
  bad "a prover killed $kills times ends with a valid proof" "$(tail -n 3 "$work/log")"
fi
rm -rf "$work/p" "$work/p.work"

# ---- two processes and one folder that neither was told of: the slower one finds all that it needs -----------------------
words 990000 >"$work/n" # six segments of a million cycles, one of first and last values
small=(--segment-cycles 1000000 --threads 1)
"${prove[@]}" "${small[@]}" >"$work/a" 2>&1 &
a=$!
# The first is held in its last segment until the second is there, and the second then until the first is gone.
until (($(count 'segment-*') >= 6)) || ! kill -0 $a 2>/dev/null; do sleep 0.01; done
kill -STOP $a 2>/dev/null || true
"${prove[@]}" "${small[@]}" >"$work/b" 2>&1 &
b=$!
until ls -l /proc/$b/fd 2>/dev/null | grep -q lock-job || ! kill -0 $b 2>/dev/null; do sleep 0.01; done
kill -STOP $b 2>/dev/null || true
kill -CONT $a 2>/dev/null || true
status_a=0 status_b=0
wait $a || status_a=$?
left=$(count 'segment-*')
kill -CONT $b 2>/dev/null || true
wait $b || status_b=$?
if ((status_a || status_b)); then
  bad 'two processes of one proof both end well' "$(cat "$work/a" "$work/b")"
elif ((left == 0)); then
  bad 'the folder stays while a process works in it' "$(ls "$work")"
elif [[ -e $work/p.work ]]; then
  bad 'the last process removes the folder' "$(ls "$work/p.work")"
elif ! is_valid; then
  bad 'the proof of two processes is valid' "$(cat "$work/log")"
else
  ok 'two processes of one proof, the slower stopped until the other is done: both end well, and the folder is removed'
fi

printf '%d passed, %d failed\n' "$passed" "$failed"
((failed == 0))
