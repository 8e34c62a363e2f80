// The mempool's other side: what the sequencer takes and reports back, and look-ups.
#include <algorithm>
#include <iterator>
#include <utility>

#include <sequencer/mempool.hpp>

namespace atlas::sequencer {
namespace {

/// Entries handled under one hold of the lock, so that submitters never wait for a whole block's worth.
constexpr std::size_t kChunk = 512;

u64 saturate(const u256& v) {
  return v.fits_u64() ? v.low_u64() : ~u64{0};
}

}  // namespace

void Mempool::open_block(const BlockContext& context, const u256& floor) {
  const std::lock_guard lock(mutex_);
  context_ = context;
  context_.base_fee = floor;  // a fee cap between floor and current base fee may wait
  floor_ = saturate(floor);
  ready_.set_base_fee(saturate(context.base_fee));
}

void Mempool::take(std::size_t max, std::vector<TxPtr>& out) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < max; ++i) {
    PoolEntry* entry = ready_.best();
    if (entry == nullptr) return;
    PoolSender& sender = *entry->sender;
    ready_.erase(*entry);
    entry->place = PoolEntry::Place::kInFlight;
    ++in_flight_;
    --executable_;
    ++sender.in_flight;
    ++sender.next_nonce;
    leave_standing(sender, *entry);
    if (const auto next = sender.queue.find(sender.next_nonce); next != sender.queue.end()) {
      next->second->turn = ++next_serial_;  // behind the other senders that pay the same
      ready_.insert(*next->second);
    }
    if (sender.queue.rbegin()->first < sender.next_nonce) unlink_eviction(sender);
    out.push_back(entry->tx);
  }
}

void Mempool::leave_flight(PoolEntry& entry) {
  if (entry.place != PoolEntry::Place::kInFlight) return;
  entry.place = PoolEntry::Place::kWaiting;
  --in_flight_;
  --entry.sender->in_flight;
}

void Mempool::give_back(std::span<const TxPtr> txs) {
  const std::lock_guard lock(mutex_);
  for (auto it = txs.rbegin(); it != txs.rend(); ++it) {
    const auto found = entries_.find((*it)->hash);
    if (found == entries_.end()) continue;  // removed meanwhile by a rewind
    PoolEntry& entry = *found->second;
    PoolSender& sender = *entry.sender;
    unplace_head(sender);
    leave_flight(entry);
    reindex(sender, std::min(sender.next_nonce, entry.nonce));
  }
}

void Mempool::drop_invalid(const TxPtr& tx, stf::TxError error, u64 account_nonce) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(tx->hash);
  if (found == entries_.end()) return;
  PoolEntry& entry = *found->second;
  PoolSender& sender = *entry.sender;
  unplace_head(sender);
  leave_flight(entry);
  discard(entry, DropReason::kInvalidAtExecution, error);
  discard_below(sender, account_nonce);
  reindex(sender, account_nonce);
  release_if_empty(sender);
}

/// Discards waiting entries whose nonce is used up. The head must not be in the ready queue.
void Mempool::discard_below(PoolSender& sender, u64 nonce) {
  for (auto it = sender.queue.begin(); it != sender.queue.end() && it->first < nonce;) {
    PoolEntry& entry = *(it++)->second;
    if (entry.place == PoolEntry::Place::kWaiting) discard(entry, DropReason::kNonceUsed);
  }
}

void Mempool::revisit(PoolSender& sender, const Account& account) {
  look_at(sender, account);
  const bool nonce_jumped = account.nonce > sender.next_nonce;  // EIP-7702 and creations use nonces up, too
  const bool overdrawn = sender.committed > sender.balance;
  if (!nonce_jumped && !overdrawn) return;
  unplace_head(sender);
  if (nonce_jumped) discard_below(sender, account.nonce);
  if (overdrawn) {
    for (auto it = sender.queue.begin(); it != sender.queue.end();) {
      PoolEntry& entry = *(it++)->second;
      if (entry.place == PoolEntry::Place::kWaiting && entry.cost > sender.balance) {
        discard(entry, DropReason::kUnfunded);
      }
    }
  }
  reindex(sender, std::max(sender.next_nonce, account.nonce));
}

void Mempool::on_block(const Block& block, std::span<const Address> changed, StatePtr head) {
  {
    const std::lock_guard lock(mutex_);
    head_.swap(head);
  }
  for (std::size_t begin = 0; begin < block.transactions.size(); begin += kChunk) {
    const std::size_t end = std::min(begin + kChunk, block.transactions.size());
    const std::lock_guard lock(mutex_);
    for (std::size_t i = begin; i < end; ++i) {
      const auto found = entries_.find(block.transactions[i].hash);
      if (found == entries_.end()) continue;
      PoolEntry& entry = *found->second;
      PoolSender& sender = *entry.sender;
      ENSURE(entry.place == PoolEntry::Place::kInFlight, "a transaction in a block was taken from the pool");
      leave_flight(entry);
      erase_entry(entry);
      release_if_empty(sender);
    }
  }
  for (std::size_t begin = 0; begin < changed.size(); begin += kChunk) {
    const std::lock_guard lock(mutex_);
    for (const Address& address : changed.subspan(begin, std::min(kChunk, changed.size() - begin))) {
      const auto found = senders_.find(address);
      if (found == senders_.end()) continue;
      PoolSender& sender = *found->second;
      revisit(sender, head_->account(address).value_or(Account{}));
      release_if_empty(sender);
    }
  }
}

