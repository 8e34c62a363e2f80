#pragma once
// What each operation does, written once for the fast and the plain interpreter. Stack bounds and static gas are the
// caller's business. `sp` is the top of the stack before the operation; results are left where the stack ends
// afterwards, and the caller moves `sp`.
#include <bit>

#include <evm/frame.hpp>
#include <evm/native_costs.hpp>
#include <evm/word.hpp>

namespace atlas::evm {

/// Executes one plain opcode: one specialisation each below. Only ops that return something else than kNone can fail.
template <Opcode opcode>
HaltReason execute(EvmFrame& f, u256* sp, i64& gas);

inline constexpr i64 kColdAccountSurcharge = 2500;  // EIP-2929: 2600 cold, of which 100 are static
inline constexpr i64 kColdSlotSurcharge = 2000;     // 2100 cold, of which 100 are static
inline constexpr i64 kCopyWordGas = 3;
inline constexpr i64 kKeccakWordGas = 6;

/// Memory beyond this costs more gas than any limit allows (2^27 words: 3.5e13 gas); so offsets and sizes fit 32 bits.
inline constexpr u64 kMemoryLimit = u64{1} << 32;

constexpr i64 words_of(u64 bytes) {
  return static_cast<i64>((bytes + 31) / 32);
}

inline bool charge(i64& gas, i64 amount) {
  gas -= amount;
  return gas >= 0;
}

/// Counts what an operand adds to the static cost of proving an operation.
inline void meter(const EvmFrame& f, u64 cycles) {
  if (f.host->native != nullptr) f.host->native->use(cycles);
}

/// Charges for and provides memory up to `end` ≤ kMemoryLimit, which lies beyond the current size.
bool expand_memory(EvmFrame& f, i64& gas, u64 end);

/// Makes [offset, offset + size) addressable; false when gas is short. Nothing happens for size 0.
inline bool touch_memory(EvmFrame& f, i64& gas, const u256& offset, u64 size) {
  if (size == 0) return true;
  if (!offset.fits_u64() || offset.low_u64() >= kMemoryLimit || size > kMemoryLimit) return false;
  const u64 end = offset.low_u64() + size;
  if (end <= f.memory.size()) [[likely]]
    return true;
  return end <= kMemoryLimit && expand_memory(f, gas, end);
}
inline bool touch_memory(EvmFrame& f, i64& gas, const u256& offset, const u256& size) {
  if (!size.fits_u64()) return false;
  return touch_memory(f, gas, offset, size.low_u64());
}

/// Byte `index` of the word, 0 being the most significant.
inline u64 byte_of(const u256& v, unsigned index) {
  return (v.word(3 - index / 8) >> (56 - 8 * (index % 8))) & 0xff;
}

/// Operations too large to be repeated in every interpreter; contracts as for execute().
HaltReason keccak_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason exp_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason balance_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason extcodesize_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason extcodehash_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason extcodecopy_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason blockhash_operation(EvmFrame& f, u256* sp);
HaltReason returndatacopy_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason mcopy_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason sload_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason sstore_operation(EvmFrame& f, u256* sp, i64& gas);
HaltReason tload_operation(EvmFrame& f, u256* sp);
HaltReason tstore_operation(EvmFrame& f, u256* sp);
HaltReason log_operation(EvmFrame& f, u256* sp, i64& gas, unsigned topics);
HaltReason selfdestruct_operation(EvmFrame& f, u256* sp, i64& gas);
/// CALLDATACOPY and CODECOPY: bytes beyond the end of `source` read as zero.
HaltReason copy_operation(EvmFrame& f, u256* sp, i64& gas, ByteView source);

/// Prices a call or creation and, if it may go ahead, writes the request to `f.outcome` with `wants_call` set and moves
/// its gas out of `gas`. Otherwise the result word (0) is in place. Neither looks at `wants_call` beforehand.
HaltReason request_call(EvmFrame& f, Opcode opcode, u256* sp, i64& gas);
HaltReason request_create(EvmFrame& f, Opcode opcode, u256* sp, i64& gas);
/// Brings the result of what the frame asked for: gas, refund, memory, return data, and the word on top of the stack.
void accept_result(EvmFrame& f, const CallResult& result);

#define ATLAS_EVM_OPERATION(name)                                            \
  template <>                                                                \
  inline __attribute__((always_inline)) HaltReason execute<Opcode::k##name>( \
      [[maybe_unused]] EvmFrame & f, [[maybe_unused]] u256 * sp, [[maybe_unused]] i64 & gas)

