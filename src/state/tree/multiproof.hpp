#pragma once
// One proof for everything that a batch touches: the guest reads its state from it, and from what it wrote computes the
// old and the new root in one pass over the touched keys. Format and rules: docs/state-tree.md, "Multiproof".
//
// Total over hostile words: whatever they are, the outcome is a Result, memory and work are bounded by their number.
#include <span>
#include <vector>

#include <base/result.hpp>
#include <state/tree/hash.hpp>

namespace atlas::tree {

inline constexpr u32 kMultiproofVersion = 1;

enum class ProofError : u8 {
  kTruncated,         ///< the words end within an item
  kUnknownVersion,    ///< the first word is not kMultiproofVersion
  kUnorderedKeys,     ///< touched keys must ascend strictly
  kUntouchedLeaf,     ///< a leaf of the proof was never asked for
  kBadIndex,          ///< a touched leaf's index is not below the next one
  kAbsentWithValue,   ///< a key without a leaf was given a value before
  kUnknownKind,       ///< a step's head has bits that mean nothing
  kPathTooLong,       ///< more siblings than the keys of the step have bits in common
  kBadSplit,          ///< a split of keys that do not part at that depth
  kForeignLeaf,       ///< the other leaf given for absence does not lie on the keys' path
  kTouchedAsForeign,  ///< the other leaf given for absence is one of the keys
  kCrowdedPlace,      ///< one place for two leaves
  kWrongRoot,         ///< leaves and siblings do not hash to the old root
  kSurplus,           ///< words after the end
  kIndexOverflow,     ///< enumeration indices run out of 64 bits
};
const char* describe(ProofError error);

/// A key that a batch reads or writes.
struct TouchedLeaf {
  Digest key;
  Digest before;  ///< zero without a leaf
  Digest after;
  u64 index = 0;  ///< before the batch; 0: no leaf
  bool touched = false;
};

struct Multiproof {
  std::vector<TouchedLeaf> leaves;  ///< ascending by key; `after` = `before`
  std::span<const u32> paths;       ///< the rest of the words, for update()
};

/// The first half: what the batch's state is read from. Nothing of it is true before update() has succeeded.
Result<Multiproof, ProofError> parse_multiproof(std::span<const u32> words);

/// The leaf of `key` among leaves that ascend, marked as touched; null if the proof does not have it.
TouchedLeaf* touch(std::span<TouchedLeaf> leaves, const Digest& key);

/// The second half: checks that `leaves`, all of them touched, are as they say in the tree `before`, and gives the tree
/// with their values `after`. A key with no leaf and a non-zero value after gets the next index, in ascending order of
/// keys.
Result<TreeState, ProofError> update(std::span<const TouchedLeaf> leaves, std::span<const u32> paths,
                                     const TreeState& before);

/// How a step ends after its siblings; bits 16 and up of its head.
enum class StepKind : u32 {
  kPlace = 0,    ///< an empty place, or that of the one touched leaf among the keys
  kForeign = 1,  ///< the place of a leaf that is not touched: key, index, value follow
  kSplit = 2,    ///< the keys part: two steps follow, left and right
};
inline constexpr u32 kStepLengthBits = 16;

}  // namespace atlas::tree
