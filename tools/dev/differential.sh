#!/usr/bin/env bash
# ./dev differential [transactions] [seed] [--traces N] [--check]: random transactions on a fresh Atlas and a fresh anvil,
# compared: receipts, states, and of N of them every kind of trace. --check closes with `N passed, M failed`.
source "$(dirname "${BASH_SOURCE[0]}")/common.sh"
cd "$ROOT"

transactions=10000 seed=1 traces=1000 check=0 numbers=()
while (($#)); do
  case $1 in
    --traces)
      traces=${2:-}
      [[ $traces =~ ^[0-9]+$ ]] || die "--traces takes how many transactions are to be traced"
      shift
      ;;
    --check) check=1 ;;
    *)
      [[ $1 =~ ^[0-9]+$ ]] || die "differential does not know '$1'; it takes [transactions] [seed] [--traces N]"
      numbers+=("$1")
      ;;
  esac
  shift
done
transactions=${numbers[0]:-$transactions} seed=${numbers[1]:-$seed}

ensure_packages "${PACKAGES_BUILD[@]}"
if [[ -z ${ATLAS_BIN:-} ]]; then
  build release atlas differential
  ATLAS_BIN=$ATLAS
fi
program=${ATLAS_BIN%/*}/differential
ensure_node
npm_ci "$ROOT/tests/e2e"
anvil=$ROOT/tests/e2e/node_modules/@foundry-rs/anvil-linux-amd64/bin/anvil
[[ -x $anvil ]] || die "there is no anvil at $anvil; remove tests/e2e/node_modules and try again"

folder=$(mktemp -d) children=()
finish() {
  ((${#children[@]})) && kill "${children[@]}" 2>/dev/null
  wait 2>/dev/null
  rm -rf "$folder"
}
trap finish EXIT

touch "$folder/atlas.log" "$folder/anvil.log"
"$ATLAS_BIN" dev --ephemeral --port 0 --json >"$folder/atlas.log" 2>&1 &
children+=($!)
# anvil mines when the program tells it to.
"$anvil" --port 0 --hardfork osaka --steps-tracing --chain-id 31337 --no-mining \
  --accounts 1 >"$folder/anvil.log" 2>&1 &
children+=($!)
atlas_url='' anvil_url=''
for _ in {1..600}; do
  atlas_url=$(grep -om1 'http://127.0.0.1:[0-9]*' "$folder/atlas.log" || true)
  anvil_url=$(sed -n 's/^Listening on \(127.0.0.1:[0-9]*\).*/http:\/\/\1/p' "$folder/anvil.log" | head -n 1)
  [[ -n $atlas_url && -n $anvil_url ]] && break
  sleep 0.1
done
[[ -n $atlas_url ]] || die "atlas did not start: $(tail -n 3 "$folder/atlas.log")"
[[ -n $anvil_url ]] || die "anvil did not start: $(tail -n 3 "$folder/anvil.log")"

step "$transactions transactions of seed $seed on Atlas and $("$anvil" --version | head -n 1), $traces traced"
status=0
"$program" "$atlas_url" "$anvil_url" "$transactions" "$seed" "$traces" | tee "$folder/out" || status=$?
if ((check)); then
  figure() { sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" "$folder/out"; }
  compared=$(($(figure transactions || echo 0) + $(figure states_compared || echo 0) + $(figure traces_compared || echo 0)))
  different=$(figure differences)
  if [[ -z $different ]]; then # it did not come to its end
    compared=1 different=1
  fi
  printf '%d passed, %d failed\n' $((compared - different)) "$different"
fi
exit $status