// Arithmetic and comparison.
#define ATLAS_EVM_BINARY(name, expression) \
  ATLAS_EVM_OPERATION(name) {              \
    const u256& a = sp[0];                 \
    const u256& b = sp[-1];                \
    copy_word(sp[-1], expression);         \
    return HaltReason::kNone;              \
  }
ATLAS_EVM_BINARY(Add, a + b)
ATLAS_EVM_BINARY(Mul, a* b)
ATLAS_EVM_BINARY(Sub, a - b)
ATLAS_EVM_BINARY(Div, a / b)
ATLAS_EVM_BINARY(Sdiv, sdiv(a, b))
ATLAS_EVM_BINARY(Mod, a % b)
ATLAS_EVM_BINARY(Smod, smod(a, b))
ATLAS_EVM_BINARY(Signextend, signextend(a, b))
ATLAS_EVM_BINARY(Lt, u256(a < b))
ATLAS_EVM_BINARY(Gt, u256(b < a))
ATLAS_EVM_BINARY(Slt, u256(slt(a, b)))
ATLAS_EVM_BINARY(Sgt, u256(slt(b, a)))
ATLAS_EVM_BINARY(Eq, u256(a == b))
ATLAS_EVM_BINARY(And, a& b)
ATLAS_EVM_BINARY(Or, a | b)
ATLAS_EVM_BINARY(Xor, a ^ b)
ATLAS_EVM_BINARY(Byte, a.fits_u64() && a.low_u64() < 32 ? u256(byte_of(b, static_cast<unsigned>(a.low_u64()))) : u256())
ATLAS_EVM_BINARY(Shl, a.fits_u64() && a.low_u64() < 256 ? b << static_cast<unsigned>(a.low_u64()) : u256())
ATLAS_EVM_BINARY(Shr, a.fits_u64() && a.low_u64() < 256 ? b >> static_cast<unsigned>(a.low_u64()) : u256())
ATLAS_EVM_BINARY(Sar, sar(b, a))
#undef ATLAS_EVM_BINARY

ATLAS_EVM_OPERATION(Addmod) {
  copy_word(sp[-2], addmod(sp[0], sp[-1], sp[-2]));
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Mulmod) {
  copy_word(sp[-2], mulmod(sp[0], sp[-1], sp[-2]));
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Exp) {
  return exp_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Iszero) {
  *sp = u256(sp->is_zero());
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Not) {
  *sp = ~*sp;
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Clz) {
  *sp = u256(256 - sp->bit_length());
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Keccak256) {
  return keccak_operation(f, sp, gas);
}

// Environment.
#define ATLAS_EVM_PUSH(name, expression) \
  ATLAS_EVM_OPERATION(name) {            \
    sp[1] = expression;                  \
    return HaltReason::kNone;            \
  }
