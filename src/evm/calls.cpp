// CALL, CALLCODE, DELEGATECALL, STATICCALL, CREATE, CREATE2: everything up to the request for a frame, and what its
// result does to the caller.
#include <evm/operations.hpp>

namespace atlas::evm {
namespace {

constexpr i64 kCallValueGas = 9000;
constexpr i64 kCallStipend = 2300;
constexpr i64 kNewAccountGas = 25000;
constexpr i64 kDelegationColdGas = 2600;  // EIP-7702: the target of a delegation is priced as an account access
constexpr i64 kDelegationWarmGas = 100;
constexpr i64 kInitCodeWordGas = 2;  // EIP-3860
constexpr u64 kNonceMax = ~u64{0};   // EIP-2681

constexpr u8 kDelegationPrefix[] = {0xef, 0x01, 0x00};
constexpr std::size_t kDelegationSize = sizeof(kDelegationPrefix) + Address::kSize;

constexpr CallKind kind_of(Opcode opcode) {
  switch (opcode) {
    case Opcode::kCallcode:
      return CallKind::kCallCode;
    case Opcode::kDelegatecall:
      return CallKind::kDelegateCall;
    case Opcode::kStaticcall:
      return CallKind::kStaticCall;
    case Opcode::kCreate:
      return CallKind::kCreate;
    case Opcode::kCreate2:
      return CallKind::kCreate2;
    default:
      return CallKind::kCall;
  }
}

/// EIP-150: all but one 64th.
constexpr i64 forwardable(i64 gas) {
  return gas - gas / 64;
}

/// The access price of the account that `code` delegates to, 0 if it delegates to none. Warms it.
i64 delegation_gas(EvmFrame& f, ByteView code) {
  if (f.host->block.fork < Fork::kPrague || code.size() != kDelegationSize) return 0;
  if (std::memcmp(code.data(), kDelegationPrefix, sizeof(kDelegationPrefix)) != 0) return 0;
  const Address target = Address::from(code.subspan(sizeof(kDelegationPrefix)));
  Journal& journal = f.host->journal;
  if (!journal.access_account(journal.ref(target))) return kDelegationWarmGas;
  meter(f, native::kColdAccount);
  return kDelegationColdGas;
}

ByteView memory_range(EvmFrame& f, const u256& offset, u64 size) {
  if (size == 0) return {};
  return {f.memory.data() + offset.low_u64(), static_cast<std::size_t>(size)};
}

}  // namespace

HaltReason request_call(EvmFrame& f, Opcode opcode, u256* sp, i64& gas) {
  const CallKind kind = kind_of(opcode);
  const bool has_value = kind == CallKind::kCall || kind == CallKind::kCallCode;
  const u256 requested = sp[0];
  const Address target = sp[-1].to_address();
  const u256 value = has_value ? sp[-2] : u256();
  const u256* ranges = sp - (has_value ? 3 : 2);  // input offset and size, output offset and size, downwards
  u256& pushed = sp[has_value ? -6 : -5];

  f.outcome->wants_call = false;
  if (kind == CallKind::kCall && f.request.is_static && !value.is_zero()) return HaltReason::kStaticViolation;
  if (!touch_memory(f, gas, ranges[0], ranges[-1]) || !touch_memory(f, gas, ranges[-2], ranges[-3])) {
    return HaltReason::kOutOfGas;
  }
  const u64 input_size = ranges[-1].low_u64();
  f.pending.creates = false;
  f.pending.output_size = static_cast<u32>(std::min<u64>(ranges[-3].low_u64(), kMemoryLimit - 1));
  f.pending.output_offset = f.pending.output_size == 0 ? 0 : static_cast<u32>(ranges[-2].low_u64());

  Journal& journal = f.host->journal;
  const AccountRef account = journal.ref(target);
  if (journal.access_account(account)) {
    meter(f, native::kColdAccount);
    if (!charge(gas, kColdAccountSurcharge)) return HaltReason::kOutOfGas;
  }
  if (!charge(gas, delegation_gas(f, journal.code(account)))) return HaltReason::kOutOfGas;
  if (!value.is_zero()) {
    i64 cost = kCallValueGas;
    if (kind == CallKind::kCall && journal.is_empty(account)) cost += kNewAccountGas;
    if (!charge(gas, cost)) return HaltReason::kOutOfGas;
  }

  const i64 most = forwardable(gas);
  i64 passed = requested.fits_u64() && requested.low_u64() < static_cast<u64>(most)
                   ? static_cast<i64>(requested.low_u64())
                   : most;
  gas -= passed;
  if (!value.is_zero()) passed += kCallStipend;

  f.return_data.clear();
  if (f.request.depth >= kCallDepthLimit || (!value.is_zero() && journal.balance(f.self) < value)) {
    gas += passed;
    pushed = u256();
    return HaltReason::kNone;
  }
  CallRequest& call = f.outcome->call;
  call.kind = kind;
  call.is_static = f.request.is_static || kind == CallKind::kStaticCall;
  call.depth = static_cast<u16>(f.request.depth + 1);
  call.gas = static_cast<u64>(passed);
  call.code_address = target;
  call.input = memory_range(f, ranges[0], input_size);
  switch (kind) {
    case CallKind::kDelegateCall:
      call.sender = f.request.sender;
      call.recipient = f.request.recipient;
      call.value = f.request.value;
      break;
    case CallKind::kCallCode:
      call.sender = f.request.recipient;
      call.recipient = f.request.recipient;
      call.value = value;
      break;
    default:
      call.sender = f.request.recipient;
      call.recipient = target;
      call.value = value;
      break;
  }
  f.outcome->wants_call = true;
  return HaltReason::kNone;
}

HaltReason request_create(EvmFrame& f, Opcode opcode, u256* sp, i64& gas) {
  const CallKind kind = kind_of(opcode);
  const u256 value = sp[0];
  const u256 salt = kind == CallKind::kCreate2 ? sp[-3] : u256();
  u256& pushed = sp[kind == CallKind::kCreate2 ? -3 : -2];

  f.outcome->wants_call = false;
  if (f.request.is_static) return HaltReason::kStaticViolation;
  if (!touch_memory(f, gas, sp[-1], sp[-2])) return HaltReason::kOutOfGas;
  const u64 size = sp[-2].low_u64();
  if (size > kMaxInitCodeSize) return HaltReason::kInitCodeTooLarge;
  const i64 word_gas = kInitCodeWordGas + (kind == CallKind::kCreate2 ? kKeccakWordGas : 0);
  if (!charge(gas, word_gas * words_of(size))) return HaltReason::kOutOfGas;
  const ByteView init_code = memory_range(f, sp[-1], size);
  if (kind == CallKind::kCreate2) meter(f, native::keccak(size));

  f.return_data.clear();
  Journal& journal = f.host->journal;
  if (f.request.depth >= kCallDepthLimit || journal.balance(f.self) < value ||
      journal.nonce(f.request.recipient) == kNonceMax) {
    pushed = u256();
    return HaltReason::kNone;
  }
  const i64 passed = forwardable(gas);
  gas -= passed;
  f.pending = {.creates = true, .output_offset = 0, .output_size = 0};
  CallRequest& call = f.outcome->call;
  call.kind = kind;
  call.is_static = false;
  call.depth = static_cast<u16>(f.request.depth + 1);
  call.gas = static_cast<u64>(passed);
  call.sender = f.request.recipient;
  call.recipient = Address{};
  call.code_address = Address{};
  call.value = value;
  call.input = init_code;
  call.salt = salt;
  f.outcome->wants_call = true;
  return HaltReason::kNone;
}

void accept_result(EvmFrame& f, const CallResult& result) {
  f.gas += static_cast<i64>(result.gas_left);
  const bool success = result.status == FrameStatus::kSuccess;
  if (success) f.refund += result.gas_refund;
  if (f.pending.creates) {
    *f.sp = success ? u256::from_address(result.created) : u256();
    if (success) {
      f.return_data.clear();
    } else {
      f.return_data.assign(result.output);
    }
    return;
  }
  *f.sp = u256(success ? 1 : 0);
  f.return_data.assign(result.output);
  const std::size_t copied = std::min<std::size_t>(f.pending.output_size, result.output.size());
  if (copied != 0) std::memcpy(f.memory.data() + f.pending.output_offset, result.output.data(), copied);
}

}  // namespace atlas::evm
