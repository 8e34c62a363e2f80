#include <crypto/blake3.hpp>
#include <state/tree/commitment.hpp>

namespace atlas::tree {
namespace {

u8* put(u8* out, u64 v) {
  for (unsigned i = 0; i < 8; ++i) out[i] = static_cast<u8>(v >> (8 * (7 - i)));
  return out + 8;
}
u8* put(u8* out, ByteView bytes) {
  return std::copy(bytes.begin(), bytes.end(), out);
}

}  // namespace

FixedBytes<kCommitmentInputSize> encode_batch_state(const BatchState& state) {
  FixedBytes<kCommitmentInputSize> out;
  u8* at = out.data();
  *at++ = kCommitmentVersion;
  at = put(at, state.tree.root.view());
  at = put(at, state.tree.next_index);
  at = put(at, state.last_block_number);
  at = put(at, state.last_block_hash.view());
  put(at, state.last_timestamp);
  return out;
}

Hash256 state_commitment(const BatchState& state) {
  return crypto::blake3(encode_batch_state(state).view());
}

}  // namespace atlas::tree
