#pragma once
#include <array>

#include <zkvm/chips/mul/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

/// Limb j of x·y as product_limb() sums it, the numbers continued by `x_sign` and `y_sign` (0 or 1).
inline u64 product_limb_of(unsigned j, u32 x, bool x_sign, u32 y, bool y_sign) {
  const auto byte = [](u32 v, bool sign, unsigned i) -> u64 { return i < 4 ? v >> 8 * i & 255 : (sign ? 255 : 0); };
  u64 sum[2] = {};
  for (unsigned k = 0; k < 2; ++k) {
    for (unsigned i = 0; i <= 2 * j + k; ++i) sum[k] += byte(x, x_sign, i) * byte(y, y_sign, 2 * j + k - i);
  }
  return sum[0] + sum[1] * 256;
}

inline RowOf<Mul> trace_row(std::type_identity<Mul>, const StepView& s) {
  RowOf<Mul> row{};
  row.real = 1;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rs2 = s.rs2;
  row.rd = s.rd;
  row.x0 = s.x & 255;
  row.x2 = s.x >> 16 & 255;
  row.y0 = s.y & 255;
  row.y2 = s.y >> 16 & 255;
  row.product = limbs_of(s.result);
  row.carry[0] = static_cast<u32>(product_limb_of(0, s.x, false, s.y, false) >> 16);
  row.carry[1] = static_cast<u32>((product_limb_of(1, s.x, false, s.y, false) + row.carry[0]) >> 16);
  return row;
}

inline RowOf<MulHigh> trace_row(std::type_identity<MulHigh>, const StepView& s) {
  RowOf<MulHigh> row{};
  row.is_mulhu = s.op == Op::kMulhu;
  row.is_mulhsu = s.op == Op::kMulhsu;
  row.is_mulh = s.op == Op::kMulh;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rs2 = s.rs2;
  row.rd = s.rd;
  row.x0 = s.x & 255;
  row.x2 = s.x >> 16 & 255;
  row.y0 = s.y & 255;
  row.y2 = s.y >> 16 & 255;
  row.sign_x = row.is_mulhu != 0 ? 0 : s.x >> 31;
  row.sign_y = row.is_mulh != 0 ? s.y >> 31 : 0;
  row.low = limbs_of(s.x * s.y);
  row.high = limbs_of(s.result);
  u64 carry = 0;
  for (unsigned j = 0; j < 4; ++j) {
    carry = (product_limb_of(j, s.x, row.sign_x != 0, s.y, row.sign_y != 0) + carry) >> 16;
    row.carry[j] = static_cast<u32>(carry);
  }
  return row;
}

}  // namespace atlas::zkvm::chips
