// Three modes, never mixed: `execute` = recovered transactions into sealed blocks, in memory; `ingest` = raw signed
// bytes through mempool and sequencer until durable (fsync on); `mempool` = the pool alone.
#include <filesystem>
#include <unordered_map>

#include <benchmark/benchmark.h>
#include <unistd.h>

#include <crypto/secp256k1.hpp>
#include <evm/evm.hpp>
#include <sequencer/sequencer.hpp>
#include <stf/genesis.hpp>

namespace atlas::sequencer {
namespace {

constexpr u64 kSenders = 1'000;
constexpr u64 kEach = 30;

Hash256 key(u64 i) {
  return u256(1'000'000 + i).to_be();
}

/// Transfers of kSenders accounts to as many receivers, nonces side by side; signed once for the whole run.
const std::vector<Bytes>& raw_transfers() {
  static const std::vector<Bytes> all = [] {
    std::vector<Bytes> out;
    out.reserve(kSenders * kEach);
    for (u64 n = 0; n < kEach; ++n) {
      for (u64 s = 0; s < kSenders; ++s) {
        Transaction tx;
        tx.type = TxType::kDynamicFee;
        tx.chain_id = ChainRules{}.chain_id;
        tx.nonce = n;
        tx.gas_limit = 21'000;
        tx.max_fee_per_gas = 1'000'000'000;
        tx.max_priority_fee_per_gas = 1'000'000;
        tx.to = u256(0x5000 + s).to_address();
        tx.value = 1;
        const auto signature = crypto::sign(signing_hash(tx), key(s));
        tx.r = signature->r;
        tx.s = signature->s;
        tx.y_parity = signature->y_parity;
        out.push_back(encode_transaction(tx));
      }
    }
    return out;
  }();
  return all;
}

const std::vector<SignedTransaction>& transfers() {
  static const std::vector<SignedTransaction> all = [] {
    std::vector<SignedTransaction> out;
    for (const Bytes& raw : raw_transfers()) out.push_back(*decode_signed_transaction(raw));
    return out;
  }();
  return all;
}

stf::Genesis genesis() {
  stf::GenesisConfig config;
  config.gas_limit = ChainRules{}.gas_limit;
  config.base_fee = ChainRules{}.base_fee_floor_wei;
  for (u64 i = 0; i < kSenders; ++i) {
    config.alloc.push_back({*crypto::address_of_private_key(key(i)), 0, u256(1) << 80, {}, {}});
    config.alloc.push_back({u256(0x5000 + i).to_address(), 0, u256(1), {}, {}});
  }
  return std::move(stf::build_genesis(config)).value();
}

class MapView : public StateView {
 public:
  void apply(const StateDiff& diff) {
    for (const auto& change : diff.accounts) {
      accounts_[change.address] = change.account.value_or(Account{});
      for (const auto& [slot, value] : change.storage) storage_[change.address][slot] = value;
    }
    for (const auto& [hash, code] : diff.code) codes_.emplace(hash, code);
  }
  std::optional<Account> account(const Address& a) const override {
    const auto it = accounts_.find(a);
    return it == accounts_.end() ? std::nullopt : std::optional(it->second);
  }
  u256 storage(const Address& a, const u256& slot) const override {
    const auto it = storage_.find(a);
    if (it == storage_.end()) return {};
    const auto found = it->second.find(slot);
    return found == it->second.end() ? u256() : found->second;
  }
  ByteView code(const Hash256& hash) const override { return codes_.at(hash); }
  bool has_storage(const Address&) const override { return false; }

 private:
  std::unordered_map<Address, Account> accounts_;
  std::unordered_map<Address, std::unordered_map<u256, u256>> storage_;
  std::unordered_map<Hash256, Bytes> codes_;
};

void execute(benchmark::State& state) {
  const auto& all = transfers();
  const std::size_t per_block = static_cast<std::size_t>(state.range(0));
  evm::Evm machine;
  for (auto _ : state) {
    state.PauseTiming();
    MapView view;
    stf::Genesis chain = genesis();
    view.apply(chain.diff);
    auto parent = std::make_shared<const Block>(chain.block);
    state.ResumeTiming();
    for (std::size_t begin = 0; begin < all.size(); begin += per_block) {
      BlockBuilder builder(ChainRules{}, view, *parent, {}, machine);
      for (std::size_t i = begin; i < std::min(all.size(), begin + per_block); ++i) {
        if (!builder.execute(all[i])) state.SkipWithError("a transfer was refused");
      }
      SealedBlock sealed = builder.seal();
      view.apply(sealed.diff);
      parent = std::move(sealed.block);
    }
  }
  state.counters["tx_per_s"] =
      benchmark::Counter(static_cast<double>(all.size()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(execute)->Arg(1'000)->Arg(6'000)->Unit(benchmark::kMillisecond);

class Waiter : public SequencerListener {
 public:
  void on_block(const storage::BlockPtr& block, const BlockTimes&) override {
    seen.fetch_add(block->transactions.size());
    seen.notify_all();
  }
  void on_rewind(const storage::BlockPtr&) override {}
  void on_failure(std::exception_ptr error) override { std::rethrow_exception(error); }
  void wait(std::size_t count) {
    for (std::size_t now; (now = seen.load()) < count;) seen.wait(now);
  }
  std::atomic<std::size_t> seen{0};
};

void ingest(benchmark::State& state) {
  const auto& all = raw_transfers();
  const std::size_t group = static_cast<std::size_t>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-ingest-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) return state.SkipWithError("no temporary directory");
    stf::Genesis chain = genesis();
    storage::StorageConfig config;
    config.directory = pattern;
    auto store = storage::ChainStore::open(config, {ChainRules{}.chain_id, chain.block, chain.diff});
    Mempool pool(PoolLimits{}, store->view_at(0), stf::StfConfig{});
    Waiter waiter;
    Sequencer sequencer(ChainRules{}, SequencerConfig{}, *store, pool, waiter);
    sequencer.start();
    state.ResumeTiming();
    std::vector<ByteView> views;
    for (std::size_t begin = 0; begin < all.size(); begin += group) {
      views.assign(all.begin() + static_cast<std::ptrdiff_t>(begin),
                   all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size(), begin + group)));
      for (const auto& result : pool.submit_many(views)) {
        if (!result) state.SkipWithError(result.error().message().c_str());
      }
    }
    waiter.wait(all.size());
    state.PauseTiming();
    sequencer.stop();
    store.reset();
    std::filesystem::remove_all(pattern);
    state.ResumeTiming();
  }
  state.counters["tx_per_s"] =
      benchmark::Counter(static_cast<double>(all.size()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(ingest)->Arg(1)->Arg(64)->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();

void mempool(benchmark::State& state) {
  const auto& all = transfers();
  for (auto _ : state) {
    state.PauseTiming();
    auto view = std::make_shared<MapView>();
    stf::Genesis chain = genesis();
    view->apply(chain.diff);
    std::vector<SignedTransaction> copies = all;
    Mempool pool(PoolLimits{}, view, stf::StfConfig{});
    pool.open_block(next_context(ChainRules{}, chain.block.header, {}), ChainRules{}.base_fee_floor_wei);
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
    pool.on_block(block, {}, view);
  }
  state.counters["tx_per_s"] =
      benchmark::Counter(static_cast<double>(all.size()), benchmark::Counter::kIsIterationInvariantRate);
}
BENCHMARK(mempool)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace atlas::sequencer

BENCHMARK_MAIN();
