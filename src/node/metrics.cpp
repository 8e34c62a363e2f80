#include <algorithm>
#include <fstream>
#include <mutex>

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>
#include <unistd.h>

#include <node/metrics.hpp>

namespace atlas::node {
namespace {

using prometheus::BuildCounter;
using prometheus::BuildGauge;
using prometheus::BuildHistogram;

const prometheus::Histogram::BucketBoundaries kSeconds{0.0001, 0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 1, 3};
const prometheus::Histogram::BucketBoundaries kTransactions{0, 1, 10, 100, 1'000, 3'000, 10'000, 30'000, 100'000};

}  // namespace

struct Metrics::Impl {
  prometheus::Registry registry;
  std::mutex render_mutex;  ///< gauges are set and collected as one

  prometheus::Counter& counter(const char* name, const char* help) {
    return BuildCounter().Name(name).Help(help).Register(registry).Add({});
  }
  prometheus::Gauge& gauge(const char* name, const char* help) {
    return BuildGauge().Name(name).Help(help).Register(registry).Add({});
  }
  prometheus::Histogram& histogram(const char* name, const char* help,
                                   const prometheus::Histogram::BucketBoundaries& buckets) {
    return BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
  }

  prometheus::Counter& blocks = counter("atlas_blocks_total", "Blocks made durable since the start");
  prometheus::Counter& transactions = counter("atlas_transactions_total", "Transactions in those blocks");
  prometheus::Counter& gas = counter("atlas_gas_total", "Gas used in those blocks");
  prometheus::Histogram& seal = histogram("atlas_block_seal_seconds", "Diff, roots, hash and hand-over", kSeconds);
  prometheus::Histogram& durable =
      histogram("atlas_block_durable_seconds", "From hand-over until durable and visible, fsync included", kSeconds);
  prometheus::Histogram& size = histogram("atlas_block_transactions", "Transactions of a block", kTransactions);

