#pragma once
// A batch of blocks, one transaction after another: what the guest proves and the node expects it to.
//
// The caller gives what BatchInput names; all else is derived or checked here. One journal lasts for the whole batch,
// so an account is looked up once and the diff at the end is net. Of a block only what its header needs is held until
// it is sealed. Whoever drives this with the same view and inputs reads the same keys and comes to the same result.
#include <memory>

#include <state/diff.hpp>
#include <stf/batch_input.hpp>
#include <stf/batch_output.hpp>
#include <types/pubdata.hpp>

namespace atlas::stf {

/// Why blocks are no batch. Of a host's own chain none of them arises; in the guest each is a wrong witness.
enum class BatchError : u8 {
  kWrongParent,            ///< the parent header is not the block that the previous state names
  kWrongRules,             ///< the state holds the hash of other rules
  kNotProvable,            ///< rules that exist for development and tests only
  kTimestampBeforeParent,  // the next three are BlockError's
  kNativePriceAboveCap,
  kPubdataPriceAboveCap,
  kBadTransaction,      ///< does not decode, or has no valid signature
  kRefusedTransaction,  ///< apply() says why
  kTooManyLogs,         ///< above kBatchLogsMax
  kTooMuchPubdata,      ///< above kBatchPubdataMax
  kNoBlocks,
  kWrongBlobCount,  ///< not one versioned hash a blob, or one without blobs
};
const char* describe(BatchError error);

/// The state tree under a batch: the multiproof's in the guest, the node's own or a reference tree on the host.
class BatchTree {
 public:
  virtual ~BatchTree() = default;
  /// The tree after `diff`, net over the batch; adds to `out` what pubdata say about each leaf that differs
  /// (tree::publish), ascending by key.
  virtual tree::TreeState update(const StateDiff& diff, Pubdata& out) = 0;
};

struct SealedBatch {
  BatchOutput output;
  tree::BatchState after;
  Bytes pubdata;
};

class BatchExecutor {
 public:
  /// `view` is the state that `before` commits to; it and `environment` outlive the executor.
  BatchExecutor(const ChainRules& rules, const tree::BatchState& before, const BlockHeader& parent,
                const StateView& view, ExecutionEnvironment& environment);
  ~BatchExecutor();

  /// First of all: that parent and rules are those that `before` and the state name.
  Result<void, BatchError> begin();
  /// Derives the block's context and does its system work. `transactions`: how many will come, if that is known.
  Result<void, BatchError> begin_block(const BlockChoices& choices, std::size_t transactions = 0);
  /// Executes and appends. On an error nothing changed. An upgrade is the first transaction of the batch or refused.
  Result<void, TxError> apply(SignedTransaction tx);
  /// Header, roots, hash; counts transactions and collects logs and messages.
  Result<void, BatchError> seal_block();
  /// The block begun last, complete once it is sealed. Gone with the next begin_block().
  const Block& block() const;
  /// What is left: the tree, pubdata, output. The executor is spent.
  Result<SealedBatch, BatchError> seal_batch(u64 number, BatchTree& tree, std::span<const Hash256> blob_hashes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// Watches a batch: phases for profiles, blocks for comparison.
class BatchObserver {
 public:
  virtual ~BatchObserver() = default;
  virtual void phase(std::string_view) {}
  virtual void sealed(const Block&) {}
};

struct BatchFailure {
  BatchError error;
  u64 block = 0;                ///< number of the block at fault, if one is
  std::size_t transaction = 0;  ///< index in it
  const char* reason = "";      ///< of kBadTransaction and kRefusedTransaction
};

/// The whole of it, from bytes: senders are recovered here.
Result<SealedBatch, BatchFailure> run_batch(const BatchInput& input, const StateView& view,
                                            ExecutionEnvironment& environment, BatchTree& tree,
                                            BatchObserver* observer = nullptr);

}  // namespace atlas::stf
