#include <evm/evm.hpp>
#include <platform/seed.hpp>
#include <state/tree/changes.hpp>
#include <state/tree/proven_view.hpp>
#include <stf/proven_batch.hpp>

namespace atlas::stf {
namespace {

/// The tree as the multiproof shows it.
class ProvenTree final : public BatchTree, tree::LeafWriter {
 public:
  ProvenTree(const tree::ProvenView& view, tree::Multiproof& proof, const tree::TreeState& before)
      : view_(view), proof_(proof), before_(before), domains_(proof.leaves.size()) {}

  tree::TreeState update(const StateDiff& diff, Pubdata& out) override {
    tree::write_leaves(diff, *this);
    for (std::size_t i = 0; i < domains_.size(); ++i) tree::publish(proof_.leaves[i], domains_[i], out);
    ENSURE(view_.all_codes_used(), "the witness gives a code that the batch does not read");
    const auto after = tree::update(proof_.leaves, proof_.paths, before_);
    ENSURE(after.ok(), tree::describe(after.error()));
    return *after;
  }

 private:
  tree::Digest value(const tree::Digest& key) const override { return view_.leaf(key).before; }
  void write(const tree::LeafWrite& write) override {
    tree::TouchedLeaf& leaf = view_.leaf(write.key);
    leaf.after = write.value;
    domains_[static_cast<std::size_t>(&leaf - proof_.leaves.data())] = write.domain;
  }

  const tree::ProvenView& view_;
  tree::Multiproof& proof_;
  const tree::TreeState before_;
  std::vector<tree::Domain> domains_;  // of the leaves; those that are not written are not published either
};

}  // namespace

ProvenBatch execute_witness(std::span<const u32> words, BatchObserver* observer) {
  const auto witness = decode_witness(words);
  ENSURE(witness.ok(), describe(witness.error()));
  platform::set_hash_seed(witness->hash_seed);
  const BatchInput& input = witness->input;
  auto proof = tree::parse_multiproof(witness->multiproof);
  ENSURE(proof.ok(), tree::describe(proof.error()));
  const tree::ProvenView view(proof->leaves, witness->codes);
  ProvenTree state_tree(view, *proof, input.before.tree);
  evm::Evm machine;
  auto sealed = run_batch(input, view, machine, state_tree, observer);
  ENSURE(sealed.ok(), describe(sealed.error().error));
  ProvenBatch out{std::move(*sealed), {}};
  const Hash256 output_hash = hash_batch_output(out.sealed.output);
  out.public_input =
      public_input(tree::state_commitment(input.before), tree::state_commitment(out.sealed.after), {&output_hash, 1});
  return out;
}

}  // namespace atlas::stf
