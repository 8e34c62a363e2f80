#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <storage/codec.hpp>
#include <storage/test_chain.hpp>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
// Debian's librocksdb is not instrumented: the checker cannot see the atomics of its lock-free memtable.
extern "C" const char* __tsan_default_suppressions() {
  return "race:librocksdb.so\n";
}
#endif
#endif

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;
using testing::ChainMaker;
using testing::difference;
using ::testing::HasSubstr;
using testing::ModelState;

StorageConfig config_at(const fs::path& path) {
  StorageConfig config;
  config.directory = path;
  config.segment_bytes = 20'000;
  config.view_window_blocks = 32;
  return config;
}

/// What was committed, to compare with.
struct Expected {
  std::vector<BlockPtr> blocks;    // from block 1
  std::vector<ModelState> states;  // from block 0

  explicit Expected(const ChainMaker& chain) : states{chain.state()} {}
  void run(ChainMaker& chain, ChainStore& store, u64 count) {
    for (u64 i = 0; i < count; ++i) {
      auto sealed = chain.next();
      blocks.push_back(sealed.block);
      states.push_back(chain.state());
      store.append(sealed.block, std::move(sealed.diff));
    }
    store.wait_durable(blocks.size());
  }
};

Bytes bytes_of(const Block& block) {
  Bytes out;
  encode_block_record(out, block, {});
  return out;
}

void wait_for_history(const ChainStore& store) {
  while (store.stats().history_number < store.stats().durable_number) std::this_thread::yield();
}

void expect_chain(const ChainStore& store, const Expected& expected) {
  const u64 head = expected.blocks.size();
  ASSERT_EQ(store.head()->header.number, head);
  ASSERT_EQ(store.sealed_number(), head);
  for (u64 n = 1; n <= head; ++n) {
    const Block& block = *expected.blocks[n - 1];
    const auto found = store.block_by_number(n);
    ASSERT_NE(found, nullptr) << n;
    ASSERT_EQ(bytes_of(*found), bytes_of(block)) << n;
    ASSERT_EQ(store.block_by_hash(block.hash)->hash, block.hash);
    ASSERT_EQ(store.number_of(block.hash), n);
    const auto header = store.header_by_number(n);
    ASSERT_TRUE(header.has_value());
    ASSERT_EQ(encode_header(header->header), encode_header(block.header));
    ASSERT_EQ(header->transaction_count, block.transactions.size());
    u32 logs = 0;
    for (u32 i = 0; i < block.transactions.size(); ++i) {
      const auto mined = store.transaction(block.transactions[i].hash);
      ASSERT_TRUE(mined.has_value()) << n << " " << i;
      ASSERT_EQ(mined->block_number, n);
      ASSERT_EQ(mined->block_hash, block.hash);
      ASSERT_EQ(mined->block_timestamp, block.header.timestamp);
      ASSERT_EQ(mined->base_fee, block.header.base_fee_per_gas);
      ASSERT_EQ(mined->index, i);
      ASSERT_EQ(mined->first_log_index, logs);
      ASSERT_EQ(mined->transaction->encoded, block.transactions[i].encoded);
      ASSERT_EQ(mined->transaction->sender, block.transactions[i].sender);
      ASSERT_EQ(encode_receipt(*mined->receipt), encode_receipt(block.receipts[i]));
      ASSERT_EQ(store.transaction(n, i)->transaction->hash, block.transactions[i].hash);
      logs += static_cast<u32>(block.receipts[i].logs.size());
    }
    ASSERT_FALSE(store.transaction(n, static_cast<u32>(block.transactions.size())).has_value());
  }
  ASSERT_EQ(store.block_by_number(head + 1), nullptr);
  ASSERT_FALSE(store.transaction(Hash256{}).has_value());
  ASSERT_EQ(difference(store.writer_state(), expected.states[head]), "");
  for (u64 n = store.oldest_view(); n <= head; ++n) {
    ASSERT_EQ(difference(*store.view_at(n), expected.states[n]), "") << n;
  }
  ASSERT_EQ(store.view_at(head + 1), nullptr);
}

