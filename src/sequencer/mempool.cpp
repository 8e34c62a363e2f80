#include <algorithm>
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
/// Accepted transactions that nobody asked for by take_accepted(): then the journal's disk has stood still for long.
constexpr std::size_t kAcceptedMax = std::size_t{1} << 20;

/// EIP-2: s at most n/2.
const u256 kHalfOrder = crypto::kSecp256k1Order >> 1;

/// EIP-7702's magic byte before the tuple that is signed.
constexpr u8 kAuthorizationMagic = 0x05;

Hash256 authorization_hash(const Authorization& a) {
  const u8 magic[] = {kAuthorizationMagic};
  return crypto::keccak256(rlp::encode_list(
      [&](auto& out) {
        out.integer(a.chain_id);
        out.string(a.address);
        out.integer(a.nonce);
      },
      magic));
}

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
      senders_(0, SeededHash{random_seed()}),
      authorities_(0, SeededHash{random_seed()}),
      recovered_(random_seed()) {}

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

/// Under the lock: a flood of what is known or cannot get in is refused here, before the signature costs anything. Sets
/// the sender if it is known.
Result<void, Refusal> Mempool::screen(SignedTransaction& tx) const {
  if (stopping_) return refuse(PoolError::kStopping);
  if (entries_.contains(tx.hash)) return refuse(PoolError::kAlreadyKnown);
  const u64 value = worth(saturate(tx.tx.max_fee_per_gas), saturate(tx.tx.max_priority_fee_per_gas));
  if (value < limits_.min_tip_wei) {
    return refuse(PoolError::kUnderpriced,
                  "tip needed " + std::to_string(limits_.min_tip_wei) + ", tip permitted " + std::to_string(value));
  }
  if (entries_.size() >= limits_.max_transactions && !evictions_.empty() && !evictions_.begin()->gapped) {
    // At the same price it may still take the place of a sender that has several waiting.
    const PoolSender& worst = *evictions_.begin();
    if (value < worst.standing || (value == worst.standing && worst.weight <= 1)) return refuse(PoolError::kPoolFull);
  }
  if (const Address* sender = recovered_.find(tx.hash)) tx.sender = *sender;
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
    sieve([this](SignedTransaction& tx) { return screen(tx); });
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
  const auto unknown = [](const auto& one) { return one && one->sender.is_zero(); };
  for (const auto& one : prepared) {
    if (unknown(one)) requests.push_back({signing_hash(one->tx), one->tx.r, one->tx.s, one->tx.y_parity});
  }
  std::vector<std::optional<Address>> senders(requests.size());
  recovery::recover_addresses(requests, senders);

  Candidates candidates;
  candidates.reserve(raws.size());
  auto sender = senders.begin();
  for (auto& one : prepared) {
    if (unknown(one)) {
      if (const auto recovered = *sender++) {
        one->sender = *recovered;
      } else {
        one = Err(Refusal{PoolError::kUndecodable, TxDecodeError::kInvalidSignature, {}, {}});
      }
    }
    if (one) {
      candidates.push_back(Candidate{std::make_shared<const SignedTransaction>(std::move(one).value()), {}});
    } else {
      candidates.push_back(Err(std::move(one).error()));
    }
  }
  recover_authorities(candidates);
  insert(candidates);

  std::vector<Result<TxPtr, Refusal>> out;
  out.reserve(raws.size());
  for (auto& candidate : candidates) {
    if (candidate) {
      out.push_back(std::move(candidate->tx));
    } else {
      out.push_back(Err(std::move(candidate).error()));
    }
  }
  return out;
}

