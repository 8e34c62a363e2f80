#pragma once
// From what execution changed to what changes in the tree, and from there to what is published.
#include <vector>

#include <state/diff.hpp>
#include <state/tree/multiproof.hpp>
#include <types/pubdata.hpp>

namespace atlas::tree {

/// A key's value after a batch.
struct LeafWrite {
  Digest key;
  Digest value;
  Domain domain = Domain::kStorage;
};

/// The leaves that `diff` sets, ascending by key; a leaf may keep its value only where an account changed in another of
/// its leaves. `before` is the state that the diff stands on. Code is hashed only where an account's code changed.
std::vector<LeafWrite> leaf_writes(const StateDiff& diff, const StateView& before);

/// Values of the leaves that a diff stands on.
class LeafValues {
 public:
  virtual ~LeafValues() = default;
  /// Zero if the key has no leaf.
  virtual Digest value(const Digest& key) const = 0;
};

/// The same from leaves alone, for a diff that has all the code that it gives to accounts, as a block's does. Asked for
/// are leaves of changed accounts: kAccount, and kCodeHash of those with code; no code is, because a leaf says its
/// size.
std::vector<LeafWrite> leaf_writes(const StateDiff& diff, const LeafValues& before);

/// Leaves that can be read and set.
class LeafWriter : public LeafValues {
 public:
  virtual void write(const LeafWrite& write) = 0;
};
/// Sets the leaves that leaf_writes() names, in no order of keys; what is read of an account is read before it is set.
void write_leaves(const StateDiff& diff, LeafWriter& leaves);

/// The same on the empty state: those of a chain's genesis.
std::vector<LeafWrite> genesis_writes(const StateDiff& diff);

/// Adds what pubdata say about a leaf: nothing if its value stays. Leaves come in ascending order of keys.
void publish(const TouchedLeaf& leaf, Domain domain, Pubdata& out);

}  // namespace atlas::tree