TEST(ChainStore, StartsWithGenesisAndComesBackTheSame) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(31);
  Expected expected(chain);
  for (int round = 0; round < 4; ++round) {
    auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
    EXPECT_EQ(store->block_by_number(0)->hash, chain.genesis().block.hash);
    EXPECT_EQ(store->number_of(chain.genesis().block.hash), 0u);
    expect_chain(*store, expected);
    expected.run(chain, *store, 60);
    expect_chain(*store, expected);
    if (round == 2) {
      wait_for_history(*store);
      expect_chain(*store, expected);
    }
  }
  auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
  EXPECT_EQ(store->recovery().head_number, 240u);
  EXPECT_EQ(store->recovery().bytes_cut, 0u);
  expect_chain(*store, expected);
}

TEST(ChainStore, ListenerHearsEveryBlockOnceInOrderWhenItIsVisible) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(32);
  Expected expected(chain);
  auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
  std::vector<u64> heard;
  bool visible = true;
  store->set_listener([&, s = store.get()](const BlockPtr& block) {
    const u64 n = block->header.number;
    heard.push_back(n);
    visible &= s->head()->header.number >= n && s->view_at(n) != nullptr && s->block_by_number(n) == block;
  });
  expected.run(chain, *store, 300);
  store.reset();
  ASSERT_EQ(heard.size(), 300u);
  for (u64 i = 0; i < 300; ++i) EXPECT_EQ(heard[i], i + 1);
  EXPECT_TRUE(visible);
}

TEST(ChainStore, SnapshotsShortenTheReplayAndOldFilesGo) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(33);
  Expected expected(chain);
  StorageConfig config = config_at(dir.path());
  config.snapshot_log_bytes = 60'000;
  {
    auto store = ChainStore::open(config, chain.genesis());
    for (int i = 0; i < 20; ++i) {
      expected.run(chain, *store, 50);
      wait_for_history(*store);
    }
    for (int i = 0; i < 1000 && store->stats().snapshot_number < 800; ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    EXPECT_GE(store->stats().snapshot_number, 800u);
    expected.run(chain, *store, 1);  // the log thread removes old segments
    EXPECT_FALSE(store->diff_of(1).has_value());
    ASSERT_TRUE(store->diff_of(1001).has_value());
  }
  u64 snapshots = 0;
  for (const auto& entry : fs::directory_iterator(dir.path() / "snapshots")) snapshots += entry.is_regular_file();
  EXPECT_EQ(snapshots, 2u);
  auto store = ChainStore::open(config, chain.genesis());
  EXPECT_GT(store->recovery().snapshot_number, 400u);
  EXPECT_LE(store->recovery().snapshot_number, 1001u - config.view_window_blocks) << "the window is replayed";
  EXPECT_EQ(store->oldest_view(), 1001u - config.view_window_blocks);
  expect_chain(*store, expected);
}

TEST(ChainStore, DamagedSnapshotFallsBackLoudly) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(34);
  Expected expected(chain);
  {
    auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
    expected.run(chain, *store, 40);
    store->write_snapshot();
    expected.run(chain, *store, 40);
  }
  for (const auto& entry : fs::directory_iterator(dir.path() / "snapshots")) {
    std::fstream file(entry.path(), std::ios::in | std::ios::out | std::ios::binary);
    file.seekp(300);
    file.put('!');
  }
  std::string said;
  auto store = ChainStore::open(config_at(dir.path()), chain.genesis(),
                                [&](LogLevel, const std::string& text) { said += text + "\n"; });
  EXPECT_THAT(said, HasSubstr("set aside as .damaged"));
  EXPECT_EQ(store->recovery().snapshot_number, 0u);
  expect_chain(*store, expected);
}

TEST(ChainStore, LostHistoryIsMadeAgainFromTheLog) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(35);
  Expected expected(chain);
  StorageConfig config = config_at(dir.path());
  config.history_lag_blocks_max = 20;
  {
    auto store = ChainStore::open(config, chain.genesis());
    expected.run(chain, *store, 100);
  }
  fs::remove_all(dir.path() / "history");
  auto store = ChainStore::open(config, chain.genesis());
  expect_chain(*store, expected);
  expected.run(chain, *store, 30);
  wait_for_history(*store);
  expect_chain(*store, expected);
}

TEST(ChainStore, LogThatLostBlocksTheHistoryHasIsRefused) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(36);
  Expected expected(chain);
  StorageConfig config = config_at(dir.path());
  config.segment_bytes = 1 << 20;
  {
    auto store = ChainStore::open(config, chain.genesis());
    expected.run(chain, *store, 30);
    wait_for_history(*store);
  }
  const fs::path segment = dir.path() / "log" / "blocks-00000000000000000001.log";
  fs::resize_file(segment, fs::file_size(segment) - 200);
  try {
    ChainStore::open(config, chain.genesis());
    FAIL();
  } catch (const StorageError& error) {
    EXPECT_EQ(error.kind(), StorageErrorKind::kCorrupt);
    EXPECT_THAT(error.what(), HasSubstr("block 30"));
  }
}

