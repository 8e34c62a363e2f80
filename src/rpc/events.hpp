#pragma once
// What the chain does, brought to those who wait for it: subscriptions, filters of pending transactions and
// eth_sendRawTransactionSync. One thread does the formatting, so the sequencer only queues.
#include <atomic>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include <rpc/filters.hpp>
#include <rpc/method.hpp>

namespace atlas::rpc {

enum class SubscriptionKind : u8 { kNewHeads, kLogs, kPendingTransactions };

struct Subscription {
  SubscriptionKind kind = SubscriptionKind::kNewHeads;
  LogQuery query;     ///< kLogs
  bool full = false;  ///< kPendingTransactions: whole transactions instead of hashes
  std::string id;
  u64 session_id = 0;
  std::weak_ptr<Session> session;
};

class EventHub final : public ChainListener {
 public:
  /// Registers with `backend`; both arguments outlive the hub.
  EventHub(Backend& backend, const RpcConfig& config);
  ~EventHub() override;
  EventHub(const EventHub&) = delete;
  EventHub& operator=(const EventHub&) = delete;

  // ChainListener.
  void on_block(const BlockPtr& block) override;
  void on_rewind(const BlockPtr& head) override;
  void on_pending(const TxPtr& tx) override;
  bool wants_pending() const override { return pending_listeners_.load(std::memory_order_relaxed) > 0; }

  /// Reserves an id for `session`; notifications begin with activate().
  Result<std::string, RpcError> subscribe(Session& session, Subscription subscription);
  void activate(const std::string& id);
  /// False if this session has no such subscription.
  bool unsubscribe(const Session& session, const std::string& id);
  /// The session has ended.
  void drop(u64 session_id);

  FilterStore& filters() { return filters_; }
  Result<std::string, RpcError> add_filter(FilterPtr filter);
  bool remove_filter(const std::string& id);
  /// Hashes of pending transactions from sequence number `from` on, and the number after the last.
  std::vector<Hash256> pending_since(u64 from, u64& next) const;
  u64 pending_sequence() const;

  /// Completes with the receipt when `hash` is in a block, or with kReceiptTimeout. False if too many wait already.
  bool wait_for_receipt(const Hash256& hash, std::chrono::milliseconds timeout, const Completion& done);

  std::size_t subscription_count() const;

 private:
  struct Waiter {
    Hash256 hash;
    Clock::time_point deadline;
    std::chrono::milliseconds timeout;
    Completion done;
  };
  struct Event {
    BlockPtr block;
    BlockPtr rewound_to;
    TxPtr pending;
  };

  void run();
  void handle(const Event& event);
  void announce_block(const BlockPtr& block);
  void announce_pending(const SignedTransaction& tx);
  void announce_removed(u64 head);
  void finish_waiters(const BlockPtr& block);
  void expire_waiters(Clock::time_point now);
  void count_pending_listeners();
  void send(const Subscription& subscription, std::string_view result);
  void send_logs(const Subscription& subscription, const Block& block, bool removed);

  Backend& backend_;
  const RpcConfig& config_;
  FilterStore filters_;

  /// On a development chain the newest blocks with logs, in case they are taken back. Only run()'s thread uses it.
  std::deque<BlockPtr> revertible_;

  mutable std::mutex queue_mutex_;
  std::condition_variable wake_;
  std::vector<Event> queue_;
  bool stopping_ = false;

  mutable std::mutex subscriptions_mutex_;
  std::unordered_map<std::string, Subscription> reserved_;
  std::unordered_map<std::string, Subscription> active_;
  std::unordered_map<u64, std::size_t> per_session_;

  mutable std::mutex waiters_mutex_;
  std::unordered_multimap<Hash256, Waiter> waiters_;
  std::atomic<std::size_t> waiter_count_{0};

  mutable std::mutex pending_mutex_;
  std::deque<Hash256> pending_;
  u64 pending_end_ = 0;  // sequence number after the last of pending_
  std::atomic<std::size_t> pending_listeners_{0};

  std::thread thread_;
};

}  // namespace atlas::rpc
