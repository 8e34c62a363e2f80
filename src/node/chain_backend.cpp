#include <algorithm>

#include <evm/evm.hpp>
#include <node/chain_backend.hpp>

namespace atlas::node {
namespace {

/// What a wallet is told to tip while the pool has room: 2 % of the default base fee floor, so that it stands before
/// those who tip nothing.
constexpr u64 kSuggestedTipWei = 1'000'000;

rpc::SubmitCode code_of(stf::TxError error) {
  using rpc::SubmitCode;
  using stf::TxError;
  switch (error) {
    case TxError::kUnsupportedType:
      return SubmitCode::kUnsupportedType;
    case TxError::kWrongChainId:
      return SubmitCode::kWrongChainId;
    case TxError::kNonceTooLow:
      return SubmitCode::kNonceTooLow;
    case TxError::kNonceTooHigh:
      return SubmitCode::kNonceTooHigh;
    case TxError::kNonceMax:
      return SubmitCode::kNonceMax;
    case TxError::kSenderNotEoa:
      return SubmitCode::kSenderNotEoa;
    case TxError::kGasLimitAboveBlock:
      return SubmitCode::kGasLimit;
    case TxError::kGasLimitAboveCap:
      return SubmitCode::kGasCap;
    case TxError::kIntrinsicGasTooLow:
      return SubmitCode::kIntrinsicGas;
    case TxError::kFloorGasTooLow:
      return SubmitCode::kFloorGas;
    case TxError::kInitCodeTooLarge:
      return SubmitCode::kInitCodeTooLarge;
    case TxError::kPriorityFeeAboveMaxFee:
      return SubmitCode::kTipAboveFeeCap;
    case TxError::kMaxFeeBelowBaseFee:
      return SubmitCode::kFeeCapBelowBaseFee;
    case TxError::kInsufficientFunds:
    case TxError::kValueOverflow:
      return SubmitCode::kInsufficientFunds;
    case TxError::kEmptyAuthorizationList:
      return SubmitCode::kEmptyAuthorizations;
    case TxError::kSetCodeWithoutTo:
      return SubmitCode::kSetCodeWithoutTo;
    default:
      return SubmitCode::kUnsupportedType;  // blob transactions
  }
}

rpc::SubmitCode code_of(sequencer::PoolError error) {
  using rpc::SubmitCode;
  using sequencer::PoolError;
  switch (error) {
    case PoolError::kUnprotected:
      return SubmitCode::kUnprotected;
    case PoolError::kOversized:
      return SubmitCode::kOversized;
    case PoolError::kAlreadyKnown:
      return SubmitCode::kAlreadyKnown;
    case PoolError::kUnderpriced:
      return SubmitCode::kUnderpriced;
    case PoolError::kReplacementUnderpriced:
      return SubmitCode::kReplacementUnderpriced;
    case PoolError::kNonceGap:
      return SubmitCode::kNonceTooHigh;
    case PoolError::kAccountLimit:
      return SubmitCode::kAccountLimit;
    case PoolError::kDelegatedLimit:
      return SubmitCode::kDelegatedLimit;
    case PoolError::kDelegatedGap:
      return SubmitCode::kDelegatedGap;
    case PoolError::kAuthorityReserved:
      return SubmitCode::kAuthorityReserved;
    case PoolError::kPoolFull:
      return SubmitCode::kPoolFull;
    case PoolError::kStopping:
      return SubmitCode::kStopping;
    case PoolError::kUndecodable:
    case PoolError::kInvalid:
      break;
  }
  return SubmitCode::kInternal;
}

rpc::MinedTransaction to_mined(const storage::MinedTransaction& found) {
  rpc::MinedTransaction out;
  out.block_hash = found.block_hash;
  out.block_number = found.block_number;
  out.block_timestamp = found.block_timestamp;
  out.base_fee = found.base_fee;
  out.index = found.index;
  out.first_log_index = found.first_log_index;
  out.tx = found.transaction;
  out.receipt = found.receipt;
  return out;
}

rpc::SubmitResult to_result(const Result<sequencer::TxPtr, sequencer::Refusal>& result) {
  if (!result) return Err(submit_error(result.error()));
  return (*result)->hash;
}

}  // namespace

rpc::SubmitError submit_error(const sequencer::Refusal& refusal) {
  using sequencer::PoolError;
  if (refusal.error == PoolError::kInvalid) return {code_of(refusal.tx_error), refusal.detail};
  if (refusal.error != PoolError::kUndecodable) return {code_of(refusal.error), refusal.detail};
  switch (refusal.decode_error) {
    case TxDecodeError::kInvalidSignature:
      return {rpc::SubmitCode::kInvalidSender, describe(refusal.decode_error)};
    case TxDecodeError::kUnsupportedType:
    case TxDecodeError::kBlobType:
      return {rpc::SubmitCode::kUnsupportedType, describe(refusal.decode_error)};
    default:
      return {rpc::SubmitCode::kDecode, describe(refusal.decode_error)};
  }
}

ChainBackend::ChainBackend(const sequencer::ChainRules& rules, storage::ChainStore& store, sequencer::Mempool& pool,
                           sequencer::Sequencer& sequencer)
    : rules_(rules), store_(store), pool_(pool), sequencer_(sequencer) {
  pool_.set_listener(this);
}

ChainBackend::~ChainBackend() {
  pool_.set_listener(nullptr);
}

std::string ChainBackend::client_version() const {
  // Hardhat's network helpers speak to nothing whose name does not begin like a development node's that they know.
  return dev_ == nullptr ? "atlas/v" ATLAS_VERSION "/linux-amd64/c++20"
                         : "anvil-compatible atlas/v" ATLAS_VERSION "/linux-amd64/c++20";
}

// ---- Blocks and transactions ----

rpc::BlockPtr ChainBackend::head() const {
  return store_.head();
}
u64 ChainBackend::oldest_block() const {
  return store_.oldest_block();
}
rpc::BlockPtr ChainBackend::block_by_number(u64 number) const {
  return store_.block_by_number(number);
}
rpc::BlockPtr ChainBackend::block_by_hash(const Hash256& hash) const {
  return store_.block_by_hash(hash);
}

Hash256 ChainBackend::block_hash(u64 number) const {
  const auto header = store_.header_by_number(number);
  return header ? header->hash : Hash256{};
}

std::optional<rpc::MinedTransaction> ChainBackend::mined(const Hash256& hash) const {
  const auto found = store_.transaction(hash);
  if (!found) return std::nullopt;
  return to_mined(*found);
}

u64 ChainBackend::tag_number(rpc::BlockTag tag) const {
  // Without L1 every durable block is as final as it gets.
  return tag == rpc::BlockTag::kEarliest ? 0 : store_.head()->header.number;
}

// ---- State ----

rpc::StatePtr ChainBackend::state_at(u64 block_number) const {
  return store_.view_at(block_number);
}

rpc::StatePtr ChainBackend::head_state() const {
  // The head may move, and with a tiny window be pruned, between the two calls.
  for (;;) {
    if (auto view = store_.view_at(store_.head()->header.number)) return view;
  }
}

u64 ChainBackend::oldest_state() const {
  return store_.oldest_view();
}

BlockContext ChainBackend::context_of(const BlockHeader& header) const {
  return stf::context_of(rules_, header);
}

BlockContext ChainBackend::pending_context() const {
  return sequencer_.pending_context();
}

u256 ChainBackend::base_fee_after(const BlockHeader& parent) const {
  return stf::next_base_fee(parent, rules_.base_fee_denominator, rules_.base_fee_floor_wei);
}

std::unique_ptr<ExecutionEnvironment> ChainBackend::make_environment() const {
  return std::make_unique<evm::Evm>();
}

// ---- Logs ----

void ChainBackend::for_each_log(const rpc::LogQuery& query, const rpc::LogVisitor& visit) const {
  storage::LogQuery stored;
  stored.from_block = query.from_block;
  stored.to_block = query.to_block;
  stored.addresses = query.addresses;
  stored.topics = query.topics;
  const auto adapt = [&](const storage::LogRecord& in) {
    // geth: a filter with more topics than a log has does not match it, whatever the surplus ones say.
    if (stored.topics.size() > in.log->topics.size()) return true;
    rpc::LogRecord out;
    out.log = in.log;
    out.block_hash = in.block_hash;
    out.tx_hash = in.transaction_hash;
    out.block_number = in.block_number;
    out.block_timestamp = in.block_timestamp;
    out.tx_index = in.transaction_index;
    out.log_index = in.log_index;
    return visit(out);
  };
  // The store stops after a bounded amount of work; RPC bounds the range and the time, so the walk goes on.
  for (;;) {
    const storage::LogQueryOutcome outcome = store_.for_each_log(stored, adapt);
    if (outcome.end != storage::LogQueryEnd::kWorkLimit) return;
    stored.from_block = outcome.next_block;
  }
}

// ---- Transactions by address ----

rpc::WalkEnd ChainBackend::for_each_transaction(const rpc::AddressQuery& query,
                                                const rpc::TransactionVisitor& visit) const {
  storage::AddressQuery stored;
  stored.address = query.address;
  stored.from_block = query.from_block;
  stored.to_block = query.to_block;
  stored.newest_first = query.newest_first;
  const auto outcome = store_.for_each_transaction(
      stored, [&](const storage::MinedTransaction& found) { return visit(to_mined(found)); });
  return {outcome.end == storage::LogQueryEnd::kComplete, outcome.next_block};
}

std::optional<rpc::ContractCreation> ChainBackend::creation(const Address& contract) const {
  const auto found = store_.creation(contract);
  if (!found) return std::nullopt;
  return rpc::ContractCreation{found->transaction, found->creator};
}

u64 ChainBackend::first_indexed() const {
  return store_.first_indexed();
}

// ---- Mempool ----

/// As one who has seen the head may find it.
sequencer::Mempool& ChainBackend::pool() const {
  sequencer_.wait_pool();
  return pool_;
}

rpc::SubmitResult ChainBackend::submit(ByteView raw) {
  return to_result(pool().submit(raw));
}

std::vector<rpc::SubmitResult> ChainBackend::submit_many(const std::vector<ByteView>& raws) {
  std::vector<rpc::SubmitResult> out;
  out.reserve(raws.size());
  for (const auto& result : pool().submit_many(raws)) out.push_back(to_result(result));
  return out;
}

u64 ChainBackend::pending_nonce(const Address& address) const {
  return pool_.pending_nonce(address);
}
rpc::TxPtr ChainBackend::pool_transaction(const Hash256& hash) const {
  return pool_.find(hash);
}

rpc::PoolCount ChainBackend::pool_count() const {
  const auto counts = pool().counts();
  return {counts.executable, counts.queued};
}

std::vector<rpc::PoolEntry> ChainBackend::pool_content(const Address* sender, std::size_t limit) const {
  std::vector<rpc::PoolEntry> out;
  for (auto& item : pool().content(sender, limit)) out.push_back({std::move(item.tx), item.queued});
  return out;
}

u256 ChainBackend::suggested_priority_fee() const {
  return std::max(kSuggestedTipWei, pool_.entry_tip());
}

// ---- Listeners ----

void ChainBackend::add_listener(rpc::ChainListener* listener) {
  const std::unique_lock lock(listeners_mutex_);
  listeners_.push_back(listener);
}

void ChainBackend::remove_listener(rpc::ChainListener* listener) {
  const std::unique_lock lock(listeners_mutex_);  // waits for calls in progress
  std::erase(listeners_, listener);
}

void ChainBackend::announce_block(const rpc::BlockPtr& block) {
  const std::shared_lock lock(listeners_mutex_);
  for (rpc::ChainListener* listener : listeners_) listener->on_block(block);
}

void ChainBackend::announce_rewind(const rpc::BlockPtr& head) {
  const std::shared_lock lock(listeners_mutex_);
  for (rpc::ChainListener* listener : listeners_) listener->on_rewind(head);
}

bool ChainBackend::wants_pending() const {
  const std::shared_lock lock(listeners_mutex_);
  return std::any_of(listeners_.begin(), listeners_.end(), [](const auto* l) { return l->wants_pending(); });
}

void ChainBackend::on_pending(const sequencer::TxPtr& tx) {
  const std::shared_lock lock(listeners_mutex_);
  for (rpc::ChainListener* listener : listeners_) {
    if (listener->wants_pending()) listener->on_pending(tx);
  }
}

}  // namespace atlas::node