/// Signers of EIP-7702 tuples, of transactions whose sender could pay for them: up to 671 a transaction.
void Mempool::recover_authorities(Candidates& candidates) const {
  const auto has_tuples = [](const auto& one) { return one && !one->tx->tx.authorizations.empty(); };
  if (std::none_of(candidates.begin(), candidates.end(), has_tuples)) return;
  StatePtr head;
  {
    const std::lock_guard lock(mutex_);
    head = head_;
  }
  for (auto& candidate : candidates) {
    if (!has_tuples(candidate)) continue;
    const SignedTransaction& tx = *candidate->tx;
    const Account account = head->account(tx.sender).value_or(Account{});
    if (tx.tx.nonce < account.nonce || cost_of(tx.tx) > account.balance) continue;  // admit() says what is wrong
    std::vector<recovery::Request> requests;
    for (const Authorization& a : tx.tx.authorizations) {
      if (a.s <= kHalfOrder) requests.push_back({authorization_hash(a), a.r, a.s, a.y_parity});
    }
    std::vector<std::optional<Address>> signers(requests.size());
    recovery::recover_addresses(requests, signers);
    auto& authorities = candidate->authorities;
    for (const auto& signer : signers) {
      if (signer) authorities.push_back(*signer);
    }
    std::sort(authorities.begin(), authorities.end());
    authorities.erase(std::unique(authorities.begin(), authorities.end()), authorities.end());
  }
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
  Candidates candidates;
  candidates.push_back(Candidate{std::make_shared<const SignedTransaction>(std::move(tx)), {}});
  recover_authorities(candidates);
  insert(candidates);
  auto& candidate = candidates.front();
  if (!candidate) return Err(std::move(candidate).error());
  return std::move(candidate->tx);
}

/// Admits each of `candidates` or puts the refusal in its place.
void Mempool::insert(Candidates& candidates) {
  for (std::size_t begin = 0; begin < candidates.size(); begin += kInsertChunk) {
    Executables executables;
    bool signal = false;
    {
      const std::lock_guard lock(mutex_);
      const auto chunk = std::span(candidates).subspan(begin, std::min(kInsertChunk, candidates.size() - begin));
      for (auto& candidate : chunk) {
        if (!candidate) continue;
        recovered_.insert(candidate->tx->hash, candidate->tx->sender);
        if (stopping_) {
          candidate = refuse(PoolError::kStopping);
        } else if (auto admitted = admit(*candidate, executables); !admitted) {
          candidate = Err(std::move(admitted).error());
        } else if (recording_ && accepted_.size() < kAcceptedMax) {
          accepted_.push_back(candidate->tx);
        }
      }
      signal = sequencer_waits_ && !executables.empty();
    }
    if (signal) ready_signal_.notify_one();
    notify(executables);
  }
}

Result<void, Refusal> Mempool::admit(Candidate& candidate, Executables& executables) {
  const TxPtr& tx = candidate.tx;
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
  if (auto checked = check_delegation(sender, candidate); !checked) return checked;
  if (nonce > sender.run_end && nonce - sender.run_end > limits_.max_nonce_gap) {
    return refuse(PoolError::kNonceGap, nonce_detail(sender.run_end, nonce) + ", at most " +
                                            std::to_string(limits_.max_nonce_gap) + " ahead");
  }
  if (const auto old = sender.queue.find(nonce); old != sender.queue.end()) {
    return replace(sender, *old->second, candidate);
  }
  if (sender.queue.size() >= limits_.max_per_sender) {
    return refuse(PoolError::kAccountLimit,
                  "at most " + std::to_string(limits_.max_per_sender) + " transactions of one sender");
  }
  auto entry = make_entry(candidate, sender);
  const u64 value = worth(*entry);
  if (value < limits_.min_tip_wei) {
    return refuse(PoolError::kUnderpriced,
                  "tip needed " + std::to_string(limits_.min_tip_wei) + ", tip permitted " + std::to_string(value));
  }
  if (auto checked = check_account(sender, tx->tx, sender.committed, entry->cost); !checked) return checked;

  const bool gapped = nonce > sender.run_end;
  const u64 standing = std::min(value, sender.eviction_hook.is_linked() ? sender.standing : ~u64{0});
  if (!make_room(sender, gapped, standing, entry->bytes)) return refuse(PoolError::kPoolFull);

  place(sender, std::move(entry));
  if (!gapped) {
    extend_run(sender, &executables);
    if (nonce == sender.next_nonce) place_head(sender);
  }
  if (!sender.eviction_hook.is_linked()) {
    link_eviction(sender);
    return {};
  }
  const bool tail_gapped = sender.queue.rbegin()->first >= sender.run_end;
  const u32 weight = weight_of(sender);
  if (value == sender.standing && sender.at_standing != 0) ++sender.at_standing;
  if (value < sender.standing || tail_gapped != sender.gapped || weight > sender.weight) {
    unlink_eviction(sender);
    sender.gapped = tail_gapped;
    sender.weight = weight;
    if (value < sender.standing) {
      sender.standing = value;
      sender.at_standing = 1;
    }
    evictions_.insert(sender);
  }
  return {};
}

