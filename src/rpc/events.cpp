#include <rpc/events.hpp>
#include <rpc/serialize.hpp>

namespace atlas::rpc {
namespace {

constexpr std::size_t kPendingKept = 65'536;      // hashes for filters; older ones are lost to slow pollers
constexpr std::size_t kPendingQueueMax = 65'536;  // transactions waiting to be announced; more are not announced
constexpr std::size_t kRevertibleMax = 1'024;     // blocks whose logs are announced again as removed
constexpr auto kWaiterTick = std::chrono::milliseconds(20);
constexpr auto kIdleTick = std::chrono::seconds(5);

RpcError receipt_timeout(const Hash256& hash, std::chrono::milliseconds timeout) {
  return RpcError{ErrorCode::kReceiptTimeout,
                  "The transaction was added to the mempool but wasn't processed within " +
                      std::to_string(timeout.count()) + " ms.",
                  '"' + to_hex(hash) + '"'};
}

}  // namespace

EventHub::EventHub(Backend& backend, const RpcConfig& config) : backend_(backend), config_(config), filters_(config) {
  thread_ = std::thread([this] { run(); });
  backend_.add_listener(this);
}

EventHub::~EventHub() {
  backend_.remove_listener(this);
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
  expire_waiters(Clock::time_point::max());
}

void EventHub::on_block(const BlockPtr& block) {
  {
    const std::lock_guard lock(queue_mutex_);
    queue_.push_back({block, nullptr, nullptr});
  }
  wake_.notify_one();
}

void EventHub::on_rewind(const BlockPtr& head) {
  {
    const std::lock_guard lock(queue_mutex_);
    queue_.push_back({nullptr, head, nullptr});
  }
  wake_.notify_one();
}

void EventHub::on_pending(const TxPtr& tx) {
  bool was_empty;
  {
    const std::lock_guard lock(queue_mutex_);
    if (queue_.size() >= kPendingQueueMax) return;
    was_empty = queue_.empty();
    queue_.push_back({nullptr, nullptr, tx});
  }
  if (was_empty) wake_.notify_one();
}

void EventHub::run() {
  std::vector<Event> events;
  auto next_expiry = Clock::now() + kIdleTick;
  while (true) {
    {
      std::unique_lock lock(queue_mutex_);
      const auto something = [&] { return stopping_ || !queue_.empty(); };
      if (waiter_count_.load() > 0) {
        wake_.wait_for(lock, kWaiterTick, something);
      } else {
        wake_.wait_for(lock, kIdleTick, [&] { return something() || waiter_count_.load() > 0; });
      }
      if (stopping_) return;
      events.swap(queue_);
    }
    for (const Event& event : events) handle(event);
    events.clear();
    const auto now = Clock::now();
    if (waiter_count_.load() > 0) expire_waiters(now);
    if (now >= next_expiry) {
      next_expiry = now + kIdleTick;
      filters_.expire(now);
      count_pending_listeners();
    }
  }
}

void EventHub::handle(const Event& event) {
  if (event.block) {
    announce_block(event.block);
    finish_waiters(event.block);
  } else if (event.rewound_to) {
    announce_removed(event.rewound_to->header.number);
  } else {
    announce_pending(*event.pending);
  }
}

void EventHub::send(const Subscription& subscription, std::string_view result) {
  const auto session = subscription.session.lock();
  if (!session) return;
  auto text = std::make_shared<std::string>();
  text->reserve(result.size() + 128);
  *text += R"({"jsonrpc":"2.0","method":"eth_subscription","params":{"subscription":")";
  *text += subscription.id;
  *text += R"(","result":)";
  *text += result;
  *text += "}}";
  session->notify(std::move(text));
}

