#pragma once
// The sequencer's thread: executes transactions as they come into the open block, seals it, hands it to the log and
// goes on with the next one while the log makes it durable.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <future>
#include <thread>

#include <sequencer/block_builder.hpp>
#include <sequencer/mempool.hpp>
#include <storage/chain_store.hpp>

namespace atlas::sequencer {

using Clock = std::chrono::steady_clock;

struct SequencerConfig {
  /// A block is sealed this long after the one before; a transaction that comes to a quiet chain is sealed at once.
  u64 block_time_ms = 250;
  /// An empty block after so long without any; 0: never.
  u64 heartbeat_ms = 10'000;
  u32 max_transactions_per_block = 50'000;
  Address coinbase;
  stf::BlockPrices prices;
};

/// Counters since start, readable from any thread.
struct SequencerStats {
  std::atomic<u64> blocks{0};
  std::atomic<u64> transactions{0};
  std::atomic<u64> gas{0};
  std::atomic<u64> invalid_at_execution{0};
  std::atomic<u64> open_transactions{0};  ///< executed in the block that is open
};

/// How long the stages of a block took, for histograms.
struct BlockTimes {
  double execute_ms = 0;  ///< from opening to sealing, waiting for transactions included
  double seal_ms = 0;     ///< diff, roots, hash, hand-over to the log
  double durable_ms = 0;  ///< from hand-over until durable and visible
};

/// Called on the log's thread unless said otherwise; must be quick.
class SequencerListener {
 public:
  virtual ~SequencerListener() = default;
  /// Durable, visible, and gone from the mempool.
  virtual void on_block(const storage::BlockPtr& block, const BlockTimes& times) = 0;
  /// On the sequencer's thread: the head went back to `head`.
  virtual void on_rewind(const storage::BlockPtr& head) = 0;
  /// On the sequencer's thread: it has ended because of `error` and will build no more blocks.
  virtual void on_failure(std::exception_ptr error) = 0;
};

class Sequencer {
 public:
  /// `store` and `pool` outlive the sequencer; it sets the store's listener.
  Sequencer(const ChainRules& rules, const SequencerConfig& config, storage::ChainStore& store, Mempool& pool,
            SequencerListener& listener);
  ~Sequencer();

  void start();
  /// Seals what has been executed, waits until it is durable and ends the thread.
  void stop();
  const SequencerStats& stats() const { return stats_; }
  /// Until the pool knows every block that is visible now. A client that acts on what a block did must not be refused
  /// by a pool that hears of the block a moment later.
  void wait_pool() const;
  /// Context of the block that would be opened now.
  BlockContext pending_context() const;

  // ---- Development: run on the sequencer's thread between two transactions. They wait for their effect to be visible
  //      and throw what stopped the sequencer if it has failed.

  /// Seals the open block, or an empty one, and then `count` − 1 more, timestamps `interval_s` apart (0: by the clock).
  void mine(u64 count, u64 interval_s);
  /// Changes state outside any transaction. The change is a block of its own, so the log and every reader know it.
  void inject(const std::function<void(Journal&)>& change);
  /// A block of its own for a transaction that comes from L1, or why no block takes it.
  Result<void, stf::TxError> include(const SignedTransaction& tx);
  /// Seals what has been executed, so that the head holds every transaction that left the pool.
  void settle();
  /// Takes back all blocks above `number`; false if the log no longer reaches back so far.
  bool rewind(u64 number);
  enum class Sealing : u8 { kAutomatic, kManual };
  void set_sealing(Sealing sealing);
  Sealing sealing() const { return sealing_.load(); }
  /// Blocks at this pace, empty ones too; 0: back to the configured rhythm.
  void set_interval_mining_ms(u64 interval_ms);
  void set_time_offset_s(i64 offset);
  i64 time_offset_s() const { return time_offset_s_.load(); }
  /// The next block's timestamp; those after it go on from there.
  void set_next_timestamp_s(u64 timestamp);
  void set_coinbase(const Address& coinbase);
  void set_gas_limit(u64 gas_limit);
  void set_next_base_fee(const u256& base_fee);

 private:
  void run();
  void step();
  void fill(Clock::time_point until);
  bool await_more(Clock::time_point until);
  void execute_next();
  void drop(const TxPtr& tx, stf::TxError error);
  void give_back_taken();
  void open();
  void seal();
  void prepare_next();
  void finish_open_block();
  bool is_full() const;
  Clock::duration pace() const;
  std::optional<Clock::time_point> empty_block_due() const;
  bool run_tasks();
  void fail_tasks(std::exception_ptr error);
  void on_durable(const storage::BlockPtr& block);
  void wait_visible();
  BlockChoices choices() const;
  u64 now_s() const;
  /// Runs `task` on the thread and waits for it.
  void perform(const std::function<void()>& task);

  const ChainRules rules_;
  const SequencerConfig config_;
  storage::ChainStore& store_;
  Mempool& pool_;
  SequencerListener& listener_;
  SequencerStats stats_;

  std::thread thread_;
  std::atomic<bool> stopping_{false};

  // Owned by the thread.
  std::unique_ptr<evm::Evm> environment_;
  storage::BlockPtr parent_;
  std::unique_ptr<BlockBuilder> builder_;
  Clock::time_point opened_;
  Clock::time_point last_seal_;  ///< empty blocks are due by it
  Clock::time_point next_seal_;  ///< not before
  std::vector<TxPtr> taken_;     ///< from the pool; not yet executed from taken_next_ on
  std::size_t taken_next_ = 0;
  bool full_ = false;       ///< the next transaction did not fit the open block
  u256 prepared_base_fee_;  ///< by which the pool orders

  // What development commands set.
  std::atomic<Sealing> sealing_{Sealing::kAutomatic};
  std::atomic<i64> time_offset_s_{0};
  std::atomic<u64> interval_mining_ms_{0};
  mutable std::mutex choices_mutex_;
  Address coinbase_;
  std::optional<u64> next_timestamp_s_;
  std::optional<u64> gas_limit_;
  std::optional<u256> next_base_fee_;

  struct Task {
    std::function<void()> run;
    std::promise<void> done;
  };
  std::mutex tasks_mutex_;
  std::condition_variable tasks_signal_;
  std::deque<Task> tasks_;
  std::exception_ptr ended_;  ///< set once the thread takes no more tasks

  /// What the log's thread needs about a block that it was handed.
  struct OnTheWay {
    u64 number = 0;
    std::vector<Address> changed;
    Clock::time_point handed_over;
    BlockTimes times;
  };
  mutable std::mutex on_the_way_mutex_;
  mutable std::condition_variable visible_signal_;
  std::deque<OnTheWay> on_the_way_;  ///< handed to the log, not yet visible
  std::atomic<u64> pool_knows_{0};   ///< newest block that the pool has heard of
};

}  // namespace atlas::sequencer
