#pragma once
// For the tests of this room: a random chain in a store, the stage behind it, and the state as the specification of the
// tree has it, computed from the whole state at each batch's end.
#include <batch/batch_stage.hpp>
#include <gtest/gtest.h>
#include <tree/rebuild.hpp>

#include <state/tree/account_leaf.hpp>
#include <state/tree/reference_tree.hpp>
#include <storage/test_chain.hpp>

namespace atlas::batch {

using storage::testing::ChainMaker;
using storage::testing::ModelState;
using namespace std::chrono_literals;

class BatchStageTest : public ::testing::Test {
 protected:
  BatchStageTest() {
    storage_config.directory = folder.path();
    config.directory = folder.path();
    config.blocks_max = 7;
    config.time_ms = 3'600'000;
    config.cache_bytes_max = u64{64} << 20;
    states.push_back(maker.state());
    codes_of(maker.genesis().state);
  }
  ~BatchStageTest() override { close(); }

  void open() {
    store = storage::ChainStore::open(storage_config, maker.genesis());
    store->set_listener([this](const storage::BlockPtr& block) {
      if (stage) stage->on_block(block->header.number);
    });
    stage = std::make_unique<BatchStage>(
        config, rules, *store, [this] { return maker.genesis(); },
        [this](storage::LogLevel level, const std::string& text) {
          const std::lock_guard lock(said_mutex);
          if (level != storage::LogLevel::kInfo) said += text + "\n";
        });
    stage->start();
  }
  void close() {
    if (stage) stage->stop();
    store.reset();  // the listener knows the stage
    stage.reset();
  }
  void reopen() {
    close();
    open();
  }
  void grow(u64 blocks) {
    for (u64 i = 0; i < blocks; ++i) {
      auto [block, diff] = maker.next();
      codes_of(diff);
      states.push_back(maker.state());
      store->commit(block, std::move(diff));
    }
  }
  /// The chain's head goes back to `number`, and so does what the test knows.
  void go_back(u64 number) {
    ASSERT_TRUE(store->rewind(number));
    states.resize(number + 1);
    maker.go_back(number, store->head()->hash, states.back());
    stage->on_rewind();
  }
  /// Until every block is in a batch, sealed or open, and nothing is due.
  bool wait_taken() {
    const auto until = std::chrono::steady_clock::now() + 120s;
    const auto done = [&] {
      const BatchStats stats = stage->stats();
      return stage->latest() && stats.taken_block == store->head()->header.number &&
             stats.open_blocks < config.blocks_max && stats.open_pubdata_bytes < config.pubdata_bytes_max;
    };
    while (!done()) {
      if (stage->failure() || std::chrono::steady_clock::now() > until) return false;
      std::this_thread::sleep_for(1ms);
    }
    return true;
  }
  /// Until a block is in a sealed batch; false if the stage ended or it takes too long.
  bool wait_for(u64 block) {
    const auto until = std::chrono::steady_clock::now() + 120s;
    while (std::chrono::steady_clock::now() < until) {
      if (stage->failure()) return false;
      if (newest_end() >= block) return true;
      std::this_thread::sleep_for(1ms);
    }
    return false;
  }
  /// Last block of the newest batch; 0 while that one is not of this chain.
  u64 newest_end() const {
    const auto newest = stage->latest();
    const auto record = newest ? stage->record(*newest) : std::nullopt;
    const auto header = record ? store->header_by_number(record->last_block()) : std::nullopt;
    return header && header->hash == record->state.last_block_hash ? record->last_block() : 0;
  }
  std::string failure() const {
    try {
      if (const auto error = stage->failure()) std::rethrow_exception(error);
    } catch (const std::exception& e) {
      return e.what();
    }
    return "";
  }

  /// Every batch so far against the specification, and their pubdata against the batches.
  void check() {
    ASSERT_TRUE(wait_taken()) << failure();
    const auto newest = stage->latest();
    ASSERT_TRUE(newest.has_value());
    tree::test::ReferenceTree reference;
    std::map<tree::Digest, tree::Digest> known;
    tree::TreeConfig tree_config;
    storage::testing::TemporaryDirectory rebuilt;
    tree_config.directory = rebuilt.path() / "tree";
    tree_config.threads = 1;
    tree::StateTree from_pubdata(tree_config);
    u64 next_block = 1;
    for (u64 n = 0; n <= *newest; ++n) {
      const auto record = stage->record(n);
      ASSERT_TRUE(record.has_value());
      ASSERT_EQ(record->number, n);
      auto values = leaves_of(states.at(record->last_block()));
      for (auto& [key, value] : known) values.try_emplace(key, tree::Digest{});
      reference.apply(values);
      for (auto& [key, value] : values) known[key] = value;
      ASSERT_EQ(record->state.tree, reference.state()) << "batch " << n;
      ASSERT_EQ(record->state.last_block_hash, store->header_by_number(record->last_block())->hash);
      if (n == 0) {
        const auto& genesis = maker.genesis();
        from_pubdata.apply(0, tree::genesis_writes(genesis.state), {0, genesis.block.hash, 0});
        continue;
      }
      ASSERT_EQ(record->first_block, next_block);
      next_block = record->last_block() + 1;
      const auto pubdata = stage->pubdata(n);
      ASSERT_TRUE(pubdata.has_value());
      const auto state = tree::apply_pubdata(from_pubdata, *pubdata);
      ASSERT_TRUE(state.ok()) << describe(state.error());
      ASSERT_EQ(*state, record->state);
      for (u64 block = record->first_block; block < next_block; ++block) {
        ASSERT_EQ(stage->batch_of(block)->number, n);
      }
    }
    ASSERT_FALSE(stage->batch_of(next_block).has_value());
  }

  storage::testing::TemporaryDirectory folder;
  storage::StorageConfig storage_config;
  BatchConfig config;
  stf::ChainRules rules;
  ChainMaker maker{11};
  std::vector<ModelState> states;  ///< by block
  std::map<Hash256, Bytes> codes;
  std::unique_ptr<storage::ChainStore> store;
  std::unique_ptr<BatchStage> stage;
  std::mutex said_mutex;
  std::string said;

 private:
  void codes_of(const StateDiff& diff) {
    for (const auto& [hash, code] : diff.code) codes[hash] = code;
  }
  std::map<tree::Digest, tree::Digest> leaves_of(const ModelState& state) const {
    std::map<tree::Digest, tree::Digest> out;
    for (const auto& [address, account] : state.accounts) {
      const Bytes code = account.has_code() ? codes.at(account.code_hash) : Bytes{};
      out[tree::address_key(tree::Domain::kAccount, address)] =
          tree::encode_account({static_cast<u32>(code.size()), account.nonce, account.balance});
      if (code.empty()) continue;
      out[tree::address_key(tree::Domain::kCodeCommitment, address)] = tree::code_commitment(code);
      out[tree::address_key(tree::Domain::kCodeHash, address)] = tree::Digest::from(account.code_hash);
    }
    for (const auto& [slot, value] : state.slots) {
      out[tree::storage_key(slot.first, slot.second)] = tree::storage_value(value);
    }
    return out;
  }
};

}  // namespace atlas::batch
