#include <gtest/gtest.h>

#include <crypto/keccak.hpp>
#include <crypto/sha256.hpp>
#include <stf/genesis.hpp>
#include <stf/system_contracts.hpp>
#include <types/l2_to_l1_log.hpp>
#include <types/trie.hpp>

namespace atlas::stf {
namespace {

BlockHeader parent(u64 limit, u64 used, u64 base) {
  BlockHeader header;
  header.gas_limit = limit;
  header.gas_used = used;
  header.base_fee_per_gas = u256(base);
  return header;
}

TEST(BaseFee, FollowsEip1559) {
  const u256 none;
  EXPECT_EQ(next_base_fee(parent(30'000'000, 15'000'000, 1000), 8, none), u256(1000));
  EXPECT_EQ(next_base_fee(parent(30'000'000, 30'000'000, 1000), 8, none), u256(1125));
  EXPECT_EQ(next_base_fee(parent(30'000'000, 0, 1000), 8, none), u256(875));
  EXPECT_EQ(next_base_fee(parent(30'000'000, 15'000'001, 7), 8, none), u256(8));  // at least one up
  EXPECT_EQ(next_base_fee(parent(30'000'000, 14'999'999, 7), 8, none), u256(7));
  EXPECT_EQ(next_base_fee(parent(30'000'000, 30'000'000, 1000), 250, none), u256(1004));
  EXPECT_EQ(next_base_fee(parent(30'000'000, 0, 1000), 250, none), u256(996));
  EXPECT_EQ(next_base_fee(parent(30'000'000, 0, 1000), 250, u256(999)), u256(999));
  EXPECT_EQ(next_base_fee(parent(0, 0, 5), 250, none), u256(5));
  EXPECT_EQ(next_base_fee(parent(1, 1, 5), 250, none), u256(5));  // no target, no opinion
}

SignedTransaction transaction(u64 nonce) {
  SignedTransaction out;
  out.tx.nonce = nonce;
  out.encoded = encode_transaction(out.tx);
  return out;
}

TEST(SealHeader, FillsEveryDerivedField) {
  Block block;
  block.header.number = 7;
  block.header.gas_limit = 1000;
  block.header.extra_data = encode_extra_data({0x0102, 3});
  block.header.state_root = Hash256{{1}};  // must not survive
  Receipt first;
  first.success = true;
  first.cumulative_gas_used = 21'000;
  Receipt second = first;
  second.cumulative_gas_used = 50'000;
  second.logs.push_back({Address{{1}}, {Hash256{{2}}}, {3}});
  add_to_bloom(second.bloom, second.logs[0]);
  block.transactions = {transaction(0), transaction(1)};
  block.receipts = {first, second};
  seal_header(block);

  const BlockHeader& h = block.header;
  EXPECT_EQ(h.gas_used, 50'000u);
  EXPECT_EQ(h.logs_bloom, second.bloom);
  EXPECT_EQ(h.transactions_root, ordered_trie_root({block.transactions[0].encoded, block.transactions[1].encoded}));
  EXPECT_EQ(h.receipts_root, ordered_trie_root({encode_receipt(first), encode_receipt(second)}));
  EXPECT_EQ(h.state_root, Hash256{});
  const u8 empty_list = 0xc0;
  EXPECT_EQ(h.ommers_hash, crypto::keccak256({&empty_list, 1}));
  EXPECT_EQ(h.requests_hash, crypto::sha256({}));
  EXPECT_EQ(h.withdrawals_root, kEmptyTrieRoot);
  EXPECT_EQ(to_hex(h.extra_data), "0x0100000000000001020000000000000003");
  EXPECT_EQ(block.hash, crypto::keccak256(encode_header(h)));
  EXPECT_EQ(h.number, 7u);
}

TEST(SealHeader, EmptyBlock) {
  Block block;
  seal_header(block);
  EXPECT_EQ(block.header.transactions_root, kEmptyTrieRoot);
  EXPECT_EQ(block.header.receipts_root, kEmptyTrieRoot);
  EXPECT_EQ(block.header.gas_used, 0u);
}

GenesisAccount funded(u8 id, const u256& balance) {
  GenesisAccount account;
  account.address = Address{{id}};
  account.balance = balance;
  return account;
}

TEST(Genesis, HasSystemContractsAndAllocation) {
  GenesisConfig config;
  config.gas_limit = 30'000'000;
  config.base_fee = u256(7);
  config.timestamp = 5;
  config.alloc = {funded(9, u256(1)), funded(8, u256(2)), funded(7, u256())};
  config.alloc[0].code = {0x00};
  config.alloc[0].storage = {{u256(2), u256(1)}, {u256(1), u256(3)}, {u256(5), u256()}};
  const auto genesis = build_genesis(config);
  ASSERT_TRUE(genesis);
  const StateDiff& diff = genesis->diff;
  ASSERT_EQ(diff.accounts.size(), 7u);  // the empty account is none
  for (std::size_t i = 1; i < diff.accounts.size(); ++i) {
    EXPECT_LT(diff.accounts[i - 1].address, diff.accounts[i].address);
  }
  EXPECT_EQ(diff.accounts[0].address, kBootloaderAddress);
  EXPECT_EQ(diff.accounts[0].storage,
            (std::vector<std::pair<u256, u256>>{{u256(), u256::from_be(rules_hash(config.rules))}}));
  EXPECT_EQ(diff.accounts[1].address, kL1MessengerAddress);
  EXPECT_EQ(diff.accounts[2].address, kBaseTokenAddress);
  EXPECT_EQ(diff.accounts[3].address, kHistoryAddress);
  EXPECT_EQ(diff.accounts[3].account->nonce, 1u);
  EXPECT_EQ(diff.accounts[4].address, kBeaconRootsAddress);
  EXPECT_EQ(diff.accounts[6].storage, (std::vector<std::pair<u256, u256>>{{u256(1), u256(3)}, {u256(2), u256(1)}}));
  EXPECT_EQ(diff.code.size(), 6u);
  EXPECT_EQ(genesis->block.header.number, 0u);
  EXPECT_EQ(genesis->block.header.timestamp, 5u);
  EXPECT_EQ(genesis->block.hash, hash_header(genesis->block.header));
  // The codes' hashes as every client's chain data has them.
  EXPECT_EQ(to_hex(crypto::keccak256(beacon_roots_code())),
            "0xf57acd40259872606d76197ef052f3d35588dadf919ee1f0e3cb9b62d3f4b02c");
  EXPECT_EQ(to_hex(crypto::keccak256(history_code())),
            "0x6e49e66782037c0555897870e29fa5e552daf4719552131a0abce779daec0a5d");
}

TEST(Genesis, RefusesWhatTheChainCannotHold) {
  const auto error_of = [](std::vector<GenesisAccount> alloc) {
    GenesisConfig config;
    config.alloc = std::move(alloc);
    const auto genesis = build_genesis(config);
    EXPECT_FALSE(genesis.ok());
    return genesis.error().error;
  };
  EXPECT_EQ(error_of({funded(1, u256(1)), funded(1, u256(2))}), GenesisError::kDuplicateAccount);
  EXPECT_EQ(error_of({funded(1, u256::power_of_two(128))}), GenesisError::kBalanceTooLarge);
  EXPECT_EQ(error_of({funded(1, u256::power_of_two(127)), funded(2, u256::power_of_two(127))}),
            GenesisError::kBalanceTooLarge);
  GenesisAccount account = funded(1, u256(1));
  account.storage = {{u256(1), u256(1)}};
  EXPECT_EQ(error_of({account}), GenesisError::kStorageWithoutCode);
  account.nonce = 1;
  account.storage.emplace_back(u256(1), u256(2));
  EXPECT_EQ(error_of({account}), GenesisError::kDuplicateSlot);
  account.storage.clear();
  account.code = Bytes(24'577, 0);
  EXPECT_EQ(error_of({account}), GenesisError::kCodeTooLarge);
  GenesisAccount reserved;
  reserved.address = kHistoryAddress;
  EXPECT_EQ(error_of({reserved}), GenesisError::kReservedAddress);
}

}  // namespace
}  // namespace atlas::stf
