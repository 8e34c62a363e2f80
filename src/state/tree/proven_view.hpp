#pragma once
// The state as a witness shows it: every item from a leaf of the multiproof, code by its commitment. Nothing read here
// is true before update() has accepted the leaves that were touched, and update() refuses leaves that were not.
//
// What the witness does not hold ends the program (ENSURE): which items a batch reads follows from the batch alone, so
// no transaction can cause it, only a wrong witness.
#include <span>
#include <vector>

#include <state/tree/code_owners.hpp>
#include <state/tree/multiproof.hpp>
#include <state/view.hpp>

namespace atlas::tree {

class ProvenView final : public StateView {
 public:
  /// `leaves` ascend (parse_multiproof) and, like the codes' bytes, outlive the view. Halts if a code comes twice.
  ProvenView(std::span<TouchedLeaf> leaves, std::span<const ByteView> codes);

  std::optional<Account> account(const Address& address) const override;
  u256 storage(const Address& address, const u256& slot) const override;
  ByteView code(const Hash256& code_hash) const override;
  /// By invariant: storage without code or nonce cannot arise (docs/state-tree.md).
  bool has_storage(const Address&) const override { return false; }

  /// The leaf of a key, touched. Halts if the witness does not have it.
  TouchedLeaf& leaf(const Digest& key) const;
  /// Whether each code was asked for.
  bool all_codes_used() const;

 private:
  std::size_t bucket_of(const Digest& key) const { return __builtin_bswap32(key.word[0]) >> shift_; }

  struct Code {
    ByteView bytes;
    bool used = false;
  };
  std::span<TouchedLeaf> leaves_;
  // Where the leaves begin whose keys have so many highest bits in common: keys are hashes, so mostly one or two.
  std::vector<u32> first_;
  unsigned shift_ = 0;
  mutable FlatMap<Hash256, Code> codes_;  // by commitment
  mutable CodeOwners owners_;
};

}  // namespace atlas::tree
