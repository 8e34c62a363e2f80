// A block of transfers on a large state tree, on one core: 8,000 accounts change their balance, none known from the
// block before. The time is that of StateTree::apply() with its pages in memory; `read_ms` is what bringing them there
// took, which happens while the block executes.
#include <chrono>
#include <random>

#include <benchmark/benchmark.h>
#include <tree/state_tree.hpp>
#include <unistd.h>

#include <crypto/blake3_blocks.hpp>
#include <state/tree/account_leaf.hpp>

namespace atlas::tree {
namespace {

using Clock = std::chrono::steady_clock;

constexpr u64 kTouched = 8'000;  // 4,000 transfers between accounts that meet once
constexpr u64 kMakeTogether = 500'000;

double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

Digest key_of(u64 account) {
  Address address;
  std::memcpy(address.data(), &account, sizeof account);
  return address_key(Domain::kAccount, address);
}

/// A tree of `accounts` accounts in a folder of its own, made once for all runs of a case.
class World {
 public:
  static World& of(u64 accounts) {
    if (made == nullptr || made->accounts_ != accounts) {
      made.reset();
      made.reset(new World(accounts));
    }
    return *made;
  }
  /// Before main() ends: the database outlives no static object of RocksDB's.
  static void forget() { made.reset(); }
  ~World() {
    tree_.reset();
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }

  /// Different accounts, ascending by key, as many of them new as `fresh` says.
  std::vector<LeafWrite> block(u64 touched, u64 fresh) {
    std::vector<LeafWrite> writes;
    std::vector<bool> taken(accounts_);
    while (writes.size() + fresh < touched) {
      const u64 account = random_() % accounts_;
      if (taken[account]) continue;
      taken[account] = true;
      writes.push_back({key_of(account), encode_account({0, 1 + random_() % 1000, u256(random_())})});
    }
    for (u64 i = 0; i < fresh; ++i) writes.push_back({key_of(next_fresh_++), encode_account({0, 0, u256(random_())})});
    std::sort(writes.begin(), writes.end(), [](const LeafWrite& a, const LeafWrite& b) { return a.key < b.key; });
    return writes;
  }
  StateTree& tree() { return *tree_; }
  void apply(std::span<const LeafWrite> writes) { tree_->apply(version_++, writes, {}); }

 private:
  explicit World(u64 accounts) : accounts_(accounts), next_fresh_(u64{1} << 40) {
    directory_ = std::filesystem::temp_directory_path() / ("atlas-tree-bench-" + std::to_string(::getpid()));
    TreeConfig config;
    config.directory = directory_;
    config.threads = 1;
    tree_ = std::make_unique<StateTree>(config);
    std::vector<LeafWrite> writes;
    for (u64 i = 0; i < accounts; ++i) {
      writes.push_back({key_of(i), encode_account({0, 0, u256(i + 1)})});
      if (writes.size() < kMakeTogether && i + 1 < accounts) continue;
      std::sort(writes.begin(), writes.end(), [](const LeafWrite& a, const LeafWrite& b) { return a.key < b.key; });
      apply(writes);
      writes.clear();
    }
  }

  static inline std::unique_ptr<World> made;

  u64 accounts_;
  u64 next_fresh_;
  u64 version_ = 0;
  std::mt19937_64 random_{1};
  std::filesystem::path directory_;
  std::unique_ptr<StateTree> tree_;
};

/// Arguments: accounts in the tree, accounts of the block that are new to it.
void update(benchmark::State& bench) {
  World& world = World::of(static_cast<u64>(bench.range(0)));
  double read_ms = 0;
  for (auto _ : bench) {
    const auto writes = world.block(kTouched, static_cast<u64>(bench.range(1)));
    std::vector<Digest> keys;
    for (const LeafWrite& write : writes) keys.push_back(write.key);
    world.tree().drop_cache();
    const auto before_read = Clock::now();
    world.tree().prefetch(keys);
    read_ms += ms_since(before_read);
    const auto start = Clock::now();
    world.apply(writes);
    bench.SetIterationTime(ms_since(start) / 1000);
  }
  const TreeStats stats = world.tree().stats();
  bench.counters["read_ms"] = benchmark::Counter(read_ms, benchmark::Counter::kAvgIterations);
  bench.counters["upper_bytes"] = static_cast<double>(stats.upper_bytes);
}
BENCHMARK(update)
    ->Args({100'000, 0})
    ->Args({1'000'000, 0})
    ->Args({10'000'000, 0})
    ->Args({10'000'000, 800})
    ->UseManualTime()
    ->Iterations(10)
    ->Unit(benchmark::kMillisecond);

/// The same with the cache as full as its budget allows; `cache_bytes` is all that the tree keeps in memory.
void update_warm(benchmark::State& bench) {
  World& world = World::of(static_cast<u64>(bench.range(0)));
  for (unsigned i = 0; i < 200 && world.tree().stats().pages_cached < world.tree().stats().pages; ++i) {
    std::vector<Digest> keys;
    for (const LeafWrite& write : world.block(100'000, 0)) keys.push_back(write.key);
    world.tree().prefetch(keys);
  }
  for (auto _ : bench) {
    const auto writes = world.block(kTouched, 0);
    const auto start = Clock::now();
    world.apply(writes);
    bench.SetIterationTime(ms_since(start) / 1000);
  }
  const TreeStats stats = world.tree().stats();
  bench.counters["cache_bytes"] = static_cast<double>(stats.upper_bytes + stats.cached_bytes);
}
BENCHMARK(update_warm)->Arg(10'000'000)->UseManualTime()->Iterations(10)->Unit(benchmark::kMillisecond);

/// A multiproof of the same block, its pages in memory.
void prove(benchmark::State& bench) {
  World& world = World::of(static_cast<u64>(bench.range(0)));
  double words = 0;
  for (auto _ : bench) {
    std::vector<Digest> keys;
    for (const LeafWrite& write : world.block(kTouched, 0)) keys.push_back(write.key);
    world.tree().prefetch(keys);
    const auto start = Clock::now();
    words = static_cast<double>(world.tree().prove(std::move(keys)).words.size());
    bench.SetIterationTime(ms_since(start) / 1000);
  }
  bench.counters["proof_bytes"] = 4 * words;
}
BENCHMARK(prove)->Arg(10'000'000)->UseManualTime()->Iterations(10)->Unit(benchmark::kMillisecond);

/// 4,096 independent compressions; items are compressions.
void compress(benchmark::State& bench) {
  std::vector<u8> bytes(64 * 4096, 7);
  std::vector<const u8*> blocks;
  for (std::size_t i = 0; i < 4096; ++i) blocks.push_back(bytes.data() + 64 * i);
  std::vector<u8> out(32 * blocks.size());
  const auto run = bench.range(0) == 0 ? crypto::blake3_blocks_portable : crypto::blake3_blocks;
  for (auto _ : bench) {
    run(blocks, nullptr, kNodeFlag, out.data());
    benchmark::DoNotOptimize(out.data());
  }
  bench.SetItemsProcessed(bench.iterations() * 4096);
}
BENCHMARK(compress)->ArgName("accelerated")->Arg(0)->Arg(1);

}  // namespace
}  // namespace atlas::tree

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
  benchmark::RunSpecifiedBenchmarks();
  atlas::tree::World::forget();
}
