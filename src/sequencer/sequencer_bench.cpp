// Modes that are never mixed: `exec` = transactions with known senders into sealed blocks over the node's own state
// tables, one core, nothing on disk; `ingest` = raw signed bytes through mempool and sequencer until durable (fsync
// on); `mempool` = the pool alone. The third mode, a client over HTTP, needs two processes: tools/dev/bench_rpc.sh.
#include <filesystem>
#include <unordered_map>

#include <benchmark/benchmark.h>
#include <sys/resource.h>
#include <unistd.h>

#include <sequencer/bench_chain.hpp>
#include <sequencer/sequencer.hpp>

namespace atlas::sequencer {
namespace {

using bench::Mix;

double seconds_since(Clock::time_point from) {
  return std::chrono::duration<double>(Clock::now() - from).count();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void set_percentiles(benchmark::State& state, std::vector<double>& ms) {
  std::sort(ms.begin(), ms.end());
  const auto at = [&](double q) { return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))]; };
  state.counters["p50_ms"] = at(0.50);
  state.counters["p99_ms"] = at(0.99);
}

/// The base fee stands still, or the figures would compare nothing.
void set_base_fees(benchmark::State& state, const u256& first, const u256& last) {
  state.counters["base_fee_first_wei"] = static_cast<double>(first.low_u64());
  state.counters["base_fee_last_wei"] = static_cast<double>(last.low_u64());
  if (first != last) state.SkipWithError("the base fee moved: the gas limit is too near to what was offered");
}

/// p50_ms and p99_ms are those of a whole block of kPerBlock transactions.
void exec(benchmark::State& state, Mix mix) {
  constexpr std::size_t kPerBlock = 5'000;
  const auto& work = bench::workload(mix);
  if (!work.problem.empty()) return state.SkipWithError(work.problem.c_str());
  const std::span<const SignedTransaction> all = work.measured;
  for (auto _ : state) {
    bench::MemoryChain chain(bench::genesis());
    for (std::size_t i = 0; i < work.setup.size(); ++i) chain.build({&work.setup[i], 1});
    const u256 base_fee = chain.head().header.base_fee_per_gas;
    std::vector<double> block_ms;
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    for (std::size_t begin = 0; begin < all.size(); begin += kPerBlock) {
      const auto block_start = Clock::now();
      chain.build(all.subspan(begin, std::min(kPerBlock, all.size() - begin)));
      block_ms.push_back(seconds_since(block_start) * 1e3);
    }
    const double seconds = seconds_since(start);
    state.SetIterationTime(seconds);
    state.counters["tx_per_s"] = static_cast<double>(all.size()) / seconds;
    state.counters["cpu_s_node"] = cpu_seconds() - cpu;
    set_percentiles(state, block_ms);
    set_base_fees(state, base_fee, chain.head().header.base_fee_per_gas);
  }
}
BENCHMARK_CAPTURE(exec, transfer, Mix::kTransfer)->Name("exec")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(exec, erc20, Mix::kErc20)->Name("exec_erc20")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(exec, swap, Mix::kSwap)->Name("exec_swap")->Iterations(1)->UseManualTime();

/// Keeps what became durable, and when.
class Witness : public SequencerListener {
 public:
  void on_block(const storage::BlockPtr& block, const BlockTimes&) override {
    blocks.emplace_back(block, Clock::now());
    seen.fetch_add(block->transactions.size());
    seen.notify_all();
  }
  void on_rewind(const storage::BlockPtr&) override {}
  void on_failure(std::exception_ptr error) override { std::rethrow_exception(error); }
  void wait(std::size_t count) {
    for (std::size_t now; (now = seen.load()) < count;) seen.wait(now);
  }
  std::atomic<std::size_t> seen{0};
  std::vector<std::pair<storage::BlockPtr, Clock::time_point>> blocks;  // of the log's thread, until it has stopped
};

struct TemporaryDirectory {
  std::string path = (std::filesystem::temp_directory_path() / "atlas-ingest-XXXXXX").string();
  TemporaryDirectory() { ENSURE(::mkdtemp(path.data()) != nullptr, "no temporary directory"); }
  ~TemporaryDirectory() { std::filesystem::remove_all(path); }
};

