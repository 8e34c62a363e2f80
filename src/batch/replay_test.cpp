// What the node makes of its blocks behind the chain and what the state transition makes of them are one: state,
// pubdata and output, byte for byte. The stage merges the diffs of sealed blocks; the transition executes everything
// again, in one journal, from transactions alone.
#include <random>

#include <batch/batch_stage.hpp>
#include <batch/replay.hpp>

#include <crypto/keccak.hpp>
#include <sequencer/block_builder.hpp>
#include <stf/batch_fixture.hpp>
#include <stf/proven_batch.hpp>
#include <storage/test_chain.hpp>

namespace atlas::batch {
namespace {

using stf::test::from_l1;
using stf::test::Wallet;
using namespace std::chrono_literals;

constexpr u64 kBlocks = 48;
constexpr u64 kBlocksABatch = 6;
constexpr u32 kWallets = 12;

/// Writes call data word 0 to slot word 1, and back to zero if word 0 is.
Bytes recorder_code() {
  return *from_hex(
      "5f3560203555"
      "00");
}
/// Init code that returns 32 bytes of code, different by `salt`.
Bytes deployment(u8 salt) {
  Bytes out = *from_hex(
      "7f00000000000000000000000000000000000000000000000000000000000000"
      "00"
      "5f5260205ff3");
  out[31] = salt;
  return out;
}
Bytes message(std::mt19937_64& random) {
  const Hash256 hash = crypto::keccak256(as_bytes("sendToL1(bytes)"));
  Bytes data(hash.begin(), hash.begin() + 4);
  const u64 size = random() % 70;
  for (const u64 word : {u64{32}, size}) append(data, u256(word).to_be());
  data.resize(data.size() + (size + 31) / 32 * 32, 0x5a);
  return data;
}

class Replay : public ::testing::Test {
 protected:
  explicit Replay(u64 witness_bytes_max = BatchConfig{}.witness_bytes_max, u64 blocks_max = kBlocksABatch) {
    rules.da = stf::DaScheme::kCalldata;
    rules.l1.chain_id = 1;
    for (u8 i = 0; i < kWallets; ++i) wallets.emplace_back(i + 1);
    stf::GenesisConfig config;
    config.timestamp = 1'000;
    config.gas_limit = rules.gas_limit;
    config.base_fee = u256(rules.base_fee_floor_wei);
    config.rules = rules;
    for (const Wallet& wallet : wallets) config.alloc.push_back({wallet.address, 0, u256::power_of_two(80), {}, {}});
    config.alloc.push_back({recorder, 1, {}, recorder_code(), {{u256(3), u256(9)}}});
    auto built = stf::build_genesis(config);
    EXPECT_TRUE(built.ok());
    genesis = {rules.chain_id, std::move(built->block), std::move(built->diff)};
    storage::StorageConfig storage;
    storage.directory = folder.path();
    store = storage::ChainStore::open(storage, genesis);
    BatchConfig batch;
    batch.directory = folder.path();
    batch.blocks_max = blocks_max;
    batch.time_ms = 3'600'000;
    batch.witness_batches = 5;
    batch.witness_bytes_max = witness_bytes_max;
    stage = std::make_unique<BatchStage>(
        batch, rules, *store, [this] { return genesis; }, [](storage::LogLevel, const std::string&) {});
    store->set_listener([this](const storage::BlockPtr& block) { stage->on_block(block->header.number); });
    stage->start();
  }
  ~Replay() override {
    stage->stop();
    store.reset();
  }