TEST(ChainStore, SecondProcessAndOtherChainsAreRefused) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(37);
  {
    auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
    try {
      ChainStore::open(config_at(dir.path()), chain.genesis());
      FAIL();
    } catch (const StorageError& error) {
      EXPECT_EQ(error.kind(), StorageErrorKind::kLocked);
      EXPECT_THAT(error.what(), HasSubstr("process " + std::to_string(::getpid())));
    }
  }
  const auto refusal = [&](const Genesis& genesis) -> std::string {
    try {
      ChainStore::open(config_at(dir.path()), genesis);
      return "accepted";
    } catch (const StorageError& error) {
      return error.kind() == StorageErrorKind::kWrongChain ? error.what() : "wrong kind";
    }
  };
  EXPECT_EQ(refusal(chain.genesis()), "accepted");
  Genesis other = chain.genesis();
  other.chain_id = 1;
  EXPECT_THAT(refusal(other), HasSubstr("chain_id is \"1337\" where this node has \"1\""));
  other = chain.genesis();
  other.block.hash = Hash256{};
  EXPECT_THAT(refusal(other), HasSubstr("genesis_hash"));
  other = chain.genesis();
  other.state.accounts[3].account->balance += u256(1);
  EXPECT_THAT(refusal(other), HasSubstr("genesis_state"));
  other = chain.genesis();
  other.state.accounts[3].account->balance = u256::power_of_two(128);
  EXPECT_THAT(refusal(other), HasSubstr("a balance of 2^128 or more"));
}

TEST(ChainStore, RewindTakesBackBlocksTransactionsAndState) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(38);
  Expected expected(chain);
  auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
  expected.run(chain, *store, 150);
  wait_for_history(*store);
  expected.run(chain, *store, 10);
  const auto old_view = store->view_at(155);
  const ModelState old_state = expected.states[155];
  for (const u64 target : {158u, 120u, 60u, 0u}) {
    std::vector<Hash256> gone;
    for (u64 n = target + 1; n <= expected.blocks.size(); ++n) {
      gone.push_back(expected.blocks[n - 1]->hash);
      for (const auto& transaction : expected.blocks[n - 1]->transactions) gone.push_back(transaction.hash);
    }
    ASSERT_TRUE(store->rewind(target));
    expected.blocks.resize(target);
    expected.states.resize(target + 1);
    chain.go_back(target, target == 0 ? chain.genesis().block.hash : expected.blocks.back()->hash,
                  expected.states.back());
    expect_chain(*store, expected);
    for (const Hash256& hash : gone) {
      ASSERT_FALSE(store->transaction(hash).has_value());
      ASSERT_EQ(store->block_by_hash(hash), nullptr);
    }
    LogQuery everything{0, 1000, {}, {}};
    const auto outcome = store->for_each_log(everything, [&](const LogRecord& record) {
      EXPECT_LE(record.block_number, target);
      return true;
    });
    EXPECT_EQ(outcome.end, LogQueryEnd::kComplete);
    expected.run(chain, *store, 5);
    expect_chain(*store, expected);
  }
  EXPECT_EQ(difference(*old_view, old_state), "");
  store.reset();
  store = ChainStore::open(config_at(dir.path()), chain.genesis());
  expect_chain(*store, expected);
}

TEST(ChainStore, RewindMeetsTheHistoryAtAnyStage) {
  testing::TemporaryDirectory dir;
  // Much to index a block, so that the history lags; short and long ways back.
  ChainMaker chain(43, {.transactions = 100, .logs = 8, .addresses = 40, .changes = 2});
  Expected expected(chain);
  auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
  for (int round = 0; round < 16; ++round) {
    expected.run(chain, *store, 1 + chain.below(30));
    const u64 head = expected.blocks.size();
    const u64 target = head - std::min<u64>(head, chain.below(round % 2 == 0 ? 3 : 40));
    ASSERT_TRUE(store->rewind(target));
    expected.blocks.resize(target);
    expected.states.resize(target + 1);
    chain.go_back(target, target == 0 ? chain.genesis().block.hash : expected.blocks.back()->hash,
                  expected.states.back());
    ASSERT_EQ(store->head()->header.number, target);
    for (u64 n = 1; n <= target; ++n) {
      const auto block = store->block_by_number(n);
      ASSERT_NE(block, nullptr) << n << " after a rewind to " << target;
      ASSERT_EQ(block->hash, expected.blocks[n - 1]->hash);
    }
  }
  expect_chain(*store, expected);
}

