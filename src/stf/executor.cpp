#include <evm/native_costs.hpp>
#include <evm/precompile.hpp>
#include <stf/delegation.hpp>
#include <stf/driver.hpp>
#include <stf/fees.hpp>
#include <stf/metering.hpp>
#include <stf/placements.hpp>
#include <stf/stf.hpp>
#include <stf/system_contracts.hpp>

namespace atlas::stf {
namespace {

constexpr u64 kMaxRefundQuotient = 5;  // EIP-3529
constexpr u64 kMaxFrameGas = ~u64{0} >> 1;
// A priority transaction's leaves beside what it changes: the refund's recipient, new, and the fee's.
constexpr u64 kL1TransactionPubdata = 65;
constexpr unsigned kLastPrecompile = 0x1ff;  // beyond all that any fork has; find_precompile() knows which exist

// On what terms a message runs.
struct Terms {
  TxType type = TxType::kDynamicFee;
  BlockPrices prices;
  u256 gas_price;
  u64 gas_per_pubdata_byte = 0;  // instead of prices: of a priority transaction
  u256 paid;                     // taken from the sender for gas
  u256 credit;                   // minted to the sender, unless the message fails
  bool raises_nonce = true;
};

}  // namespace

struct BlockExecutor::Impl {
  Impl(std::unique_ptr<Journal> own, Journal& shared, const BlockContext& context, const BlockHashes& hashes,
       ExecutionEnvironment& environment, const StfConfig& c)
      : block(context),
        config(c),
        own_journal(std::move(own)),
        journal(shared),
        host{block, tx_context, journal, hashes},
        driver(host, environment) {
    journal.begin_block();
    if (config.count_pubdata) journal.limit_code(kTransactionCodeMax);
    for (unsigned i = 1; i <= kLastPrecompile; ++i) {
      const Address address = u256(i).to_address();
      if (evm::find_precompile(address, block.fork) != nullptr) journal.keep_warm(address);
    }
    journal.keep_warm(block.coinbase);  // EIP-3651
  }

  const BlockContext block;
  const StfConfig config;
  const std::unique_ptr<Journal> own_journal;  // null if the journal is another's
  Journal& journal;
  TxContext tx_context;
  Host host;
  FrameDriver driver;
  u64 gas_used = 0;
  u64 transactions = 0;
  u64 native_used = 0;
  u64 pubdata_used = 0;
  u64 l1_logs = 0;
  L1MessagesSize published;  // of the last transaction
  NativeMeter meter;
  TransactionChanges changes;  // scratch
  ExecutionResult last;