  SignedTransaction some_transaction() {
    const u64 from = random() % kWallets;
    const Wallet& wallet = wallets[from];
    u64& nonce = nonces[from];
    switch (random() % 9) {
      case 0:
        return from_l1(TxType::kPriority, priority++, Address{{0x51}}, wallets[random() % kWallets].address,
                       u256(random() % 1'000));
      case 1:
        return wallet.call(rules, nonce++, kL1MessengerAddress, message(random));
      case 2:
        return wallet.call(rules, nonce++, std::nullopt, deployment(static_cast<u8>(random())));
      case 3: {  // reverts or runs out of gas
        return wallet.call(rules, nonce++, recorder, Bytes(64, 0xff), {}, 30'000);
      }
      case 4:
      case 5: {
        Bytes data;
        append(data, u256(random() % 3).to_be());
        append(data, u256(random() % 20).to_be());
        return wallet.call(rules, nonce++, recorder, data);
      }
      default: {
        const bool fresh = random() % 4 == 0;
        const Address to = fresh ? u256(random()).to_address() : wallets[random() % kWallets].address;
        return wallet.call(rules, nonce++, to, {}, u256(random() % 100'000), 21'000);
      }
    }
  }

  void add_block() {
    sequencer::BlockChoices choices;
    choices.timestamp_s = store->head()->header.timestamp + random() % 3;
    choices.coinbase = Address{{0xc0}};
    choices.prices = {.native = random() % 2, .pubdata = random() % 2 * 1'000};
    sequencer::BlockBuilder builder(rules, store->writer_state(), *store->head(), choices, machine);
    for (u64 i = random() % 12; i > 0; --i) {
      const auto done = builder.execute(some_transaction());
      ASSERT_TRUE(done.ok()) << stf::describe(done.error());
    }
    auto sealed = builder.seal();
    store->commit(std::move(sealed.block), std::move(sealed.diff));
  }

  stf::ChainRules rules;
  const Address recorder{{0x77, 1}};
  std::vector<Wallet> wallets;
  std::vector<u64> nonces = std::vector<u64>(kWallets, 0);
  u64 priority = 0;
  std::mt19937_64 random{3};
  evm::Evm machine;
  storage::Genesis genesis;
  storage::testing::TemporaryDirectory folder;
  std::unique_ptr<storage::ChainStore> store;
  std::unique_ptr<BatchStage> stage;
};

TEST_F(Replay, TheTransitionComesToTheNodesBatches) {
  for (u64 n = 1; n <= kBlocks; ++n) add_block();
  const auto until = std::chrono::steady_clock::now() + 120s;
  while (stage->latest().value_or(0) < kBlocks / kBlocksABatch && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_EQ(stage->latest(), kBlocks / kBlocksABatch);

  storage::testing::TemporaryDirectory other;
  tree::TreeConfig config;
  config.directory = other.path() / "tree";
  config.threads = 1;
  tree::StateTree again(config);
  again.apply(0, tree::genesis_writes(genesis.state), {0, genesis.block.hash, genesis.block.header.timestamp});
  u64 messages = 0;
  u64 from_l1_count = 0;
  for (u64 n = 1; n <= *stage->latest(); ++n) {
    const BatchRecord record = *stage->record(n);
    std::vector<storage::BlockPtr> blocks;
    for (u64 b = record.first_block; b <= record.last_block(); ++b) blocks.push_back(store->block_by_number(b));
    const auto parent = *store->header_by_number(record.first_block - 1);
    const auto input = batch_input(rules, n, stage->record(n - 1)->state, parent.header, blocks);
    const auto view = store->view_at(record.first_block - 1);
    ASSERT_NE(view, nullptr);
    NextVersion tree(again, {record.last_block(), record.state.last_block_hash, record.state.last_timestamp});
    evm::Evm fresh;
    const auto sealed = stf::run_batch(input, *view, fresh, tree);
    ASSERT_TRUE(sealed.ok()) << stf::describe(sealed.error().error) << " " << sealed.error().reason;
    EXPECT_EQ(sealed->after, record.state) << n;
    EXPECT_EQ(sealed->pubdata, *stage->pubdata(n)) << n;
    EXPECT_EQ(stf::hash_batch_output(sealed->output), record.output_hash) << n;
    EXPECT_EQ(sealed->output.l1_transactions, record.l1_transactions);
    EXPECT_EQ(sealed->output.l2_to_l1_root, record.l2_to_l1_root);
    const auto pubdata = decode_pubdata(sealed->pubdata);
    // The witness that the stage made leads the batch program there too, from the multiproof alone.
    const auto witness = stage->witness(n);
    ASSERT_EQ(witness.has_value(), n > *stage->latest() - 5) << n;
    if (witness) {
      std::vector<u32> words(witness->size() / 4 - 1);
      std::memcpy(words.data(), witness->data() + 4, 4 * words.size());
      const stf::ProvenBatch proven = stf::execute_witness(words);
      EXPECT_EQ(proven.sealed.after, record.state) << n;
      EXPECT_EQ(proven.sealed.pubdata, sealed->pubdata) << n;
      EXPECT_EQ(stf::hash_batch_output(proven.sealed.output), record.output_hash) << n;
    }
    messages += pubdata->messages.size();
    from_l1_count += record.l1_transactions;
  }
  EXPECT_GT(messages, 5u);
  EXPECT_GT(from_l1_count, 5u);
}

constexpr u64 kWitnessBytesMax = 9'000;

class ReplayOfSmallWitnesses : public Replay {
 protected:
  ReplayOfSmallWitnesses() : Replay(kWitnessBytesMax) {}
};

// The guest's memory is bounded: a batch whose witness is too large is made of fewer blocks.
TEST_F(ReplayOfSmallWitnesses, BatchesHaveFewerBlocks) {
  for (u64 n = 1; n <= kBlocks; ++n) add_block();
  const auto last = [&] { return stage->latest() ? stage->record(*stage->latest())->last_block() : 0; };
  const auto until = std::chrono::steady_clock::now() + 120s;
  while (last() + kBlocksABatch <= kBlocks && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_GT(last() + kBlocksABatch, kBlocks);
  EXPECT_GT(*stage->latest(), kBlocks / kBlocksABatch);
  u64 next = 1;
  u64 with_several = 0;
  for (u64 n = 1; n <= *stage->latest(); ++n) {
    const BatchRecord record = *stage->record(n);
    EXPECT_EQ(record.first_block, next);
    next = record.last_block() + 1;
    EXPECT_GT(record.witness_bytes, 0u);
    if (record.block_count() > 1) {
      EXPECT_LE(record.witness_bytes, kWitnessBytesMax) << n;
    }
    with_several += record.block_count() > 1;
  }
  EXPECT_GT(with_several, 0u);
}

class ReplayOfEndlessBatches : public Replay {
 protected:
  ReplayOfEndlessBatches() : Replay(kWitnessBytesMax, 4'096) {}
};

// Nothing but the size of its witness ends a batch here: it is not left until there are as many blocks as may be.
TEST_F(ReplayOfEndlessBatches, AreSealedBeforeTheirWitnessIsTooLarge) {
  for (u64 n = 1; n <= kBlocks; ++n) add_block();
  const auto until = std::chrono::steady_clock::now() + 120s;
  while (stage->latest().value_or(0) < 3 && std::chrono::steady_clock::now() < until) {
    std::this_thread::sleep_for(1ms);
  }
  ASSERT_GE(stage->latest(), 3u);
  for (u64 n = 1; n <= 3; ++n) {
    const BatchRecord record = *stage->record(n);
    if (record.block_count() > 1) {
      EXPECT_LE(record.witness_bytes, kWitnessBytesMax) << n;
    }
  }
}

}  // namespace
}  // namespace atlas::batch
