#pragma once
#include <vector>

#include <state/tree/code_owners.hpp>
#include <state/view.hpp>

namespace atlas::tree {

/// Passes reads on and notes what a ProvenView needs to answer the same ones: keys of leaves, and codes.
class RecordingView final : public StateView {
 public:
  explicit RecordingView(const StateView& view) : view_(view) {}

  std::optional<Account> account(const Address& address) const override;
  u256 storage(const Address& address, const u256& slot) const override;
  ByteView code(const Hash256& code_hash) const override;
  bool has_storage(const Address&) const override { return false; }

  /// A leaf that is touched in another way: one that is written.
  void note(const Digest& key) const;
  /// Keys of all leaves touched so far, strictly ascending.
  std::vector<Digest> keys() const;
  /// Codes read so far, each once, in order of their first reading; in place as the view keeps them.
  const std::vector<ByteView>& codes() const { return codes_; }

 private:
  const StateView& view_;
  mutable FlatMap<Hash256, u8> keys_;
  mutable FlatMap<Hash256, u8> code_hashes_;
  mutable std::vector<ByteView> codes_;
  mutable CodeOwners owners_;
};

}  // namespace atlas::tree
