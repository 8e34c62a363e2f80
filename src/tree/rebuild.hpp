#pragma once
// The state from what was published alone (`atlas rebuild`).
#include <functional>

#include <tree/state_tree.hpp>

#include <base/result.hpp>
#include <types/pubdata.hpp>

namespace atlas::tree {

enum class RebuildError : u8 {
  kBadPubdata,     ///< not pubdata; `pubdata` says why
  kWrongBatch,     ///< not the batch after the tree's newest
  kUnknownIndex,   ///< a known leaf whose index was never given
  kBadChange,      ///< a change that does not apply to the leaf's value, or changes nothing
  kUnorderedKeys,  ///< known leaves that do not ascend by key
  kNotNew,         ///< a new leaf whose key has one
};

struct RebuildFailure {
  RebuildError error = RebuildError::kBadPubdata;
  std::optional<PubdataError> pubdata;
  u64 batch = 0;        ///< that the pubdata claim to be, 0 if they cannot be read
  std::string subject;  ///< index or key at fault, if there is one
};
std::string describe(const RebuildFailure& failure);

/// Takes published code; called for the codes of a batch before its state.
using CodeSink = std::function<void(ByteView code)>;

/// Applies the batch after the tree's newest version. That the pubdata are the batch's is for L1 to say: compare
/// state_commitment() of the result with the one that L1 executed. On an error nothing changed.
Result<BatchState, RebuildFailure> apply_pubdata(StateTree& tree, ByteView encoded, const CodeSink& code = {});

/// Applies files of pubdata in the given order. Throws TreeError for a file that cannot be read; a batch that fails
/// leaves those before it applied.
Result<BatchState, RebuildFailure> rebuild(StateTree& tree, std::span<const std::filesystem::path> files,
                                           const CodeSink& code = {});

}  // namespace atlas::tree
