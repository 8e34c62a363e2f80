// The way of a block: log, history and snapshots, each on a thread of its own.
#include <algorithm>
#include <utility>

#include <storage/chain_store_impl.hpp>
#include <storage/codec.hpp>

namespace atlas::storage {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kHistoryStepTransactions = 4096;

}  // namespace

void ChainStore::Impl::start_threads() {
  log_thread = std::thread([this] { guarded("block log", [this] { run_log(); }); });
  history_thread = std::thread([this] { guarded("history", [this] { run_history(); }); });
  snapshot_thread = std::thread([this] { guarded("snapshots", [this] { run_snapshots(); }); });
}

ChainStore::Impl::~Impl() {
  {
    std::lock_guard lock(mutex);
    stopping = true;
  }
  changed.notify_all();
  for (auto* thread : {&log_thread, &history_thread, &snapshot_thread}) {
    if (thread->joinable()) thread->join();
  }
}

/// Runs a background stage; what it throws stops the store for the writer, loudly.
template <class Run>
void ChainStore::Impl::guarded(const char* stage, Run&& run) {
  std::optional<StorageError> error;
  try {
    run();
  } catch (const StorageError& e) {
    error = e;
  } catch (const std::exception& e) {
    error = StorageError(StorageErrorKind::kIo, config.directory, e.what(), "Check memory and disk, then start again");
  }
  if (!error) return;
  sink(LogLevel::kError, std::string("storage stopped (") + stage + "): " + error->what());
  {
    std::lock_guard lock(mutex);
    if (!failure) failure = error;
  }
  changed.notify_all();
}

// ---- Block log.

void ChainStore::Impl::run_log() {
  Bytes payload;
  for (;;) {
    std::deque<Pending> group;
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return !pending.empty() || stopping || failure; });
      if (failure) return;
      if (pending.empty()) return;  // stopping, and all is written
      group.swap(pending);
    }
    u64 bytes = 0;
    for (const Pending& item : group) {
      payload.clear();
      encode_block_record(payload, *item.block, item.diff);
      log->append(item.block->header.number, payload);
      bytes += payload.size();
    }
    const auto start = Clock::now();
    log->sync();
    sync_ms_last = ms_since(start);
    ++syncs;
    log_bytes_since_snapshot += bytes;
    // First the state, then the block: who sees a block as head can ask for its state. One by one, so that the listener
    // is never more than one block behind what is visible.
    durable = group.back().block->header.number;
    for (const Pending& item : group) {
      recent.add(item.block);
      {
        std::lock_guard lock(mutex);
        visible = item.block->header.number;
      }
      changed.notify_all();
      if (listener) listener(item.block);
    }
    std::shared_lock lock(log_mutex);
    u64 below = 0;
    {
      std::lock_guard holds_lock(holds_mutex);
      std::swap(below, prune_below);
    }
    if (below != 0) log->prune_below(below);
  }
}

// ---- History.

void ChainStore::Impl::run_history() {
  for (;;) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stopping || failure || visible > history->last(); });
      if (stopping || failure) return;  // what is missing comes from the log at the next start
    }
    {
      std::lock_guard lock(history_mutex);
      history->add(next_for_history());
      recent.evict(history->last(), kRecentKept);
      prune_history();
    }
    {
      std::lock_guard lock(mutex);
    }  // so that a waiter cannot miss the notification
    changed.notify_all();
  }
}

/// Some blocks after the history's last, few enough that one write stays short.
std::vector<BlockPtr> ChainStore::Impl::next_for_history() const {
  auto blocks = recent.range(history->last() + 1, kHistoryStep);
  std::size_t count = 0;
  for (std::size_t transactions = 0; count < blocks.size() && transactions < kHistoryStepTransactions; ++count) {
    transactions += blocks[count]->transactions.size();
  }
  blocks.resize(count);
  return blocks;
}