void Mempool::on_rewind(StatePtr head) {
  const std::lock_guard lock(mutex_);
  ENSURE(in_flight_ == 0, "nothing is being executed while the head goes back");
  head_.swap(head);
  std::vector<PoolSender*> all;
  for (auto& [address, sender] : senders_) all.push_back(sender.get());
  for (PoolSender* sender : all) {
    const Account account = head_->account(sender->address).value_or(Account{});
    unplace_head(*sender);
    discard_below(*sender, account.nonce);
    reindex(*sender, account.nonce);
    revisit(*sender, account);
    release_if_empty(*sender);
  }
}

bool Mempool::wait(std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mutex_);
  sequencer_waits_ = true;
  ready_signal_.wait_until(lock, deadline, [this] { return woken_ || ready_.best() != nullptr; });
  sequencer_waits_ = false;
  woken_ = false;
  return ready_.best() != nullptr;
}

void Mempool::wake() {
  {
    const std::lock_guard lock(mutex_);
    woken_ = true;
  }
  ready_signal_.notify_one();
}

// ---- Look-ups and control ----

TxPtr Mempool::find(const Hash256& hash) const {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(hash);
  return found == entries_.end() ? nullptr : found->second->tx;
}

u64 Mempool::pending_nonce(const Address& address) const {
  const std::lock_guard lock(mutex_);
  if (const auto found = senders_.find(address); found != senders_.end()) return found->second->run_end;
  return head_->account(address).value_or(Account{}).nonce;
}

PoolCounts Mempool::counts() const {
  const std::lock_guard lock(mutex_);
  const u64 executable = executable_ + in_flight_;
  return {executable, entries_.size() - executable, bytes_, senders_.size()};
}

std::vector<Mempool::Item> Mempool::content(const Address* sender, std::size_t limit) const {
  std::vector<Item> out;
  const std::lock_guard lock(mutex_);
  const auto add = [&](const PoolSender& one) {
    for (const auto& [nonce, entry] : one.queue) {
      if (out.size() >= limit) return;
      out.push_back({entry->tx, nonce >= one.run_end});
    }
  };
  if (sender != nullptr) {
    if (const auto found = senders_.find(*sender); found != senders_.end()) add(*found->second);
    return out;
  }
  std::vector<const PoolSender*> all;
  all.reserve(senders_.size());
  for (const auto& [address, one] : senders_) all.push_back(one.get());
  std::sort(all.begin(), all.end(), [](const auto* a, const auto* b) { return a->address < b->address; });
  for (const PoolSender* one : all) add(*one);
  return out;
}

u64 Mempool::entry_tip() const {
  const std::lock_guard lock(mutex_);
  if (entries_.size() < limits_.max_transactions || evictions_.empty() || evictions_.begin()->gapped) {
    return limits_.min_tip_wei;
  }
  return std::max(limits_.min_tip_wei, evictions_.begin()->standing + 1);
}

std::optional<Dropped> Mempool::dropped(const Hash256& hash) const {
  const std::lock_guard lock(mutex_);
  // Newest first: a transaction may have been sent and dropped more than once.
  for (std::size_t i = 0; i < drops_.size(); ++i) {
    const Dropped& record = drops_[(next_drop_ + kDropMemory - 1 - i) % kDropMemory];
    if (record.hash == hash) return record;
  }
  return std::nullopt;
}

u64 Mempool::dropped_count(DropReason reason) const {
  const std::lock_guard lock(mutex_);
  return drop_counts_[static_cast<std::size_t>(reason)];
}

bool Mempool::remove(const Hash256& hash) {
  const std::lock_guard lock(mutex_);
  const auto found = entries_.find(hash);
  if (found == entries_.end() || found->second->place == PoolEntry::Place::kInFlight) return false;
  PoolEntry& entry = *found->second;
  PoolSender& sender = *entry.sender;
  unplace_head(sender);
  discard(entry, DropReason::kRequested);
  removed_on_request_ = true;
  reindex(sender, sender.next_nonce);
  release_if_empty(sender);
  return true;
}

void Mempool::clear() {
  std::vector<Hash256> hashes;
  {
    const std::lock_guard lock(mutex_);
    hashes.reserve(entries_.size());
    for (const auto& [hash, entry] : entries_) hashes.push_back(hash);
  }
  for (const Hash256& hash : hashes) remove(hash);
}

void Mempool::set_listener(PoolListener* listener) {
  listener_.store(listener, std::memory_order_release);
}

void Mempool::record_accepted(bool on) {
  const std::lock_guard lock(mutex_);
  recording_ = on;
  if (!on) accepted_ = {};
}

bool Mempool::take_accepted(std::vector<TxPtr>& out) {
  std::vector<TxPtr> taken;
  bool removed = false;
  {
    const std::lock_guard lock(mutex_);
    taken.swap(accepted_);
    removed = std::exchange(removed_on_request_, false);
  }
  std::move(taken.begin(), taken.end(), std::back_inserter(out));
  return removed;
}

void Mempool::find_many(std::span<const Hash256> hashes, std::vector<TxPtr>& out) const {
  for (std::size_t begin = 0; begin < hashes.size(); begin += kChunk) {
    const std::lock_guard lock(mutex_);
    for (const Hash256& hash : hashes.subspan(begin, std::min(kChunk, hashes.size() - begin))) {
      if (const auto found = entries_.find(hash); found != entries_.end()) out.push_back(found->second->tx);
    }
  }
}

void Mempool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake();
}

}  // namespace atlas::sequencer
