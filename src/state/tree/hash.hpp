#pragma once
// Keys and hashes of the state tree (docs/state-tree.md). Every hash of the tree is one BLAKE3 compression.
#include <base/u256.hpp>
#include <state/tree/digest.hpp>

namespace atlas::tree {

/// Flags of the tree's compressions: beyond those of BLAKE3's own modes, so no hash of one kind is one of another.
inline constexpr u32 kLeafFlag = 1u << 7;
inline constexpr u32 kNodeFlag = 1u << 8;
/// Enumeration index of the first leaf ever made; 0 says "no leaf".
inline constexpr u64 kFirstIndex = 1;

/// First byte of a key's preimage.
enum class Domain : u8 { kAccount = 0, kCodeCommitment = 1, kCodeHash = 2, kStorage = 3 };

struct Leaf {
  Digest key;
  Digest value;
  u64 index = 0;
  friend bool operator==(const Leaf&, const Leaf&) = default;
};

/// What a version of the tree is: the root of an empty tree is zero.
struct TreeState {
  Digest root;
  u64 next_index = kFirstIndex;
  friend bool operator==(const TreeState&, const TreeState&) = default;
};

/// Compression of key ‖ value, counter = enumeration index.
Digest leaf_hash(const Digest& key, const Digest& value, u64 index);
/// Compression of `children`, left ‖ right, into `out`, which may overlap them.
void node_hash(const u32 children[16], u32 out[8]);
Digest node_hash(const Digest& left, const Digest& right);

/// BLAKE3(domain ‖ address): `domain` is not kStorage.
Digest address_key(Domain domain, const Address& address);
/// BLAKE3(kStorage ‖ address ‖ slot as 32 big-endian bytes).
Digest storage_key(const Address& address, const u256& slot);
/// The leaf's value of a storage slot: its 32 big-endian bytes.
inline Digest storage_value(const u256& value) {
  return Digest::from(value.to_be());
}
/// By what code is committed to: BLAKE3 of its bytes; zero for no code, as the leaf of an account without any.
Digest code_commitment(ByteView code);

}  // namespace atlas::tree
