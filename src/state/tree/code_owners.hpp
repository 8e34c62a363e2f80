#pragma once
#include <base/flat_map.hpp>
#include <state/tree/hash.hpp>

namespace atlas::tree {

/// Under which account's commitment leaf a code is proven: the first account that was read with it. A view is asked for
/// code by Keccak hash alone, and which leaf answers must be one and the same where a witness is made and where it is
/// read.
class CodeOwners {
 public:
  void note(const Hash256& code_hash, const Address& address) {
    bool added;
    const u32 index = owners_.find_or_add(code_hash, added);
    if (added) owners_[index].value = address;
  }
  /// Null for a hash that no account was read with.
  const Address* find(const Hash256& code_hash) const {
    const u32 index = owners_.find(code_hash);
    return index == owners_.kNone ? nullptr : &owners_[index].value;
  }

 private:
  FlatMap<Hash256, Address> owners_;
};

}  // namespace atlas::tree
