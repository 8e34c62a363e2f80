#include <evm/precompile.hpp>
#include <stf/delegation.hpp>
#include <stf/driver.hpp>
#include <stf/fees.hpp>
#include <stf/stf.hpp>
#include <stf/system_contracts.hpp>

namespace atlas::stf {
namespace {

constexpr u64 kMaxRefundQuotient = 5;  // EIP-3529
constexpr u64 kMaxFrameGas = ~u64{0} >> 1;
constexpr unsigned kLastPrecompile = 0x1ff;  // beyond all that any fork has; find_precompile() knows which exist

}  // namespace

struct BlockExecutor::Impl {
  Impl(const StateView& view, const BlockContext& context, const BlockHashes& hashes, ExecutionEnvironment& environment,
       const StfConfig& c)
      : block(context), config(c), journal(view), host{block, tx_context, journal, hashes}, driver(host, environment) {
    for (unsigned i = 1; i <= kLastPrecompile; ++i) {
      const Address address = u256(i).to_address();
      if (evm::find_precompile(address, block.fork) != nullptr) journal.keep_warm(address);
    }
    journal.keep_warm(block.coinbase);  // EIP-3651
  }

  const BlockContext block;
  const StfConfig config;
  Journal journal;
  TxContext tx_context;
  Host host;
  FrameDriver driver;
  u64 gas_used = 0;
  ExecutionResult last;

  void execute(const Message& message, const IntrinsicGas& gas, ExecutionResult& out);
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

// From warming to the refund; payment is the caller's. The gas limit covers `gas`.
void BlockExecutor::Impl::execute(const Message& message, const IntrinsicGas& gas, ExecutionResult& out) {
  warm(message);
  CallRequest request;
  // Environments count gas in an i64. Beyond that (tests only: the chain has EIP-7825) the rest is set aside; what runs
  // could not burn it in a lifetime, but an exceptional halt takes it along.
  const u64 gas_available = message.gas_limit - gas.intrinsic;
  request.gas = std::min(gas_available, kMaxFrameGas);
  request.sender = message.from;
  request.value = message.value;
  request.input = message.data;
  u64 refund = 0;
  if (message.to) {
    const u64 nonce = journal.nonce(message.from);
    if (nonce != ~u64{0}) journal.set_nonce(message.from, nonce + 1);  // at its limit only in eth_call
    refund = process_authorizations(message.authorizations);
    request.recipient = request.code_address = *message.to;
    if (const auto target = delegation_target(journal.code(*message.to))) journal.access_account(*target);
  } else {
    request.kind = CallKind::kCreate;
  }
  const CallResult& result = driver.run(request);
  if (result.gas_refund > 0) refund += static_cast<u64>(result.gas_refund);

  const u64 set_aside = result.status == FrameStatus::kFailure ? 0 : gas_available - request.gas;
  const u64 spent = message.gas_limit - result.gas_left - set_aside;
  out.status = result.status;
  out.halt = result.halt;
  out.gas_refunded = std::min(refund, spent / kMaxRefundQuotient);
  out.gas_used = std::max(spent - out.gas_refunded, gas.floor);
  out.output.assign(result.output.begin(), result.output.end());
  out.created.reset();
  if (!message.to && result.status == FrameStatus::kSuccess) out.created = result.created;
}

void BlockExecutor::Impl::system_call(const Address& contract, ByteView input) {
  if (journal.code(contract).empty()) return;
  journal.begin_transaction();
  tx_context = TxContext{};
  tx_context.origin = kSystemAddress;
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
                             ExecutionEnvironment& environment, StfConfig config)
    : impl_(std::make_unique<Impl>(view, block, hashes, environment, config)) {}
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
  const Transaction& tx = signed_tx.tx;
  const Address& sender = signed_tx.sender;
  const auto valid = validate(tx, sender);
  if (!valid) return Err(valid.error());

  x.journal.begin_transaction();
  const u256 price = effective_gas_price(tx, x.block.base_fee);
  x.tx_context.origin = sender;
  x.tx_context.gas_price = price;
  x.tx_context.blob_hashes = tx.blob_hashes;
  // validate() has seen that the balance covers more than this, so neither product can wrap.
  const u256 blob_fee = x.block.blob_base_fee * u256(kGasPerBlob * tx.blob_hashes.size());
  x.journal.sub_balance(sender, price * u256(tx.gas_limit) + blob_fee);

  const Message message{sender, tx.to, tx.gas_limit, tx.value, tx.data, tx.access_list, tx.authorizations};
  x.execute(message, intrinsic_gas(message, x.block.fork), x.last);

  const u64 gas_used = x.last.gas_used;
  x.journal.add_balance(sender, price * u256(tx.gas_limit - gas_used));
  const u256 reward = x.config.fee_rule == FeeRule::kChain ? price : price - x.block.base_fee;
  x.journal.add_balance(x.block.coinbase, reward * u256(gas_used));

  Receipt receipt;
  receipt.type = tx.type;
  receipt.success = x.last.status == FrameStatus::kSuccess;
  receipt.gas_used = gas_used;
  receipt.cumulative_gas_used = x.gas_used += gas_used;
  receipt.effective_gas_price = price;
  if (!tx.to) receipt.contract_address = create_address(sender, tx.nonce);
  receipt.logs = x.journal.take_logs();
  for (const Log& log : receipt.logs) add_to_bloom(receipt.bloom, log);
  x.journal.end_transaction();
  return receipt;
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
  x.execute(message, gas, result);
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
StateDiff BlockExecutor::diff() const {
  return impl_->journal.diff();
}

Hash256 HistoryBlockHashes::block_hash(u64 number) const {
  if (number == parent_number_) return parent_hash_;
  return view_.storage(kHistoryAddress, u256(number % kHistoryWindow)).to_be();
}

}  // namespace atlas::stf