/// Forgets the oldest blocks once enough of them are too old: a range at a time, not a block.
void ChainStore::Impl::prune_history() {
  if (config.history_blocks == 0 || history->last() <= config.history_blocks) return;
  const u64 first = history->last() - config.history_blocks + 1;
  const u64 step = std::clamp<u64>(config.history_blocks / 16, 1, 1'024);
  if (first >= history->first() + step) history->prune_below(first);
}

// ---- Snapshots.

bool ChainStore::Impl::snapshot_is_due() const {
  return log_bytes_since_snapshot >= std::max(config.snapshot_log_bytes, snapshot_bytes / 4) &&
         durable > snapshot_number;
}

void ChainStore::Impl::run_snapshots() {
  for (;;) {
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [&] { return stopping || failure || snapshot_is_due(); });
      if (stopping || failure) return;
    }
    try {
      snapshot_head();
    } catch (const StorageError& error) {
      // Not needed for safety: the log holds everything. Try again after as much log again.
      sink(LogLevel::kError, std::string("no snapshot written: ") + error.what());
      log_bytes_since_snapshot = 0;
    }
  }
}

void ChainStore::Impl::snapshot_head() {
  std::lock_guard lock(snapshot_mutex);
  const BlockPtr block = recent.head();
  const u64 number = block->header.number;
  std::shared_ptr<HotState> source;
  {
    std::lock_guard state_lock(state_mutex);
    source = state;
  }
  const auto view = source->view_at(number);
  ENSURE(view != nullptr, "the head's state is always kept");
  const auto start = Clock::now();
  const u64 bytes = storage::write_snapshot(directory.snapshots(), directory.identity(), *source, number, block->hash);
  log_bytes_since_snapshot = 0;
  snapshot_bytes = bytes;
  snapshot_number = number;
  sink(LogLevel::kInfo, "snapshot of block " + std::to_string(number) + ": " + std::to_string(bytes >> 20) +
                            " MiB in " + std::to_string(static_cast<u64>(ms_since(start))) + " ms");
  retire_old_files();
}

/// Removes surplus snapshots, and says which part of the log nobody needs: the one before the oldest snapshot kept,
/// if the history has it durably.
void ChainStore::Impl::retire_old_files() {
  const auto files = list_snapshots(directory.snapshots());
  const u64 kept = std::max<u64>(config.snapshots_kept, 1);
  for (u64 i = kept; i < files.size(); ++i) remove_file(files[i].path);
  if (files.size() < kept) return;
  const u64 indexed = history->last();
  history->sync();
  std::lock_guard lock(holds_mutex);
  prune_below = std::min(std::min(files[kept - 1].block, indexed) + 1, holds.lowest());
}

// ---- Writer.

void ChainStore::Impl::throw_if_failed() {
  if (failure) throw *failure;
}

void ChainStore::Impl::append(BlockPtr block, StateDiff diff) {
  const u64 number = block->header.number;
  ENSURE(number == sealed + 1, "blocks are appended in order");
  {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] {
      return failure || (sealed - visible < config.pending_blocks_max &&
                         sealed - history->last() < u64{config.history_lag_blocks_max} + config.pending_blocks_max);
    });
    throw_if_failed();
  }
  state->apply(number, diff);
  state->prune(config.view_window_blocks, config.undo_bytes_max, visible);  // the head's view stays
  {
    std::lock_guard lock(mutex);
    pending.push_back({std::move(block), std::move(diff)});
    sealed = number;
  }
  changed.notify_all();
}

void ChainStore::Impl::wait_durable(u64 number) {
  std::unique_lock lock(mutex);
  changed.wait(lock, [&] { return failure || visible >= number; });
  if (visible < number) throw_if_failed();
}

bool ChainStore::Impl::hold_log(const std::string& name, u64 first_needed) {
  std::unique_lock log_lock(log_mutex);  // nothing is being pruned meanwhile
  std::lock_guard lock(holds_mutex);
  holds.set(name, first_needed);
  prune_below = std::min(prune_below, first_needed);
  return log->first() <= first_needed;
}

void ChainStore::Impl::release_log(const std::string& name) {
  std::lock_guard lock(holds_mutex);
  holds.remove(name);
}

std::shared_ptr<HotState> ChainStore::Impl::current_state() const {
  std::lock_guard lock(state_mutex);
  return state;
}

}  // namespace atlas::storage
