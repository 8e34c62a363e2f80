#include <state/tree/account_leaf.hpp>
#include <state/tree/key_proof.hpp>

namespace atlas::tree {

const char* describe(KeyProofError error) {
  switch (error) {
    case KeyProofError::kTooManySiblings:
      return "the proof has more siblings than a key has bits";
    case KeyProofError::kForeignLeaf:
      return "the proof's leaf does not lie on the way of its key";
    case KeyProofError::kWrongRoot:
      return "the proof leads to another root";
    case KeyProofError::kWrongKey:
      return "the proof is about another key";
    case KeyProofError::kWrongCommitment:
      return "the batch state is not the one committed to";
    case KeyProofError::kBadAccount:
      return "the account's leaf cannot be read";
  }
  return "?";
}

Result<Digest, KeyProofError> verify_key(const Digest& root, const KeyProof& proof) {
  if (proof.siblings.size() > kKeyBits) return Err(KeyProofError::kTooManySiblings);
  const unsigned depth = static_cast<unsigned>(proof.siblings.size());
  Digest hash;
  Digest value;
  if (proof.leaf) {
    if (common_prefix(proof.leaf->key, proof.key) < depth) return Err(KeyProofError::kForeignLeaf);
    hash = leaf_hash(proof.leaf->key, proof.leaf->value, proof.leaf->index);
    if (proof.leaf->key == proof.key) value = proof.leaf->value;
  }
  for (unsigned i = 0; i < depth; ++i) {
    const bool is_right = proof.key.bit(depth - 1 - i) != 0;
    hash = is_right ? node_hash(proof.siblings[i], hash) : node_hash(hash, proof.siblings[i]);
  }
  if (hash != root) return Err(KeyProofError::kWrongRoot);
  return value;
}

Result<ProvedAccount, KeyProofError> verify_account(const Hash256& commitment, const AccountProof& proof) {
  if (state_commitment(proof.state) != commitment) return Err(KeyProofError::kWrongCommitment);
  const auto value_of = [&](const KeyProof& key_proof, const Digest& key) -> Result<Digest, KeyProofError> {
    if (key_proof.key != key) return Err(KeyProofError::kWrongKey);
    return verify_key(proof.state.tree.root, key_proof);
  };
  const auto account = value_of(proof.account, address_key(Domain::kAccount, proof.address));
  if (!account) return Err(account.error());
  const auto leaf = decode_account(*account);
  if (!leaf) return Err(KeyProofError::kBadAccount);
  const auto code_hash = value_of(proof.code_hash, address_key(Domain::kCodeHash, proof.address));
  if (!code_hash) return Err(code_hash.error());
  ProvedAccount out{leaf->nonce, leaf->balance, leaf->code_size, code_hash->bytes(), {}};
  for (const AccountProof::Slot& slot : proof.slots) {
    const auto value = value_of(slot.proof, storage_key(proof.address, slot.slot));
    if (!value) return Err(value.error());
    out.values.push_back(u256::from_be(value->bytes()));
  }
  return out;
}

}  // namespace atlas::tree
