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
u64 take_u64(ByteView& in) {
  u64 v = 0;
  for (unsigned i = 0; i < 8; ++i) v = v << 8 | in[i];
  in = in.subspan(8);
  return v;
}
Hash256 take_hash(ByteView& in) {
  const Hash256 h = Hash256::from(in);
  in = in.subspan(Hash256::size());
  return h;
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

std::optional<BatchState> decode_batch_state(ByteView encoded) {
  if (encoded.size() != kCommitmentInputSize || encoded[0] != kCommitmentVersion) return std::nullopt;
  encoded = encoded.subspan(1);
  BatchState state;
  state.tree.root = Digest::from(take_hash(encoded));
  state.tree.next_index = take_u64(encoded);
  state.last_block_number = take_u64(encoded);
  state.last_block_hash = take_hash(encoded);
  state.last_timestamp = take_u64(encoded);
  return state;
}

Hash256 state_commitment(const BatchState& state) {
  return crypto::blake3(encode_batch_state(state).view());
}

}  // namespace atlas::tree
