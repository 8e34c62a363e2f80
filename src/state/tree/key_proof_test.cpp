#include <random>

#include <gtest/gtest.h>

#include <state/test_state.hpp>
#include <state/tree/account_leaf.hpp>
#include <state/tree/changes.hpp>
#include <state/tree/key_proof.hpp>
#include <state/tree/reference_tree.hpp>

namespace atlas::tree {
namespace {

using test::ReferenceTree;

Address address(u8 last) {
  Address a;
  a[19] = last;
  return a;
}

/// Accounts 1 to 40, 7 with code and storage.
struct World {
  atlas::test::MapState before;
  StateDiff diff;
  ReferenceTree tree;
  BatchState state;
  Bytes code = {0x60, 0x00, 0x60, 0x01};

  World() {
    for (u8 i = 1; i <= 40; ++i) {
      StateDiff::AccountChange change{address(i), Account{i, u256(1000u * i), kEmptyCodeHash}, {}};
      if (i == 7) {
        change.account->code_hash = crypto::keccak256(code);
        change.storage = {{u256(1), u256(11)}, {u256(5), u256::max()}};
      }
      diff.accounts.push_back(change);
    }
    diff.code.emplace_back(crypto::keccak256(code), code);
    std::map<Digest, Digest> values;
    for (const LeafWrite& write : genesis_writes(diff)) values[write.key] = write.value;
    tree.apply(values);
    before.apply(diff);
    state = {tree.state(), 12, Hash256{}, 99};
  }
  void apply(const StateDiff& changes) {
    std::map<Digest, Digest> values;
    for (const LeafWrite& write : leaf_writes(changes, before)) values[write.key] = write.value;
    tree.apply(values);
    before.apply(changes);
  }
  AccountProof prove(const Address& of, const std::vector<u256>& slots) const {
    const auto key_proof = [&](const Digest& key) { return prove_key(tree.cursor(), key); };
    AccountProof proof{
        of, state, key_proof(address_key(Domain::kAccount, of)), key_proof(address_key(Domain::kCodeHash, of)), {}};
    for (const u256& slot : slots) proof.slots.push_back({slot, key_proof(storage_key(of, slot))});
    return proof;
  }
};

TEST(KeyProof, says_what_the_state_holds) {
  const World world;
  const auto contract =
      verify_account(state_commitment(world.state), world.prove(address(7), {u256(1), u256(2), u256(5)}));
  ASSERT_TRUE(contract.ok()) << describe(contract.error());
  EXPECT_EQ(contract->nonce, 7u);
  EXPECT_EQ(contract->balance, u256(7000));
  EXPECT_EQ(contract->code_size, world.code.size());
  EXPECT_EQ(contract->code_hash, crypto::keccak256(world.code));
  EXPECT_EQ(contract->values, (std::vector<u256>{u256(11), u256(), u256::max()}));
  const auto nobody = verify_account(state_commitment(world.state), world.prove(address(200), {u256(1)}));
  ASSERT_TRUE(nobody.ok()) << describe(nobody.error());
  EXPECT_EQ(nobody->nonce, 0u);
  EXPECT_TRUE(nobody->code_hash.is_zero());
  EXPECT_EQ(nobody->values, std::vector<u256>{u256()});
}

TEST(KeyProof, the_empty_tree_proves_absence) {
  const KeyProof proof = prove_key(ReferenceTree{}.cursor(), Digest{{1}});
  EXPECT_TRUE(proof.siblings.empty());
  EXPECT_EQ(*verify_key(Digest{}, proof), Digest{});
}

TEST(KeyProof, forgeries_are_refused) {
  const World world;
  const Hash256 commitment = state_commitment(world.state);
  const AccountProof good = world.prove(address(7), {u256(1), u256(2)});
  ASSERT_TRUE(verify_account(commitment, good).ok());
  const auto error_of = [&](const auto& forge) {
    AccountProof forged = good;
    forge(forged);
    const auto result = verify_account(commitment, forged);
    return result.ok() ? std::optional<KeyProofError>() : std::optional(result.error());
  };
  EXPECT_EQ(error_of([](AccountProof& p) { ++p.state.last_timestamp; }), KeyProofError::kWrongCommitment);
  EXPECT_EQ(error_of([](AccountProof& p) { p.address = address(8); }), KeyProofError::kWrongKey);
  EXPECT_EQ(error_of([](AccountProof& p) { p.slots[0].slot = u256(2); }), KeyProofError::kWrongKey);
  EXPECT_EQ(error_of([](AccountProof& p) { std::swap(p.account, p.code_hash); }), KeyProofError::kWrongKey);
  EXPECT_EQ(error_of([](AccountProof& p) { p.account.leaf->value.word[7] ^= 1; }), KeyProofError::kWrongRoot);
  EXPECT_EQ(error_of([](AccountProof& p) { ++p.account.leaf->index; }), KeyProofError::kWrongRoot);
  EXPECT_EQ(error_of([](AccountProof& p) { p.account.leaf.reset(); }), KeyProofError::kWrongRoot);
  EXPECT_EQ(error_of([](AccountProof& p) { p.account.siblings.pop_back(); }), KeyProofError::kWrongRoot);
  EXPECT_EQ(error_of([](AccountProof& p) { p.account.siblings.resize(kKeyBits + 1); }),
            KeyProofError::kTooManySiblings);
  for (std::size_t i = 0; i < good.account.siblings.size(); ++i) {
    EXPECT_EQ(error_of([&](AccountProof& p) { p.account.siblings[i].word[0] ^= 1; }), KeyProofError::kWrongRoot);
  }
  // Absence by a leaf of another way: slot 2 by the leaf of the account.
  EXPECT_EQ(error_of([](AccountProof& p) {
              p.slots[1].proof.leaf = p.account.leaf;
              p.slots[1].proof.siblings = p.account.siblings;
            }),
            KeyProofError::kForeignLeaf);
}

TEST(LeafWrites, code_leaves_change_only_with_the_code) {
  World world;
  StateDiff diff;
  Account contract = *world.before.account(address(7));
  contract.balance = u256(1);
  diff.accounts.push_back({address(7), contract, {}});  // a balance
  Account delegated = *world.before.account(address(8));
  delegated.code_hash = contract.code_hash;  // code that is known already
  diff.accounts.push_back({address(8), delegated, {}});
  diff.accounts.push_back({address(9), std::nullopt, {}});  // gone (EIP-161)
  const auto writes = leaf_writes(diff, world.before);
  ASSERT_EQ(writes.size(), 5u);
  EXPECT_TRUE(std::is_sorted(writes.begin(), writes.end(), [](const auto& a, const auto& b) { return a.key < b.key; }));
  const auto value_of = [&](const Digest& key) {
    for (const LeafWrite& write : writes) {
      if (write.key == key) return write.value;
    }
    ADD_FAILURE() << "not written";
    return Digest{};
  };
  EXPECT_EQ(decode_account(value_of(address_key(Domain::kAccount, address(7))))->code_size, 4u);
  EXPECT_EQ(decode_account(value_of(address_key(Domain::kAccount, address(8))))->code_size, 4u);
  EXPECT_EQ(value_of(address_key(Domain::kCodeHash, address(8))), Digest::from(contract.code_hash));
  EXPECT_EQ(value_of(address_key(Domain::kCodeCommitment, address(8))), code_commitment(world.code));
  EXPECT_TRUE(value_of(address_key(Domain::kAccount, address(9))).is_zero());
  // Code taken away (EIP-7702) leaves zeros.
  world.apply(diff);
  StateDiff away;
  delegated.code_hash = kEmptyCodeHash;
  away.accounts.push_back({address(8), delegated, {}});
  for (const LeafWrite& write : leaf_writes(away, world.before)) {
    EXPECT_EQ(write.value.is_zero(), write.domain != Domain::kAccount);
  }
}

}  // namespace
}  // namespace atlas::tree