TEST(ChainStore, LogQueriesEqualBruteForce) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(39, {.transactions = 150, .logs = 2, .addresses = 12, .changes = 1});
  Expected expected(chain);
  auto store = ChainStore::open(config_at(dir.path()), chain.genesis());
  expected.run(chain, *store, 60);
  wait_for_history(*store);
  expected.run(chain, *store, 10);

  using Found = std::tuple<u64, u32, u32, Hash256, Hash256, u64, Bytes>;
  const auto brute = [&](const LogQuery& query) {
    std::vector<Found> out;
    for (const auto& block : expected.blocks) {
      if (block->header.number < query.from_block || block->header.number > query.to_block) continue;
      u32 index = 0;
      for (u32 t = 0; t < block->receipts.size(); ++t) {
        for (const Log& log : block->receipts[t].logs) {
          const u32 here = index++;
          bool good =
              query.addresses.empty() || std::count(query.addresses.begin(), query.addresses.end(), log.address) != 0;
          for (std::size_t i = 0; i < query.topics.size(); ++i) {
            if (query.topics[i].empty()) continue;
            good = good && i < log.topics.size() &&
                   std::count(query.topics[i].begin(), query.topics[i].end(), log.topics[i]) != 0;
          }
          if (good) {
            out.emplace_back(block->header.number, t, here, block->hash, block->transactions[t].hash,
                             block->header.timestamp, log.data);
          }
        }
      }
    }
    return out;
  };

  u64 hits = 0;
  for (int round = 0; round < 400; ++round) {
    LogQuery query;
    query.from_block = chain.below(75);
    query.to_block = query.from_block + chain.below(80);
    for (u64 i = chain.below(3); i > 0; --i) query.addresses.push_back(testing::address_of(chain.below(14)));
    query.topics.resize(chain.below(6));
    for (auto& row : query.topics) {
      for (u64 i = chain.below(3); i > 0; --i) row.push_back(chain.topic(chain.below(14)));
    }
    if (round % 40 == 0) {  // more alternatives than the index takes on
      query.addresses.clear();
      for (u64 i = 0; i < 300; ++i) query.addresses.push_back(testing::address_of(i % 7 + i / 7 * 100));
    }
    std::vector<Found> found;
    const auto outcome = store->for_each_log(query, [&](const LogRecord& r) {
      found.emplace_back(r.block_number, r.transaction_index, r.log_index, *r.block_hash, *r.transaction_hash,
                         r.block_timestamp, r.log->data);
      return true;
    });
    ASSERT_EQ(outcome.end, LogQueryEnd::kComplete);
    ASSERT_EQ(found, brute(query)) << "round " << round;
    hits += found.size();
    if (found.size() > 2) {  // a visitor that has enough
      u64 seen = 0;
      const auto stopped = store->for_each_log(query, [&](const LogRecord&) { return ++seen < 2; });
      ASSERT_EQ(stopped.end, LogQueryEnd::kStopped);
      ASSERT_EQ(seen, 2u);
    }
  }
  EXPECT_GT(hits, 10'000u);

  // A bound on work ends at a block's border, and the query can go on from there.
  LogQuery query{1, 60, {testing::address_of(1)}, {}};
  const auto all = brute(query);
  std::vector<Found> found;
  u64 pieces = 0;
  query.work_max = 100;
  for (;; ++pieces) {
    const auto outcome = store->for_each_log(query, [&](const LogRecord& r) {
      found.emplace_back(r.block_number, r.transaction_index, r.log_index, *r.block_hash, *r.transaction_hash,
                         r.block_timestamp, r.log->data);
      return true;
    });
    if (outcome.end == LogQueryEnd::kComplete) break;
    ASSERT_EQ(outcome.end, LogQueryEnd::kWorkLimit);
    ASSERT_GT(outcome.next_block, query.from_block);
    query.from_block = outcome.next_block;
  }
  EXPECT_EQ(found, all);
  EXPECT_GT(pieces, 3u);
}