/// EIP-7702: code of another account may take the balance of a delegated one at any time, so what waits of it may
/// become worthless all at once. One transaction at a time, as in geth.
Result<void, Refusal> Mempool::check_delegation(const PoolSender& sender, const Candidate& candidate) const {
  const u64 nonce = candidate.tx->tx.nonce;
  if (sender.delegated || authorities_.contains(sender.address)) {
    const bool replaces = sender.queue.contains(nonce);
    if (!replaces && !sender.queue.empty()) return refuse(PoolError::kDelegatedLimit);
    if (!replaces && nonce != sender.run_end) {
      return refuse(PoolError::kDelegatedGap, nonce_detail(sender.run_end, nonce));
    }
  }
  for (const Address& authority : candidate.authorities) {
    const auto found = senders_.find(authority);
    if (found != senders_.end() && found->second->queue.size() > 1) {
      return refuse(PoolError::kAuthorityReserved, "address " + to_hex(authority) + " has " +
                                                       std::to_string(found->second->queue.size()) +
                                                       " transactions waiting");
    }
  }
  return {};
}

Result<void, Refusal> Mempool::replace(PoolSender& sender, PoolEntry& old, Candidate& candidate) {
  const TxPtr& tx = candidate.tx;
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
  auto entry = make_entry(candidate, sender);
  const u256 others = sender.committed - old.cost;
  if (auto checked = check_account(sender, tx->tx, others, entry->cost); !checked) return checked;
  if (bytes_ - old.bytes + entry->bytes > limits_.max_bytes) return refuse(PoolError::kPoolFull);

  unplace_head(sender);
  discard(old, DropReason::kReplaced);
  place(sender, std::move(entry));
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

std::unique_ptr<PoolEntry> Mempool::make_entry(Candidate& candidate, PoolSender& sender) {
  const TxPtr& tx = candidate.tx;
  auto entry = std::make_unique<PoolEntry>();
  entry->tx = tx;
  entry->sender = &sender;
  entry->nonce = tx->tx.nonce;
  entry->fee_cap = saturate(tx->tx.max_fee_per_gas);
  entry->tip = std::min(entry->fee_cap, saturate(tx->tx.max_priority_fee_per_gas));
  entry->cost = cost_of(tx->tx);
  entry->arrival = entry->turn = ++next_serial_;
  entry->bytes = charged_bytes(*tx);
  entry->authorities = std::move(candidate.authorities);
  return entry;
}

void Mempool::place(PoolSender& sender, std::unique_ptr<PoolEntry> entry) {
  PoolEntry& placed = *entry;
  sender.queue.emplace(placed.nonce, &placed);
  sender.committed = add_saturating(sender.committed, placed.cost);
  bytes_ += placed.bytes;
  for (const Address& authority : placed.authorities) ++authorities_[authority];
  entries_.emplace(placed.tx->hash, std::move(entry));
}

/// What a transaction pays the sequencer for a gas when the base fee stands at its floor.
u64 Mempool::worth(u64 fee_cap, u64 tip) const {
  return fee_cap < floor_ ? 0 : std::min(tip, fee_cap - floor_);
}
u64 Mempool::worth(const PoolEntry& entry) const {
  return worth(entry.fee_cap, entry.tip);
}

}  // namespace atlas::sequencer
