// How the store comes up from its files, and how it goes back to an earlier block.
#include <algorithm>

#include <storage/chain_store_impl.hpp>

namespace atlas::storage {

using Clock = std::chrono::steady_clock;

RestorePlan ChainStore::Impl::plan(const Genesis* genesis) const {
  return {config, genesis, directory.identity(), directory.snapshots(), *log, sink};
}

// ---- Start and stop.

void ChainStore::Impl::recover(const Genesis& genesis) {
  const auto start = Clock::now();
  remove_unfinished_snapshots(directory.snapshots());
  history = std::make_unique<History>(directory.history(), directory.identity());
  const auto snapshots = list_snapshots(directory.snapshots());
  const u64 newest_snapshot = snapshots.empty() ? 0 : snapshots.front().block;
  const u64 oldest_snapshot = snapshots.empty() ? 0 : snapshots.back().block;
  const BlockLog::Options options{config.segment_bytes, std::min<u64>(u64{8} << 20, config.segment_bytes), config.sync};
  log = std::make_unique<BlockLog>(directory.log(), directory.identity(), options, 1, oldest_snapshot + 1,
                                   std::max(history->last(), newest_snapshot));
  if (log->recovery().bytes_cut != 0) {
    sink(LogLevel::kWarning, "cut " + std::to_string(log->recovery().bytes_cut) +
                                 " bytes of a torn record, never acknowledged, from the block log; kept in " +
                                 log->recovery().cut_file.string());
  }
  const u64 head = log->last();
  RestoredState restored = restore_state(plan(&genesis), head);
  adopt(std::move(restored.state));
  if (head == 0 && snapshots.empty()) {
    // The base that rewind() and the first restarts go back to; `genesis` need not stay in memory.
    restored.snapshot_bytes =
        storage::write_snapshot(directory.snapshots(), directory.identity(), *state, 0, genesis_block->hash);
  }
  sealed = durable = visible = head;
  snapshot_number = newest_snapshot;
  snapshot_bytes = restored.snapshot_bytes;
  log_bytes_since_snapshot = log->bytes_from(newest_snapshot + 1);
  fill_recent(head);
  report = {head,
            restored.snapshot_number,
            restored.blocks_replayed,
            log->recovery().bytes_cut,
            restored.snapshot_ms,
            restored.replay_ms,
            ms_since(start)};
}

void ChainStore::Impl::adopt(std::shared_ptr<HotState> next) {
  writer_view.follow(*next);
  std::lock_guard lock(state_mutex);
  state = std::move(next);
}

/// Loads the head and what the history lacks; a history far behind catches up first.
void ChainStore::Impl::fill_recent(u64 head) {
  if (head == 0) return recent.reset(genesis_block);
  if (history->last() + 1 < log->first()) {
    throw StorageError(StorageErrorKind::kCorrupt, directory.history(),
                       "the history ends with block " + std::to_string(history->last()) +
                           ", but the block log starts with block " + std::to_string(log->first()),
                       "Restore the data directory from a backup, or remove it and rebuild from L1");
  }
  const auto lagging = [&] { return head - std::min(head, history->last()) > config.history_lag_blocks_max; };
  if (lagging()) {
    sink(LogLevel::kWarning,
         "the history is " + std::to_string(head - history->last()) + " blocks behind the log: indexing them first");
  }
  while (lagging()) {
    std::vector<BlockPtr> step;
    for (u64 n = history->last() + 1; n <= head && step.size() < kHistoryStep; ++n) {
      step.push_back(read_block(*log, n));
    }
    history->add(step);
  }
  const u64 first = std::min(history->last() + 1, head);
  recent.reset(read_block(*log, first));
  for (u64 n = first + 1; n <= head; ++n) recent.add(read_block(*log, n));
}

bool ChainStore::Impl::rewind(u64 number) {
  ENSURE(number <= sealed, "rewind goes back");
  wait_durable(sealed);
  if (number == sealed) return true;
  std::scoped_lock stages(history_mutex, snapshot_mutex);
  std::unique_lock log_lock(log_mutex);
  if (!can_restore(plan(nullptr), number) || (number != 0 && number < log->first()) || number + 1 < history->first()) {
    return false;
  }
  {
    std::lock_guard lock(holds_mutex);
    prune_below = 0;
  }
  // In this order a crash in between leaves a directory that opens: either with the blocks or without.
  history->rewind(number);
  for (const auto& file : list_snapshots(directory.snapshots())) {
    if (file.block > number) remove_file(file.path);
  }
  sync_directory(directory.snapshots());
  log->rewind(number);
  RestoredState restored = restore_state(plan(nullptr), number);
  // First the blocks, then the states: who sees a block as head can ask for its state.
  if (!recent.rewind(number)) fill_recent(number);
  {
    std::lock_guard lock(mutex);
    sealed = durable = visible = number;
  }
  adopt(std::move(restored.state));
  snapshot_number = std::min<u64>(snapshot_number, restored.snapshot_number);
  log_bytes_since_snapshot = log->bytes_from(snapshot_number + 1);
  return true;
}

}  // namespace atlas::storage
