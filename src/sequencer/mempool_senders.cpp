// The mempool's senders: their queues, the order of eviction, and what leaves without a block.
#include <bit>

#include <sequencer/mempool.hpp>
#include <stf/delegation.hpp>

namespace atlas::sequencer {

void Mempool::look_at(PoolSender& sender, const Account& account) const {
  sender.balance = account.balance;
  sender.delegated = account.has_code() && stf::delegation_target(head_->code(account.code_hash)).has_value();
  sender.may_send = stf_config_.contracts_may_send || !account.has_code() || sender.delegated;
}

PoolSender& Mempool::sender_of(const Address& address) {
  auto& slot = senders_[address];
  if (!slot) {
    // The account is read under the lock: a block that becomes visible later calls on_block, which looks again.
    const Account account = head_->account(address).value_or(Account{});
    slot = std::make_unique<PoolSender>();
    slot->address = address;
    slot->next_nonce = slot->run_end = account.nonce;
    look_at(*slot, account);
    slot->serial = ++next_serial_;
  }
  return *slot;
}

// ---- A sender's queue ----

void Mempool::extend_run(PoolSender& sender, Executables* executables) {
  const u64 before = sender.run_end;
  const bool listens = executables != nullptr;
  for (auto it = sender.queue.find(sender.run_end); it != sender.queue.end() && it->first == sender.run_end; ++it) {
    if (listens) executables->push_back(it->second->tx);
    ++sender.run_end;
  }
  executable_ += sender.run_end - before;
}

void Mempool::place_head(PoolSender& sender) {
  const auto head = sender.queue.find(sender.next_nonce);
  if (head != sender.queue.end()) ready_.insert(*head->second);
}

void Mempool::unplace_head(PoolSender& sender) {
  const auto head = sender.queue.find(sender.next_nonce);
  if (head != sender.queue.end() && head->second->place != PoolEntry::Place::kWaiting) ready_.erase(*head->second);
}

/// Sets the nonce that is handed out next and rebuilds what follows from it and from `queue`. The head must not be in
/// the ready queue. O(length of the queue): for everything but the common paths of appending and taking.
void Mempool::reindex(PoolSender& sender, u64 next_nonce) {
  executable_ -= sender.run_end - sender.next_nonce;
  sender.next_nonce = sender.run_end = next_nonce;
  extend_run(sender, nullptr);
  place_head(sender);
  unlink_eviction(sender);
  link_eviction(sender);
}

// ---- Eviction ----

/// Equally paying senders share a full pool: who has twice as many waiting as another gives way.
u32 Mempool::weight_of(const PoolSender& sender, std::size_t more) {
  return static_cast<u32>(std::bit_width(sender.queue.size() - sender.in_flight + more));
}

void Mempool::measure_standing(PoolSender& sender) const {
  sender.standing = ~u64{0};
  sender.at_standing = 0;
  for (auto it = sender.queue.lower_bound(sender.next_nonce); it != sender.queue.end(); ++it) {
    const u64 value = worth(*it->second);
    if (value < sender.standing) {
      sender.standing = value;
      sender.at_standing = 0;
    }
    if (value == sender.standing) ++sender.at_standing;
  }
}

void Mempool::unlink_eviction(PoolSender& sender) {
  if (sender.eviction_hook.is_linked()) evictions_.erase(evictions_.iterator_to(sender));
}

void Mempool::link_eviction(PoolSender& sender) {
  if (sender.queue.empty() || sender.queue.rbegin()->first < sender.next_nonce) return;  // all in flight
  sender.gapped = sender.queue.rbegin()->first >= sender.run_end;
  sender.weight = weight_of(sender);
  measure_standing(sender);
  evictions_.insert(sender);
}

/// A waiting entry goes: the bound stays a bound. O(1).
void Mempool::leave_standing(PoolSender& sender, const PoolEntry& entry) {
  if (sender.at_standing != 0 && worth(entry) == sender.standing) --sender.at_standing;
}

/// Evicts the tails of the worst senders until `bytes` fit; false if the newcomer is no better than they are.
bool Mempool::make_room(const PoolSender& newcomer, bool gapped, u64 standing, u64 bytes) {
  while (entries_.size() >= limits_.max_transactions || bytes_ + bytes > limits_.max_bytes) {
    if (evictions_.empty()) return false;
    PoolSender& victim = *evictions_.begin();
    if (victim.at_standing == 0 || victim.weight != weight_of(victim)) {  // a bound was loose: the order may change
      unlink_eviction(victim);
      if (victim.at_standing == 0) measure_standing(victim);
      victim.weight = weight_of(victim);
      evictions_.insert(victim);
      continue;
    }
    const bool better = victim.gapped != gapped       ? victim.gapped
                        : standing != victim.standing ? standing > victim.standing
                                                      : victim.weight > weight_of(newcomer, 1);
    if (!better) return false;
    evict_tail(victim);
    if (&victim != &newcomer) release_if_empty(victim);
  }
  return true;
}

/// O(log n): under overload it runs for every transaction that comes in.
void Mempool::evict_tail(PoolSender& sender) {
  PoolEntry& tail = *sender.queue.rbegin()->second;
  if (tail.nonce < sender.run_end) {
    if (tail.place != PoolEntry::Place::kWaiting) ready_.erase(tail);
    --sender.run_end;
    --executable_;
  }
  leave_standing(sender, tail);
  unlink_eviction(sender);
  discard(tail, DropReason::kEvicted);
  if (sender.queue.empty() || sender.queue.rbegin()->first < sender.next_nonce) return;
  sender.gapped = sender.queue.rbegin()->first >= sender.run_end;
  sender.weight = weight_of(sender);
  evictions_.insert(sender);
}

// ---- Leaving ----

/// Forgets an entry that is not in the ready queue.
void Mempool::erase_entry(PoolEntry& entry) {
  PoolSender& sender = *entry.sender;
  sender.queue.erase(entry.nonce);
  // A saturated sum is only ever compared with balances; it is exact again once the queue is empty.
  sender.committed = sender.queue.empty() || sender.committed < entry.cost ? u256() : sender.committed - entry.cost;
  bytes_ -= entry.bytes;
  for (const Address& authority : entry.authorities) {
    const auto named = authorities_.find(authority);
    if (--named->second == 0) authorities_.erase(named);
  }
  entries_.erase(Hash256(entry.tx->hash));
}

void Mempool::discard(PoolEntry& entry, DropReason reason, stf::TxError error) {
  const Dropped record{entry.tx->hash, reason, error};
  if (drops_.size() < kDropMemory) {
    drops_.push_back(record);
  } else {
    drops_[next_drop_] = record;
  }
  next_drop_ = (next_drop_ + 1) % kDropMemory;
  ++drop_counts_[static_cast<std::size_t>(reason)];
  erase_entry(entry);
}

void Mempool::release_if_empty(PoolSender& sender) {
  if (!sender.queue.empty()) return;
  unlink_eviction(sender);
  senders_.erase(Address(sender.address));
}

void Mempool::notify(const Executables& executables) {
  PoolListener* listener = listener_.load(std::memory_order_acquire);
  if (listener == nullptr || !listener->wants_pending()) return;
  for (const TxPtr& tx : executables) listener->on_pending(tx);
}

}  // namespace atlas::sequencer
