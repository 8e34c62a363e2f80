#include <benchmark/benchmark.h>

#include <storage/codec.hpp>
#include <storage/crc32c.hpp>
#include <storage/history.hpp>
#include <storage/hot_state.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

using testing::TemporaryDirectory;

Address random_address(u64 i) {
  Address a;
  const u64 words[3] = {i * 0x9e3779b97f4a7c15ULL, i * 0xff51afd7ed558ccdULL, i};
  std::memcpy(a.data(), words, 20);
  return a;
}

/// A state of `accounts` accounts with one slot each.
std::shared_ptr<HotState> filled_state(u64 accounts) {
  auto state = std::make_shared<HotState>(HashSeed::random());
  StateDiff diff;
  for (u64 i = 0; i < accounts; ++i) {
    diff.accounts.push_back({random_address(i), Account{i, u256(i + 1), kEmptyCodeHash}, {{u256(i), u256(1)}}});
  }
  state->load(0, diff);
  return state;
}

/// Lookups among `hot` accounts of a state of `accounts`: what a transaction's execution asks the writer's view.
void BM_WriterAccount(benchmark::State& bench) {
  const auto state = filled_state(static_cast<u64>(bench.range(0)));
  const u64 hot = static_cast<u64>(bench.range(1));
  std::vector<Address> addresses;
  for (u64 i = 0; i < hot; ++i) addresses.push_back(random_address(i));
  u64 i = 0;
  for (auto _ : bench) {
    benchmark::DoNotOptimize(state->newest().account(addresses[i]));
    i = i + 1 == hot ? 0 : i + 1;
  }
  bench.counters["bytes_per_account"] =
      static_cast<double>(state->accounts().table_bytes()) / static_cast<double>(state->accounts().size());
  bench.counters["bytes_per_slot"] =
      static_cast<double>(state->slots().table_bytes()) / static_cast<double>(state->slots().size());
}
BENCHMARK(BM_WriterAccount)->Args({1'000'000, 1'000})->Args({1'000'000, 1'000'000});

void BM_WriterSlot(benchmark::State& bench) {
  const auto state = filled_state(1'000'000);
  const u64 hot = static_cast<u64>(bench.range(0));
  u64 i = 0;
  for (auto _ : bench) {
    benchmark::DoNotOptimize(state->newest().storage(random_address(i), u256(i)));
    i = i + 1 == hot ? 0 : i + 1;
  }
}
BENCHMARK(BM_WriterSlot)->Arg(1'000)->Arg(1'000'000);

void BM_ReaderAccount(benchmark::State& bench) {
  const auto state = filled_state(1'000'000);
  const auto view = state->view_at(0);
  u64 i = 0;
  for (auto _ : bench) {
    benchmark::DoNotOptimize(view->account(random_address(i)));
    i = i + 1 == 1'000 ? 0 : i + 1;
  }
}
BENCHMARK(BM_ReaderAccount);

void BM_OpenView(benchmark::State& bench) {
  const auto state = filled_state(1);
  for (auto _ : bench) benchmark::DoNotOptimize(state->view_at(0));
}
BENCHMARK(BM_OpenView);

/// Applying and pruning a block of changed accounts, steady state with a full window. Items are accounts.
void BM_ApplyDiff(benchmark::State& bench) {
  const u64 changes = static_cast<u64>(bench.range(0));
  const auto state = filled_state(1'000'000);
  u64 block = 0;
  u64 next = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    StateDiff diff;
    for (u64 i = 0; i < changes; ++i) {
      next = (next + 7919) % 1'000'000;
      diff.accounts.push_back({random_address(next), Account{block, u256(block), kEmptyCodeHash}, {}});
    }
    bench.ResumeTiming();
    state->apply(++block, diff);
    state->prune(64, ~u64{0}, block);
  }
  bench.SetItemsProcessed(static_cast<i64>(block * changes));
}
BENCHMARK(BM_ApplyDiff)->Arg(7'500)->Unit(benchmark::kMillisecond)->Iterations(150);

testing::ChainMaker::Shape transfers(u32 count, u32 logs) {
  return {.transactions = count, .logs = logs, .addresses = 100'000, .changes = count};
}

void BM_EncodeBlock(benchmark::State& bench) {
  testing::ChainMaker chain(1, transfers(10'000, 1));
  const auto sealed = chain.next();
  Bytes out;
  for (auto _ : bench) {
    out.clear();
    encode_block_record(out, *sealed.block, sealed.diff);
    benchmark::DoNotOptimize(crc32c(out));
  }
  bench.SetItemsProcessed(bench.iterations() * static_cast<i64>(sealed.block->transactions.size()));
  bench.SetBytesProcessed(bench.iterations() * static_cast<i64>(out.size()));
}
BENCHMARK(BM_EncodeBlock)->Unit(benchmark::kMicrosecond);

void BM_DecodeBlock(benchmark::State& bench) {
  testing::ChainMaker chain(1, transfers(10'000, 1));
  const auto sealed = chain.next();
  Bytes out;
  encode_block_record(out, *sealed.block, sealed.diff);
  for (auto _ : bench) benchmark::DoNotOptimize(decode_block(out));
  bench.SetItemsProcessed(bench.iterations() * static_cast<i64>(sealed.block->transactions.size()));
}
BENCHMARK(BM_DecodeBlock)->Unit(benchmark::kMicrosecond);

/// Indexing into RocksDB, items are transactions. Argument: logs a transaction, at most (with 0 to 4 topics each).
void BM_HistoryAdd(benchmark::State& bench) {
  TemporaryDirectory dir(true);
  History history(dir.path() / "history", ChainIdentity{});
  testing::ChainMaker chain(2, transfers(10'000, static_cast<u32>(bench.range(0))));
  u64 transactions = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    const BlockPtr block = chain.next().block;
    transactions += block->transactions.size();
    bench.ResumeTiming();
    history.add(std::span(&block, 1));
  }
  bench.SetItemsProcessed(static_cast<i64>(transactions));
}
BENCHMARK(BM_HistoryAdd)->Arg(0)->Arg(2)->Unit(benchmark::kMillisecond)->Iterations(20);

/// append() of the sequencer's thread alone, the pipeline running behind it, fsync on. Items are transactions.
void BM_StoreCommit(benchmark::State& bench) {
  TemporaryDirectory dir(true);
  testing::ChainMaker chain(3, transfers(static_cast<u32>(bench.range(0)), 1));
  StorageConfig config;
  config.directory = dir.path();
  const auto store = ChainStore::open(config, chain.genesis());
  u64 transactions = 0;
  for (auto _ : bench) {
    bench.PauseTiming();
    auto sealed = chain.next();
    transactions += sealed.block->transactions.size();
    bench.ResumeTiming();
    store->commit(sealed.block, std::move(sealed.diff));
  }
  bench.SetItemsProcessed(static_cast<i64>(transactions));
  bench.counters["fsync_ms"] = store->stats().log_sync_ms_last;
}
BENCHMARK(BM_StoreCommit)->Arg(10)->Arg(10'000)->Unit(benchmark::kMillisecond)->Iterations(30);

}  // namespace
}  // namespace atlas::storage

BENCHMARK_MAIN();
