#include <algorithm>

#include <evm/evm.hpp>
#include <rpc/execution.hpp>
#include <rpc/overlay_state.hpp>
#include <rpc/timed_environment.hpp>
#include <stf/stf.hpp>

namespace atlas::rpc {
namespace {

class ChainHashes final : public BlockHashes {
 public:
  explicit ChainHashes(const Backend& backend) : backend_(backend) {}
  Hash256 block_hash(u64 number) const override { return backend_.block_hash(number); }

 private:
  const Backend& backend_;
};

RpcError unknown_block(const BlockId& id) {
  if (const Hash256* hash = std::get_if<Hash256>(&id.id)) {
    return {ErrorCode::kServer, "header for hash not found: " + to_hex(*hash), {}};
  }
  if (const u64* number = std::get_if<u64>(&id.id)) {
    return {ErrorCode::kServer, "header not found: no block " + std::to_string(*number) + " yet", {}};
  }
  return {ErrorCode::kServer, "header not found", {}};
}

Result<StatePtr, RpcError> state_of(Call& call, u64 number) {
  StatePtr state = call.backend.state_at(number);
  if (!state) {
    return fail(ErrorCode::kResourceUnavailable, "state of block " + std::to_string(number) +
                                                     " is not available: this node keeps it from block " +
                                                     std::to_string(call.backend.oldest_state()) + " on");
  }
  return state;
}

}  // namespace

RpcError pruned_block(const Call& call, u64 number) {
  return {ErrorCode::kPruned,
          "pruned history unavailable: block " + std::to_string(number) + " is no longer kept; the oldest is " +
              std::to_string(call.backend.oldest_block()),
          {}};
}

Result<BlockPtr, RpcError> lookup_block(Call& call, const BlockId& id) {
  if (const Hash256* hash = std::get_if<Hash256>(&id.id)) return call.backend.block_by_hash(*hash);
  if (const u64* number = std::get_if<u64>(&id.id)) {
    BlockPtr block = call.backend.block_by_number(*number);
    if (!block && *number < call.backend.oldest_block()) return Err(pruned_block(call, *number));
    return block;
  }
  const BlockTag tag = std::get<BlockTag>(id.id);
  if (tag == BlockTag::kLatest || tag == BlockTag::kPending) return call.backend.head();
  return call.backend.block_by_number(call.backend.tag_number(tag));
}

Result<BlockPtr, RpcError> find_block(Call& call, const BlockId& id) {
  auto block = lookup_block(call, id);
  if (block.ok() && !*block) return Err(unknown_block(id));
  return block;
}

Result<StatePtr, RpcError> find_state(Call& call, const std::optional<BlockId>& id) {
  const BlockTag* tag = id ? std::get_if<BlockTag>(&id->id) : nullptr;
  if (!id || (tag != nullptr && (*tag == BlockTag::kLatest || *tag == BlockTag::kPending))) {
    if (StatePtr state = call.backend.head_state()) return state;
  }
  const auto block = find_block(call, id.value_or(BlockId{}));
  if (!block.ok()) return Err(block.error());
  return state_of(call, (*block)->header.number);
}

struct Simulation::Impl {
  Impl(Call& c, StatePtr state, const StateOverrides* overrides) : call(c), view(std::move(state)), hashes(c.backend) {
    if (overrides != nullptr) view.apply(*overrides);
  }
  Call& call;
  BlockContext block;
  OverlayState view;
  ChainHashes hashes;
};

Simulation::Simulation(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Simulation::~Simulation() = default;
const BlockContext& Simulation::block() const {
  return impl_->block;
}
const StateView& Simulation::state() const {
  return impl_->view;
}

Result<std::unique_ptr<Simulation>, RpcError> Simulation::make(Call& call, const std::optional<BlockId>& id,
                                                               const StateOverrides* state,
                                                               const BlockOverrides* block) {
  const auto found = find_block(call, id.value_or(BlockId{}));
  if (!found.ok()) return Err(found.error());
  auto base = state_of(call, (*found)->header.number);  // by number: the head may have moved meanwhile
  if (!base.ok()) return Err(base.error());
  auto impl = std::make_unique<Impl>(call, std::move(*base), state);
  BlockContext& context = impl->block;
  context = id && id->is_pending() ? call.backend.pending_context() : call.backend.context_of((*found)->header);
  if (block != nullptr) {
    if (block->number) context.number = *block->number;
    if (block->timestamp) context.timestamp = *block->timestamp;
    if (block->gas_limit) context.gas_limit = *block->gas_limit;
    if (block->coinbase) context.coinbase = *block->coinbase;
    if (block->prev_randao) context.prev_randao = *block->prev_randao;
    if (block->base_fee) context.base_fee = *block->base_fee;
    if (block->blob_base_fee) context.blob_base_fee = *block->blob_base_fee;
  }
  return std::unique_ptr<Simulation>(new Simulation(std::move(impl)));
}

Result<stf::ExecutionResult, RpcError> Simulation::run(const stf::CallMessage& message, evm::Tracer* tracer) {
  Call& call = impl_->call;
  const auto timeout = [&] {
    return fail(ErrorCode::kServer,
                "execution aborted (timeout = " + std::to_string(call.config.call_time_ms_max) + "ms)");
  };
  if (Clock::now() > call.deadline) return timeout();
  std::optional<evm::Evm> traced;
  if (tracer != nullptr) traced.emplace().set_tracer(tracer);
  TimedEnvironment environment(traced ? *traced : call.machine(), call.deadline);
  stf::BlockExecutor executor(impl_->view, impl_->block, impl_->hashes, environment);
  executor.set_tracer(tracer);
  auto result = executor.call(message);
  if (environment.timed_out()) return timeout();
  if (!result.ok()) {
    std::string text = describe_refusal(result.error());
    if (result.error() == stf::TxError::kInsufficientFunds) {
      const auto account = impl_->view.account(message.from);
      text += ": address " + to_hex(message.from) + " have " + to_decimal(account ? account->balance : u256()) +
              " want " +
              to_decimal(message.skip_balance_check ? message.value
                                                    : message.value + u256(message.gas_limit) * message.gas_price);
    } else if (result.error() == stf::TxError::kIntrinsicGasTooLow) {
      text += ": gas " + std::to_string(message.gas_limit);
    }
    return fail(ErrorCode::kServer, std::move(text));
  }
  return std::move(*result);
}

Result<stf::CallMessage, RpcError> to_message(Call& call, const CallArgs& args, const BlockContext& block) {
  if (args.chain_id && *args.chain_id != block.chain_id) {
    return fail(ErrorCode::kInvalidParams, "chainId does not match node's (have=" + std::to_string(*args.chain_id) +
                                               ", want=" + std::to_string(block.chain_id) + ")");
  }
  if (args.type && (*args.type > 4 || *args.type == 3)) {
    return fail(ErrorCode::kInvalidParams,
                "transaction type not supported: type " + std::to_string(*args.type) + "; use 0x0, 0x1, 0x2 or 0x4");
  }
  stf::CallMessage message;
  if (args.from) message.from = *args.from;
  message.to = args.to;
  message.value = args.value.value_or(u256());
  message.data = args.data;
  if (args.access_list) message.access_list = *args.access_list;
  message.authorizations = args.authorizations;
  message.gas_limit = std::min(args.gas.value_or(call.config.call_gas_max), call.config.call_gas_max);

  // A call without a price sees the base fee and pays nothing (interfaces.md). A price of zero counts as none.
  message.gas_price = block.base_fee;
  const u256 price = args.gas_price.value_or(args.max_fee_per_gas.value_or(u256()));
  if (price.is_zero()) {
    message.skip_balance_check = true;
    return message;
  }
  if (price < block.base_fee) {
    return fail(ErrorCode::kServer, "max fee per gas less than block base fee: address " + to_hex(message.from) +
                                        ", maxFeePerGas: " + to_decimal(price) +
                                        ", baseFee: " + to_decimal(block.base_fee));
  }
  bool carry = false;
  const u256 wanted = u256::add(block.base_fee, args.max_priority_fee_per_gas.value_or(u256()), carry);
  message.gas_price = args.gas_price || carry ? price : std::min(price, wanted);
  message.skip_balance_check = false;
  return message;
}

std::string revert_message(ByteView data) {
  constexpr u8 kErrorSelector[4] = {0x08, 0xc3, 0x79, 0xa0};  // Error(string)
  constexpr u8 kPanicSelector[4] = {0x4e, 0x48, 0x7b, 0x71};  // Panic(uint256)
  const auto starts_with = [&](const u8(&selector)[4]) {
    return data.size() >= 4 && std::equal(selector, selector + 4, data.begin());
  };
  std::string out = "execution reverted";
  const auto word = [&](u64 at) { return u256::from_be(data.data() + 4 + at); };
  if (starts_with(kErrorSelector) && data.size() >= 4 + 64) {
    const ByteView tail = data.subspan(4);
    const u256 offset = word(0);
    if (!offset.fits_u64() || offset.low_u64() > tail.size() - 32) return out;
    const u256 length = word(offset.low_u64());
    const u64 start = offset.low_u64() + 32;
    if (!length.fits_u64() || length.low_u64() > tail.size() - start) return out;
    out += ": ";
    out.append(reinterpret_cast<const char*>(tail.data()) + start, length.low_u64());
  } else if (starts_with(kPanicSelector) && data.size() == 4 + 32) {
    const u256 code = word(0);
    // Solidity's panic codes (docs: control structures, "Panic via assert").
    const auto reason = [&]() -> const char* {
      switch (code.fits_u64() ? code.low_u64() : 0xff) {
        case 0x00:
          return "generic panic";
        case 0x01:
          return "assert(false)";
        case 0x11:
          return "arithmetic underflow or overflow";
        case 0x12:
          return "division or modulo by zero";
        case 0x21:
          return "enum overflow";
        case 0x22:
          return "invalid encoded storage byte array accessed";
        case 0x31:
          return "out-of-bounds array access; popping on an empty array";
        case 0x32:
          return "out-of-bounds access of an array or bytesN";
        case 0x41:
          return "out of memory";
        case 0x51:
          return "uninitialized function";
        default:
          return nullptr;
      }
    }();
    out += reason != nullptr ? ": " + std::string(reason) : ": unknown panic code: " + to_quantity(code);
  }
  return out;
}

namespace {

/// geth's sentence (core/vm/errors.go) for an exceptional halt.
std::string_view describe_halt(HaltReason reason) {
  switch (reason) {
    case HaltReason::kNone:
      return "execution failed";
    case HaltReason::kOutOfGas:
      return "out of gas";
    case HaltReason::kInvalidOpcode:
      return "invalid opcode";
    case HaltReason::kStackUnderflow:
      return "stack underflow";
    case HaltReason::kStackOverflow:
      return "stack limit reached 1024";
    case HaltReason::kBadJump:
      return "invalid jump destination";
    case HaltReason::kStaticViolation:
      return "write protection";
    case HaltReason::kReturnDataOutOfBounds:
      return "return data out of bounds";
    case HaltReason::kInitCodeTooLarge:
      return "max initcode size exceeded";
    case HaltReason::kCodeTooLarge:
      return "max code size exceeded";
    case HaltReason::kInvalidCodePrefix:
      return "invalid code: must not begin with 0xef";
    case HaltReason::kAddressCollision:
      return "contract address collision";
    case HaltReason::kPrecompileFailed:
      return "precompile failed";
    case HaltReason::kOutOfNative:
      return "gas does not pay for proving and pubdata: raise the gas limit or the gas price (atlas_explainFee)";
  }
  return "execution failed";
}

}  // namespace

Err<RpcError> execution_failed(const stf::ExecutionResult& result) {
  if (result.status == FrameStatus::kRevert) {
    return fail(ErrorCode::kReverted, revert_message(result.output), '"' + to_hex(result.output) + '"');
  }
  return fail(ErrorCode::kServer, std::string(describe_halt(result.halt)));
}

std::string describe_refusal(stf::TxError error) {
  using enum stf::TxError;
  const auto text = [&] {
    switch (error) {
      case kInsufficientFunds:
        return SubmitCode::kInsufficientFunds;
      case kIntrinsicGasTooLow:
        return SubmitCode::kIntrinsicGas;
      case kFloorGasTooLow:
        return SubmitCode::kFloorGas;
      case kInitCodeTooLarge:
        return SubmitCode::kInitCodeTooLarge;
      case kMaxFeeBelowBaseFee:
        return SubmitCode::kFeeCapBelowBaseFee;
      case kPriorityFeeAboveMaxFee:
        return SubmitCode::kTipAboveFeeCap;
      case kGasLimitAboveCap:
        return SubmitCode::kGasCap;
      case kGasLimitAboveBlock:
        return SubmitCode::kGasLimit;
      case kNonceMax:
        return SubmitCode::kNonceMax;
      case kSetCodeWithoutTo:
        return SubmitCode::kSetCodeWithoutTo;
      case kEmptyAuthorizationList:
        return SubmitCode::kEmptyAuthorizations;
      default:
        return SubmitCode::kInternal;
    }
  }();
  return std::string(text == SubmitCode::kInternal ? stf::describe(error) : describe(text));
}

}  // namespace atlas::rpc
