#pragma once
#include <zkvm/chips/div/chip.hpp>
#include <zkvm/chips/mul/trace.hpp>

namespace atlas::zkvm::chips {

inline RowOf<Div> trace_row(std::type_identity<Div>, const StepView& s) {
  RowOf<Div> row{};
  row.is_divu = s.op == Op::kDivu;
  row.is_remu = s.op == Op::kRemu;
  row.is_div = s.op == Op::kDiv;
  row.is_rem = s.op == Op::kRem;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rs2 = s.rs2;
  row.rd = s.rd;
  row.result = limbs_of(s.result);
  const bool is_signed = (row.is_div | row.is_rem) != 0;
  const i64 n = is_signed ? i64{static_cast<i32>(s.x)} : i64{s.x};
  const i64 d = is_signed ? i64{static_cast<i32>(s.y)} : i64{s.y};
  const i64 q = d == 0 ? 0xffffffff : n / d;
  const i64 r = d == 0 ? n : n % d;
  const auto q_word = static_cast<u32>(q), r_word = static_cast<u32>(r);
  row.q = limbs_of(q_word);
  row.r = limbs_of(r_word);
  row.q0 = q_word & 255;
  row.q2 = q_word >> 16 & 255;
  row.d0 = s.y & 255;
  row.d2 = s.y >> 16 & 255;
  row.sign_n = n < 0;
  row.sign_d = d < 0;
  row.sign_q = q < 0;
  row.sign_r = r < 0;
  row.is_zero = d == 0;
  const auto size = [](i64 v) { return v < 0 ? -v : v; };
  if (d != 0) {
    const auto margin = static_cast<u32>(size(d) - size(r) - 1);
    row.margin_lo = margin & 0xffff;
    row.margin_hi = margin >> 16;
    const auto signed_limb = [](bool sign, u32 limb) { return sign ? -i64{limb} : i64{limb}; };
    const i64 carry = (signed_limb(d < 0, s.rs2.lo) - signed_limb(r < 0, row.r.lo) - 1 - i64{row.margin_lo}) >> 16;
    row.borrow_one = static_cast<u32>(carry & 1);
    row.borrow_two = carry < 0;
  }
  u64 carry = 0;
  const u32 remainder[] = {row.r.lo, row.r.hi, row.sign_r * 65535, row.sign_r * 65535};
  for (unsigned j = 0; j < 4; ++j) {
    carry = (product_limb_of(j, q_word, q < 0, s.y, d < 0) + remainder[j] + carry) >> 16;
    row.carry[j] = static_cast<u32>(carry);
  }
  return row;
}

}  // namespace atlas::zkvm::chips
