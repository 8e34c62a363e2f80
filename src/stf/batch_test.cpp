// Batches: what blocks that a sequencer built come to, and that nothing else passes for them.
#include <gtest/gtest.h>

#include <crypto/keccak.hpp>
#include <stf/batch_fixture.hpp>
#include <stf/system_contracts.hpp>

namespace atlas::stf {
namespace {

using test::from_l1;
using test::TestChain;
using test::Wallet;

const Wallet kAlice(1);
const Wallet kBob(2);
constexpr Address kOperator{{0xc0}};
constexpr Address kL1Sender{{0x51}};
constexpr Address kTarget{{0x99}};

GenesisAccount funded(const Address& address) {
  GenesisAccount account;
  account.address = address;
  account.balance = u256::power_of_two(70);
  return account;
}

Bytes selector(std::string_view signature) {
  const Hash256 hash = crypto::keccak256(as_bytes(signature));
  return Bytes(hash.begin(), hash.begin() + 4);
}
void put(Bytes& out, const u256& word) {
  append(out, word.to_be());
}
Bytes send_to_l1(const Bytes& message) {
  Bytes data = selector("sendToL1(bytes)");
  put(data, u256(32));
  put(data, u256(message.size()));
  append(data, message);
  data.resize(4 + 64 + (message.size() + 31) / 32 * 32);
  return data;
}
Bytes withdraw(const Address& to) {
  Bytes data = selector("withdraw(address)");
  put(data, u256::from_address(to));
  return data;
}

ChainRules rules() {
  ChainRules r;
  r.l1.chain_id = 11'155'111;
  r.l1.bridgehub = Address{{0xb1}};
  return r;
}

class Batch : public testing::Test {
 protected:
  TestChain chain{rules(), {funded(kAlice.address), funded(kBob.address)}};

