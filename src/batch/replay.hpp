#pragma once
// A sealed batch executed once more by the state transition that is proved, from the blocks as the chain has them.
#include <tree/state_tree.hpp>

#include <stf/batch.hpp>
#include <storage/records.hpp>

namespace atlas::batch {

/// What the blocks `first`, `first` + 1, … of a batch were given; views of `blocks`, which outlive it. `blob_hashes`:
/// under DaScheme::kBlobs only.
stf::BatchInput batch_input(const stf::ChainRules& rules, u64 number, const tree::BatchState& before,
                            const BlockHeader& parent, std::span<const storage::BlockPtr> blocks,
                            std::vector<Hash256> blob_hashes = {});

/// The batch's private input for the guest (docs/batches.md, "Witness"): the newest version of `tree` and `view` are
/// the state before it. Executes the batch once.
Result<std::vector<u32>, stf::BatchFailure> make_witness(const stf::BatchInput& input, const StateView& view,
                                                         const tree::StateTree& tree);

/// The node's tree under a batch: its newest version is the state before it, and update() makes the next one.
class NextVersion final : public stf::BatchTree {
 public:
  /// `end` names the batch's last block.
  NextVersion(tree::StateTree& tree, const tree::BatchEnd& end) : tree_(tree), end_(end) {}
  tree::TreeState update(const StateDiff& diff, Pubdata& out) override;

 private:
  tree::StateTree& tree_;
  const tree::BatchEnd end_;
};

}  // namespace atlas::batch
