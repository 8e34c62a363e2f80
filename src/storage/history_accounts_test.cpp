#include <thread>

#include <gtest/gtest.h>

#include <storage/chain_store.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

using testing::address_of;
using testing::ChainMaker;

constexpr u32 kAddresses = 14;

struct Chain {
  testing::TemporaryDirectory dir;
  ChainMaker maker{51, {.transactions = 150, .logs = 1, .addresses = kAddresses, .changes = 1, .inner = 3}};
  std::vector<BlockPtr> blocks;
  std::unique_ptr<ChainStore> store;

  Chain() { open(); }
  void open() {
    StorageConfig config;
    config.directory = dir.path();
    store = ChainStore::open(config, maker.genesis());
  }
  void run(u64 count) {
    for (u64 i = 0; i < count; ++i) {
      auto sealed = maker.next();
      blocks.push_back(sealed.block);
      store->append(sealed.block, std::move(sealed.diff));
    }
    store->wait_durable(blocks.size());
  }
  void wait_for_history() {
    while (store->stats().history_number < store->stats().durable_number) std::this_thread::yield();
  }
};

using Place = std::tuple<u64, u32, Hash256, u32>;

std::vector<Place> brute(const Chain& chain, const AddressQuery& query) {
  std::vector<Place> out;
  for (const auto& block : chain.blocks) {
    if (block->header.number < query.from_block || block->header.number > query.to_block) continue;
    u32 logs = 0;
    for (u32 i = 0; i < block->transactions.size(); ++i) {
      const auto& tx = block->transactions[i];
      const Receipt& receipt = block->receipts[i];
      const auto& touched = receipt.inner.touched;
      if (tx.sender == query.address || tx.tx.to == query.address || receipt.contract_address == query.address ||
          std::count(touched.begin(), touched.end(), query.address) != 0) {
        out.emplace_back(block->header.number, i, tx.hash, logs);
      }
      logs += static_cast<u32>(receipt.logs.size());
    }
  }
  if (query.newest_first) std::reverse(out.begin(), out.end());
  return out;
}

std::vector<Place> found_by(const ChainStore& store, const AddressQuery& query, LogQueryOutcome* outcome = nullptr) {
  std::vector<Place> out;
  const auto ended = store.for_each_transaction(query, [&](const MinedTransaction& t) {
    out.emplace_back(t.block_number, t.index, t.transaction->hash, t.first_log_index);
    return true;
  });
  if (outcome != nullptr) *outcome = ended;
  return out;
}

void expect_creations(const Chain& chain) {
  for (u64 a = 0; a < kAddresses + 3; ++a) {
    std::optional<std::pair<Hash256, Address>> expected;
    for (const auto& block : chain.blocks) {
      for (u32 i = 0; i < block->transactions.size(); ++i) {
        const Receipt& receipt = block->receipts[i];
        if (!receipt.success) continue;
        const auto& created = receipt.inner.created;
        const auto inner =
            std::find_if(created.begin(), created.end(), [&](const auto& c) { return c.created == address_of(a); });
        if (inner != created.end()) expected = {block->transactions[i].hash, inner->creator};
        if (receipt.contract_address == address_of(a)) {
          expected = {block->transactions[i].hash, block->transactions[i].sender};
        }
      }
    }
    const auto found = chain.store->creation(address_of(a));
    ASSERT_EQ(found.has_value(), expected.has_value()) << a;
    if (!found) continue;
    EXPECT_EQ(found->transaction, expected->first) << a;
    EXPECT_EQ(found->creator, expected->second) << a;
  }
}

TEST(HistoryAccounts, SearchEqualsBruteForceInBothDirections) {
  Chain chain;
  chain.run(50);
  chain.wait_for_history();
  chain.run(10);
  u64 hits = 0;
  for (int round = 0; round < 100; ++round) {
    AddressQuery query;
    query.address = address_of(chain.maker.below(kAddresses + 2));
    query.from_block = chain.maker.below(65);
    query.to_block = query.from_block + chain.maker.below(70);
    query.newest_first = chain.maker.below(2) == 0;
    LogQueryOutcome outcome;
    const auto found = found_by(*chain.store, query, &outcome);
    ASSERT_EQ(outcome.end, LogQueryEnd::kComplete);
    ASSERT_EQ(found, brute(chain, query)) << round;
    hits += found.size();
  }
  EXPECT_GT(hits, 10'000u);
  expect_creations(chain);
  EXPECT_EQ(chain.store->first_indexed(), 1u);
}

TEST(HistoryAccounts, VisitorsAndWorkStopTheSearchAndItGoesOn) {
  Chain chain;
  chain.run(60);
  chain.wait_for_history();
  AddressQuery query{.address = address_of(1), .from_block = 0, .to_block = 60, .newest_first = true, .work_max = 2};
  LogQueryOutcome outcome;
  std::vector<Place> all;
  unsigned pieces = 0;
  for (; pieces < 200; ++pieces) {
    const auto part = found_by(*chain.store, query, &outcome);
    // A piece may end within a block, which the next one then repeats.
    for (const Place& place : part) {
      if (std::find(all.begin(), all.end(), place) == all.end()) all.push_back(place);
    }
    if (outcome.end == LogQueryEnd::kComplete) break;
    ASSERT_EQ(outcome.end, LogQueryEnd::kWorkLimit);
    if (outcome.next_block == query.to_block) query.work_max *= 2;  // a block alone takes more
    query.to_block = outcome.next_block;
  }
  query.to_block = 60;
  EXPECT_EQ(all, brute(chain, query));
  EXPECT_GT(pieces, 3u);

  unsigned seen = 0;
  const auto stopped = chain.store->for_each_transaction(query, [&](const MinedTransaction&) { return ++seen < 5; });
  EXPECT_EQ(stopped.end, LogQueryEnd::kStopped);
  EXPECT_EQ(seen, 5u);
}

TEST(HistoryAccounts, SurvivesRestartsAndRewinds) {
  Chain chain;
  chain.run(60);
  chain.wait_for_history();
  chain.store.reset();
  chain.open();
  const AddressQuery query{.address = address_of(2), .from_block = 0, .to_block = 1'000};
  EXPECT_EQ(found_by(*chain.store, query), brute(chain, query));
  ASSERT_TRUE(chain.store->rewind(20));
  chain.blocks.resize(20);
  EXPECT_EQ(found_by(*chain.store, query), brute(chain, query));
  expect_creations(chain);
}

}  // namespace
}  // namespace atlas::storage
