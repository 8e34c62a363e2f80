#pragma once
// Transactions that wait for a block. Many threads submit, one (the sequencer's) takes.
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include <sequencer/ready_queue.hpp>
#include <sequencer/sender_cache.hpp>

namespace atlas::sequencer {

/// Why a transaction left the pool without a block.
enum class DropReason : u8 { kInvalidAtExecution, kReplaced, kEvicted, kUnfunded, kNonceUsed, kRequested };
inline constexpr std::size_t kDropReasonCount = 6;
std::string_view describe(DropReason reason);

struct Dropped {
  Hash256 hash;
  DropReason reason{};
  stf::TxError tx_error{};  ///< with kInvalidAtExecution
};

/// Hears of transactions that became executable; called without the pool's lock, from the submitting thread.
class PoolListener {
 public:
  virtual ~PoolListener() = default;
  virtual bool wants_pending() const = 0;
  virtual void on_pending(const TxPtr& tx) = 0;
};

/// All transactions of one account, in flight ones included.
struct PoolSender {
  Address address;
  u64 next_nonce = 0;      ///< of the next transaction to hand out; entries below it are in flight
  u64 run_end = 0;         ///< first nonce at or after next_nonce that is not here
  u256 balance;            ///< at the head
  bool may_send = true;    ///< no code but a delegation, at the head (EIP-3607, EIP-7702)
  bool delegated = false;  ///< at the head
  u256 committed;          ///< sum of the costs of `queue`
  std::map<u64, PoolEntry*> queue;
  u64 serial = 0;

  // Place in the order of eviction. `standing` is the lowest worth of any waiting entry, or less, and `weight` the
  // logarithm of their number, or more: bounds that are made exact before anything is evicted.
  bool gapped = false;
  u64 standing = 0;
  u32 at_standing = 0;  ///< waiting entries of that worth; 0: the bound may be too low
  u32 weight = 0;
  u32 in_flight = 0;
  PoolEntry::Hook eviction_hook;
};

/// Everything under one mutex, held about a microsecond a transaction: decoding, static checks and signature recovery
/// run before it on the submitting thread, execution after it on the sequencer's. Complexity O(log n) each.
class Mempool {
 public:
  using StatePtr = std::shared_ptr<const StateView>;

  /// `head` is the state of the newest visible block, readable from any thread.
  Mempool(const PoolLimits& limits, StatePtr head, const stf::StfConfig& stf_config);
  ~Mempool();
  Mempool(const Mempool&) = delete;
  Mempool& operator=(const Mempool&) = delete;

  // ---- Any thread ----

  /// Decodes, checks, recovers the sender and inserts.
  Result<TxPtr, Refusal> submit(ByteView raw);
  /// The same for several, whose signatures are recovered side by side: up to ten times cheaper each. Results in order;
  /// a transaction may build on an earlier one of the list.
  std::vector<Result<TxPtr, Refusal>> submit_many(std::span<const ByteView> raws);
  /// Inserts a transaction whose sender is known; checks everything but the signature.
  Result<TxPtr, Refusal> add(SignedTransaction&& tx);
  TxPtr find(const Hash256& hash) const;
  /// Next nonce after the executable transactions of `address`, its account's if there are none.
  u64 pending_nonce(const Address& address) const;
  PoolCounts counts() const;
  struct Item {
    TxPtr tx;
    bool queued = false;
  };
  /// Of one sender or of all, by sender and nonce, at most `limit`.
  std::vector<Item> content(const Address* sender, std::size_t limit) const;
  /// The tip that gets a transaction into the pool now: more than the cheapest one's when it is full.
  u64 entry_tip() const;
  std::optional<Dropped> dropped(const Hash256& hash) const;
  u64 dropped_count(DropReason reason) const;
  /// Removes waiting transactions on request; false if it is unknown or already in the open block.
  bool remove(const Hash256& hash);
  void clear();
  void set_listener(PoolListener* listener);
  /// From now on take_accepted() gives what came in.
  void record_accepted(bool on);
  /// Appends the transactions accepted since the last call to `out`; true if any was removed on request since.
  bool take_accepted(std::vector<TxPtr>& out);
  /// Appends those of `hashes` that are here to `out`, in order. Takes the lock for a while, lets go, goes on.
  void find_many(std::span<const Hash256> hashes, std::vector<TxPtr>& out) const;
  void set_allow_unprotected(bool allow) { allow_unprotected_ = allow; }
  /// Refuses everything from now on.
  void stop();

  // ---- The sequencer's thread ----

  /// Rules for new transactions and the order for the open block. `floor` is the lowest base fee the chain can have.
  void open_block(const BlockContext& context, const u256& floor);
  /// Up to `max` of the best transactions, appended to `out`; they are in flight until given back, dropped or included.
  void take(std::size_t max, std::vector<TxPtr>& out);
  /// Returns transactions that did not fit the block to their place.
  void give_back(std::span<const TxPtr> txs);
  /// Execution refused `tx`; its sender's next nonce is `account_nonce`. Give back what else of the sender is in flight
  /// and not executed first.
  void drop_invalid(const TxPtr& tx, stf::TxError error, u64 account_nonce);
  /// Until something can be taken, wake() is called or `deadline` passes; true if something can be taken.
  bool wait(std::chrono::steady_clock::time_point deadline);
  void wake();

