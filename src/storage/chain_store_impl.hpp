#pragma once
// What stands behind ChainStore: the parts of the storage and the threads that move blocks from one to the next.
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include <storage/chain_store.hpp>
#include <storage/data_directory.hpp>
#include <storage/history.hpp>
#include <storage/log_holds.hpp>
#include <storage/recent_blocks.hpp>
#include <storage/recovery.hpp>

namespace atlas::storage {

/// Blocks that stay in memory for polling clients though the history has them.
inline constexpr u64 kRecentKept = 32;
/// Blocks that the history takes in one write.
inline constexpr u64 kHistoryStep = 16;

inline double ms_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
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
  std::mutex holds_mutex;  // over the next two
  LogHolds holds;
  u64 prune_below = 0;  // log segments with nothing from this block on may go; 0: none
  std::atomic<u64> syncs{0};
  std::atomic<double> sync_ms_last{0};

  std::thread log_thread;
  std::thread history_thread;
  std::thread snapshot_thread;

  Impl(const StorageConfig& c, const Genesis& g, LogSink s)
      : config(c),
        genesis_block(std::make_shared<const Block>(g.block)),
        sink(s ? std::move(s) : [](LogLevel, const std::string&) {}),
        directory(c.directory, g),
        holds(directory.holds()) {}
  ~Impl();

  // ---- Start, and going back (chain_store_recovery.cpp).

  void recover(const Genesis& genesis);
  bool rewind(u64 number);
  RestorePlan plan(const Genesis* genesis) const;
  void adopt(std::shared_ptr<HotState> next);
  void fill_recent(u64 head);

  // ---- The way of a block (chain_store_stages.cpp).

  void start_threads();
  void append(BlockPtr block, StateDiff diff);
  void wait_durable(u64 number);
  void snapshot_head();
  bool hold_log(const std::string& name, u64 first_needed);
  void release_log(const std::string& name);
  std::shared_ptr<HotState> current_state() const;

 private:
  template <class Run>
  void guarded(const char* stage, Run&& run);
  void run_log();
  void run_history();
  std::vector<BlockPtr> next_for_history() const;
  void prune_history();
  bool snapshot_is_due() const;
  void run_snapshots();
  void retire_old_files();
  void throw_if_failed();
};

}  // namespace atlas::storage
