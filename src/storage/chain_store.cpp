#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <set>
#include <thread>

#include <storage/chain_store.hpp>
#include <storage/codec.hpp>
#include <storage/data_directory.hpp>
#include <storage/history.hpp>
#include <storage/recent_blocks.hpp>
#include <storage/recovery.hpp>

namespace atlas::storage {
namespace {

using Clock = std::chrono::steady_clock;
double ms_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

/// Blocks that stay in memory for polling clients though the history has them.
constexpr u64 kRecentKept = 32;
/// Blocks that the history takes in one write.
constexpr u64 kHistoryStep = 16;
constexpr std::size_t kHistoryStepTransactions = 4096;

void check_genesis(const StorageConfig& config, const Genesis& genesis) {
  const auto refuse = [&](const std::string& what) {
    throw StorageError(StorageErrorKind::kWrongChain, config.directory, "the genesis " + what,
                       "Correct the genesis file");
  };
  if (genesis.block.header.number != 0) refuse("block has a number other than 0");
  std::set<Hash256> codes = {kEmptyCodeHash};
  for (const auto& [hash, code] : genesis.state.code) codes.insert(hash);
  const auto& accounts = genesis.state.accounts;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    if (i > 0 && !(accounts[i - 1].address < accounts[i].address)) refuse("accounts are not in ascending order");
    if (!accounts[i].account) refuse("lists an account that does not exist, " + to_hex(accounts[i].address));
    if (!PackedAccount::fits(accounts[i].account->balance)) {
      refuse("gives account " + to_hex(accounts[i].address) + " a balance of 2^128 or more");
    }
    if (!codes.contains(accounts[i].account->code_hash)) {
      refuse("gives account " + to_hex(accounts[i].address) + " a code hash without the code");
    }
  }
}

/// The newest state under a name that stays when rewind() replaces it.
class WriterView final : public StateView {
 public:
  void follow(const HotState& state) { view_ = &state.newest(); }
  std::optional<Account> account(const Address& address) const override { return view_->account(address); }
  u256 storage(const Address& address, const u256& slot) const override { return view_->storage(address, slot); }
  ByteView code(const Hash256& code_hash) const override { return view_->code(code_hash); }
  bool has_storage(const Address& address) const override { return view_->has_storage(address); }

 private:
  const StateView* view_ = nullptr;
};

}  // namespace

struct ChainStore::Impl {
  struct Pending {
    BlockPtr block;
    StateDiff diff;
  };

  const StorageConfig config;
  const BlockPtr genesis_block;
  const LogSink sink;
  DataDirectory directory;
  std::unique_ptr<History> history;
  std::unique_ptr<BlockLog> log;
  std::shared_mutex log_mutex;  // unique only in rewind()
  std::shared_ptr<HotState> state;
  mutable std::mutex state_mutex;  // over `state` as other threads than the writer see it
  WriterView writer_view;
  RecentBlocks recent;
  RecoveryReport report;
  Listener listener;

  std::mutex mutex;  // over the next four
  std::condition_variable changed;
  std::deque<Pending> pending;
  std::optional<StorageError> failure;
  bool stopping = false;

  std::atomic<u64> sealed{0};
  std::atomic<u64> durable{0};  // on disk
  std::atomic<u64> visible{0};  // on disk and in `recent`

  std::mutex history_mutex;   // held while blocks go into the history
  std::mutex snapshot_mutex;  // held while a snapshot is written
  std::atomic<u64> snapshot_number{0};
  std::atomic<u64> snapshot_bytes{0};
  std::atomic<u64> log_bytes_since_snapshot{0};
  std::atomic<u64> prune_below{0};
  std::atomic<u64> syncs{0};
  std::atomic<double> sync_ms_last{0};

  std::thread log_thread;
  std::thread history_thread;
  std::thread snapshot_thread;

  Impl(const StorageConfig& c, const Genesis& g, LogSink s)
      : config(c),
        genesis_block(std::make_shared<const Block>(g.block)),
        sink(s ? std::move(s) : [](LogLevel, const std::string&) {}),
        directory(c.directory, g) {}

  RestorePlan plan(const Genesis* genesis) const {
    return {config, genesis, directory.identity(), directory.snapshots(), *log, sink};
  }

  // ---- Start and stop.