  // ---- The thread that makes blocks visible ----

  /// `block` is visible and `head` its state: its transactions leave, and senders among the accounts that it changed
  /// are looked at again.
  void on_block(const Block& block, std::span<const Address> changed, StatePtr head);
  /// The head went back to `head` (dev revert) and nothing is being executed: every sender is looked at again.
  void on_rewind(StatePtr head);

 private:
  struct EvictionOrder {
    bool operator()(const PoolSender& a, const PoolSender& b) const {
      if (a.gapped != b.gapped) return a.gapped;
      if (a.standing != b.standing) return a.standing < b.standing;
      if (a.weight != b.weight) return a.weight > b.weight;
      return a.serial > b.serial;
    }
  };
  using EvictionTree =
      boost::intrusive::set<PoolSender,
                            boost::intrusive::member_hook<PoolSender, PoolEntry::Hook, &PoolSender::eviction_hook>,
                            boost::intrusive::compare<EvictionOrder>, boost::intrusive::constant_time_size<false>>;
  struct SeededHash {
    u64 seed;
    template <std::size_t N>
    std::size_t operator()(const FixedBytes<N>& v) const {
      return static_cast<std::size_t>(hash_bytes(v, seed));
    }
  };
  using Executables = std::vector<TxPtr>;

  /// A transaction on its way in, with what was recovered from its signatures.
  struct Candidate {
    TxPtr tx;
    std::vector<Address> authorities;
  };
  using Candidates = std::vector<Result<Candidate, Refusal>>;

  Result<SignedTransaction, Refusal> decode(ByteView raw) const;
  Result<void, Refusal> screen(SignedTransaction& tx) const;
  Result<void, Refusal> check(const SignedTransaction& tx, const BlockContext& context) const;
  std::vector<Result<SignedTransaction, Refusal>> prepare(std::span<const ByteView> raws) const;
  void recover_authorities(Candidates& candidates) const;
  void insert(Candidates& candidates);
  Result<void, Refusal> admit(Candidate& candidate, Executables& executables);
  Result<void, Refusal> replace(PoolSender& sender, PoolEntry& old, Candidate& candidate);
  Result<void, Refusal> check_delegation(const PoolSender& sender, const Candidate& candidate) const;
  Result<void, Refusal> check_account(const PoolSender& sender, const Transaction& tx, const u256& other_costs,
                                      const u256& cost) const;
  bool make_room(const PoolSender& newcomer, bool gapped, u64 standing, u64 bytes);
  void evict_tail(PoolSender& sender);
  PoolSender& sender_of(const Address& address);
  std::unique_ptr<PoolEntry> make_entry(Candidate& candidate, PoolSender& sender);
  void place(PoolSender& sender, std::unique_ptr<PoolEntry> entry);
  u64 worth(const PoolEntry& entry) const;
  u64 worth(u64 fee_cap, u64 tip) const;
  static u32 weight_of(const PoolSender& sender, std::size_t more = 0);
  void measure_standing(PoolSender& sender) const;
  void leave_standing(PoolSender& sender, const PoolEntry& entry);
  void extend_run(PoolSender& sender, Executables* executables);
  void place_head(PoolSender& sender);
  void unplace_head(PoolSender& sender);
  void reindex(PoolSender& sender, u64 next_nonce);
  void unlink_eviction(PoolSender& sender);
  void link_eviction(PoolSender& sender);
  void erase_entry(PoolEntry& entry);
  void discard(PoolEntry& entry, DropReason reason, stf::TxError error = {});
  void discard_below(PoolSender& sender, u64 nonce);
  void look_at(PoolSender& sender, const Account& account) const;
  void revisit(PoolSender& sender, const Account& account);
  void leave_flight(PoolEntry& entry);
  void release_if_empty(PoolSender& sender);
  void notify(const Executables& executables);

  const PoolLimits limits_;
  const stf::StfConfig stf_config_;
  std::atomic<bool> allow_unprotected_{false};

  mutable std::mutex mutex_;
  StatePtr head_;
  std::condition_variable ready_signal_;
  bool sequencer_waits_ = false;
  bool woken_ = false;
  bool stopping_ = false;
  BlockContext context_;
  u64 floor_ = 0;
  u64 next_serial_ = 0;
  u64 bytes_ = 0;
  u64 executable_ = 0;  ///< waiting ones in some sender's run
  u64 in_flight_ = 0;
  boost::unordered_flat_map<Hash256, std::unique_ptr<PoolEntry>, SeededHash> entries_;
  boost::unordered_flat_map<Address, std::unique_ptr<PoolSender>, SeededHash> senders_;
  ReadyQueue ready_;
  EvictionTree evictions_;
  boost::unordered_flat_map<Address, u32, SeededHash> authorities_;  ///< with the number of entries that name them
  SenderCache recovered_;

  bool recording_ = false;
  bool removed_on_request_ = false;
  std::vector<TxPtr> accepted_;  ///< since take_accepted()

  static constexpr std::size_t kDropMemory = 4'096;
  std::vector<Dropped> drops_;  ///< ring of the last ones
  std::size_t next_drop_ = 0;
  std::array<u64, kDropReasonCount> drop_counts_{};

  std::atomic<PoolListener*> listener_{nullptr};
};

}  // namespace atlas::sequencer
