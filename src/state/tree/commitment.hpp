#pragma once
// What a batch hands to L1 and to the batch after it: everything that the next state transition starts from.
#include <optional>

#include <state/tree/hash.hpp>

namespace atlas::tree {

struct BatchState {
  TreeState tree;
  u64 last_block_number = 0;
  Hash256 last_block_hash;
  u64 last_timestamp = 0;  ///< seconds
  friend bool operator==(const BatchState&, const BatchState&) = default;
};

inline constexpr u8 kCommitmentVersion = 1;
inline constexpr std::size_t kCommitmentInputSize = 1 + 32 + 8 + 8 + 32 + 8;

/// version u8 ‖ root ‖ next index u64 ‖ last block number u64 ‖ last block hash ‖ last timestamp u64, big-endian.
FixedBytes<kCommitmentInputSize> encode_batch_state(const BatchState& state);
/// The state that encode_batch_state() gave; nullopt for another length or version.
std::optional<BatchState> decode_batch_state(ByteView encoded);
/// BLAKE3 of the encoding.
Hash256 state_commitment(const BatchState& state);

}  // namespace atlas::tree