  void execute(const Message& message, const IntrinsicGas& gas, const Terms& terms, ExecutionResult& out);
  static u64 intrinsic_native(const Message& message);
  L1MessagesSize count_published(const Message& message, const Terms& terms);
  void count_resources(const Message& message, const Terms& terms, i64 meter_begin, FeeSum& fee);
  bool fits_block() const;
  Receipt finish(const SignedTransaction& tx, const u256& price);
  Result<Receipt, TxError> apply_l1(const SignedTransaction& tx);
  void execute_placements(const Message& upgrade, const IntrinsicGas& gas, const Terms& terms);
  void warm(const Message& message);
  u64 process_authorizations(std::span<const Authorization> authorizations);
  bool apply_authorization(const Authorization& authorization, bool& existed);
  void system_call(const Address& contract, ByteView input);
};

// EIP-2929, EIP-2930.
void BlockExecutor::Impl::warm(const Message& message) {
  journal.access_account(message.from);
  for (const AccessListEntry& entry : message.access_list) {
    journal.access_account(entry.address);
    for (const u256& slot : entry.slots) journal.warm_slot(entry.address, slot);
  }
  if (message.to) journal.access_account(*message.to);
}

// EIP-7702, "Behavior", steps 1 to 9. False: the tuple is invalid and skipped.
bool BlockExecutor::Impl::apply_authorization(const Authorization& authorization, bool& existed) {
  if (!authorization.chain_id.is_zero() && authorization.chain_id != u256(block.chain_id)) return false;
  if (authorization.nonce == ~u64{0}) return false;
  const auto authority = recover_authority(authorization);
  if (!authority) return false;
  journal.access_account(*authority);
  const ByteView code = journal.code(*authority);
  if (!code.empty() && !delegation_target(code)) return false;
  if (journal.nonce(*authority) != authorization.nonce) return false;
  existed = journal.exists(*authority);
  const bool clears = authorization.address.is_zero();
  journal.set_code(*authority, clears ? Bytes{} : delegation_code(authorization.address));
  journal.set_nonce(*authority, authorization.nonce + 1);
  return true;
}

// Returns the gas refunded for accounts that existed before.
u64 BlockExecutor::Impl::process_authorizations(std::span<const Authorization> authorizations) {
  u64 refund = 0;
  for (const Authorization& authorization : authorizations) {
    bool existed = false;
    if (apply_authorization(authorization, existed) && existed) {
      refund += kNewAccountAuthorizationGas - kAuthorizationGas;
    }
  }
  return refund;
}

// What it costs to prove a message before its first instruction.
u64 BlockExecutor::Impl::intrinsic_native(const Message& message) {
  using namespace evm::native;
  u64 cycles = kTransaction + kTransactionByte * message.data.size() + kAuthorization * message.authorizations.size();
  for (const AccessListEntry& entry : message.access_list) cycles += kColdAccount + kColdSlot * entry.slots.size();
  return cycles;
}

// From warming to the last gas; payment is the caller's, who took `terms.paid` beforehand. The gas limit covers `gas`.
void BlockExecutor::Impl::execute(const Message& message, const IntrinsicGas& gas, const Terms& terms,
                                  ExecutionResult& out) {
  warm(message);
  meter.left = static_cast<i64>(native_limit(message.gas_limit, terms.prices, terms.gas_price));
  host.native = block.native_price != 0 ? &meter : nullptr;
  const i64 meter_begin = meter.left;
  meter.use(intrinsic_native(message));
  CallRequest request;
  // Environments count gas in an i64. Beyond that (tests only: the chain has EIP-7825) the rest is set aside; what runs
  // could not burn it in a lifetime, but an exceptional halt takes it along.
  const u64 gas_available = message.gas_limit - gas.intrinsic;
  request.gas = std::min(gas_available, kMaxFrameGas);
  request.sender = message.from;
  request.value = message.value;
  request.input = message.data;
  u64 refund = 0;
  const u64 nonce = journal.nonce(message.from);
  if (message.to) {
    if (terms.raises_nonce && nonce != ~u64{0})
      journal.set_nonce(message.from, nonce + 1);  // at its limit only in calls
    refund = process_authorizations(message.authorizations);
    request.recipient = request.code_address = *message.to;
    if (const auto target = delegation_target(journal.code(*message.to))) journal.access_account(*target);
  } else {
    request.kind = CallKind::kCreate;
  }
  const Journal::Checkpoint before_run = journal.checkpoint();
  if (!terms.credit.is_zero()) journal.add_balance(message.from, terms.credit);
  const CallResult& result = driver.run(request);
  if (result.gas_refund > 0) refund += static_cast<u64>(result.gas_refund);

  const u64 set_aside = result.status == FrameStatus::kFailure ? 0 : gas_available - request.gas;
  FeeSum& fee = out.fee;
  fee = FeeSum{};
  fee.intrinsic_gas = gas.intrinsic;
  fee.floor_gas = gas.floor;
  fee.spent_gas = message.gas_limit - result.gas_left - set_aside;
  out.status = result.status;
  out.halt = result.halt;
  out.gas_refunded = fee.refunded_gas = std::min(refund, fee.spent_gas / kMaxRefundQuotient);
  fee.evm_gas = std::max(fee.spent_gas - out.gas_refunded, gas.floor);
  out.output.assign(result.output.begin(), result.output.end());
  out.created.reset();
  if (!message.to && result.status == FrameStatus::kSuccess) out.created = result.created;
  if (out.status != FrameStatus::kSuccess && !terms.credit.is_zero()) journal.revert_to(before_run);

  count_resources(message, terms, meter_begin, fee);
  if (!fee.unpaid) {
    out.gas_used = std::max(fee.evm_gas, fee.resource_gas);
    return;
  }
  // The whole transaction fails, but what stands before its first instruction stays, as in any that fails.
  journal.revert_to(before_run);
  if (config.count_pubdata) journal.limit_code(kTransactionCodeMax);  // anew: what comes next may look up code again
  if (!message.to && nonce != ~u64{0}) journal.set_nonce(message.from, nonce + 1);
  published = count_published(message, terms);
  out.status = FrameStatus::kFailure;
  out.halt = HaltReason::kOutOfNative;
  out.gas_used = message.gas_limit;
  out.gas_refunded = 0;
  out.output.clear();
  out.created.reset();
}

// Logs to L1 and bytes of pubdata, as far as anybody asks for them.
L1MessagesSize BlockExecutor::Impl::count_published(const Message& message, const Terms& terms) {
  L1MessagesSize out = l1_messages_size(terms.type, journal.logs());
  // Uncounted, only messages can be too much: with state alone 2^24 gas cannot fill a batch.
  if (!config.count_pubdata && terms.prices.pubdata == 0 && terms.gas_per_pubdata_byte == 0) return out;
  const bool from_l1 = is_from_l1(terms.type);
  const u256 fee_max = from_l1 ? u256() : terms.gas_price * u256(message.gas_limit);
  out.pubdata_bytes =
      transaction_pubdata(journal, changes, journal.ref(message.from), terms.paid, fee_max, out.pubdata_bytes);
  if (from_l1) out.pubdata_bytes += kL1TransactionPubdata;
  return out;
}

// What the message cost beside gas, and whether its gas limit pays for it.
void BlockExecutor::Impl::count_resources(const Message& message, const Terms& terms, i64 meter_begin, FeeSum& fee) {
  if (host.native != nullptr) fee.native = static_cast<u64>(meter_begin - meter.left);
  published = count_published(message, terms);
  fee.pubdata = published.pubdata_bytes;
  fee.resource_gas = gas_for(fee.native, fee.pubdata, terms.prices, terms.gas_price);
  if (terms.gas_per_pubdata_byte != 0) {
    // Below 2^20 bytes and as much gas a byte as fits: larger prices mean that nothing pays for a byte.
    const u64 per_byte = std::min(terms.gas_per_pubdata_byte, kMaxFrameGas >> 24);
    fee.resource_gas = std::max(fee.resource_gas, std::min(fee.pubdata, u64{1} << 24) * per_byte);
  }
  fee.unpaid =
      fee.resource_gas > message.gas_limit || fee.pubdata > kBlockPubdataMax || journal.code_use().beyond_limit;
}

void BlockExecutor::Impl::system_call(const Address& contract, ByteView input) {
  if (journal.code(contract).empty()) return;
  journal.begin_transaction();
  tx_context = TxContext{};
  tx_context.origin = kSystemAddress;
  host.native = nullptr;
  CallRequest request;
  request.gas = kSystemCallGas;
  request.sender = kSystemAddress;
  request.recipient = request.code_address = contract;
  request.input = input;
  // The EIPs give a failing system call no meaning; its changes are undone by the driver.
  static_cast<void>(driver.run(request));
  journal.end_transaction();
}

BlockExecutor::BlockExecutor(const StateView& view, const BlockContext& block, const BlockHashes& hashes,
                             ExecutionEnvironment& environment, StfConfig config) {
  auto journal = std::make_unique<Journal>(view);
  Journal& own = *journal;
  impl_ = std::make_unique<Impl>(std::move(journal), own, block, hashes, environment, config);
}
BlockExecutor::BlockExecutor(Journal& journal, const BlockContext& block, const BlockHashes& hashes,
                             ExecutionEnvironment& environment, StfConfig config)
    : impl_(std::make_unique<Impl>(nullptr, journal, block, hashes, environment, config)) {}
BlockExecutor::~BlockExecutor() = default;

void BlockExecutor::begin_block(const Hash256& parent_hash) {
  impl_->system_call(kHistoryAddress, parent_hash);
}

Result<void, TxError> BlockExecutor::validate(const Transaction& tx, const Address& sender) {
  Impl& x = *impl_;
  const auto stateless = check_static(tx, x.block, x.config);
  if (!stateless) return stateless;
  if (tx.gas_limit > x.block.gas_limit - x.gas_used) return Err(TxError::kGasLimitAboveBlock);
  return check_sender(tx, x.journal, sender, x.config);
}

Result<Receipt, TxError> BlockExecutor::apply(const SignedTransaction& signed_tx) {
  Impl& x = *impl_;
  if (is_from_l1(signed_tx.tx.type)) return x.apply_l1(signed_tx);
  const Transaction& tx = signed_tx.tx;
  const Address& sender = signed_tx.sender;
  const auto valid = validate(tx, sender);
  if (!valid) return Err(valid.error());

  x.journal.begin_transaction();
  const Journal::Checkpoint start = x.journal.checkpoint();
  const u256 price = effective_gas_price(tx, x.block.base_fee);
  x.tx_context.origin = sender;
  x.tx_context.gas_price = price;
  x.tx_context.blob_hashes = tx.blob_hashes;
  // validate() has seen that the balance covers more than this, so neither product can wrap.
  const u256 blob_fee = x.block.blob_base_fee * u256(kGasPerBlob * tx.blob_hashes.size());
  Terms terms;
  terms.type = tx.type;
  terms.prices = {x.block.native_price, x.block.pubdata_price};
  terms.gas_price = price;
  terms.paid = price * u256(tx.gas_limit) + blob_fee;
  x.journal.sub_balance(sender, terms.paid);

  const Message message{sender, tx.to, tx.gas_limit, tx.value, tx.data, tx.access_list, tx.authorizations};
  x.execute(message, intrinsic_gas(message, x.block.fork), terms, x.last);
  if (!x.fits_block()) {
    x.journal.revert_to(start);
    x.journal.end_transaction();
    return Err(TxError::kBlockFull);
  }

  const u64 gas_used = x.last.gas_used;
  x.journal.add_balance(sender, price * u256(tx.gas_limit - gas_used));
  const u256 reward = x.config.fee_rule == FeeRule::kChain ? price : price - x.block.base_fee;
  x.journal.add_balance(x.block.coinbase, reward * u256(gas_used));
  Receipt receipt = x.finish(signed_tx, price);
  if (!tx.to) receipt.contract_address = create_address(sender, tx.nonce);
  return receipt;
}

bool BlockExecutor::Impl::fits_block() const {
  if (config.count_pubdata && journal.code_use().block > kBlockCodeMax) return false;
  return pubdata_used + published.pubdata_bytes <= kBlockPubdataMax && l1_logs + published.logs <= kBatchLogsMax;
}

// Ends the transaction whose outcome is `last`.
Receipt BlockExecutor::Impl::finish(const SignedTransaction& tx, const u256& price) {
  ++transactions;
  native_used += last.fee.native;
  pubdata_used += published.pubdata_bytes;
  l1_logs += published.logs;
  Receipt receipt;
  receipt.type = tx.tx.type;
  receipt.success = last.status == FrameStatus::kSuccess;
  receipt.gas_used = last.gas_used;
  receipt.native = last.fee.native;
  receipt.cumulative_gas_used = gas_used += last.gas_used;
  receipt.effective_gas_price = price;
  receipt.logs = journal.take_logs();
  for (const Log& log : receipt.logs) add_to_bloom(receipt.bloom, log);
  journal.end_transaction();
  return receipt;
}

// Total: whatever L1 let through has an outcome, or the queue behind it would stand still.
Result<Receipt, TxError> BlockExecutor::Impl::apply_l1(const SignedTransaction& signed_tx) {
  const Transaction& tx = signed_tx.tx;
  const L1Request& l1 = *tx.l1;
  if (tx.type == TxType::kUpgrade && transactions != 0) return Err(TxError::kUpgradeNotFirst);
  const u64 gas_limit = std::min(tx.gas_limit, kGasLimitCap);
  if (gas_limit > block.gas_limit - gas_used) return Err(TxError::kGasLimitAboveBlock);

  journal.begin_transaction();
  const Journal::Checkpoint start = journal.checkpoint();
  bool overflow = false;
  const u256 price = tx.max_fee_per_gas;  // fixed on L1, never the block's
  const u256 fee_max = checked_mul(price, u256(gas_limit), overflow);
  const Message message{signed_tx.sender, tx.to, gas_limit, tx.value, tx.data, {}, {}};
  const IntrinsicGas gas = intrinsic_gas(message, block.fork);
  // L1 refuses what is not so.
  const bool is_executable =
      !overflow && fee_max <= l1.mint && gas_limit == tx.gas_limit && check_gas(gas, gas_limit).ok();
  const u256 spare = is_executable ? l1.mint - fee_max : u256();
  Terms terms;
  terms.type = tx.type;
  terms.gas_price = price;
  terms.gas_per_pubdata_byte = l1.gas_per_pubdata_byte.fits_u64() ? l1.gas_per_pubdata_byte.low_u64() : ~u64{0};
  terms.credit = std::min(tx.value, spare);
  terms.raises_nonce = false;
  if (is_executable) {
    tx_context = TxContext{};
    tx_context.origin = signed_tx.sender;
    tx_context.gas_price = price;
    const bool places = tx.type == TxType::kUpgrade && tx.to == kDeployerAddress;
    places ? execute_placements(message, gas, terms) : execute(message, gas, terms, last);
  } else {
    last = ExecutionResult{};
    last.status = FrameStatus::kFailure;
    last.halt = HaltReason::kOutOfGas;
    last.gas_used = gas_limit;
    published = l1_messages_size(tx.type, {});
    published.pubdata_bytes += kL1TransactionPubdata;
  }
  if (!fits_block()) {
    journal.revert_to(start);
    journal.end_transaction();
    return Err(TxError::kBlockFull);
  }

  const bool success = last.status == FrameStatus::kSuccess;
  const u256 fee = is_executable ? price * u256(last.gas_used) : std::min(overflow ? l1.mint : fee_max, l1.mint);
  const u256 refund = l1.mint - fee - (success ? terms.credit : u256());
  if (!refund.is_zero()) journal.add_balance(l1.refund_recipient, refund);
  if (!fee.is_zero()) journal.add_balance(block.coinbase, fee);
  return finish(signed_tx, price);
}

// All of it or nothing: what cannot be read, and a call that fails, place no code.
void BlockExecutor::Impl::execute_placements(const Message& upgrade, const IntrinsicGas& gas, const Terms& terms) {
  const auto placements = decode_placements(upgrade.data);
  if (!placements) {
    last = ExecutionResult{};
    last.status = FrameStatus::kFailure;
    last.halt = HaltReason::kPrecompileFailed;
    last.gas_used = upgrade.gas_limit;
    published = count_published(upgrade, terms);
    return;
  }
  const Journal::Checkpoint before = journal.checkpoint();
  place(*placements, journal);
  // Without a call, the empty account at the deployer's address is called with nothing.
  const std::optional<Address> to = placements->call_to.value_or(kDeployerAddress);
  execute({upgrade.from, to, upgrade.gas_limit, upgrade.value, placements->call_data, {}, {}}, gas, terms, last);
  if (last.status == FrameStatus::kSuccess) return;
  journal.revert_to(before);
  published = count_published(upgrade, terms);
}

Result<ExecutionResult, TxError> BlockExecutor::call(const CallMessage& call) {
  Impl& x = *impl_;
  const Message message{call.from, call.to,          call.gas_limit,     call.value,
                        call.data, call.access_list, call.authorizations};
  if (!call.to && call.data.size() > kMaxInitCodeSize) return Err(TxError::kInitCodeTooLarge);
  const IntrinsicGas gas = intrinsic_gas(message, x.block.fork);
  const auto enough = check_gas(gas, call.gas_limit);
  if (!enough) return Err(enough.error());
  bool overflow = false;
  u256 cost = call.value;
  if (!call.skip_balance_check) {
    cost = checked_add(cost, checked_mul(call.gas_price, u256(call.gas_limit), overflow), overflow);
  }
  if (overflow) return Err(TxError::kValueOverflow);
  if (x.journal.balance(call.from) < cost) return Err(TxError::kInsufficientFunds);

  x.journal.begin_transaction();
  x.tx_context = TxContext{};
  x.tx_context.origin = call.from;
  x.tx_context.gas_price = call.gas_price;
  ExecutionResult result;
  Terms terms;
  terms.prices = {x.block.native_price, x.block.pubdata_price};
  terms.gas_price = call.gas_price;
  x.execute(message, gas, terms, result);
  result.logs = x.journal.take_logs();
  x.journal.end_transaction();
  return result;
}

void BlockExecutor::set_tracer(evm::Tracer* tracer) {
  impl_->driver.set_tracer(tracer);
}
const ExecutionResult& BlockExecutor::last_result() const {
  return impl_->last;
}
Journal& BlockExecutor::journal() {
  return impl_->journal;
}
u64 BlockExecutor::gas_used() const {
  return impl_->gas_used;
}
u64 BlockExecutor::native_used() const {
  return impl_->native_used;
}
u64 BlockExecutor::pubdata_used() const {
  return impl_->pubdata_used;
}
u64 BlockExecutor::l1_logs() const {
  return impl_->l1_logs;
}
StateDiff BlockExecutor::diff() const {
  return impl_->journal.diff();
}

Hash256 HistoryBlockHashes::block_hash(u64 number) const {
  if (number == parent_number_) return parent_hash_;
  return view_.storage(kHistoryAddress, u256(number % kHistoryWindow)).to_be();
}

}  // namespace atlas::stf
