#pragma once
// What a batch publishes: enough to follow the state without executing anything. Format: docs/pubdata.md.
#include <vector>

#include <base/result.hpp>
#include <types/leaf_change.hpp>

namespace atlas {

inline constexpr u8 kPubdataVersion = 1;

struct PubdataHeader {
  u64 batch_number = 0;
  u64 first_block = 0;
  u64 last_block = 0;
  Hash256 last_block_hash;
  u64 last_timestamp = 0;  ///< seconds
  friend bool operator==(const PubdataHeader&, const PubdataHeader&) = default;
};

/// shard u8 ‖ is service u8 ‖ number in batch u16 ‖ sender ‖ key b32 ‖ value b32.
using EncodedL2ToL1Log = FixedBytes<88>;

struct Pubdata {
  struct NewLeaf {
    Hash256 key;
    Hash256 value;  ///< not zero
    friend bool operator==(const NewLeaf&, const NewLeaf&) = default;
  };
  struct KnownLeaf {
    u64 index = 0;  ///< enumeration index, not zero
    LeafChange change;
    friend bool operator==(const KnownLeaf&, const KnownLeaf&) = default;
  };

  PubdataHeader header;
  std::vector<NewLeaf> new_leaves;      ///< ascending by key: the order of their indices
  std::vector<KnownLeaf> known_leaves;  ///< ascending by key, which only who has the tree can tell
  std::vector<EncodedL2ToL1Log> logs;   ///< in the order of their emission
  std::vector<Bytes> messages;          ///< in the order of their emission
  std::vector<Bytes> bytecodes;         ///< code that the chain did not have before
  friend bool operator==(const Pubdata&, const Pubdata&) = default;
};

enum class PubdataError : u8 {
  kTruncated,
  kUnknownVersion,
  kBadIndexWidth,  ///< not the bytes that the largest index takes
  kZeroIndex,
  kBadChange,      ///< a tag that means nothing, or a number with a leading zero
  kBadNewLeaf,     ///< a new leaf is set, and not to zero
  kUnorderedKeys,  ///< new leaves ascend strictly
  kSurplus,        ///< bytes after the end
};
const char* describe(PubdataError error);

/// The one encoding. Counts and lengths are below 2^32, which every batch limit is far below.
Bytes encode_pubdata(const Pubdata& pubdata);
/// What encode_pubdata() gave, nothing else. Total; memory is bounded by the length of the input.
Result<Pubdata, PubdataError> decode_pubdata(ByteView encoded);

}  // namespace atlas