TEST(ChainStore, EverythingAcknowledgedSurvivesKill) {
  // The child commits blocks and reports each acknowledged one through a pipe; it is killed at a random moment. The
  // chain is the same function of the seed in both processes.
  testing::TemporaryDirectory dir;
  StorageConfig config = config_at(dir.path());
  config.snapshot_log_bytes = 100'000;
  std::mt19937_64 random(std::random_device{}());
  constexpr u64 kSeed = 40;
  u64 acknowledged_before = 0;
  for (int round = 0; round < 12; ++round) {
    int pipe_ends[2];
    ASSERT_EQ(::pipe(pipe_ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe_ends[0]);
      ChainMaker chain(kSeed);
      auto store = ChainStore::open(config, chain.genesis());
      const u64 head = store->head()->header.number;
      for (u64 n = 1; n <= head; ++n) (void)chain.next();
      store->set_listener([&](const BlockPtr& block) {
        const u64 number = block->header.number;
        if (::write(pipe_ends[1], &number, 8) != 8) ::_exit(3);
      });
      for (;;) {
        auto sealed = chain.next();
        store->append(sealed.block, std::move(sealed.diff));
      }
    }
    ::close(pipe_ends[1]);
    u64 acknowledged = acknowledged_before;
    u64 number = 0;
    const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(100 + random() % 300);
    do {
      if (::read(pipe_ends[0], &number, 8) != 8) break;
      acknowledged = number;
    } while (std::chrono::steady_clock::now() < end);
    ::kill(child, SIGKILL);
    while (::read(pipe_ends[0], &number, 8) == 8) acknowledged = number;
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    ::close(pipe_ends[0]);
    ASSERT_GT(acknowledged, acknowledged_before);

    ChainMaker chain(kSeed);
    auto store = ChainStore::open(config, chain.genesis());
    const u64 head = store->head()->header.number;
    ASSERT_GE(head, acknowledged);
    Expected expected(chain);
    for (u64 n = 1; n <= head; ++n) {
      expected.blocks.push_back(chain.next().block);
      expected.states.push_back(chain.state());
    }
    if (round % 4 == 3) {
      expect_chain(*store, expected);
    } else {
      ASSERT_EQ(bytes_of(*store->head()), bytes_of(*expected.blocks.back()));
      ASSERT_EQ(difference(store->writer_state(), chain.state()), "");
      for (u64 n = acknowledged_before + 1; n <= head; n += 7) {
        ASSERT_EQ(bytes_of(*store->block_by_number(n)), bytes_of(*expected.blocks[n - 1])) << n;
      }
    }
    acknowledged_before = head;
  }
  std::printf("12 kills, %llu blocks\n", static_cast<unsigned long long>(acknowledged_before));
}