/// p50_ms and p99_ms: from the hand-over of a transaction's group until its block is durable and visible.
void ingest(benchmark::State& state, Mix mix, std::size_t group) {
  const auto& work = bench::workload(mix);
  if (!work.problem.empty()) return state.SkipWithError(work.problem.c_str());
  // As a client that waits when the pool is full: so many are on the way at most.
  constexpr std::size_t kOnTheWay = 16'384;
  for (auto _ : state) {
    const TemporaryDirectory directory;
    const stf::Genesis chain = bench::genesis();
    storage::StorageConfig config;
    config.directory = directory.path;
    auto store = storage::ChainStore::open(config, {bench::rules().chain_id, chain.block, chain.diff});
    Mempool pool(PoolLimits{}, store->view_at(0), stf::StfConfig{});
    Witness witness;
    auto sequencer = std::make_unique<Sequencer>(bench::rules(), SequencerConfig{}, *store, pool, witness);
    sequencer->start();
    const auto submit = [&](std::span<const SignedTransaction> txs) {
      std::vector<ByteView> raws;
      for (const SignedTransaction& tx : txs) raws.push_back(tx.encoded);
      for (const auto& result : pool.submit_many(raws)) {
        if (!result) state.SkipWithError(result.error().message().c_str());
      }
    };
    submit(work.setup);
    witness.wait(work.setup.size());

    const std::span<const SignedTransaction> all = work.measured;
    std::vector<Clock::time_point> submitted;
    submitted.reserve(all.size());
    const u256 base_fee = store->head()->header.base_fee_per_gas;
    const double cpu = cpu_seconds();
    const auto start = Clock::now();
    for (std::size_t begin = 0; begin < all.size(); begin += group) {
      const std::size_t count = std::min(group, all.size() - begin);
      if (begin > kOnTheWay) witness.wait(work.setup.size() + begin - kOnTheWay);
      submitted.resize(begin + count, Clock::now());
      submit(all.subspan(begin, count));
    }
    witness.wait(work.setup.size() + all.size());
    const double seconds = seconds_since(start);
    state.counters["cpu_s_node"] = cpu_seconds() - cpu;
    state.SetIterationTime(seconds);
    state.counters["tx_per_s"] = static_cast<double>(all.size()) / seconds;
    set_base_fees(state, base_fee, store->head()->header.base_fee_per_gas);
    sequencer.reset();

    std::unordered_map<Hash256, std::size_t> index;
    for (std::size_t i = 0; i < all.size(); ++i) index.emplace(all[i].hash, i);
    std::vector<double> ms;
    for (const auto& [block, when] : witness.blocks) {
      for (std::size_t i = 0; i < block->transactions.size(); ++i) {
        if (!block->receipts[i].success) state.SkipWithError("a transaction failed");
        const auto found = index.find(block->transactions[i].hash);
        if (found == index.end()) continue;
        ms.push_back(std::chrono::duration<double, std::milli>(when - submitted[found->second]).count());
      }
    }
    if (ms.size() != all.size()) state.SkipWithError("not every transaction has a receipt");
    set_percentiles(state, ms);
  }
}
constexpr std::size_t kGroup = 64;  // what one turn of a loaded RPC thread hands over at most
BENCHMARK_CAPTURE(ingest, transfer, Mix::kTransfer, kGroup)->Name("ingest")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(ingest, erc20, Mix::kErc20, kGroup)->Name("ingest_erc20")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(ingest, swap, Mix::kSwap, kGroup)->Name("ingest_swap")->Iterations(1)->UseManualTime();
BENCHMARK_CAPTURE(ingest, transfer, Mix::kTransfer, 1)->Name("ingest_one_by_one")->Iterations(1)->UseManualTime();

/// Insertion, hand-out and removal, senders known.
void mempool(benchmark::State& state) {
  const auto& all = bench::workload(Mix::kTransfer).measured;
  for (auto _ : state) {
    state.PauseTiming();
    const stf::Genesis chain = bench::genesis();
    const auto tables = std::make_shared<storage::HotState>(storage::HashSeed::random());
    tables->load(0, chain.diff);
    std::vector<SignedTransaction> copies = all;
    Mempool pool(PoolLimits{}, tables->view_at(0), stf::StfConfig{});
    pool.open_block(next_context(bench::rules(), chain.block.header, {}), bench::rules().base_fee_floor_wei);
    std::vector<TxPtr> taken;
    taken.reserve(all.size());
    Block block = chain.block;
    state.ResumeTiming();
    for (SignedTransaction& tx : copies) {
      if (!pool.add(std::move(tx))) state.SkipWithError("refused");
    }
    while (taken.size() < all.size()) pool.take(64, taken);
    state.PauseTiming();
    for (const TxPtr& tx : taken) block.transactions.push_back(*tx);
    state.ResumeTiming();
    pool.on_block(block, {}, tables->view_at(0));
  }
  state.counters["tx_per_s"] =
      benchmark::Counter(static_cast<double>(all.size()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(mempool)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace atlas::sequencer

BENCHMARK_MAIN();