ATLAS_EVM_PUSH(Address, u256::from_address(f.request.recipient))
ATLAS_EVM_PUSH(Origin, u256::from_address(f.host->tx.origin))
ATLAS_EVM_PUSH(Caller, u256::from_address(f.request.sender))
ATLAS_EVM_PUSH(Callvalue, f.request.value)
ATLAS_EVM_PUSH(Calldatasize, u256(f.request.input.size()))
ATLAS_EVM_PUSH(Codesize, u256(f.code.size()))
ATLAS_EVM_PUSH(Gasprice, f.host->tx.gas_price)
ATLAS_EVM_PUSH(Returndatasize, u256(f.return_data.size()))
ATLAS_EVM_PUSH(Coinbase, u256::from_address(f.host->block.coinbase))
ATLAS_EVM_PUSH(Timestamp, u256(f.host->block.timestamp))
ATLAS_EVM_PUSH(Number, u256(f.host->block.number))
ATLAS_EVM_PUSH(Prevrandao, u256::from_be(f.host->block.prev_randao))
ATLAS_EVM_PUSH(Gaslimit, u256(f.host->block.gas_limit))
ATLAS_EVM_PUSH(Chainid, u256(f.host->block.chain_id))
ATLAS_EVM_PUSH(Selfbalance, f.host->journal.balance(f.self))
ATLAS_EVM_PUSH(Basefee, f.host->block.base_fee)
ATLAS_EVM_PUSH(Blobbasefee, f.host->block.blob_base_fee)
ATLAS_EVM_PUSH(Msize, u256(f.memory.size()))
ATLAS_EVM_PUSH(Gas, u256(static_cast<u64>(gas)))
#undef ATLAS_EVM_PUSH

ATLAS_EVM_OPERATION(Balance) {
  return balance_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Calldataload) {
  const ByteView input = f.request.input;
  const u64 offset = sp->fits_u64() ? sp->low_u64() : ~u64{0};
  if (offset < input.size() && input.size() - offset >= 32) [[likely]] {
    *sp = u256::from_be(input.data() + offset);
  } else {
    u8 padded[32] = {};
    if (offset < input.size())
      std::memcpy(padded, input.data() + offset, input.size() - static_cast<std::size_t>(offset));
    *sp = u256::from_be(padded);
  }
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Calldatacopy) {
  return copy_operation(f, sp, gas, f.request.input);
}
ATLAS_EVM_OPERATION(Codecopy) {
  return copy_operation(f, sp, gas, f.code);
}
ATLAS_EVM_OPERATION(Extcodesize) {
  return extcodesize_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Extcodecopy) {
  return extcodecopy_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Extcodehash) {
  return extcodehash_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Returndatacopy) {
  return returndatacopy_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Blockhash) {
  return blockhash_operation(f, sp);
}
ATLAS_EVM_OPERATION(Blobhash) {
  const auto& hashes = f.host->tx.blob_hashes;
  const bool known = sp->fits_u64() && sp->low_u64() < hashes.size();
  *sp = known ? u256::from_be(hashes[static_cast<std::size_t>(sp->low_u64())]) : u256();
  return HaltReason::kNone;
}

// Stack, memory, storage.
ATLAS_EVM_OPERATION(Pop) {
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Mload) {
  if (!touch_memory(f, gas, *sp, 32)) return HaltReason::kOutOfGas;
  *sp = u256::from_be(f.memory.data() + sp->low_u64());
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Mstore) {
  if (!touch_memory(f, gas, *sp, 32)) return HaltReason::kOutOfGas;
  sp[-1].to_be(f.memory.data() + sp->low_u64());
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Mstore8) {
  if (!touch_memory(f, gas, *sp, 1)) return HaltReason::kOutOfGas;
  f.memory.data()[sp->low_u64()] = static_cast<u8>(sp[-1].low_u64());
  return HaltReason::kNone;
}
ATLAS_EVM_OPERATION(Mcopy) {
  return mcopy_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Sload) {
  return sload_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Sstore) {
  return sstore_operation(f, sp, gas);
}
ATLAS_EVM_OPERATION(Tload) {
  return tload_operation(f, sp);
}
ATLAS_EVM_OPERATION(Tstore) {
  return tstore_operation(f, sp);
}
ATLAS_EVM_OPERATION(Log0) {
  return log_operation(f, sp, gas, 0);
}
ATLAS_EVM_OPERATION(Log1) {
  return log_operation(f, sp, gas, 1);
}
ATLAS_EVM_OPERATION(Log2) {
  return log_operation(f, sp, gas, 2);
}
ATLAS_EVM_OPERATION(Log3) {
  return log_operation(f, sp, gas, 3);
}
ATLAS_EVM_OPERATION(Log4) {
  return log_operation(f, sp, gas, 4);
}
#undef ATLAS_EVM_OPERATION

}  // namespace atlas::evm