void EventHub::announce_block(const BlockPtr& block) {
  const std::lock_guard lock(subscriptions_mutex_);
  std::string head;
  for (const auto& [id, subscription] : active_) {
    if (subscription.kind == SubscriptionKind::kNewHeads) {
      if (head.empty()) {
        JsonWriter out(head);
        write_header(out, *block);
      }
      send(subscription, head);
    } else if (subscription.kind == SubscriptionKind::kLogs) {
      send_logs(subscription, *block, false);
    }
  }
  if (backend_.dev() == nullptr || block->header.logs_bloom.is_zero()) return;
  revertible_.push_back(block);
  if (revertible_.size() > kRevertibleMax) revertible_.pop_front();
}

void EventHub::send_logs(const Subscription& subscription, const Block& block, bool removed) {
  if (!subscription.query.may_match(block.header.logs_bloom)) return;
  visit_logs(block, subscription.query, [&](const LogRecord& record) {
    std::string text;
    JsonWriter out(text);
    write_log(out, record, removed);
    send(subscription, text);
    return true;
  });
}

/// Blocks above `head` were taken back: their logs again, as removed, oldest first as geth has it.
void EventHub::announce_removed(u64 head) {
  std::vector<BlockPtr> removed;
  for (; !revertible_.empty() && revertible_.back()->header.number > head; revertible_.pop_back()) {
    removed.insert(removed.begin(), revertible_.back());
  }
  filters_.rewind(head, removed);
  const std::lock_guard lock(subscriptions_mutex_);
  for (const auto& [id, subscription] : active_) {
    if (subscription.kind != SubscriptionKind::kLogs) continue;
    for (const BlockPtr& block : removed) send_logs(subscription, *block, true);
  }
}

void EventHub::announce_pending(const SignedTransaction& tx) {
  {
    const std::lock_guard lock(pending_mutex_);
    pending_.push_back(tx.hash);
    ++pending_end_;
    if (pending_.size() > kPendingKept) pending_.pop_front();
  }
  const std::lock_guard lock(subscriptions_mutex_);
  std::string hash;
  std::string full;
  for (const auto& [id, subscription] : active_) {
    if (subscription.kind != SubscriptionKind::kPendingTransactions) continue;
    std::string& text = subscription.full ? full : hash;
    if (text.empty()) {
      JsonWriter out(text);
      if (subscription.full) {
        write_pending_transaction(out, tx);
      } else {
        out.hex(tx.hash);
      }
    }
    send(subscription, text);
  }
}

Result<std::string, RpcError> EventHub::subscribe(Session& session, Subscription subscription) {
  const std::lock_guard lock(subscriptions_mutex_);
  std::size_t& count = per_session_[session.id()];
  if (count >= config_.subscriptions_per_connection) {
    return fail(ErrorCode::kLimitExceeded, "too many subscriptions on this connection (limit " +
                                               std::to_string(config_.subscriptions_per_connection) + ")");
  }
  ++count;
  subscription.id = random_id();
  subscription.session_id = session.id();
  subscription.session = session.weak_from_this();
  std::string id = subscription.id;
  reserved_.emplace(id, std::move(subscription));
  return id;
}

void EventHub::activate(const std::string& id) {
  {
    const std::lock_guard lock(subscriptions_mutex_);
    auto node = reserved_.extract(id);
    if (node.empty()) return;  // unsubscribed or dropped meanwhile
    active_.insert(std::move(node));
  }
  count_pending_listeners();
}

bool EventHub::unsubscribe(const Session& session, const std::string& id) {
  {
    const std::lock_guard lock(subscriptions_mutex_);
    bool found = false;
    for (auto* table : {&reserved_, &active_}) {
      const auto it = table->find(id);
      if (it == table->end() || it->second.session_id != session.id()) continue;
      table->erase(it);
      found = true;
    }
    if (!found) return false;
    --per_session_[session.id()];
  }
  count_pending_listeners();
  return true;
}

void EventHub::drop(u64 session_id) {
  {
    const std::lock_guard lock(subscriptions_mutex_);
    if (per_session_.erase(session_id) == 0) return;
    for (auto* table : {&reserved_, &active_}) {
      std::erase_if(*table, [&](const auto& entry) { return entry.second.session_id == session_id; });
    }
  }
  count_pending_listeners();
}

