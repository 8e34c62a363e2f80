#pragma once
// The storage of a node behind one door: hot state, block log, snapshots, history, and the blocks that are too young
// for history. One writer thread (the sequencer) appends; any thread reads.
#include <filesystem>
#include <map>
#include <string>

#include <storage/records.hpp>
#include <storage/storage_error.hpp>

namespace atlas::storage {

struct StorageConfig {
  std::filesystem::path directory;
  /// Readers may ask for the state of this many blocks before the head …
  u64 view_window_blocks = 256;
  /// … as long as the old values take no more memory than this; beyond it the window shrinks.
  u64 undo_bytes_max = u64{512} << 20;
  u64 segment_bytes = u64{64} << 20;  ///< a log segment is closed when it has grown past this
  u64 snapshot_log_bytes =
      u64{64} << 20;  ///< a snapshot is due after this much log (or a quarter of the last snapshot)
  u32 snapshots_kept = 2;
  u32 pending_blocks_max = 16;       ///< appended but not yet durable; then append() waits
  u32 history_lag_blocks_max = 128;  ///< durable but not yet in history; then append() waits
  /// Blocks that lookups know, besides genesis; older ones are forgotten. 0: all of them.
  u64 history_blocks = 0;
  bool sync =
      true;  ///< fdatasync before a block is acknowledged; false risks the last blocks on power loss, not on kill
};

/// The chain's first block and state. The same values must be given at every start; another chain's are refused.
struct Genesis {
  u64 chain_id = 0;
  Block block;      ///< number 0, sealed: its hash is set
  StateDiff state;  ///< every account, slot and code at block 0, in ascending order
};

/// Loud events at start and in the background: a torn record cut off, a snapshot written. Called from any thread.
enum class LogLevel : u8 { kInfo, kWarning, kError };
using LogSink = std::function<void(LogLevel, const std::string&)>;

/// What recovery found, for the start-up line.
struct RecoveryReport {
  u64 head_number = 0;
  u64 snapshot_number = 0;  ///< the snapshot that was loaded; 0 may mean genesis
  u64 blocks_replayed = 0;
  u64 bytes_cut = 0;  ///< of a torn, never acknowledged tail; kept beside the log as *.torn
  double snapshot_ms = 0;
  double replay_ms = 0;
  double total_ms = 0;
};

/// Gauges and counters for /metrics; cheap to take.
struct StorageStats {
  u64 accounts = 0;
  u64 slots = 0;
  u64 state_bytes = 0;  ///< tables of the hot state, codes included
  u64 undo_bytes = 0;   ///< old values kept for historical views
  u64 oldest_view = 0;
  u64 views_open = 0;
  u64 sealed_number = 0;
  u64 durable_number = 0;
  u64 history_number = 0;
  u64 snapshot_number = 0;
  u64 log_bytes = 0;
  u64 log_syncs = 0;
  double log_sync_ms_last = 0;
};

class ChainStore {
 public:
  /// Called on the log's thread, in block order, once a block is durable and visible in every lookup. Must be quick.
  /// May still be called while the store is being destroyed, and shortly after wait_durable() returned for its block.
  using Listener = std::function<void(const BlockPtr&)>;

  /// Opens or creates `config.directory` and recovers: newest sound snapshot, then the log. Throws StorageError.
  static std::unique_ptr<ChainStore> open(const StorageConfig& config, const Genesis& genesis, LogSink log = {});
  /// Writes what was appended, then closes. Views may outlive the store.
  ~ChainStore();
  ChainStore(const ChainStore&) = delete;
  ChainStore& operator=(const ChainStore&) = delete;

  const RecoveryReport& recovery() const;
  /// Set before the first append(); replaces the one before.
  void set_listener(Listener listener);

  // ---- The writer thread only.

  /// The newest state, that of the last appended block; lookups take no lock. Other threads may read it too (parallel
  /// execution) as long as no append() or rewind() runs. The reference holds for the store's lifetime.
  const StateView& writer_state() const;
  /// Number of the last appended block, durable or not.
  u64 sealed_number() const;
  /// Takes the next sealed block: applies `diff` to the hot state at once and hands both to the log, which makes them
  /// durable in the background and then visible. Waits only while too many blocks are on the way. Throws StorageError
  /// if the log failed: then this block and those before it that were not acknowledged are lost, and the store takes
  /// no more (restart once the cause is gone).
  void append(BlockPtr block, StateDiff diff);
  /// Waits until block `number` is durable and visible. Throws as append().
  void wait_durable(u64 number);
  /// append() and wait_durable().
  void commit(BlockPtr block, StateDiff diff);
  /// Takes back every block above `number` (evm_revert; an L1 reorg below a deposit). False if the log no longer
  /// reaches back so far. Open views keep the state they had.
  bool rewind(u64 number);

  // ---- Any thread. Only durable blocks are visible. Null or nullopt: unknown, or above the head.

  BlockPtr head() const;
  BlockPtr block_by_number(u64 number) const;
  BlockPtr block_by_hash(const Hash256& hash) const;
  std::optional<SealedHeader> header_by_number(u64 number) const;
  std::optional<u64> number_of(const Hash256& block_hash) const;
  std::optional<MinedTransaction> transaction(const Hash256& hash) const;
  std::optional<MinedTransaction> transaction(u64 block_number, u32 index) const;
  LogQueryOutcome for_each_log(const LogQuery& query, const LogVisitor& visit) const;
  /// Transactions in which an address takes part, from first_indexed() on.
  LogQueryOutcome for_each_transaction(const AddressQuery& query, const TransactionVisitor& visit) const;
  /// The newest creation of `contract`; nullopt also for contracts of genesis and before first_indexed().
  std::optional<ContractCreation> creation(const Address& contract) const;
  u64 first_indexed() const;
  /// The oldest block that lookups by number, hash, transaction and log know: above 0 once history_blocks has made some
  /// go. Block 0 is always known.
  u64 oldest_block() const;

  /// State after block `number`; null if it is above the head or older than oldest_view(). Holding a view keeps old
  /// values in memory: give it up within seconds.
  std::shared_ptr<const StateView> view_at(u64 number) const;
  u64 oldest_view() const;
  /// The whole state at the head, in ascending order: a copy, as large as the state itself.
  StateDiff whole_state() const;
  /// A sealed block's state diff, from the log; nullopt if its segment has been pruned, and for block 0. For the tree
  /// and the batcher.
  std::optional<StateDiff> diff_of(u64 number) const;

  /// Keeps the log from block `first_needed` on, so that diff_of() finds it, until the next call with this name or
  /// release_log(): for who works behind the head (tree, batcher). Survives restarts; durable when it returns. False if
  /// the log no longer has that block; the hold stands all the same. `name`: letters, digits and dashes.
  bool hold_log(const std::string& name, u64 first_needed);
  void release_log(const std::string& name);
  std::map<std::string, u64> log_holds() const;

  /// rewind() goes back no farther than to this block. It only grows.
  u64 oldest_rewind() const;

  /// Why the store takes no more blocks; nullopt while it does.
  std::optional<StorageError> failure() const;
  StorageStats stats() const;
  /// Writes a snapshot of the head now and waits for it (tests, clean shutdown).
  void write_snapshot();

 private:
  struct Impl;
  explicit ChainStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace atlas::storage
