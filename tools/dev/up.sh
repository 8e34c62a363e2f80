#!/usr/bin/env bash
# ./dev up [--exit] [--json] [--fresh] [--port N]: from a bare machine to a running chain, and a walk through it.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"

exit_after=0 json=0 fresh=0 port=8545
while (($#)); do
  case $1 in
    --exit) exit_after=1 ;;
    --json) json=1 ;;
    --fresh) fresh=1 ;;
    --port)
      port=${2:-}
      [[ $port =~ ^[0-9]+$ ]] && ((port > 0 && port < 65536)) || die "--port takes a number from 1 to 65535, not '$port'"
      shift
      ;;
    *) die "up does not know '$1'; it takes --exit, --json, --fresh and --port N" ;;
  esac
  shift
done

started=$(now_ms)
cold=0
[[ -x $ATLAS && -d $ROOT/tools/walk/node_modules ]] || cold=1

ensure_packages "${PACKAGES_BUILD[@]}"
ensure_node
npm_ci "$ROOT/tools/walk"
build release atlas
(exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && die "port $port is in use; stop what listens there or take another: ./dev up --port N"

# The chain is kept from one `up` to the next in data/; with --exit nobody will come back to it.
log=$BUILD/log/node-$port.log
chain=(--data "$ROOT/data/dev-$port")
((fresh)) && chain+=(--fresh)
((exit_after)) && chain=(--ephemeral)
mkdir -p "${log%/*}"
"$ATLAS" dev --port "$port" "${chain[@]}" >"$log" 2>&1 </dev/null &
node_pid=$!
trap 'kill -TERM "$node_pid" 2>/dev/null; wait "$node_pid" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM

((json)) || printf '%sA walk through the chain%s\n' "$BOLD" "$RESET"
walk=0
flags=()
((json)) && flags=(--json)
node "$ROOT/tools/walk/walk.mjs" "http://127.0.0.1:$port" "${flags[@]}" || walk=$?
if ((walk)); then
  warn "the walk did not come out right; the node said:"
  tail -n 20 "$log" >&2
  exit 1
fi

seconds=$(since "$started")
how=$( ((cold)) && echo cold || echo warm)
if ((json)); then
  printf '{"step":"up","ok":true,"start":"%s","seconds":%s,"url":"http://127.0.0.1:%d"}\n' "$how" "$seconds" "$port"
else
  printf '\n%sready%s in %s s (%s start, walk included): http://127.0.0.1:%d\n' "$GREEN" "$RESET" "$seconds" "$how" "$port"
fi
((exit_after)) && exit 0
note "Ctrl-C stops the chain; its log is ${log#"$ROOT/"}"
((json)) || tail -n +1 --pid="$node_pid" -f "$log" &
wait "$node_pid"
