#pragma once
// A state with some of it replaced: by a caller's overrides, and by what simulated blocks changed.
#include <map>
#include <set>

#include <rpc/backend.hpp>
#include <rpc/params.hpp>
#include <state/diff.hpp>

namespace atlas::rpc {

class OverlayState final : public StateView {
 public:
  /// `base` is held as long as this.
  explicit OverlayState(StatePtr base) : base_(std::move(base)) {}

  /// Replaces what `overrides` name, for good.
  void apply(const StateOverrides& overrides);
  /// What a block over this state changed.
  void apply(const StateDiff& diff);

  std::optional<Account> account(const Address& address) const override;
  u256 storage(const Address& address, const u256& slot) const override;
  ByteView code(const Hash256& code_hash) const override;
  bool has_storage(const Address& address) const override { return base_->has_storage(address); }

 private:
  StatePtr base_;
  std::map<Address, std::optional<Account>> accounts_;
  std::map<Address, std::map<u256, u256>> slots_;
  std::set<Address> wiped_;         // only slots_ count
  std::map<Hash256, Bytes> codes_;  // nothing is ever removed: views stay in place
};

}  // namespace atlas::rpc
