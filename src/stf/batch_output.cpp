#include <crypto/keccak.hpp>
#include <stf/batch_output.hpp>

namespace atlas::stf {

Hash256 roll(const Hash256& rolling, const Hash256& hash) {
  u8 both[2 * Hash256::size()];
  std::copy(rolling.begin(), rolling.end(), both);
  std::copy(hash.begin(), hash.end(), both + Hash256::size());
  return crypto::keccak256(both);
}

FixedBytes<kBatchOutputSize> encode_batch_output(const BatchOutput& output) {
  FixedBytes<kBatchOutputSize> out;
  u8* at = out.data();
  const auto u64_be = [&](u64 value) {
    for (unsigned shift = 64; shift > 0; shift -= 8) *at++ = static_cast<u8>(value >> (shift - 8));
  };
  const auto word = [&](u64 value) {
    at = std::fill_n(at, 24, u8{0});
    u64_be(value);
  };
  const auto hash = [&](const Hash256& value) { at = std::copy(value.begin(), value.end(), at); };
  word(output.chain_id);
  u64_be(output.first_timestamp);
  u64_be(output.last_timestamp);
  word(static_cast<u64>(output.da_scheme));
  hash(output.da_commitment);
  word(output.l1_transactions);
  word(output.l2_transactions);
  hash(output.priority_hash);
  hash(output.l2_to_l1_root);
  hash(output.upgrade_hash);
  hash(output.imported_roots);
  word(output.settlement_chain_id);
  return out;
}

Hash256 hash_batch_output(const BatchOutput& output) {
  return crypto::keccak256(encode_batch_output(output));
}

Hash256 public_input(const Hash256& commitment_before, const Hash256& commitment_after,
                     std::span<const Hash256> output_hashes) {
  Hash256 rolling;
  for (const Hash256& hash : output_hashes) rolling = roll(rolling, hash);
  u8 message[3 * Hash256::size()];
  u8* at = std::copy(commitment_before.begin(), commitment_before.end(), message);
  at = std::copy(commitment_after.begin(), commitment_after.end(), at);
  std::copy(rolling.begin(), rolling.end(), at);
  return crypto::keccak256(message);
}

}  // namespace atlas::stf
