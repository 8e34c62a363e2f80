#pragma once
// What each instruction computes: one definition for the fast loop and the observed one.
#include <zkvm/isa/instruction.hpp>

namespace atlas::zkvm {

/// The result of a computing instruction on its two operands (rs2, or the immediate). Shifts use the low five bits.
/// Division by zero gives −1 and leaves the dividend as remainder; −2^31 / −1 gives −2^31, remainder 0 (chapter 7.2).
template <Op kOp>
[[gnu::always_inline]] constexpr u32 compute(u32 a, u32 b) {
  const i32 signed_a = static_cast<i32>(a);
  const i32 signed_b = static_cast<i32>(b);
  constexpr u32 kMinimum = u32{1} << 31;
  if constexpr (kOp == Op::kLui || kOp == Op::kAuipc) return b;
  if constexpr (kOp == Op::kAdd || kOp == Op::kAddi) return a + b;
  if constexpr (kOp == Op::kSub) return a - b;
  if constexpr (kOp == Op::kSlt || kOp == Op::kSlti) return signed_a < signed_b ? 1 : 0;
  if constexpr (kOp == Op::kSltu || kOp == Op::kSltiu) return a < b ? 1 : 0;
  if constexpr (kOp == Op::kXor || kOp == Op::kXori) return a ^ b;
  if constexpr (kOp == Op::kOr || kOp == Op::kOri) return a | b;
  if constexpr (kOp == Op::kAnd || kOp == Op::kAndi) return a & b;
  if constexpr (kOp == Op::kSll || kOp == Op::kSlli) return a << (b & 31);
  if constexpr (kOp == Op::kSrl || kOp == Op::kSrli) return a >> (b & 31);
  if constexpr (kOp == Op::kSra || kOp == Op::kSrai) return static_cast<u32>(signed_a >> (b & 31));
  if constexpr (kOp == Op::kMul) return a * b;
  if constexpr (kOp == Op::kMulh) return static_cast<u32>((i64{signed_a} * signed_b) >> 32);
  if constexpr (kOp == Op::kMulhsu) return static_cast<u32>((i64{signed_a} * i64{b}) >> 32);
  if constexpr (kOp == Op::kMulhu) return static_cast<u32>((u64{a} * b) >> 32);
  if constexpr (kOp == Op::kDivu) return b == 0 ? ~u32{0} : a / b;
  if constexpr (kOp == Op::kRemu) return b == 0 ? a : a % b;
  if constexpr (kOp == Op::kDiv) {
    if (b == 0) return ~u32{0};
    return a == kMinimum && signed_b == -1 ? a : static_cast<u32>(signed_a / signed_b);
  }
  if constexpr (kOp == Op::kRem) {
    if (b == 0) return a;
    return a == kMinimum && signed_b == -1 ? 0 : static_cast<u32>(signed_a % signed_b);
  }
}

/// Whether a branch is taken.
template <Op kOp>
[[gnu::always_inline]] constexpr bool taken(u32 a, u32 b) {
  if constexpr (kOp == Op::kBeq) return a == b;
  if constexpr (kOp == Op::kBne) return a != b;
  if constexpr (kOp == Op::kBlt) return static_cast<i32>(a) < static_cast<i32>(b);
  if constexpr (kOp == Op::kBge) return static_cast<i32>(a) >= static_cast<i32>(b);
  if constexpr (kOp == Op::kBltu) return a < b;
  if constexpr (kOp == Op::kBgeu) return a >= b;
}

constexpr bool is_load(Op op) {
  return op >= Op::kLb && op <= Op::kLhu;
}
constexpr bool is_store(Op op) {
  return op >= Op::kSb && op <= Op::kSw;
}
constexpr bool is_branch(Op op) {
  return op >= Op::kBeq && op <= Op::kBgeu;
}
/// Bytes of a load or store.
constexpr u32 access_size(Op op) {
  switch (op) {
    case Op::kLb:
    case Op::kLbu:
    case Op::kSb:
      return 1;
    case Op::kLh:
    case Op::kLhu:
    case Op::kSh:
      return 2;
    default:
      return 4;
  }
}
/// What a load of `op` makes of the word that holds its bytes; `shift` is 8 times the position in the word.
constexpr u32 loaded(Op op, u32 word, u32 shift) {
  const u32 v = word >> shift;
  switch (op) {
    case Op::kLb:
      return static_cast<u32>(static_cast<i32>(static_cast<i8>(v)));
    case Op::kLbu:
      return static_cast<u8>(v);
    case Op::kLh:
      return static_cast<u32>(static_cast<i32>(static_cast<i16>(v)));
    case Op::kLhu:
      return static_cast<u16>(v);
    default:
      return word;
  }
}
/// The word after a store of `value`'s low bytes.
constexpr u32 stored(Op op, u32 word, u32 shift, u32 value) {
  if (op == Op::kSw) return value;
  const u32 mask = (op == Op::kSb ? u32{0xff} : u32{0xffff}) << shift;
  return (word & ~mask) | (value << shift & mask);
}

}  // namespace atlas::zkvm