void EventHub::count_pending_listeners() {
  std::size_t count = filters_.pending_count();
  const std::lock_guard lock(subscriptions_mutex_);
  for (const auto& [id, s] : active_) count += s.kind == SubscriptionKind::kPendingTransactions;
  pending_listeners_.store(count, std::memory_order_relaxed);
}

Result<std::string, RpcError> EventHub::add_filter(FilterPtr filter) {
  auto id = filters_.add(std::move(filter));
  if (id.ok()) count_pending_listeners();
  return id;
}

bool EventHub::remove_filter(const std::string& id) {
  const bool found = filters_.remove(id);
  if (found) count_pending_listeners();
  return found;
}

std::vector<Hash256> EventHub::pending_since(u64 from, u64& next) const {
  const std::lock_guard lock(pending_mutex_);
  next = pending_end_;
  const u64 first = pending_end_ - pending_.size();
  const u64 start = std::min(std::max(from, first), pending_end_);
  return {pending_.begin() + static_cast<std::ptrdiff_t>(start - first), pending_.end()};
}

u64 EventHub::pending_sequence() const {
  const std::lock_guard lock(pending_mutex_);
  return pending_end_;
}

bool EventHub::wait_for_receipt(const Hash256& hash, std::chrono::milliseconds timeout, const Completion& done) {
  {
    const std::lock_guard lock(waiters_mutex_);
    if (waiters_.size() >= config_.sync_waiters_max) return false;
    waiters_.emplace(hash, Waiter{hash, Clock::now() + timeout, timeout, done});
    waiter_count_.store(waiters_.size());
  }
  {
    const std::lock_guard lock(queue_mutex_);
  }  // run() is before its check of the count, or asleep and will hear us
  wake_.notify_one();
  // The block may have been announced before the waiter stood in the table.
  if (const auto mined = backend_.mined(hash)) {
    Completion first;
    {
      const std::lock_guard lock(waiters_mutex_);
      const auto it = waiters_.find(hash);
      if (it == waiters_.end()) return true;  // answered by finish_waiters
      first = std::move(it->second.done);
      waiters_.erase(it);
      waiter_count_.store(waiters_.size());
    }
    std::string text;
    JsonWriter out(text);
    write_receipt(out, *mined);
    first(std::move(text));
  }
  return true;
}

void EventHub::finish_waiters(const BlockPtr& block) {
  if (waiter_count_.load() == 0) return;
  std::vector<std::pair<Completion, u32>> ready;
  {
    const std::lock_guard lock(waiters_mutex_);
    for (u32 i = 0; i < block->transactions.size(); ++i) {
      const auto [begin, end] = waiters_.equal_range(block->transactions[i].hash);
      for (auto it = begin; it != end; ++it) ready.emplace_back(std::move(it->second.done), i);
      waiters_.erase(begin, end);
    }
    waiter_count_.store(waiters_.size());
  }
  for (const auto& [done, index] : ready) {
    std::string text;
    JsonWriter out(text);
    write_receipt(out, mined_transaction(block, index));
    done(std::move(text));
  }
}

void EventHub::expire_waiters(Clock::time_point now) {
  std::vector<Waiter> late;
  {
    const std::lock_guard lock(waiters_mutex_);
    for (auto it = waiters_.begin(); it != waiters_.end();) {
      if (it->second.deadline <= now) {
        late.push_back(std::move(it->second));
        it = waiters_.erase(it);
      } else {
        ++it;
      }
    }
    waiter_count_.store(waiters_.size());
  }
  for (const Waiter& waiter : late) waiter.done(Err(receipt_timeout(waiter.hash, waiter.timeout)));
}

std::size_t EventHub::subscription_count() const {
  const std::lock_guard lock(subscriptions_mutex_);
  return active_.size();
}

}  // namespace atlas::rpc
