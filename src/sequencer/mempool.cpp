#include <random>

#include <recovery/recovery.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <sequencer/mempool.hpp>
#include <stf/delegation.hpp>
#include <stf/fees.hpp>

namespace atlas::sequencer {
namespace {

/// Insertions under one hold of the lock: some 100 µs.
constexpr std::size_t kInsertChunk = 64;

/// EIP-2: s at most n/2.
const u256 kHalfOrder = crypto::kSecp256k1Order >> 1;

u64 saturate(const u256& v) {
  return v.fits_u64() ? v.low_u64() : ~u64{0};
}

/// Sum that stops at 2^256 − 1, so that absurd costs compare as "more than anyone has".
u256 add_saturating(const u256& a, const u256& b) {
  bool carry = false;
  const u256 sum = u256::add(a, b, carry);
  return carry ? u256::max() : sum;
}

/// The most a transaction can take from its sender; absurd sums count as more than anyone has.
u256 cost_of(const Transaction& tx) {
  const auto cost = stf::largest_cost(tx);
  return cost ? *cost : u256::max();
}

u64 charged_bytes(const SignedTransaction& tx) {
  // The decoded form holds about what the encoded one does; the rest are the index nodes.
  constexpr u64 kIndexBytes = 192;
  return sizeof(SignedTransaction) + sizeof(PoolEntry) + kIndexBytes + 2 * tx.encoded.size();
}

Err<Refusal> refuse(PoolError error, std::string detail = {}) {
  return Err(Refusal{error, {}, {}, std::move(detail)});
}
Err<Refusal> refuse(stf::TxError error, std::string detail = {}) {
  return Err(Refusal{PoolError::kInvalid, {}, error, std::move(detail)});
}

std::string nonce_detail(u64 next, u64 given) {
  return "next nonce " + std::to_string(next) + ", tx nonce " + std::to_string(given);
}

u64 random_seed() {
  std::random_device device;
  return u64{device()} << 32 | device();
}

}  // namespace

std::string_view describe(DropReason reason) {
  switch (reason) {
    case DropReason::kInvalidAtExecution:
      return "invalid at execution";
    case DropReason::kReplaced:
      return "replaced";
    case DropReason::kEvicted:
      return "evicted by a better paying one";
    case DropReason::kUnfunded:
      return "balance no longer covers it";
    case DropReason::kNonceUsed:
      return "nonce used by another transaction";
    case DropReason::kRequested:
      return "removed on request";
  }
  return "?";
}

Mempool::Mempool(const PoolLimits& limits, StatePtr head, const stf::StfConfig& stf_config)
    : limits_(limits),
      stf_config_(stf_config),
      head_(std::move(head)),
      // Seeded, so that nobody can aim colliding addresses or hashes at the tables.
      entries_(0, SeededHash{random_seed()}),
      senders_(0, SeededHash{random_seed()}) {}

Mempool::~Mempool() {
  for (auto& [address, sender] : senders_) unlink_eviction(*sender);
  for (auto& [hash, entry] : entries_) {
    if (entry->place != PoolEntry::Place::kWaiting && entry->place != PoolEntry::Place::kInFlight) {
      ready_.erase(*entry);
    }
  }
}

// ---- Submission ----

/// What needs neither the pool nor the chain. The sender of the result is not yet known.
Result<SignedTransaction, Refusal> Mempool::decode(ByteView raw) const {
  if (raw.size() > limits_.max_transaction_bytes) {
    return refuse(PoolError::kOversized, "transaction size " + std::to_string(raw.size()) + ", limit " +
                                             std::to_string(limits_.max_transaction_bytes));
  }
  auto decoded = decode_transaction(raw);
  if (!decoded) return Err(Refusal{PoolError::kUndecodable, decoded.error(), {}, {}});
  SignedTransaction tx;
  tx.tx = std::move(decoded).value();
  tx.hash = crypto::keccak256(raw);
  tx.encoded.assign(raw.begin(), raw.end());
  return tx;
}

/// Under the lock: a flood of what is known or cannot get in is refused here, before the signature costs anything.
Result<void, Refusal> Mempool::screen(const SignedTransaction& tx) const {
  if (stopping_) return refuse(PoolError::kStopping);
  if (entries_.contains(tx.hash)) return refuse(PoolError::kAlreadyKnown);
  const u64 value = worth(saturate(tx.tx.max_fee_per_gas), saturate(tx.tx.max_priority_fee_per_gas));
  if (entries_.size() >= limits_.max_transactions && !evictions_.empty() && !evictions_.begin()->gapped &&
      value <= evictions_.begin()->standing) {
    return refuse(PoolError::kPoolFull);
  }
  return {};
}

/// The rest of what comes before the signature.
Result<void, Refusal> Mempool::check(const SignedTransaction& tx, const BlockContext& context) const {
  if (!tx.tx.chain_id && !allow_unprotected_) return refuse(PoolError::kUnprotected);
  if (const auto checked = stf::check_static(tx.tx, context, stf_config_); !checked) return refuse(checked.error());
  if (tx.tx.s > kHalfOrder) return Err(Refusal{PoolError::kUndecodable, TxDecodeError::kInvalidSignature, {}, {}});
  return {};
}

std::vector<Result<SignedTransaction, Refusal>> Mempool::prepare(std::span<const ByteView> raws) const {
  std::vector<Result<SignedTransaction, Refusal>> out;
  out.reserve(raws.size());
  for (const ByteView raw : raws) out.push_back(decode(raw));
  BlockContext context;
  const auto sieve = [&out](auto&& look) {
    for (auto& one : out) {
      if (!one) continue;
      if (auto good = look(*one); !good) one = Err(std::move(good).error());
    }
  };
  {
    const std::lock_guard lock(mutex_);
    context = context_;
    sieve([this](const SignedTransaction& tx) { return screen(tx); });
  }
  sieve([&](const SignedTransaction& tx) { return check(tx, context); });
  return out;
}

Result<TxPtr, Refusal> Mempool::submit(ByteView raw) {
  return std::move(submit_many({&raw, 1}).front());
}

std::vector<Result<TxPtr, Refusal>> Mempool::submit_many(std::span<const ByteView> raws) {
  auto prepared = prepare(raws);
  std::vector<recovery::Request> requests;
  requests.reserve(raws.size());
  for (const auto& one : prepared) {
    if (one) requests.push_back({signing_hash(one->tx), one->tx.r, one->tx.s, one->tx.y_parity});
  }
  std::vector<std::optional<Address>> senders(requests.size());
  recovery::recover_addresses(requests, senders);

  std::vector<Result<TxPtr, Refusal>> out;
  out.reserve(raws.size());
  auto sender = senders.begin();
  for (auto& one : prepared) {
    if (!one) {
      out.push_back(Err(std::move(one).error()));
    } else if (const auto recovered = *sender++; !recovered) {
      out.push_back(Err(Refusal{PoolError::kUndecodable, TxDecodeError::kInvalidSignature, {}, {}}));
    } else {
      one->sender = *recovered;
      out.push_back(std::make_shared<const SignedTransaction>(std::move(one).value()));
    }
  }
  insert(out);
  return out;
}

Result<TxPtr, Refusal> Mempool::add(SignedTransaction&& tx) {
  BlockContext context;
  {
    const std::lock_guard lock(mutex_);
    context = context_;
  }
  if (const auto checked = stf::check_static(tx.tx, context, stf_config_); !checked) {
    return refuse(checked.error());
  }
  Result<TxPtr, Refusal> result = std::make_shared<const SignedTransaction>(std::move(tx));
  insert({&result, 1});
  return result;
}

/// Admits each transaction of `txs` or puts the refusal in its place.
void Mempool::insert(std::span<Result<TxPtr, Refusal>> txs) {
  for (std::size_t begin = 0; begin < txs.size(); begin += kInsertChunk) {
    Executables executables;
    bool signal = false;
    {
      const std::lock_guard lock(mutex_);
      for (auto& tx : txs.subspan(begin, std::min(kInsertChunk, txs.size() - begin))) {
        if (!tx) continue;
        if (stopping_) {
          tx = refuse(PoolError::kStopping);
        } else if (auto admitted = admit(*tx, executables); !admitted) {
          tx = Err(std::move(admitted).error());
        }
      }
      signal = sequencer_waits_ && !executables.empty();
    }
    if (signal) ready_signal_.notify_one();
    notify(executables);
  }
}

Result<void, Refusal> Mempool::admit(const TxPtr& tx, Executables& executables) {
  if (entries_.contains(tx->hash)) return refuse(PoolError::kAlreadyKnown);
  PoolSender& sender = sender_of(tx->sender);
  struct Release {
    Mempool& pool;
    PoolSender& sender;
    ~Release() { pool.release_if_empty(sender); }
  } release{*this, sender};

  const u64 nonce = tx->tx.nonce;
  if (nonce < sender.next_nonce) {
    return refuse(stf::TxError::kNonceTooLow, nonce_detail(sender.next_nonce, nonce));
  }
  if (nonce == ~u64{0}) return refuse(stf::TxError::kNonceMax);
  if (!sender.may_send) return refuse(stf::TxError::kSenderNotEoa, "address " + to_hex(sender.address.view()));
  if (nonce > sender.run_end && nonce - sender.run_end > limits_.max_nonce_gap) {
    return refuse(PoolError::kNonceGap, nonce_detail(sender.run_end, nonce) + ", at most " +
                                            std::to_string(limits_.max_nonce_gap) + " ahead");
  }
  if (const auto old = sender.queue.find(nonce); old != sender.queue.end()) return replace(sender, *old->second, tx);
  if (sender.queue.size() >= limits_.max_per_sender) {
    return refuse(PoolError::kAccountLimit,
                  "at most " + std::to_string(limits_.max_per_sender) + " transactions of one sender");
  }
  auto entry = make_entry(tx, sender);
  if (worth(*entry) < limits_.min_tip_wei) {
    return refuse(PoolError::kUnderpriced, "tip needed " + std::to_string(limits_.min_tip_wei) + ", tip permitted " +
                                               std::to_string(worth(*entry)));
  }
  if (auto checked = check_account(sender, tx->tx, sender.committed, entry->cost); !checked) return checked;

  const bool gapped = nonce > sender.run_end;
  const u64 standing = std::min(worth(*entry), sender.eviction_hook.is_linked() ? sender.standing : ~u64{0});
  if (!make_room(sender, gapped, standing, entry->bytes)) return refuse(PoolError::kPoolFull);

  PoolEntry& placed = *entry;
  sender.queue.emplace(nonce, &placed);
  sender.committed = add_saturating(sender.committed, placed.cost);
  bytes_ += placed.bytes;
  entries_.emplace(tx->hash, std::move(entry));
  if (!gapped) {
    extend_run(sender, &executables);
    if (nonce == sender.next_nonce) place_head(sender);
  }
  const bool tail_gapped = sender.queue.rbegin()->first >= sender.run_end;
  if (!sender.eviction_hook.is_linked() || tail_gapped != sender.gapped || standing != sender.standing) {
    unlink_eviction(sender);
    sender.gapped = tail_gapped;
    sender.standing = standing;
    evictions_.insert(sender);
  }
  return {};
}

Result<void, Refusal> Mempool::replace(PoolSender& sender, PoolEntry& old, const TxPtr& tx) {
  const auto bumped = [&](const u256& was, const u256& is) {
    // Fees are below 2^248 here: a larger one fails the balance check of its own admission.
    return is.bit_length() > 248 || is * u256(100) >= was * u256(100 + u64{limits_.price_bump_percent});
  };
  const Transaction& before = old.tx->tx;
  if (!bumped(before.max_fee_per_gas, tx->tx.max_fee_per_gas) ||
      !bumped(before.max_priority_fee_per_gas, tx->tx.max_priority_fee_per_gas)) {
    return refuse(PoolError::kReplacementUnderpriced,
                  "both fees must rise by " + std::to_string(limits_.price_bump_percent) + " %");
  }
  auto entry = make_entry(tx, sender);
  const u256 others = sender.committed - old.cost;
  if (auto checked = check_account(sender, tx->tx, others, entry->cost); !checked) return checked;
  if (bytes_ - old.bytes + entry->bytes > limits_.max_bytes) return refuse(PoolError::kPoolFull);

  unplace_head(sender);
  PoolEntry& placed = *entry;
  discard(old, DropReason::kReplaced);
  sender.queue.emplace(placed.nonce, &placed);
  sender.committed = add_saturating(sender.committed, placed.cost);
  bytes_ += placed.bytes;
  entries_.emplace(tx->hash, std::move(entry));
  reindex(sender, sender.next_nonce);
  return {};
}

Result<void, Refusal> Mempool::check_account(const PoolSender& sender, const Transaction& tx, const u256& other_costs,
                                             const u256& cost) const {
  const u256 needed = add_saturating(other_costs, cost);
  if (needed <= sender.balance) return {};
  std::string detail = "address " + to_hex(sender.address.view()) + " have " + to_decimal(sender.balance);
  if (cost <= sender.balance) {
    detail += ", queued cost " + to_decimal(other_costs) + ", tx cost " + to_decimal(cost);
  } else {
    detail += " want " + to_decimal(cost_of(tx));
  }
  return refuse(stf::TxError::kInsufficientFunds, std::move(detail));
}

/// Evicts the tails of the cheapest senders until `bytes` fit; false if the newcomer is no better than they are.
bool Mempool::make_room(const PoolSender& newcomer, bool gapped, u64 standing, u64 bytes) {
  while (entries_.size() >= limits_.max_transactions || bytes_ + bytes > limits_.max_bytes) {
    if (evictions_.empty()) return false;
    PoolSender& victim = *evictions_.begin();
    const u64 exact = waiting_standing(victim);
    if (exact != victim.standing) {  // the bound was low: the order may change
      unlink_eviction(victim);
      victim.standing = exact;
      evictions_.insert(victim);
      continue;
    }
    const bool better = victim.gapped != gapped ? victim.gapped : standing > victim.standing;
    if (!better) return false;
    unplace_head(victim);
    discard(*victim.queue.rbegin()->second, DropReason::kEvicted);
    reindex(victim, victim.next_nonce);
    if (&victim != &newcomer) release_if_empty(victim);
  }
  return true;
}

bool Mempool::may_send(const Account& account) const {
  return stf_config_.contracts_may_send || !account.has_code() ||
         stf::delegation_target(head_->code(account.code_hash)).has_value();
}

PoolSender& Mempool::sender_of(const Address& address) {
  auto& slot = senders_[address];
  if (!slot) {
    // The account is read under the lock: a block that becomes visible later calls on_block, which looks again.
    const Account account = head_->account(address).value_or(Account{});
    slot = std::make_unique<PoolSender>();
    slot->address = address;
    slot->next_nonce = slot->run_end = account.nonce;
    slot->balance = account.balance;
    slot->may_send = may_send(account);
    slot->serial = ++next_serial_;
  }
  return *slot;
}

std::unique_ptr<PoolEntry> Mempool::make_entry(const TxPtr& tx, PoolSender& sender) {
  auto entry = std::make_unique<PoolEntry>();
  entry->tx = tx;
  entry->sender = &sender;
  entry->nonce = tx->tx.nonce;
  entry->fee_cap = saturate(tx->tx.max_fee_per_gas);
  entry->tip = std::min(entry->fee_cap, saturate(tx->tx.max_priority_fee_per_gas));
  entry->cost = cost_of(tx->tx);
  entry->arrival = ++next_serial_;
  entry->bytes = charged_bytes(*tx);
  return entry;
}

/// What a transaction pays the sequencer for a gas when the base fee stands at its floor.
u64 Mempool::worth(u64 fee_cap, u64 tip) const {
  return fee_cap < floor_ ? 0 : std::min(tip, fee_cap - floor_);
}
u64 Mempool::worth(const PoolEntry& entry) const {
  return worth(entry.fee_cap, entry.tip);
}

u64 Mempool::waiting_standing(const PoolSender& sender) const {
  u64 lowest = ~u64{0};
  for (auto it = sender.queue.lower_bound(sender.next_nonce); it != sender.queue.end(); ++it) {
    lowest = std::min(lowest, worth(*it->second));
  }
  return lowest;
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

void Mempool::unlink_eviction(PoolSender& sender) {
  if (sender.eviction_hook.is_linked()) evictions_.erase(evictions_.iterator_to(sender));
}

void Mempool::link_eviction(PoolSender& sender) {
  if (sender.queue.empty() || sender.queue.rbegin()->first < sender.next_nonce) return;  // all in flight
  sender.gapped = sender.queue.rbegin()->first >= sender.run_end;
  sender.standing = waiting_standing(sender);
  evictions_.insert(sender);
}

/// Forgets an entry that is not in the ready queue.
void Mempool::erase_entry(PoolEntry& entry) {
  PoolSender& sender = *entry.sender;
  sender.queue.erase(entry.nonce);
  // A saturated sum is only ever compared with balances; it is exact again once the queue is empty.
  sender.committed = sender.queue.empty() || sender.committed < entry.cost ? u256() : sender.committed - entry.cost;
  bytes_ -= entry.bytes;
  entries_.erase(entry.tx->hash);
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
