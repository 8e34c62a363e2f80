#pragma once
// The stage behind the block log that collects blocks into batches: state tree, pubdata, records (docs/batches.md).
//
// It reads sealed blocks and their diffs from the log, in order, on a thread of its own with a low priority. The log is
// its queue: held from the first block that it may need again, so nothing is lost by a crash, and the chain waits for
// it only when it has fallen `lag_blocks_max` behind. What a batch comes to is written before anybody sees it.
#include <chrono>
#include <condition_variable>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>

#include <batch/batch_files.hpp>
#include <batch/batches.hpp>
#include <batch/open_batch.hpp>

#include <stf/chain_rules.hpp>
#include <storage/chain_store.hpp>

namespace atlas::batch {

struct BatchConfig {
  bool enabled = true;
  std::filesystem::path directory;                ///< the node's data directory
  u64 time_ms = 30'000;                           ///< a batch is sealed so long after its first block was taken …
  u64 blocks_max = 4'096;                         ///< … or at so many blocks …
  u64 pubdata_bytes_max = stf::kBatchPubdataMax;  ///< … or when another block would not fit …
  u64 native_max = u64{1} << 36;                  ///< … or would take so many cycles of proving, where they are counted
  u64 lag_blocks_max = 4'096;                     ///< farther behind the head the chain waits
  u64 pubdata_batches = 0;                        ///< newest batches whose pubdata are kept; 0: all
  u64 witness_bytes_max = u64{192} << 20;         ///< a batch with a larger one is made of fewer blocks
  u64 witness_batches = 0;                        ///< newest batches whose witnesses are kept; 0: none are made
  u64 cache_bytes_max = u64{1} << 30;             ///< of the tree
  unsigned tree_threads = 1;                      ///< that hash and read; 0: as many as the machine has
};

/// For /metrics.
struct BatchStats {
  u64 batches = 0;      ///< sealed, without genesis
  u64 last_block = 0;   ///< in a batch
  u64 taken_block = 0;  ///< in a batch or the open one
  u64 head = 0;         ///< of the chain, as the stage has heard
  u64 open_blocks = 0;
  u64 open_pubdata_bytes = 0;
  u64 pubdata_bytes = 0;  ///< of all batches sealed since the start
  double collect_s = 0;   ///< since the start: decoding diffs, keys, pubdata
  double read_s = 0;      ///< … reading leaves ahead of the tree's update
  double apply_s = 0;     ///< … updating the tree
  double write_s = 0;     ///< … pubdata and records, fsync included
  double witness_s = 0;   ///< … executing batches again for their witnesses
  u64 witness_bytes_last = 0;
  double seal_s_last = 0;  ///< the last batch, from the decision to its record
  tree::TreeStats tree;
};

class BatchStage final : public Batches {
 public:
  static constexpr const char* kHold = "batches";  ///< of the block log
  using GenesisSource = std::function<storage::Genesis()>;

  /// `store` outlives the stage. `genesis` is asked once if the tree is new.
  BatchStage(const BatchConfig& config, const stf::ChainRules& rules, storage::ChainStore& store, GenesisSource genesis,
             storage::LogSink log);
  ~BatchStage() override;

  void start();
  /// Ends the thread between two steps; the open batch is collected again at the next start.
  void stop();

  /// Block `number` is durable. On the log's thread; waits while the stage is too far behind.
  void on_block(u64 number);
  /// The head went back.
  void on_rewind();
  /// What ended the stage, if something did: the chain must not go on without it.
  std::exception_ptr failure() const;
  BatchStats stats() const;

  std::optional<u64> latest() const override;
  std::optional<BatchRecord> record(u64 number) const override;
  std::optional<BatchRecord> batch_of(u64 block) const override;
  std::optional<Bytes> pubdata(u64 number) const override;
  /// The batch's witness, as `atlas execute --hint` takes it; nullopt if none was made or it is no longer kept.
  std::optional<Bytes> witness(u64 number) const;
  std::optional<ProvedAccountAt> prove(const Address& address, std::span<const u256> slots) const override;

 private:
  using Clock = std::chrono::steady_clock;

  void run();
  // ---- Start (batch_stage_open.cpp).
  void open();
  void open_tree();
  void remake_tree();
  void catch_up_tree();
  void check_tree() const;
  BatchRecord genesis_record() const;
  Bytes witness_of(u64 number) const;
  Hash256 output_hash(const BatchRecord& record) const;

  // ---- Steps of the thread.
  void follow_chain();
  void take_back(u64 number);
  bool take_next();
  std::optional<BlockChanges> read_block(u64 number) const;
  bool is_due() const;
  void seal();
  void move_hold();
  void wait();
  void note_progress();

  const BatchConfig config_;
  const stf::ChainRules rules_;
  storage::ChainStore& store_;
  const GenesisSource genesis_;
  const storage::LogSink log_;
  std::thread thread_;

  // The thread's own.
  std::unique_ptr<BatchFiles> files_;
  std::unique_ptr<tree::StateTree> tree_;
  std::unique_ptr<OpenBatch> open_;
  Clock::time_point opened_;
  u64 transaction_bytes_ = 0;  ///< of the open batch's transactions as they were sent
  u64 blocks_cap_ = 0;         ///< of the open batch, whose witness was too large with more; 0: none
  u64 held_from_ = 0;

  std::atomic<bool> ready_{false};  ///< the parts above are there, for readers too
  /// Unique while a batch is added or taken back, so that tree and records agree for readers of both.
  mutable tree::WriterFirstMutex visible_mutex_;

  mutable std::mutex mutex_;  // over the rest
  std::condition_variable changed_;
  bool stopping_ = false;
  bool woken_ = false;
  std::exception_ptr failure_;
  BatchStats stats_;
};

}  // namespace atlas::batch
