#pragma once
// The proof of one key: what atlas_getProof gives for an account and its slots (docs/state-tree.md, "Proof of a key").
#include <vector>

#include <base/result.hpp>
#include <state/tree/commitment.hpp>

namespace atlas::tree {

struct KeyProof {
  Digest key;
  std::optional<Leaf> leaf;      ///< where the key's way ends: the key's own, another one, or none
  std::vector<Digest> siblings;  ///< on the way, deepest first; at most kKeyBits
};

enum class KeyProofError : u8 {
  kTooManySiblings,  ///< more than a key has bits
  kForeignLeaf,      ///< the leaf does not lie on the key's way
  kWrongRoot,        ///< the proof leads to another root
  kWrongKey,         ///< the proof is about another key than asked for
  kWrongCommitment,  ///< the batch state is not the one that was committed to
  kBadAccount,       ///< the account's leaf cannot be read
};
const char* describe(KeyProofError error);

/// The key's value in the tree under `root`; zero if it has no leaf. Total.
Result<Digest, KeyProofError> verify_key(const Digest& root, const KeyProof& proof);

/// All that is proved about an account.
struct AccountProof {
  Address address;
  BatchState state;
  KeyProof account;
  KeyProof code_hash;
  struct Slot {
    u256 slot;
    KeyProof proof;
  };
  std::vector<Slot> slots;
};

struct ProvedAccount {
  u64 nonce = 0;
  u256 balance;
  u32 code_size = 0;         ///< bytes
  Hash256 code_hash;         ///< Keccak-256; zero without code
  std::vector<u256> values;  ///< of the proof's slots, in their order
};

/// What the proof says about the account in the state that `commitment` (as L1 knows it) commits to. Total.
Result<ProvedAccount, KeyProofError> verify_account(const Hash256& commitment, const AccountProof& proof);

/// The proof of a key in the tree under `at`, a TreeCursor (multiproof_writer.hpp).
template <class Cursor>
KeyProof prove_key(Cursor at, const Digest& key) {
  KeyProof proof{.key = key, .leaf = {}, .siblings = {}};
  for (unsigned depth = 0; !at.is_empty() && at.leaf() == nullptr; ++depth) {
    const unsigned side = key.bit(depth);
    proof.siblings.push_back(at.child(1 - side).hash());
    at = at.child(side);
  }
  if (!at.is_empty()) proof.leaf = *at.leaf();
  proof.siblings = {proof.siblings.rbegin(), proof.siblings.rend()};
  return proof;
}

}  // namespace atlas::tree