  void recover(const Genesis& genesis) {
    const auto start = Clock::now();
    remove_unfinished_snapshots(directory.snapshots());
    history = std::make_unique<History>(directory.history(), directory.identity());
    const auto snapshots = list_snapshots(directory.snapshots());
    const u64 newest_snapshot = snapshots.empty() ? 0 : snapshots.front().block;
    const u64 oldest_snapshot = snapshots.empty() ? 0 : snapshots.back().block;
    const BlockLog::Options options{config.segment_bytes, std::min<u64>(u64{8} << 20, config.segment_bytes),
                                    config.sync};
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

  void adopt(std::shared_ptr<HotState> next) {
    writer_view.follow(*next);
    std::lock_guard lock(state_mutex);
    state = std::move(next);
  }

  /// Loads the head and what the history lacks; a history far behind catches up first.
  void fill_recent(u64 head) {
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

  void start_threads() {
    log_thread = std::thread([this] { guarded("block log", [this] { run_log(); }); });
    history_thread = std::thread([this] { guarded("history", [this] { run_history(); }); });
    snapshot_thread = std::thread([this] { guarded("snapshots", [this] { run_snapshots(); }); });
  }

  ~Impl() {
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
  void guarded(const char* stage, Run&& run) {
    std::optional<StorageError> error;
    try {
      run();
    } catch (const StorageError& e) {
      error = e;
    } catch (const std::exception& e) {
      error =
          StorageError(StorageErrorKind::kIo, config.directory, e.what(), "Check memory and disk, then start again");
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

  void run_log() {
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
      // First the state, then the block: who sees a block as head can ask for its state.
      durable = group.back().block->header.number;
      for (const Pending& item : group) recent.add(item.block);
      {
        std::lock_guard lock(mutex);
        visible = durable.load();
      }
      changed.notify_all();
      if (listener) {
        for (const Pending& item : group) listener(item.block);
      }
      std::shared_lock lock(log_mutex);
      if (const u64 below = prune_below.exchange(0); below != 0) log->prune_below(below);
    }
  }

  // ---- History.

  void run_history() {
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
      }
      {
        std::lock_guard lock(mutex);
      }  // so that a waiter cannot miss the notification
      changed.notify_all();
    }
  }

  /// Some blocks after the history's last, few enough that one write stays short.
  std::vector<BlockPtr> next_for_history() const {
    auto blocks = recent.range(history->last() + 1, kHistoryStep);
    std::size_t count = 0;
    for (std::size_t transactions = 0; count < blocks.size() && transactions < kHistoryStepTransactions; ++count) {
      transactions += blocks[count]->transactions.size();
    }
    blocks.resize(count);
    return blocks;
  }

  // ---- Snapshots.

  bool snapshot_is_due() const {
    return log_bytes_since_snapshot >= std::max(config.snapshot_log_bytes, snapshot_bytes / 4) &&
           durable > snapshot_number;
  }

  void run_snapshots() {
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

  void snapshot_head() {
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
    const u64 bytes =
        storage::write_snapshot(directory.snapshots(), directory.identity(), *source, number, block->hash);
    log_bytes_since_snapshot = 0;
    snapshot_bytes = bytes;
    snapshot_number = number;
    sink(LogLevel::kInfo, "snapshot of block " + std::to_string(number) + ": " + std::to_string(bytes >> 20) +
                              " MiB in " + std::to_string(static_cast<u64>(ms_since(start))) + " ms");
    retire_old_files();
  }

  /// Removes surplus snapshots, and says which part of the log nobody needs: the one before the oldest snapshot kept,
  /// if the history has it durably.
  void retire_old_files() {
    const auto files = list_snapshots(directory.snapshots());
    const u64 kept = std::max<u64>(config.snapshots_kept, 1);
    for (u64 i = kept; i < files.size(); ++i) remove_file(files[i].path);
    if (files.size() < kept) return;
    const u64 indexed = history->last();
    history->sync();
    prune_below = std::min(files[kept - 1].block, indexed) + 1;
  }

  // ---- Writer.

  void throw_if_failed() {
    if (failure) throw *failure;
  }

  void append(BlockPtr block, StateDiff diff) {
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
    state->prune(config.view_window_blocks, config.undo_bytes_max, durable);
    {
      std::lock_guard lock(mutex);
      pending.push_back({std::move(block), std::move(diff)});
      sealed = number;
    }
    changed.notify_all();
  }

  void wait_durable(u64 number) {
    std::unique_lock lock(mutex);
    changed.wait(lock, [&] { return failure || visible >= number; });
    if (visible < number) throw_if_failed();
  }

  bool rewind(u64 number) {
    ENSURE(number <= sealed, "rewind goes back");
    wait_durable(sealed);
    if (number == sealed) return true;
    std::scoped_lock stages(history_mutex, snapshot_mutex);
    std::unique_lock log_lock(log_mutex);
    if (!can_restore(plan(nullptr), number) || (number != 0 && number < log->first())) return false;
    prune_below = 0;
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

  // ---- Readers.

  std::shared_ptr<HotState> current_state() const {
    std::lock_guard lock(state_mutex);
    return state;
  }
};

ChainStore::ChainStore(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
ChainStore::~ChainStore() = default;

std::unique_ptr<ChainStore> ChainStore::open(const StorageConfig& config, const Genesis& genesis, LogSink log) {
  // A file size limit must come back as an error of the write, not as a signal that ends the process.
  struct sigaction action{};
  if (::sigaction(SIGXFSZ, nullptr, &action) == 0 && action.sa_handler == SIG_DFL) ::signal(SIGXFSZ, SIG_IGN);

  check_genesis(config, genesis);
  auto impl = std::make_unique<Impl>(config, genesis, std::move(log));
  impl->recover(genesis);
  impl->start_threads();
  return std::unique_ptr<ChainStore>(new ChainStore(std::move(impl)));
}

const RecoveryReport& ChainStore::recovery() const {
  return impl_->report;
}
void ChainStore::set_listener(Listener listener) {
  impl_->listener = std::move(listener);
}

const StateView& ChainStore::writer_state() const {
  return impl_->writer_view;
}
u64 ChainStore::sealed_number() const {
  return impl_->sealed;
}
void ChainStore::append(BlockPtr block, StateDiff diff) {
  impl_->append(std::move(block), std::move(diff));
}
void ChainStore::wait_durable(u64 number) {
  impl_->wait_durable(number);
}
void ChainStore::commit(BlockPtr block, StateDiff diff) {
  const u64 number = block->header.number;
  impl_->append(std::move(block), std::move(diff));
  impl_->wait_durable(number);
}
bool ChainStore::rewind(u64 number) {
  return impl_->rewind(number);
}

BlockPtr ChainStore::head() const {
  return impl_->recent.head();
}

BlockPtr ChainStore::block_by_number(u64 number) const {
  if (number == 0) return impl_->genesis_block;
  if (auto block = impl_->recent.by_number(number)) return block;
  return impl_->history->block(number);
}

BlockPtr ChainStore::block_by_hash(const Hash256& hash) const {
  if (auto block = impl_->recent.by_hash(hash)) return block;
  const auto number = number_of(hash);
  return number ? block_by_number(*number) : nullptr;
}

std::optional<SealedHeader> ChainStore::header_by_number(u64 number) const {
  const BlockPtr block = number == 0 ? impl_->genesis_block : impl_->recent.by_number(number);
  if (block != nullptr) {
    return SealedHeader{block->header, block->hash, static_cast<u32>(block->transactions.size())};
  }
  return impl_->history->header(number);
}

std::optional<u64> ChainStore::number_of(const Hash256& block_hash) const {
  if (block_hash == impl_->genesis_block->hash) return 0;
  if (const auto block = impl_->recent.by_hash(block_hash)) return block->header.number;
  return impl_->history->number_of(block_hash);
}

std::optional<MinedTransaction> ChainStore::transaction(const Hash256& hash) const {
  if (auto found = impl_->recent.transaction(hash)) return found;
  const auto location = impl_->history->locate(hash);
  return location ? impl_->history->transaction(*location) : std::nullopt;
}

std::optional<MinedTransaction> ChainStore::transaction(u64 block_number, u32 index) const {
  if (auto found = impl_->recent.transaction(block_number, index)) return found;
  return impl_->history->transaction({block_number, index});
}

LogQueryOutcome ChainStore::for_each_log(const LogQuery& query, const LogVisitor& visit) const {
  // Recent blocks first: what is evicted after this line is in the history, so none slips between the two.
  const auto recent = impl_->recent.since(query.from_block);
  if (recent.empty()) return {};
  const u64 first_recent = recent.front()->header.number;
  const u64 to = std::min(query.to_block, recent.back()->header.number);
  if (first_recent > query.from_block && query.from_block <= to) {
    const auto outcome = impl_->history->for_each_log(query, std::min(to, first_recent - 1), visit);
    if (outcome.end != LogQueryEnd::kComplete) return outcome;
  }
  const BloomFilter filter(query);
  for (const BlockPtr& block : recent) {
    if (block->header.number > to) break;
    if (!filter.may_match(block->header.logs_bloom)) continue;
    if (!visit_logs(*block, query, visit)) return {LogQueryEnd::kStopped, block->header.number};
  }
  return {};
}

LogQueryOutcome ChainStore::for_each_transaction(const AddressQuery& query, const TransactionVisitor& visit) const {
  // Recent blocks are listed first, for the same reason as in for_each_log().
  const auto recent = impl_->recent.since(0);
  const u64 first_recent = recent.front()->header.number;
  const auto search_history = [&]() -> LogQueryOutcome {
    if (query.from_block >= first_recent) return {};
    return impl_->history->for_each_transaction(query, first_recent - 1, visit);
  };
  const auto search_recent = [&]() -> LogQueryOutcome {
    for (std::size_t i = 0; i < recent.size(); ++i) {
      const Block& block = *recent[query.newest_first ? recent.size() - 1 - i : i];
      const u64 number = block.header.number;
      if (number < query.from_block || number > query.to_block) continue;
      const u32 count = static_cast<u32>(block.transactions.size());
      for (u32 k = 0; k < count; ++k) {
        const u32 index = query.newest_first ? count - 1 - k : k;
        if (!takes_part(query.address, block.transactions[index], block.receipts[index])) continue;
        const auto mined = transaction(block.transactions[index].hash);
        if (mined && !visit(*mined)) return {LogQueryEnd::kStopped, number};
      }
    }
    return {};
  };
  const LogQueryOutcome outcome = query.newest_first ? search_recent() : search_history();
  if (outcome.end != LogQueryEnd::kComplete) return outcome;
  return query.newest_first ? search_history() : search_recent();
}

std::optional<ContractCreation> ChainStore::creation(const Address& contract) const {
  const auto recent = impl_->recent.since(0);
  for (auto block = recent.rbegin(); block != recent.rend(); ++block) {
    for (std::size_t i = (*block)->transactions.size(); i-- > 0;) {
      auto found = creation_in((*block)->header.number, (*block)->transactions[i], (*block)->receipts[i], contract);
      if (found) return found;
    }
  }
  return impl_->history->creation(contract);
}

u64 ChainStore::first_indexed() const {
  return impl_->history->first_indexed();
}

std::shared_ptr<const StateView> ChainStore::view_at(u64 number) const {
  const auto state = impl_->current_state();
  return number <= impl_->durable ? state->view_at(number) : nullptr;
}

u64 ChainStore::oldest_view() const {
  return impl_->current_state()->oldest_view();
}

std::optional<StateDiff> ChainStore::diff_of(u64 number) const {
  std::shared_lock lock(impl_->log_mutex);
  const auto payload = impl_->log->read(number);
  if (!payload) return std::nullopt;
  auto diff = decode_diff(*payload);
  ENSURE(diff.ok(), "a checked record of this version decodes");
  return std::move(diff).value();
}

StorageStats ChainStore::stats() const {
  const auto state = impl_->current_state();
  StorageStats out;
  out.accounts = state->accounts().size();
  out.slots = state->slots().size();
  out.state_bytes = state->memory_bytes();
  out.undo_bytes = state->undo_bytes();
  out.oldest_view = state->oldest_view();
  out.views_open = state->views_open();
  out.sealed_number = impl_->sealed;
  out.durable_number = impl_->visible;
  out.history_number = impl_->history->last();
  out.snapshot_number = impl_->snapshot_number;
  out.log_bytes = impl_->log->bytes();
  out.log_syncs = impl_->syncs;
  out.log_sync_ms_last = impl_->sync_ms_last;
  return out;
}

void ChainStore::write_snapshot() {
  impl_->snapshot_head();
}

}  // namespace atlas::storage
