// What is allowed to go, what is held back, and that it happens while the chain runs.
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <storage/history.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;
using testing::ChainMaker;
using ::testing::HasSubstr;

StorageConfig small(const fs::path& path) {
  StorageConfig config;
  config.directory = path;
  config.segment_bytes = 20'000;
  config.snapshot_log_bytes = 40'000;
  config.view_window_blocks = 16;
  return config;
}

std::vector<BlockPtr> run(ChainMaker& chain, ChainStore& store, u64 count) {
  std::vector<BlockPtr> out;
  for (u64 i = 0; i < count; ++i) {
    auto sealed = chain.next();
    out.push_back(sealed.block);
    store.commit(sealed.block, std::move(sealed.diff));
  }
  return out;
}

template <class Condition>
bool eventually(Condition&& condition) {
  for (int i = 0; i < 12'000 && !condition(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(5));
  return condition();
}

u64 log_matches(const ChainStore& store, u64 from, u64 to) {
  LogQuery query;
  query.from_block = from;
  query.to_block = to;
  u64 found = 0;
  store.for_each_log(query, [&](const LogRecord& record) {
    EXPECT_GE(record.block_number, store.oldest_block());
    ++found;
    return true;
  });
  return found;
}

TEST(BoundedHistory, OldBlocksGoWhileTheChainRunsAndStayGone) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(5);
  StorageConfig config = small(dir.path());
  config.history_blocks = 100;
  std::vector<BlockPtr> blocks;
  u64 oldest = 0;
  const auto check = [&](const ChainStore& store) {
    for (const BlockPtr& block : blocks) {
      const u64 number = block->header.number;
      const bool here = number >= oldest;
      ASSERT_EQ(store.block_by_number(number) != nullptr, here) << number;
      ASSERT_EQ(store.header_by_number(number).has_value(), here) << number;
      ASSERT_EQ(store.number_of(block->hash).has_value(), here) << number;
      for (const auto& tx : block->transactions) ASSERT_EQ(store.transaction(tx.hash).has_value(), here) << number;
    }
    u64 logs = 0;
    for (const BlockPtr& block : blocks) {
      if (block->header.number < oldest) continue;
      for (const Receipt& receipt : block->receipts) logs += receipt.logs.size();
    }
    EXPECT_EQ(log_matches(store, 0, blocks.size()), logs);
    EXPECT_NE(store.block_by_number(0), nullptr);
  };
  {
    auto store = ChainStore::open(config, chain.genesis());
    EXPECT_EQ(store->oldest_block(), 0u);
    blocks = run(chain, *store, 600);
    EXPECT_TRUE(eventually([&] { return store->oldest_block() + config.history_blocks + 6 >= 600; }));
    EXPECT_LE(store->oldest_block(), 501u);  // the window is whole
    EXPECT_TRUE(eventually([&] { return store->stats().history_number == 600; }));
    oldest = store->oldest_block();
    check(*store);
    EXPECT_FALSE(store->rewind(oldest - 2));
  }
  auto store = ChainStore::open(config, chain.genesis());
  EXPECT_EQ(store->oldest_block(), oldest);
  check(*store);
}

TEST(BoundedHistory, CompactionDropsWhatNobodyFindsAnyMore) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(6, {.transactions = 40, .logs = 3, .addresses = 4'000, .changes = 2});
  const ChainIdentity identity{1, chain.genesis().block.hash};
  const auto size = [&] {
    u64 sum = 0;
    for (const auto& entry : fs::directory_iterator(dir.path() / "h")) {
      if (entry.path().extension() == ".sst") sum += fs::file_size(entry.path());
    }
    return sum;
  };
  u64 full = 0;
  {
    History history(dir.path() / "h", identity);
    for (u64 n = 0; n < 60; ++n) {
      std::vector<BlockPtr> blocks;
      for (int i = 0; i < 20; ++i) blocks.push_back(chain.next().block);
      history.add(blocks);
    }
    history.compact();
    full = size();
    history.prune_below(1'101);
    EXPECT_EQ(history.first(), 1'101u);
    history.compact();
  }
  EXPECT_LT(size(), full / 5) << "of " << full << " bytes";
}

TEST(LogHolds, KeepTheLogForWhoWorksBehindTheHeadAcrossRestarts) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(7);
  const StorageConfig config = small(dir.path());
  {
    auto store = ChainStore::open(config, chain.genesis());
    EXPECT_TRUE(store->hold_log("tree", 40));
    EXPECT_TRUE(store->hold_log("batcher", 70));
    run(chain, *store, 600);
    EXPECT_TRUE(eventually([&] { return store->stats().snapshot_number > 400; }));
    run(chain, *store, 5);
    EXPECT_TRUE(store->diff_of(40).has_value());
  }
  auto store = ChainStore::open(config, chain.genesis());
  EXPECT_EQ(store->log_holds(), (std::map<std::string, u64>{{"batcher", 70}, {"tree", 40}}));
  EXPECT_TRUE(store->diff_of(40).has_value());
  EXPECT_TRUE(store->hold_log("tree", 300));
  store->release_log("batcher");
  // The next snapshots let go of what nobody holds, and of nothing else.
  EXPECT_TRUE(eventually([&] {
    run(chain, *store, 20);
    return !store->diff_of(70).has_value();
  }));
  EXPECT_TRUE(store->diff_of(300).has_value());
  EXPECT_FALSE(store->hold_log("late", 40)) << "the log no longer has that block";
  store->release_log("late");
}

TEST(LogHolds, DamagedFileIsNamedWithItsLine) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(8);
  {
    ChainStore::open(small(dir.path()), chain.genesis())->hold_log("tree", 1);
  }
  std::ofstream(dir.path() / "HOLDS", std::ios::app) << "batcher 12x\n";
  try {
    ChainStore::open(small(dir.path()), chain.genesis());
    FAIL() << "it was accepted";
  } catch (const StorageError& error) {
    EXPECT_EQ(error.kind(), StorageErrorKind::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("HOLDS: line 2 is not"));
  }
}

}  // namespace
}  // namespace atlas::storage
