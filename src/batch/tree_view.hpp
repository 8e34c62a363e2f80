#pragma once
// The state as the tree's newest version has it: that before the open batch, however far the chain has gone on.
#include <tree/state_tree.hpp>

#include <state/view.hpp>

namespace atlas::batch {

class TreeView final : public StateView {
 public:
  /// Code lies outside of the tree: `codes` is any later state, and outlives this like `tree`.
  TreeView(const tree::StateTree& tree, const StateView& codes) : tree_(tree), codes_(codes) {}

  std::optional<Account> account(const Address& address) const override;
  u256 storage(const Address& address, const u256& slot) const override;
  ByteView code(const Hash256& code_hash) const override { return codes_.code(code_hash); }
  bool has_storage(const Address&) const override { return false; }

 private:
  const tree::StateTree& tree_;
  const StateView& codes_;
};

}  // namespace atlas::batch