  prometheus::Gauge& head = gauge("atlas_head_number", "Newest visible block");
  prometheus::Gauge& head_timestamp = gauge("atlas_head_timestamp_seconds", "Its timestamp");
  prometheus::Gauge& base_fee = gauge("atlas_base_fee_wei", "Its base fee");
  prometheus::Gauge& open = gauge("atlas_open_block_transactions", "Executed in the block that is open");
  prometheus::Gauge& pool_executable = gauge("atlas_mempool_executable", "Transactions that could run now");
  prometheus::Gauge& pool_queued = gauge("atlas_mempool_queued", "Transactions behind a nonce gap");
  prometheus::Gauge& pool_bytes = gauge("atlas_mempool_bytes", "Memory charged to waiting transactions");
  prometheus::Gauge& pool_senders = gauge("atlas_mempool_senders", "Senders with waiting transactions");
  prometheus::Family<prometheus::Gauge>& dropped = BuildGauge()
                                                       .Name("atlas_mempool_dropped")
                                                       .Help("Left without a block, by reason, since the start")
                                                       .Register(registry);
  prometheus::Gauge& accounts = gauge("atlas_state_accounts", "Accounts in the hot state");
  prometheus::Gauge& slots = gauge("atlas_state_slots", "Storage slots in the hot state");
  prometheus::Gauge& state_bytes = gauge("atlas_state_bytes", "Memory of the hot state");
  prometheus::Gauge& log_bytes = gauge("atlas_log_bytes", "Size of the block log");
  prometheus::Gauge& log_syncs = gauge("atlas_log_syncs", "fsyncs of the block log since the start");
  prometheus::Gauge& log_sync_last = gauge("atlas_log_sync_last_seconds", "Time of the last fsync");
  prometheus::Gauge& history = gauge("atlas_history_number", "Newest block in the history database");
  prometheus::Gauge& batches = gauge("atlas_batches", "Batches sealed, without genesis");
  prometheus::Gauge& batch_block = gauge("atlas_batch_block", "Newest block in a batch");
  prometheus::Gauge& batch_backlog = gauge("atlas_batch_backlog_blocks", "Blocks that no batch, open or sealed, has");
  prometheus::Gauge& batch_open_blocks = gauge("atlas_batch_open_blocks", "Blocks in the open batch");
  prometheus::Gauge& batch_open_bytes = gauge("atlas_batch_open_pubdata_bytes", "Pubdata that they come to");
  prometheus::Gauge& batch_bytes = gauge("atlas_batch_pubdata_bytes", "Pubdata of batches sealed since the start");
  prometheus::Gauge& witness_bytes = gauge("atlas_batch_witness_bytes", "Size of the last batch's witness");
  prometheus::Gauge& batch_seal = gauge("atlas_batch_seal_last_seconds", "Sealing the last batch, all steps");
  prometheus::Family<prometheus::Gauge>& batch_work = BuildGauge()
                                                          .Name("atlas_batch_work_seconds")
                                                          .Help("Time of the stage since the start, by step")
                                                          .Register(registry);
  prometheus::Gauge& tree_leaves = gauge("atlas_tree_leaves", "Leaves of the state tree");
  prometheus::Gauge& tree_bytes = gauge("atlas_tree_bytes", "Memory of the state tree, cached pages included");
  prometheus::Gauge& tree_read = gauge("atlas_tree_pages_read", "Pages read from disk since the start");
  prometheus::Gauge& resident = gauge("atlas_resident_bytes", "Resident memory of the process");
};

Metrics::Metrics() : impl_(std::make_unique<Impl>()) {}
Metrics::~Metrics() = default;

void Metrics::observe(const Block& block, const sequencer::BlockTimes& times) {
  impl_->blocks.Increment();
  impl_->transactions.Increment(static_cast<double>(block.transactions.size()));
  impl_->gas.Increment(static_cast<double>(block.header.gas_used));
  impl_->seal.Observe(times.seal_ms / 1e3);
  impl_->durable.Observe(times.durable_ms / 1e3);
  impl_->size.Observe(static_cast<double>(block.transactions.size()));
}

std::string Metrics::render(const storage::ChainStore& store, const sequencer::Mempool& pool,
                            const sequencer::SequencerStats& stats,
                            const std::optional<batch::BatchStats>& batches) const {
  Impl& m = *impl_;
  const std::lock_guard lock(m.render_mutex);
  const auto set = [](prometheus::Gauge& gauge, u64 value) { gauge.Set(static_cast<double>(value)); };
  const storage::BlockPtr head = store.head();
  set(m.head, head->header.number);
  set(m.head_timestamp, head->header.timestamp);
  set(m.base_fee, head->header.base_fee_per_gas.low_u64());
  set(m.open, stats.open_transactions);
  const sequencer::PoolCounts counts = pool.counts();
  set(m.pool_executable, counts.executable);
  set(m.pool_queued, counts.queued);
  set(m.pool_bytes, counts.bytes);
  set(m.pool_senders, counts.senders);
  for (std::size_t i = 0; i < sequencer::kDropReasonCount; ++i) {
    const auto reason = static_cast<sequencer::DropReason>(i);
    set(m.dropped.Add({{"reason", std::string(describe(reason))}}), pool.dropped_count(reason));
  }
  const storage::StorageStats storage = store.stats();
  set(m.accounts, storage.accounts);
  set(m.slots, storage.slots);
  set(m.state_bytes, storage.state_bytes);
  set(m.log_bytes, storage.log_bytes);
  set(m.log_syncs, storage.log_syncs);
  m.log_sync_last.Set(storage.log_sync_ms_last / 1e3);
  set(m.history, storage.history_number);
  if (batches) {
    set(m.batches, batches->batches);
    set(m.batch_block, batches->last_block);
    set(m.batch_backlog, batches->head - std::min(batches->head, batches->taken_block));
    set(m.batch_open_blocks, batches->open_blocks);
    set(m.batch_open_bytes, batches->open_pubdata_bytes);
    set(m.batch_bytes, batches->pubdata_bytes);
    m.batch_seal.Set(batches->seal_s_last);
    const auto work = [&](const char* step, double seconds) { m.batch_work.Add({{"step", step}}).Set(seconds); };
    work("collect", batches->collect_s);
    work("read", batches->read_s);
    work("apply", batches->apply_s);
    work("write", batches->write_s);
    work("witness", batches->witness_s);
    set(m.witness_bytes, batches->witness_bytes_last);
    set(m.tree_leaves, batches->tree.leaves);
    set(m.tree_bytes, batches->tree.upper_bytes + batches->tree.cached_bytes);
    set(m.tree_read, batches->tree.pages_read);
  }
  set(m.resident, resident_bytes());
  return prometheus::TextSerializer().Serialize(m.registry.Collect());
}

u64 resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  u64 total = 0;
  u64 resident = 0;
  if (!(statm >> total >> resident)) return 0;
  return resident * static_cast<u64>(::sysconf(_SC_PAGESIZE));
}

}  // namespace atlas::node
