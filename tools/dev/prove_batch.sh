# The batch of everything: a node's batch with 100 ERC-20 transfers, swaps, EIP-7702 and every precompile
# (tests/e2e/everything.mjs), proved at the shipped set and verified; what its proof commits to must be what the node says.
# Sourced by prove.sh, never run.

# batch_of_everything FOLDER prove|execute: `execute` runs the program over the witness and proves nothing.
batch_of_everything() {
  local dir=$1 how=$2 elf=${ATLAS_BATCH_ELF:-$BUILD/guest/batch.elf} name='the batch of everything' chain input said transactions
  ensure_node
  npm_ci "$ROOT/tests/e2e"
  tools/dev/guest_batch.sh build >/dev/null
  # field NAME JSON
  field() { sed -n "s/.*\"$1\":\"\{0,1\}\([^,\"}]*\).*/\1/p" <<<"$2"; }
  if ! chain=$(ATLAS_BIN=$ATLAS_BIN node tests/e2e/everything.mjs "$dir/chain" 2>"$dir/log" </dev/null); then
    bad "$name: the chain makes it" "$(head -n 20 "$dir/log" | cut -c1-200)"
    return
  fi
  input=$(field public_input "$chain") transactions=$(field transactions "$chain")
  ok "$name: $transactions transactions in $(field blocks "$chain") blocks, $(field pubdata_bytes "$chain") bytes of pubdata"

  if [[ $how == execute ]]; then
    said=$("$ATLAS_BIN" execute --json --elf "$elf" --hint "$dir/chain/data/batches/witness/batch-1.bin" 2>&1) || true
  elif ! said=$("$ATLAS_BIN" prove-batch --json --elf "$elf" --data "$dir/chain/data" --batch 1 --out "$dir/everything.proof" 2>&1); then
    bad "$name is proved" "$said"
    return
  else
    awk -v cycles="$(field cycles "$said")" -v segments="$(field segments "$said")" -v seconds="$(field seconds "$said")" \
      -v cores="$(field core_seconds "$said")" -v memory="$(field peak_memory_bytes "$said")" -v bytes="$(field proof_bytes "$said")" \
      -v cost="$(field cost_dollars "$said")" -v count="$transactions" 'BEGIN {
        printf "      %.1f million cycles, %d segments, %.0f s, %.0f core-seconds, %.2f GiB, proof %.1f MiB, $%.5f ($%.7f a transaction)\n",
          cycles / 1e6, segments, seconds, cores, memory / 2^30, bytes / 2^20, cost, cost / count }'
    if ! said=$("$ATLAS_BIN" verify --json --elf "$elf" "$dir/everything.proof" 2>&1) || [[ $(field proven_bits "$said") != 128 ]]; then
      bad "$name: its proof is valid at 128 bits" "$said"
      return
    fi
  fi
  if [[ -n $input && $(field public_output "$said") == "$input" ]]; then
    ok "$name: public input $input is the node's, by $how ($(field cycles "$said") cycles)"
  else
    bad "$name: the public input is the node's" "the node: $input"$'\n'"the program: $said"
  fi
}
