#include <filesystem>
#include <fstream>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <crypto/secp256k1.hpp>
#include <evm/evm.hpp>
#include <sequencer/sequencer.hpp>
#include <stf/genesis.hpp>

namespace atlas::sequencer {
namespace {

using namespace std::chrono_literals;

constexpr u64 kSenders = 8;
const u256 kFunds = u256(1) << 80;

Hash256 key(u64 i) {
  return u256(7'000 + i).to_be();
}
Address address(u64 i) {
  return *crypto::address_of_private_key(key(i));
}
Address sink() {
  return u256(0x51).to_address();
}

Bytes transfer(u64 sender, u64 nonce, u64 value = 1, u64 gas_limit = 21'000) {
  Transaction tx;
  tx.type = TxType::kDynamicFee;
  tx.chain_id = ChainRules{}.chain_id;
  tx.nonce = nonce;
  tx.gas_limit = gas_limit;
  tx.max_fee_per_gas = 1'000'000'000;
  tx.max_priority_fee_per_gas = 1'000'000;
  tx.to = sink();
  tx.value = value;
  const auto signature = crypto::sign(signing_hash(tx), key(sender));
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  return encode_transaction(tx);
}

storage::Genesis genesis() {
  stf::GenesisConfig config;
  config.timestamp = 1'700'000'000;
  config.gas_limit = ChainRules{}.gas_limit;
  config.base_fee = ChainRules{}.base_fee_floor_wei;
  for (u64 i = 0; i < kSenders; ++i) config.alloc.push_back({address(i), 0, kFunds, {}, {}});
  auto built = stf::build_genesis(config);
  return {ChainRules{}.chain_id, std::move(built->block), std::move(built->diff)};
}

class Recorder : public SequencerListener {
 public:
  void on_block(const storage::BlockPtr& block, const BlockTimes&) override {
    const std::lock_guard lock(mutex_);
    blocks.push_back(block);
    signal_.notify_all();
  }
  void on_rewind(const storage::BlockPtr&) override { ++rewinds; }
  void on_failure(std::exception_ptr) override { ++failures; }

  bool wait_transactions(std::size_t count, std::chrono::milliseconds limit = 120s) {
    std::unique_lock lock(mutex_);
    return signal_.wait_for(lock, limit, [&] {
      std::size_t have = 0;
      for (const auto& block : blocks) have += block->transactions.size();
      return have >= count;
    });
  }
  std::vector<storage::BlockPtr> seen() {
    const std::lock_guard lock(mutex_);
    return blocks;
  }
  std::atomic<int> rewinds{0};
  std::atomic<int> failures{0};

 private:
  std::mutex mutex_;
  std::condition_variable signal_;
  std::vector<storage::BlockPtr> blocks;
};

/// A chain in a directory: everything but RPC.
struct Chain {
  explicit Chain(const std::filesystem::path& directory, SequencerConfig config = {}) {
    storage::StorageConfig storage;
    storage.directory = directory;
    store = storage::ChainStore::open(storage, genesis());
    pool = std::make_unique<Mempool>(PoolLimits{}, store->view_at(store->head()->header.number), stf::StfConfig{});
    sequencer = std::make_unique<Sequencer>(ChainRules{}, config, *store, *pool, recorder);
    sequencer->start();
  }
  ~Chain() { sequencer->stop(); }
  u256 balance(const Address& of) {
    return store->view_at(store->head()->header.number)->account(of).value_or(Account{}).balance;
  }

  Recorder recorder;
  std::unique_ptr<storage::ChainStore> store;
  std::unique_ptr<Mempool> pool;
  std::unique_ptr<Sequencer> sequencer;
};

class SequencerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-sequencer-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    directory = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(directory); }
  std::filesystem::path directory;
};

TEST_F(SequencerTest, TransferIsConfirmedQuickly) {
  SequencerConfig config;
  config.block_time_ms = 3'600'000;  // under load; a quiet chain seals at once, however long that is
  Chain chain(directory, config);
  const auto added = chain.pool->submit(transfer(0, 0, 1'000));
  ASSERT_TRUE(added) << added.error().message();
  ASSERT_TRUE(chain.recorder.wait_transactions(1));
  const auto mined = chain.store->transaction((*added)->hash);
  ASSERT_TRUE(mined);
  EXPECT_TRUE(mined->receipt->success);
  EXPECT_EQ(mined->receipt->gas_used, 21'000u);
  EXPECT_EQ(chain.balance(sink()), u256(1'000));
  EXPECT_EQ(chain.pool->counts().executable, 0u);
}

TEST_F(SequencerTest, WhoeverSeesABlockFindsAPoolThatKnowsIt) {
  SequencerConfig config;
  config.block_time_ms = 10;
  Chain chain(directory, config);
  const auto mined = [&](const Hash256& hash) {
    const auto until = Clock::now() + 120s;
    while (!chain.store->transaction(hash) && Clock::now() < until) {
    }
    return chain.store->transaction(hash).has_value();
  };
  constexpr u64 kRounds = 40;
  for (u64 n = 0; n < kRounds; ++n) {
    const auto first = chain.pool->submit(transfer(0, n));
    ASSERT_TRUE(first);
    ASSERT_TRUE(mined((*first)->hash));
    chain.sequencer->wait_pool();
    EXPECT_EQ(chain.pool->find((*first)->hash), nullptr) << n;
  }
}

TEST_F(SequencerTest, BlocksKeepTheirPaceUnderLoadAndNothingIsLost) {
  SequencerConfig config;
  config.block_time_ms = 50;
  Chain chain(directory, config);
  constexpr u64 kEach = 100;
  for (u64 n = 0; n < kEach; ++n) {
    for (u64 s = 0; s < kSenders; ++s) ASSERT_TRUE(chain.pool->submit(transfer(s, n)));
  }
  ASSERT_TRUE(chain.recorder.wait_transactions(kEach * kSenders));
  EXPECT_EQ(chain.balance(sink()), u256(kEach * kSenders));
  const auto blocks = chain.recorder.seen();
  Hash256 parent = chain.store->block_by_number(0)->hash;
  std::map<Address, u64> nonces;
  for (const auto& block : blocks) {
    EXPECT_EQ(block->header.parent_hash, parent);
    EXPECT_FALSE(block->transactions.empty());  // no empty block before the heartbeat
    EXPECT_EQ(block->header.extra_data.size(), 17u);
    EXPECT_TRUE(block->header.mix_hash.is_zero());
    for (const auto& tx : block->transactions) EXPECT_EQ(tx.tx.nonce, nonces[tx.sender]++);
    parent = block->hash;
  }
}

TEST_F(SequencerTest, SealsByCount) {
  SequencerConfig config;
  config.block_time_ms = 3'600'000;  // time must not be what seals
  config.max_transactions_per_block = 10;
  Chain chain(directory, config);
  chain.sequencer->set_sealing(Sequencer::Sealing::kManual);
  chain.sequencer->mine(1, 0);  // the next block by time is an hour away
  for (u64 n = 0; n < 25; ++n) ASSERT_TRUE(chain.pool->submit(transfer(0, n)));
  chain.sequencer->set_sealing(Sequencer::Sealing::kAutomatic);
  ASSERT_TRUE(chain.recorder.wait_transactions(20));
  const auto blocks = chain.recorder.seen();
  for (std::size_t i = 1; i < blocks.size(); ++i) EXPECT_EQ(blocks[i]->transactions.size(), 10u);
}

TEST_F(SequencerTest, SealsByGas) {
  SequencerConfig config;
  config.block_time_ms = 3'600'000;
  Chain chain(directory, config);
  chain.sequencer->set_gas_limit(100'000);
  chain.sequencer->set_sealing(Sequencer::Sealing::kManual);
  chain.sequencer->mine(1, 0);  // the next block by time is an hour away
  for (u64 n = 0; n < 12; ++n) ASSERT_TRUE(chain.pool->submit(transfer(0, n)));
  chain.sequencer->set_sealing(Sequencer::Sealing::kAutomatic);
  ASSERT_TRUE(chain.recorder.wait_transactions(8));
  const auto blocks = chain.recorder.seen();
  for (std::size_t i = 1; i < blocks.size(); ++i) EXPECT_EQ(blocks[i]->transactions.size(), 4u);
}

TEST_F(SequencerTest, HeartbeatMakesEmptyBlocks) {
  SequencerConfig config;
  config.heartbeat_ms = 30;
  Chain chain(directory, config);
  for (int i = 0; i < 12'000 && chain.recorder.seen().size() < 3; ++i) std::this_thread::sleep_for(10ms);
  ASSERT_GE(chain.recorder.seen().size(), 3u);
  EXPECT_TRUE(chain.recorder.seen()[0]->transactions.empty());
}

TEST_F(SequencerTest, InvalidAtExecutionIsDroppedWithItsReason) {
  Chain chain(directory);
  chain.sequencer->set_sealing(Sequencer::Sealing::kManual);
  const auto big = chain.pool->submit(transfer(0, 0, 1, 50'000));
  ASSERT_TRUE(big);
  ASSERT_TRUE(chain.pool->submit(transfer(0, 1)));
  ASSERT_TRUE(chain.pool->submit(transfer(1, 0)));
  chain.sequencer->set_gas_limit(45'000);  // after the pool had taken it
  chain.sequencer->mine(1, 0);
  const auto block = chain.store->head();
  ASSERT_EQ(block->transactions.size(), 1u);
  EXPECT_EQ(block->transactions[0].sender, address(1));
  const auto dropped = chain.pool->dropped((*big)->hash);
  ASSERT_TRUE(dropped);
  EXPECT_EQ(dropped->reason, DropReason::kInvalidAtExecution);
  EXPECT_EQ(dropped->tx_error, stf::TxError::kGasLimitAboveBlock);
  EXPECT_EQ(chain.pool->counts().queued, 1u);  // nonce 1 waits for a new nonce 0
  ASSERT_TRUE(chain.pool->submit(transfer(0, 0)));
  chain.sequencer->mine(1, 0);
  EXPECT_EQ(chain.store->head()->transactions.size(), 2u);
}

TEST_F(SequencerTest, RestartFindsTheSameHeadAndBalances) {
  Hash256 head;
  u256 rich;
  u256 poor;
  {
    Chain chain(directory);
    for (u64 n = 0; n < 20; ++n) ASSERT_TRUE(chain.pool->submit(transfer(0, n, 500)));
    ASSERT_TRUE(chain.recorder.wait_transactions(20));
    head = chain.store->head()->hash;
    rich = chain.balance(sink());
    poor = chain.balance(address(0));
  }
  Chain chain(directory);
  EXPECT_EQ(chain.store->head()->hash, head);
  EXPECT_EQ(chain.balance(sink()), rich);
  EXPECT_EQ(chain.balance(address(0)), poor);
  ASSERT_TRUE(chain.pool->submit(transfer(0, 20, 1)));
  ASSERT_TRUE(chain.recorder.wait_transactions(1));
  EXPECT_EQ(chain.balance(sink()), rich + u256(1));
}

TEST_F(SequencerTest, StopSealsWhatWasExecuted) {
  Hash256 hash;
  {
    SequencerConfig config;
    config.block_time_ms = 3'600'000;
    Chain chain(directory, config);
    ASSERT_TRUE(chain.pool->submit(transfer(0, 0)));
    ASSERT_TRUE(chain.recorder.wait_transactions(1));  // a quiet chain seals at once; the next waits for the hour
    hash = (*chain.pool->submit(transfer(0, 1)))->hash;
    while (chain.sequencer->stats().open_transactions == 0) std::this_thread::sleep_for(1ms);
  }
  Chain chain(directory);
  EXPECT_TRUE(chain.store->transaction(hash));
}

/// Every block that a killed process had announced is there afterwards.
TEST_F(SequencerTest, KillLosesNothingAcknowledged) {
  const auto witness = directory / "acknowledged";
  for (u64 round = 0; round < 3; ++round) {
    const u64 before = round == 0 ? 0 : std::filesystem::file_size(witness);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      SequencerConfig config;
      config.block_time_ms = 10;
      Chain chain(directory / "chain", config);
      const u64 start = chain.store->view_at(chain.store->head()->header.number)->account(address(0))->nonce;
      std::ofstream out(witness, std::ios::app);
      u64 sent = 0;
      std::size_t written = 0;
      for (;;) {
        if (chain.pool->counts().executable < 500) {
          if (!chain.pool->submit(transfer(0, start + sent))) ::_exit(3);
          ++sent;
        }
        const auto blocks = chain.recorder.seen();
        for (; written < blocks.size(); ++written) {
          out << blocks[written]->header.number << ' ' << to_hex(blocks[written]->hash) << std::endl;
        }
      }
    }
    // The time begins once this child has acknowledged something, however long it took to start.
    const auto acknowledged = [&] {
      std::error_code none_yet;
      const u64 size = std::filesystem::file_size(witness, none_yet);
      return none_yet ? 0 : size;
    };
    for (int i = 0; i < 12'000 && acknowledged() == before; ++i) std::this_thread::sleep_for(10ms);
    std::this_thread::sleep_for(std::chrono::milliseconds(300 + 170 * round));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);

    Chain chain(directory / "chain");
    std::ifstream in(witness);
    u64 number = 0;
    std::string hash;
    u64 last = 0;
    while (in >> number >> hash) {
      const auto block = chain.store->block_by_number(number);
      ASSERT_TRUE(block) << "block " << number << " of round " << round;
      EXPECT_EQ(to_hex(block->hash), hash);
      last = number;
    }
    EXPECT_GT(last, 0u) << "the child was too slow to acknowledge anything";
    EXPECT_GE(chain.store->head()->header.number, last);
    EXPECT_EQ(chain.balance(sink()),
              u256(chain.store->view_at(chain.store->head()->header.number)->account(address(0))->nonce));
  }
}

TEST_F(SequencerTest, InjectedStateIsABlockAndSurvivesARestart) {
  const Address lucky = u256(0x777).to_address();
  {
    Chain chain(directory);
    chain.sequencer->inject([&](Journal& journal) { journal.set_balance(lucky, 12'345); });
    EXPECT_EQ(chain.balance(lucky), u256(12'345));
    EXPECT_EQ(chain.store->head()->header.number, 1u);
  }
  Chain chain(directory);
  EXPECT_EQ(chain.balance(lucky), u256(12'345));
}

TEST_F(SequencerTest, RewindTakesBackBlocksAndTheChainGoesOn) {
  Chain chain(directory);
  ASSERT_TRUE(chain.pool->submit(transfer(0, 0)));
  ASSERT_TRUE(chain.recorder.wait_transactions(1));
  const Hash256 kept = chain.store->head()->hash;
  const u64 number = chain.store->head()->header.number;
  ASSERT_TRUE(chain.pool->submit(transfer(0, 1)));
  ASSERT_TRUE(chain.recorder.wait_transactions(2));
  ASSERT_TRUE(chain.sequencer->rewind(number));
  EXPECT_EQ(chain.store->head()->hash, kept);
  EXPECT_EQ(chain.balance(sink()), u256(1));
  EXPECT_EQ(chain.recorder.rewinds, 1);
  EXPECT_EQ(chain.pool->pending_nonce(address(0)), 1u);
  ASSERT_TRUE(chain.pool->submit(transfer(0, 1, 5)));
  ASSERT_TRUE(chain.recorder.wait_transactions(3));
  EXPECT_EQ(chain.balance(sink()), u256(6));
}

TEST_F(SequencerTest, TimeGoesAsTold) {
  Chain chain(directory);
  const u64 now = static_cast<u64>(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()));
  chain.sequencer->set_next_timestamp_s(now + 1'000);
  chain.sequencer->mine(1, 0);
  EXPECT_EQ(chain.store->head()->header.timestamp, now + 1'000);
  chain.sequencer->mine(3, 60);
  EXPECT_GE(chain.store->head()->header.timestamp, now + 1'120);
  EXPECT_LE(chain.store->head()->header.timestamp, now + 1'130);
  chain.sequencer->set_time_offset_s(100'000);
  chain.sequencer->mine(1, 0);
  EXPECT_GE(chain.store->head()->header.timestamp, now + 100'000);
}

}  // namespace
}  // namespace atlas::sequencer
