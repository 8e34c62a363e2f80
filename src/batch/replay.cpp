#include <batch/replay.hpp>

#include <evm/evm.hpp>
#include <platform/seed.hpp>
#include <state/tree/changes.hpp>
#include <stf/witness_maker.hpp>

namespace atlas::batch {
namespace {

class NewestLeaves final : public tree::LeafValues {
 public:
  explicit NewestLeaves(const tree::StateTree& tree) : tree_(tree) {}
  tree::Digest value(const tree::Digest& key) const override {
    const auto leaf = tree_.leaf(key);
    return leaf ? leaf->value : tree::Digest{};
  }

 private:
  const tree::StateTree& tree_;
};

}  // namespace

stf::BatchInput batch_input(const stf::ChainRules& rules, u64 number, const tree::BatchState& before,
                            const BlockHeader& parent, std::span<const storage::BlockPtr> blocks,
                            std::vector<Hash256> blob_hashes) {
  stf::BatchInput out;
  out.rules = rules;
  out.number = number;
  out.before = before;
  out.parent = parent;
  out.blob_hashes = std::move(blob_hashes);
  for (const storage::BlockPtr& block : blocks) {
    stf::BlockInput input;
    input.timestamp = block->header.timestamp;
    input.coinbase = block->header.beneficiary;
    input.prices = stf::decode_extra_data(block->header.extra_data);
    for (const SignedTransaction& tx : block->transactions) input.transactions.emplace_back(tx.encoded);
    out.blocks.push_back(std::move(input));
  }
  return out;
}

Result<std::vector<u32>, stf::BatchFailure> make_witness(const stf::BatchInput& input, const StateView& view,
                                                         const tree::StateTree& tree) {
  evm::Evm machine;
  auto touched = stf::touched_state(input, view, machine);
  if (!touched) return Err(touched.error());
  const tree::VersionedProof proof = tree.prove(std::move(touched->keys));
  return stf::encode_witness({platform::hash_seed(), input, touched->codes, proof.words});
}

tree::TreeState NextVersion::update(const StateDiff& diff, Pubdata& out) {
  const auto writes = tree::leaf_writes(diff, NewestLeaves(tree_));
  for (const tree::LeafWrite& write : writes) {
    const auto leaf = tree_.leaf(write.key);
    const tree::Digest before = leaf ? leaf->value : tree::Digest{};
    tree::publish({.key = write.key, .before = before, .after = write.value, .index = leaf ? leaf->index : 0},
                  write.domain, out);
  }
  return tree_.apply(*tree_.latest() + 1, writes, end_).tree;
}

}  // namespace atlas::batch
