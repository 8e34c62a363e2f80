// Transactions: a decoded one encodes to the same bytes, and the fast path of the mempool agrees with the parts.
#include <cstdlib>

#include <crypto/keccak.hpp>
#include <stf/stf.hpp>

using namespace atlas;

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  const ByteView input(data, size);
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
