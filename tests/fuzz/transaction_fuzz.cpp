// Transactions: a decoded one encodes to the same bytes, and the fast path of the mempool agrees with the parts.
#include <cstdlib>

#include <crypto/keccak.hpp>
#include <evm/evm.hpp>
#include <state/test_state.hpp>
#include <stf/stf.hpp>
#include <types/l1_transaction.hpp>

using namespace atlas;

namespace {

class NoHashes final : public BlockHashes {
 public:
  Hash256 block_hash(u64) const override { return {}; }
};

// Whatever decodes as a priority transaction has an outcome, and the wei that it mints are all somewhere.
void apply_from_l1(const SignedTransaction& tx) {
  static evm::Evm machine;
  test::MapState state;
  BlockContext block;
  block.gas_limit = u64{1} << 24;
  block.coinbase = Address{{1}};
  const NoHashes hashes;
  stf::BlockExecutor executor(state, block, hashes, machine);
  if (!executor.apply(tx).ok()) std::abort();
  u256 supply;
  for (const auto& change : executor.diff().accounts) supply += change.account ? change.account->balance : u256();
  if (supply != tx.tx.l1->mint) std::abort();
}

// Types from L1: one encoding, which nobody may submit.
void check_from_l1(ByteView input) {
  const auto tx = decode_block_transaction(input);
  if (!tx || !is_from_l1(tx->tx.type)) return;
  const Bytes again = encode_transaction(tx->tx);
  if (!std::equal(again.begin(), again.end(), input.begin(), input.end()) || tx->encoded != again) std::abort();
  if (tx->hash != crypto::keccak256(input.subspan(1)) || tx->sender != tx->tx.l1->from) std::abort();
  if (decode_transaction(input, true).ok() || decode_signed_transaction(input).ok()) std::abort();
  apply_from_l1(*tx);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView input(data, size);
  check_from_l1(input);
  const auto tx = decode_transaction(input, true);
  const auto whole = decode_signed_transaction(input);
  if (!tx) {
    if (whole) std::abort();
    return 0;
  }
  const Bytes again = encode_transaction(*tx);
  if (!std::equal(again.begin(), again.end(), input.begin(), input.end())) std::abort();

  const auto sender = recover_sender(*tx);
  if (tx->type == TxType::kBlob) {
    if (whole || whole.error() != TxDecodeError::kBlobType) std::abort();
  } else if (whole.ok() != sender.ok()) {
    std::abort();
  } else if (whole &&
             (whole->sender != *sender || whole->encoded != again || whole->hash != crypto::keccak256(again))) {
    std::abort();
  }
  BlockContext block;
  block.gas_limit = ~u64{0};
  stf::StfConfig config;
  config.allow_blob_transactions = true;
  config.max_blobs_per_block = config.max_blobs_per_transaction = 6;
  (void)stf::check_static(*tx, block, config);
  for (std::size_t i = 0; i < tx->authorizations.size() && i < 4; ++i) (void)recover_authority(tx->authorizations[i]);
  return 0;
}