  std::vector<TxError> block(const std::vector<SignedTransaction>& txs, u64 timestamp = 0) {
    return chain.add_block(txs, {timestamp, kOperator, {}});
  }
  SignedTransaction transfer(const Wallet& from, u64 nonce, u64 value = 5) {
    return from.call(chain.rules, nonce, kTarget, {}, u256(value), 21'000);
  }
  /// Two blocks with something of everything.
  void fill() {
    EXPECT_TRUE(block({from_l1(TxType::kUpgrade, 1, Address{{0x80, 0x07}}, kTarget),
                       from_l1(TxType::kPriority, 0, kL1Sender, kTarget, u256(1'000)), transfer(kAlice, 0),
                       kAlice.call(chain.rules, 1, kL1MessengerAddress, send_to_l1(Bytes(50, 0xab)))})
                    .empty());
    EXPECT_TRUE(block({transfer(kBob, 0), kBob.call(chain.rules, 1, kBaseTokenAddress, withdraw(kTarget), u256(777)),
                       from_l1(TxType::kPriority, 1, kL1Sender, kTarget, u256(1))},
                      2'000)
                    .empty());
  }
  BatchError error_of(const BatchInput& input) {
    const auto result = chain.run(input);
    EXPECT_FALSE(result.ok());
    return result.ok() ? BatchError::kNoBlocks : result.error().error;
  }
};

TEST_F(Batch, ComesToWhatTheBlocksCameTo) {
  fill();
  struct Watch final : BatchObserver {
    std::vector<Hash256> hashes;
    void sealed(const Block& b) override { hashes.push_back(b.hash); }
  } watch;
  const auto result = chain.run(chain.input(), &watch);
  ASSERT_TRUE(result.ok()) << describe(result.error().error) << " " << result.error().reason;
  EXPECT_EQ(watch.hashes, (std::vector<Hash256>{chain.blocks[0].hash, chain.blocks[1].hash}));

  const BatchOutput& out = result->output;
  EXPECT_EQ(out.chain_id, chain.rules.chain_id);
  EXPECT_EQ(out.first_timestamp, 1'000u);
  EXPECT_EQ(out.last_timestamp, 2'000u);
  EXPECT_EQ(out.l1_transactions, 2u);
  EXPECT_EQ(out.l2_transactions, 5u);
  EXPECT_EQ(out.upgrade_hash, chain.blocks[0].transactions[0].hash);
  Hash256 rolling = crypto::keccak256({});
  rolling = roll(rolling, chain.blocks[0].transactions[1].hash);
  rolling = roll(rolling, chain.blocks[1].transactions[2].hash);
  EXPECT_EQ(out.priority_hash, rolling);
  EXPECT_EQ(out.settlement_chain_id, 11'155'111u);

  // The state after is that of the chain.
  EXPECT_EQ(result->after.last_block_hash, chain.head_hash);
  tree::test::ReferenceTree whole;
  const auto decoded = decode_pubdata(result->pubdata);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded->header, (PubdataHeader{1, 1, 2, chain.head_hash, 2'000}));
  ASSERT_EQ(decoded->logs.size(), 5u);  // upgrade, priority, message, withdrawal, priority
  for (std::size_t i = 0; i < 5; ++i) EXPECT_EQ(decoded->logs[i][3], i);
  ASSERT_EQ(decoded->messages.size(), 2u);
  EXPECT_EQ(decoded->messages[0], Bytes(50, 0xab));
  EXPECT_EQ(out.l2_to_l1_root, l2_to_l1_root(decoded->logs));

  // Applying the net diff leads to the state that the blocks led to.
  const Hash256 public_bytes = public_input(tree::state_commitment(chain.batch_state),
                                            tree::state_commitment(result->after), std::vector{hash_batch_output(out)});
  const SealedBatch sealed = chain.seal();
  EXPECT_EQ(sealed.after, result->after);
  EXPECT_EQ(sealed.pubdata, result->pubdata);
  EXPECT_FALSE(public_bytes.is_zero());
  for (const auto& [address, entry] : chain.state.accounts) {
    const auto value = chain.leaves.value(tree::address_key(tree::Domain::kAccount, address));
    EXPECT_FALSE(value.is_zero());
    for (const auto& [slot, stored] : entry.storage) {
      EXPECT_EQ(chain.leaves.value(tree::storage_key(address, slot)), tree::storage_value(stored));
    }
  }
}

TEST_F(Batch, FollowsOneAfterAnother) {
  fill();
  chain.seal();
  block({transfer(kAlice, 2)});
  const SealedBatch second = chain.seal();
  EXPECT_EQ(second.output.l1_transactions, 0u);
  EXPECT_EQ(second.output.priority_hash, kNoPriorityHash);
  EXPECT_TRUE(second.output.upgrade_hash.is_zero());
  // 4 accounts: sender, receiver, operator, and the ring buffer's slot; nothing but known leaves and two new ones.
  const auto pubdata = decode_pubdata(second.pubdata);
  ASSERT_TRUE(pubdata.ok());
  EXPECT_EQ(pubdata->known_leaves.size(), 3u);
  EXPECT_EQ(pubdata->new_leaves.size(), 1u);
}

// One negative test for each thing that the guest derives or checks itself (protocol.md).

TEST_F(Batch, RefusesAnotherParent) {
  fill();
  auto input = chain.input();
  input.parent.gas_used += 1;  // would give another base fee
  EXPECT_EQ(error_of(input), BatchError::kWrongParent);
  input = chain.input();
  input.before.last_block_number += 1;
  EXPECT_EQ(error_of(input), BatchError::kWrongParent);
  input = chain.input();
  input.before.last_timestamp += 1;
  EXPECT_EQ(error_of(input), BatchError::kWrongParent);
}

TEST_F(Batch, RefusesOtherRules) {
  fill();
  const auto with = [&](auto change) {
    auto input = chain.input();
    change(input.rules);
    return error_of(input);
  };
  EXPECT_EQ(with([](ChainRules& r) { r.chain_id += 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.gas_limit *= 2; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.base_fee_floor_wei -= 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.base_fee_denominator = 8; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.price_caps.native += 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.price_caps.pubdata += 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.da = DaScheme::kValidium; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.l1.chain_id += 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.l1.bridgehub[19] = 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.l1.chain[19] = 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.l1.asset_router[19] = 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.l1.nullifier[19] = 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.l1.token_vault[19] = 1; }), BatchError::kWrongRules);
  EXPECT_EQ(with([](ChainRules& r) { r.contracts_may_send = true; }), BatchError::kNotProvable);
  EXPECT_EQ(with([](ChainRules& r) { r.fork = Fork::kCancun; }), BatchError::kNotProvable);
}

TEST_F(Batch, RefusesBadChoices) {
  fill();
  auto input = chain.input();
  input.blocks[1].timestamp = 999;
  EXPECT_EQ(error_of(input), BatchError::kTimestampBeforeParent);
  input = chain.input();
  input.blocks[0].prices.native = chain.rules.price_caps.native + 1;
  EXPECT_EQ(error_of(input), BatchError::kNativePriceAboveCap);
  input = chain.input();
  input.blocks[0].prices.pubdata = chain.rules.price_caps.pubdata + 1;
  EXPECT_EQ(error_of(input), BatchError::kPubdataPriceAboveCap);
  input = chain.input();
  input.blocks.clear();
  EXPECT_EQ(error_of(input), BatchError::kNoBlocks);
  input = chain.input({});
  EXPECT_EQ(error_of(input), BatchError::kWrongBlobCount);
  input = chain.input({Hash256{}, Hash256{}});
  EXPECT_EQ(error_of(input), BatchError::kWrongBlobCount);
}

TEST_F(Batch, RefusesBadTransactions) {
  fill();
  auto input = chain.input();
  Bytes changed(input.blocks[0].transactions[2].begin(), input.blocks[0].transactions[2].end());
  changed.push_back(0);
  input.blocks[0].transactions[2] = changed;
  EXPECT_EQ(error_of(input), BatchError::kBadTransaction);
  // A replay, a gap, and an upgrade in the second place and in the second block.
  input = chain.input();
  input.blocks[0].transactions.push_back(input.blocks[0].transactions[2]);
  EXPECT_EQ(error_of(input), BatchError::kRefusedTransaction);
  input = chain.input();
  input.blocks[0].transactions.erase(input.blocks[0].transactions.begin() + 2);
  EXPECT_EQ(error_of(input), BatchError::kRefusedTransaction);
  input = chain.input();
  std::swap(input.blocks[0].transactions[0], input.blocks[0].transactions[1]);
  EXPECT_EQ(error_of(input), BatchError::kRefusedTransaction);
  input = chain.input();
  input.blocks[1].transactions.insert(input.blocks[1].transactions.begin(), input.blocks[0].transactions[0]);
  EXPECT_EQ(error_of(input), BatchError::kRefusedTransaction);
}

// What is not refused shows: each such change gives another output or state.
TEST_F(Batch, EveryInputShowsInTheResult) {
  fill();
  const auto commit = [&](const BatchInput& input) {
    const auto result = chain.run(input);
    EXPECT_TRUE(result.ok());
    if (!result.ok()) return Hash256{};
    return public_input(tree::state_commitment(input.before), tree::state_commitment(result->after),
                        std::vector{hash_batch_output(result->output)});
  };
  const Hash256 good = commit(chain.input());
  const auto with = [&](auto change) {
    auto input = chain.input();
    change(input);
    return commit(input);
  };
  EXPECT_NE(with([](BatchInput& i) { i.blocks[1].timestamp += 1; }), good);
  EXPECT_NE(with([](BatchInput& i) { i.blocks[0].coinbase = kTarget; }), good);
  EXPECT_NE(with([](BatchInput& i) { i.blocks[0].prices.native = 1; }), good);
  EXPECT_NE(with([](BatchInput& i) { i.blob_hashes[0][5] = 1; }), good);
  EXPECT_NE(with([](BatchInput& i) { i.number += 1; }), good);
  EXPECT_NE(with([](BatchInput& i) { i.blocks.pop_back(); }), good);
  EXPECT_NE(with([](BatchInput& i) {  // a priority transaction left out
              i.blocks[1].transactions.pop_back();
            }),
            good);
  EXPECT_NE(with([](BatchInput& i) {  // one brought forward
              auto& first = i.blocks[0].transactions;
              auto& second = i.blocks[1].transactions;
              std::swap(first[1], second[2]);
            }),
            good);
}

TEST(BatchOutput, HashCoversEveryField) {
  BatchOutput out;
  const auto changed = [&](auto change) {
    BatchOutput other = out;
    change(other);
    return hash_batch_output(other) != hash_batch_output(out);
  };
  EXPECT_TRUE(changed([](BatchOutput& o) { o.chain_id = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.first_timestamp = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.last_timestamp = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.da_scheme = DaScheme::kCalldata; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.da_commitment[0] = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.l1_transactions = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.l2_transactions = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.priority_hash[0] ^= 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.l2_to_l1_root[0] = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.upgrade_hash[0] = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.imported_roots[0] = 1; }));
  EXPECT_TRUE(changed([](BatchOutput& o) { o.settlement_chain_id = 1; }));
}

}  // namespace
}  // namespace atlas::stf
