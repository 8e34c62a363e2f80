#!/usr/bin/env bash
# ./dev soak [minutes] [--seconds N] [--rate N] [--json] [--check]: a fresh node under an open loop far above its rate, with
# slow, broken and hostile clients; honest ones are counted apart. --check closes with `N passed, M failed`. With --limits,
# what a hostile client may ask for, one thing at a time.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

seconds=600 rate=150000 json=() check=0 limits=0
while (($#)); do
  case $1 in
    --seconds) seconds=${2:?--seconds takes a number} && shift ;;
    --rate) rate=${2:?--rate takes transactions a second} && shift ;;
    --json) json=(--json) ;;
    --check) check=1 ;;
    --limits) limits=1 ;;
    *)
      [[ $1 =~ ^[0-9]+$ ]] || die "soak does not know '$1'; it takes [minutes] [--seconds N] [--rate N] [--json]"
      seconds=$((60 * $1))
      ;;
  esac
  shift
done

ensure_packages "${PACKAGES_BUILD[@]}"
if [[ -z ${ATLAS_BIN:-} ]]; then
  build release atlas soak limits
  ATLAS_BIN=$ATLAS
fi
folder=$(mktemp -d) node=''
finish() {
  [[ -n $node ]] && kill "$node" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT
"$ATLAS_BIN" dev --data "$folder/data" --port 0 --json --balance 1000000 >"$folder/atlas.log" 2>&1 &
node=$!
url=''
for _ in {1..600}; do
  url=$(grep -om1 'http://127.0.0.1:[0-9]*' "$folder/atlas.log" || true)
  [[ -n $url ]] && break
  sleep 0.1
done
[[ -n $url ]] || die "atlas did not start: $(tail -n 3 "$folder/atlas.log")"

if ((limits)); then
  step "limits of $url"
  "${ATLAS_BIN%/*}/limits" "$url" "$node"
  exit
fi
step "$seconds s at $rate transactions/s against $url"
status=0
"${ATLAS_BIN%/*}/soak" "$url" "$node" "$seconds" "$rate" "${json[@]}" || status=$?
((status == 0)) || tail -n 5 "$folder/atlas.log" >&2
if ((check)); then
  ((status == 0)) && echo '1 passed, 0 failed' || echo '0 passed, 1 failed'
fi
exit $status