TEST(ChainStore, FullDiskStopsTheWriterAndLosesNothingAcknowledged) {
  testing::TemporaryDirectory dir;
  StorageConfig config = config_at(dir.path() / "data");
  config.segment_bytes = 1 << 20;
  const pid_t child = ::fork();
  if (child == 0) {
    ChainMaker chain(42);
    auto store = ChainStore::open(config, chain.genesis());
    const rlimit limit{300'000, 300'000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    u64 acknowledged = 0;
    try {
      for (;;) {
        auto sealed = chain.next();
        store->commit(sealed.block, std::move(sealed.diff));
        acknowledged = sealed.block->header.number;
      }
    } catch (const StorageError& error) {
      std::ofstream(dir.path() / "report") << acknowledged << " " << error.what();
      bool again = false;
      try {
        store->wait_durable(acknowledged + 1);
      } catch (const StorageError&) {
        again = true;
      }
      const bool readable = store->head()->header.number == acknowledged;
      store.reset();
      ::_exit(again && readable ? 0 : 1);
    }
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  ASSERT_EQ(WEXITSTATUS(status), 0);
  u64 acknowledged = 0;
  std::string text;
  std::ifstream report(dir.path() / "report");
  report >> acknowledged;
  std::getline(report, text);
  EXPECT_GT(acknowledged, 10u);
  EXPECT_THAT(text, HasSubstr(config.directory.string()));
  EXPECT_THAT(text, HasSubstr("limit"));

  ChainMaker chain(42);
  auto store = ChainStore::open(config, chain.genesis());
  Expected expected(chain);
  const u64 head = store->head()->header.number;
  ASSERT_GE(head, acknowledged);
  for (u64 n = 1; n <= head; ++n) {
    expected.blocks.push_back(chain.next().block);
    expected.states.push_back(chain.state());
  }
  expect_chain(*store, expected);
  expected.run(chain, *store, 10);
  expect_chain(*store, expected);
}

TEST(ChainStore, ReadersOfAllKindsWhileBlocksCome) {
  testing::TemporaryDirectory dir;
  ChainMaker chain(41);
  Expected expected(chain);
  StorageConfig config = config_at(dir.path());
  config.snapshot_log_bytes = 50'000;
  auto store = ChainStore::open(config, chain.genesis());
  std::atomic<bool> done{false};
  std::atomic<u64> wrong{0};
  std::vector<std::thread> readers;
  for (u64 r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      std::mt19937_64 random(r);
      while (!done) {
        const BlockPtr head = store->head();
        const u64 n = head->header.number;
        const auto view = store->view_at(n);
        if (view == nullptr) {
          // A reader that sleeps while a whole window of blocks comes finds its head's view gone, and no other.
          if (store->oldest_view() <= n) ++wrong;
        } else {
          (void)view->account(testing::address_of(random() % 40));
          (void)view->storage(testing::address_of(random() % 40), u256(random() % 12));
        }
        if (n == 0) continue;
        const u64 any = 1 + random() % n;
        const auto block = store->block_by_number(any);
        if (block == nullptr || block->header.number != any || store->number_of(block->hash) != any) {
          ++wrong;
          continue;
        }
        for (const auto& transaction : block->transactions) {
          const auto mined = store->transaction(transaction.hash);
          if (!mined || mined->block_number != any) ++wrong;
        }
        // All logs of a range, which may lie across history and memory: their number is the receipts'.
        const u64 to = std::min(n, any + 5);
        u64 count = 0;
        u64 expected_count = 0;
        (void)store->for_each_log({any, to, {}, {}}, [&](const LogRecord&) { return ++count != 0; });
        for (u64 k = any; k <= to; ++k) {
          const auto in_range = store->block_by_number(k);
          for (const auto& receipt : in_range->receipts) expected_count += receipt.logs.size();
        }
        if (count != expected_count) ++wrong;
      }
    });
  }
  for (int i = 0; i < 15; ++i) expected.run(chain, *store, 20);
  done = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(wrong, 0u);
  expect_chain(*store, expected);
}

TEST(ChainStore, RestartWithOneMillionAccounts) {
  testing::TemporaryDirectory dir(true);
  Genesis genesis;
  genesis.chain_id = 5;
  genesis.block.hash = crypto::keccak256(as_bytes("large"));
  for (u64 i = 0; i < 1'000'000; ++i) {
    Address address;
    const u64 spread = i * 0x9e3779b97f4a7c15ULL;
    std::memcpy(address.data(), &spread, 8);
    genesis.state.accounts.push_back({address, Account{0, u256(i + 1), kEmptyCodeHash}, {}});
  }
  std::sort(genesis.state.accounts.begin(), genesis.state.accounts.end(),
            [](const auto& a, const auto& b) { return a.address < b.address; });
  StorageConfig config;
  config.directory = dir.path();
  {
    auto store = ChainStore::open(config, genesis);
    Hash256 parent = genesis.block.hash;
    for (u64 n = 1; n <= 200; ++n) {
      auto block = std::make_shared<Block>();
      block->header.number = n;
      block->header.parent_hash = parent;
      parent = block->hash = crypto::keccak256(parent);
      StateDiff diff;
      for (u64 i = 0; i < 1000; ++i) {
        const auto& old = genesis.state.accounts[(n * 5003 + i * 917) % 1'000'000];
        diff.accounts.push_back({old.address, Account{n, u256(n), kEmptyCodeHash}, {}});
      }
      store->append(block, std::move(diff));
    }
    store->wait_durable(200);
  }
  const auto start = std::chrono::steady_clock::now();
  auto store = ChainStore::open(config, genesis);
  const double wall = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  const auto& r = store->recovery();
  std::printf("restart with 1M accounts, 200 blocks of 1,000 changes: %.0f ms (snapshot %.0f, replay %.0f)\n", wall,
              r.snapshot_ms, r.replay_ms);
  EXPECT_EQ(store->stats().accounts, 1'000'000u);
  EXPECT_EQ(r.head_number, 200u);
}

}  // namespace
}  // namespace atlas::storage
