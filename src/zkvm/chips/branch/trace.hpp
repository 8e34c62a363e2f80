#pragma once
#include <vector>

#include <zkvm/chips/branch/chip.hpp>
#include <zkvm/chips/compare/trace.hpp>

namespace atlas::zkvm::chips {

/// 1/d modulo p for a difference of limbs, |d| < 2^16; 0 for 0.
inline u32 inverse_of_difference(i32 difference) {
  static const std::vector<u32> kInverses = [] {
    constexpr u64 kP = BabyBear::kModulus;
    std::vector<u32> out(1u << 16, 1);
    out[0] = 0;
    // p = (p/i)·i + p mod i, so 1/i = −(p/i)/(p mod i).
    for (u64 i = 2; i < out.size(); ++i) out[i] = static_cast<u32>((kP - kP / i) * out[kP % i] % kP);
    return out;
  }();
  if (difference == 0) return 0;
  return difference > 0 ? kInverses[static_cast<u32>(difference)]
                        : BabyBear::kModulus - kInverses[static_cast<u32>(-difference)];
}

inline RowOf<BranchEqual> trace_row(std::type_identity<BranchEqual>, const StepView& s) {
  RowOf<BranchEqual> row{};
  row.is_beq = s.op == Op::kBeq;
  row.is_bne = s.op == Op::kBne;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rs2 = s.rs2;
  row.target = s.fields.auxiliary.lo;
  row.next = s.next_slot;
  row.equal = s.x == s.y;
  const i32 lo = static_cast<i32>(s.rs1.lo) - static_cast<i32>(s.rs2.lo);
  row.inverse_lo = inverse_of_difference(lo);
  if (lo == 0) row.inverse_hi = inverse_of_difference(static_cast<i32>(s.rs1.hi) - static_cast<i32>(s.rs2.hi));
  return row;
}

inline RowOf<BranchLess> trace_row(std::type_identity<BranchLess>, const StepView& s) {
  RowOf<BranchLess> row{};
  row.is_less = s.op == Op::kBlt || s.op == Op::kBltu;
  row.is_not_less = 1 - row.is_less;
  row.is_signed = s.op == Op::kBlt || s.op == Op::kBge;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rs2 = s.rs2;
  row.target = s.fields.auxiliary.lo;
  row.next = s.next_slot;
  row.order = comparison_of(s.x, s.y, row.is_signed != 0);
  return row;
}

}  // namespace atlas::zkvm::chips
