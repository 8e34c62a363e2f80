#!/usr/bin/env bash
# tools/dev/stages.sh [atlas load options]: where the node's CPU time goes while `atlas load` sends to it: µs a
# transaction by stage, sampled with perf (Debian package linux-perf). The table of docs/performance.md comes from here.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
command -v perf >/dev/null || die "perf is missing: apt-get install linux-perf"
[[ -x ${ATLAS_BIN:-$ATLAS} ]] || build release atlas
bin=${ATLAS_BIN:-$ATLAS}
work=$(mktemp -d)
port=$((20000 + RANDOM % 10000))
"$bin" dev --port "$port" --data "$work/data" -q >"$work/node.log" 2>&1 </dev/null &
node=$!
trap 'kill "$node" 2>/dev/null || true; wait "$node" 2>/dev/null || true; rm -rf "$work"' EXIT

# Its own run signs and funds first: those requests are few beside what follows, but they must not be sampled.
requests() { curl -s "http://127.0.0.1:$port/metrics" | awk '/requests_total.method="eth_sendRawTransaction"/ { print int($2); found = 1 } END { if (!found) print 0 }'; }
cpu_ticks() { awk '{ sub(/.*\) /, ""); print $12 + $13 }' "/proc/$node/stat"; }
for _ in $(seq 100); do
  curl -s -o "$work/health" "http://127.0.0.1:$port/health" && break
  sleep 0.1
done
senders=1000
"$bin" load --url "http://127.0.0.1:$port" --senders "$senders" --json "$@" >"$work/load.json" 2>"$work/load.log" &
client=$!
before=0
while kill -0 "$client" 2>/dev/null; do
  before=$(requests)
  ((before > 2 * senders + 500)) && break
  sleep 0.05
done
ticks=$(cpu_ticks)
perf record -g -o "$work/perf.data" -p "$node" -F 1997 -- sleep 1.5 >"$work/perf.log" 2>&1 || die "perf could not record: $(tail -n 1 "$work/perf.log")"
ticks=$(($(cpu_ticks) - ticks))
count=$(($(requests) - before))
wait "$client" || die "atlas load failed: $(tail -n 3 "$work/load.log" "$work/load.json")"
((count > 1000)) || die "only $count transactions fell into the sample; raise --transactions"
printf 'sampled %d transactions; whole run: %s\n' "$count" "$(grep -o '"tx_per_s":[0-9.]*' "$work/load.json")"

perf script -i "$work/perf.data" -F tid,ip,sym 2>/dev/null | awk -v us="$(awk -v t="$ticks" -v n="$count" -v hz="$(getconf CLK_TCK)" 'BEGIN { print t / hz * 1e6 / n }')" '
  # The innermost frame that a pattern knows names the stage of a sample.
  function rule(pattern, name) { patterns[++rules] = pattern; names[rules] = name }
  function flush(   i, r, stage) {
    if (!open) return
    stage = "other"
    for (i = 1; i <= frames && stage == "other"; ++i)
      for (r = 1; r <= rules; ++r) if (frame[i] ~ patterns[r]) { stage = names[r]; break }
    ++samples[stage]
    ++total
    open = frames = 0
  }
  BEGIN {
    rule("recover_addresses|recover_batch|recover_one", "signature recovery")
    rule("__send$|sendto|tcp_sendmsg", "kernel: send answers")
    rule("__libc_recv|recvfrom|epoll_wait|epoll_pwait", "kernel: receive, poll")
    rule("History::|rocksdb", "history (RocksDB)")
    rule("fdatasync|encode_block_record|BlockLog::", "block log: encode, write, fsync")
    rule("Mempool::", "pool: decode, hash, screen, insert, take")
    rule("BlockBuilder::execute", "execute")
    rule("BlockBuilder::seal", "seal: diff, roots, hash")
    rule("HotState::|ChainStore::append|RecentBlocks", "state tables, lookups of recent blocks")
    rule("Dispatcher::handle", "JSON in")
    rule("HttpConnection|HttpRequest|SubmitQueue|asio|Dispatcher", "HTTP, JSON out, event loop")
    rule("Sequencer::|futex|pthread_cond", "sequencer thread, waking")
  }
  /^ *[0-9]+ *$/ { flush(); open = 1; next }
  NF >= 2 { frame[++frames] = $0 }
  END {
    flush()
    for (s in samples) printf "%8.2f us  %s\n", us * samples[s] / total, s | "sort -nr"
    close("sort -nr")
    printf "%8.2f us  all of the node\n", us
  }'
