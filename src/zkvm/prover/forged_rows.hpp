#pragma once
// For tests: rows by which a forger would use a chip that lacked one assertion, where no search finds them. What
// follows from the cells given here (results, carries) the search completes.
#include <stark/prover/air/mutation.hpp>
#include <zkvm/chips/bitwise/trace.hpp>
#include <zkvm/chips/div/trace.hpp>
#include <zkvm/chips/mul/trace.hpp>
#include <zkvm/chips/shift/trace.hpp>
#include <zkvm/prover/omission_trial.hpp>

namespace atlas::zkvm::test {

/// 2^-16 modulo p is −30720: a limb's carry is off by this, modulo p, if the limb is one too large.
static_assert((BabyBear(kInverse16) + BabyBear(30720)).is_zero());

template <class Chip>
stark::ForgedRow forged(const RowOf<Chip>& row, std::vector<u32> chosen) {
  stark::ForgedRow out{kIndexOf<Chip>, {}, std::move(chosen)};
  const auto* cells = reinterpret_cast<const u32*>(&row);
  for (std::size_t i = 0; i < sizeof(row) / sizeof(u32); ++i) out.cells.push_back(BabyBear(cells[i]));
  return out;
}

/// Three flags that sum to 1, one of them −1: the instruction is another one's number. And shifts by such sums of
/// bytes.
template <class Bitwise>
void forge_flags(Op op, std::vector<stark::ForgedRow>& out) {
  const std::vector<u32> chosen = {0, 1, 2};
  auto row = chips::trace_row(std::type_identity<Bitwise>{}, step_of(op, 0x9abcdef1, 0, 0));
  row.is_xor = kP - 1;
  row.is_or = row.is_and = 1;
  out.push_back(forged<Bitwise>(row, chosen));
  row.is_xor = row.is_or = 1;
  row.is_and = kP - 1;
  out.push_back(forged<Bitwise>(row, chosen));
  row.is_xor = row.is_and = 1;
  row.is_or = kP - 1;
  out.push_back(forged<Bitwise>(row, chosen));
}
inline void forge_shifts(std::vector<stark::ForgedRow>& out) {
  using Chip = chips::ShiftImmediate;
  const std::vector<u32> chosen = {ATLAS_COLUMN(Chip, k1), ATLAS_COLUMN(Chip, k2), ATLAS_COLUMN(Chip, k3)};
  for (const u32 amount : {3u, 27u}) {  // 8 + 16 − 24 bits, with no k0; 8 + 16 bits, with k0 = −1
    auto row = chips::trace_row(std::type_identity<Chip>{}, step_of(Op::kSlli, 0x9abcdef1, amount, 0));
    row.k1 = row.k2 = 1;
    row.k3 = amount == 3 ? kP - 1 : 0;
    out.push_back(forged<Chip>(row, chosen));
  }
}

/// Carries that make a false product: limb j one too large, its carry 2^-16 short, the others as they follow.
template <class Row, std::size_t kLimbs>
void follow(Row& row, u32 x, bool x_sign, u32 y, bool y_sign, const BabyBear (&minuend)[kLimbs],
            const u32 (&limbs)[kLimbs]) {
  BabyBear carry = BabyBear::zero();
  for (unsigned j = 0; j < kLimbs; ++j) {
    const auto sum = static_cast<u32>(chips::product_limb_of(j, x, x_sign, y, y_sign));
    carry = (BabyBear(sum) + minuend[j] + carry - BabyBear(limbs[j])) * kInverse16;
    row.carry[j] = carry.canonical();
  }
}
inline void forge_products(std::vector<stark::ForgedRow>& out) {
  constexpr u32 kX = 0x12345678, kY = 0x9abcdef1;
  constexpr u64 kProduct = u64{kX} * kY;
  for (unsigned j = 0; j < 4; ++j) {
    const u64 claimed = kProduct + (u64{1} << 16 * j) + (j < 3 ? u64{30720} << 16 * (j + 1) : 0);
    const auto low = static_cast<u32>(claimed), high = static_cast<u32>(claimed >> 32);
    auto row = chips::trace_row(std::type_identity<chips::MulHigh>{}, step_of(Op::kMulhu, kX, kY, high));
    row.low = limbs_of(low);
    follow(row, kX, false, kY, false, {{}, {}, {}, {}}, {low & 0xffff, low >> 16, high & 0xffff, high >> 16});
    out.push_back(forged<chips::MulHigh>(row, {}));
    if (j > 1) continue;
    auto small = chips::trace_row(std::type_identity<chips::Mul>{}, step_of(Op::kMul, kX, kY, low));
    follow(small, kX, false, kY, false, {{}, {}}, {low & 0xffff, low >> 16});
    out.push_back(forged<chips::Mul>(small, {}));
  }
  // A limb too large by 2^16, its carry and the limb above too small by 1.
  for (unsigned j = 0; j < 3; ++j) {
    auto row = chips::trace_row(std::type_identity<chips::MulHigh>{},
                                step_of(Op::kMulhu, kX, kY, static_cast<u32>(kProduct >> 32)));
    u32* const limb[] = {&row.low.lo, &row.low.hi, &row.high.lo, &row.high.hi};
    *limb[j] += 1 << 16;
    *limb[j + 1] -= 1;
    row.carry[j] -= 1;
    out.push_back(forged<chips::MulHigh>(row, {}));
  }
  // A byte too large by 2^8, the one above too small by 1: the search adds what the carries want.
  auto bytes = chips::trace_row(std::type_identity<chips::MulHigh>{},
                                step_of(Op::kMulhu, kX, kY, static_cast<u32>(kProduct >> 32)));
  bytes.x2 += 1 << 8;
  out.push_back(forged<chips::MulHigh>(bytes, {ATLAS_COLUMN(chips::MulHigh, x2)}));
  // A positive factor taken for a negative one.
  auto row = chips::trace_row(std::type_identity<chips::MulHigh>{}, step_of(Op::kMulh, kX, kX, 0));
  row.sign_y = 1;
  const u64 negative = u64{kX} * kX - (u64{kX} << 32);
  const auto low = static_cast<u32>(negative), high = static_cast<u32>(negative >> 32);
  row.low = limbs_of(low);
  row.high = limbs_of(high);
  follow(row, kX, false, kX, true, {{}, {}, {}, {}}, {low & 0xffff, low >> 16, high & 0xffff, high >> 16});
  out.push_back(forged<chips::MulHigh>(row, {}));
  // Half MULHU, half MULH: no byte's sign is looked at.
  row = chips::trace_row(std::type_identity<chips::MulHigh>{}, step_of(Op::kMulhsu, 3, 5, 0));
  row.is_mulhsu = 0;
  row.is_mulhu = row.is_mulh = inverse_power(1);
  out.push_back(forged<chips::MulHigh>(row, {0, 1, 2}));
}

/// n = q·d + r by limbs, whatever the signs; |r| < |d| as far as limbs can say so.
struct Division {
  u32 n = 0, d = 0, q = 0, r = 0;
  BabyBear sign_n{0}, sign_r{0};
  bool is_negated = false;  ///< the divisor's sign is taken for the other
};
inline RowOf<chips::Div> division_row(Op op, const Division& v) {
  const bool is_quotient = op == Op::kDiv || op == Op::kDivu;
  auto row = chips::trace_row(std::type_identity<chips::Div>{}, step_of(op, v.n, v.d, is_quotient ? v.q : v.r));
  row.q = limbs_of(v.q);
  row.r = limbs_of(v.r);
  row.q0 = v.q & 255;
  row.q2 = v.q >> 16 & 255;
  row.sign_n = v.sign_n.canonical();
  row.sign_q = 0;
  row.sign_d ^= v.is_negated;
  row.sign_r = v.sign_r.canonical();
  const BabyBear fill = v.sign_r * 65535 - v.sign_n * 65535;
  follow(row, v.q, false, v.d, row.sign_d != 0, {BabyBear(row.r.lo), BabyBear(row.r.hi), fill, fill},
         {v.n & 0xffff, v.n >> 16, 0, 0});
  const BabyBear d_sign = BabyBear::one() - BabyBear(row.sign_d * 2), r_sign = BabyBear::one() - v.sign_r * 2;
  const BabyBear low = d_sign * row.rs2.lo - r_sign * row.r.lo - 1;
  for (u32 borrow = 0; borrow < 4; ++borrow) {
    const BabyBear carry = BabyBear(borrow & 1) - BabyBear(borrow >> 1) * 2;
    const BabyBear margin = low - carry * 65536;
    if (margin.canonical() >= 1u << 16) continue;
    row.borrow_one = borrow & 1;
    row.borrow_two = borrow >> 1;
    row.margin_lo = margin.canonical();
    row.margin_hi =
        (d_sign * row.rs2.hi - r_sign * row.r.hi + (BabyBear(row.sign_d) - v.sign_r) * 65536 + carry).canonical();
  }
  return row;
}
inline void forge_divisions(std::vector<stark::ForgedRow>& out) {
  const auto add = [&out](Op op, const Division& v) { out.push_back(forged<chips::Div>(division_row(op, v), {})); };
  constexpr u32 kMinus1 = ~u32{0};
  constexpr u64 kAcross = (u64{1} << 48) + (u64{1} << 32);  // one in each of the upper limbs
  // DIVU of 2^32 − 1 by 3: quotient 0, the remainder −1 if the dividend may be negative.
  add(Op::kDivu, {kMinus1, 3, 0, kMinus1, BabyBear(1), BabyBear(1)});
  // Remainders of the other sign: 7 = 4·2 − 1, −7 = 4·(−2) + 1; and 5 as a divisor of −(2^32 − 5).
  add(Op::kDiv, {7, 2, 4, kMinus1, {}, BabyBear(1)});
  add(Op::kDiv, {kMinus1 - 6, kMinus1 - 1, 4, 1, BabyBear(1), {}});
  add(Op::kDiv, {7, 5, 0, 7, {}, {}, true});
  // Flags of DIV and REMU, less DIVU: REM's number.
  auto flags = chips::trace_row(std::type_identity<chips::Div>{}, step_of(Op::kRem, 7, 2, 1));
  flags.is_div = flags.is_remu = 1;
  flags.is_rem = 0;
  flags.is_divu = kP - 1;
  out.push_back(forged<chips::Div>(flags, {}));
  // The dividend's upper limbs are t = 65535·sign instead of a sign's. The look-up that shows the sign says no more
  // than that 2·n.hi − 2^16·sign is below 2^16 modulo p.
  for (u32 t = 1; t < 1u << 15; ++t) {
    const BabyBear sign = BabyBear(t) * BabyBear(65535).inverse();
    const auto passes = [&](u32 n) { return (BabyBear(n >> 16) * 2 - sign * 65536).canonical() < 1u << 16; };
    bool is_found = false;
    for (u32 d = 0x7fffffff; d > 0x7fffff00 && !is_found; --d) {
      const u64 q = (t * kAcross + d - 1) / d, n = q * d - t * kAcross;
      is_found = q >> 32 == 0 && passes(static_cast<u32>(n));
      if (is_found) add(Op::kDiv, {static_cast<u32>(n), d, static_cast<u32>(q), 0, sign, {}});
    }
    if (is_found) break;
  }
  // A remainder of zero has the sign 2/2^16: too little for the margin to see, but 61442 = 65535·sign modulo p in the
  // upper limbs.
  const BabyBear sign = BabyBear(2) * kInverse16;
  const u64 target = (65535 - 61442) * kAcross, least = target + (u64{1} << 31);
  const u64 q = (least + 0x7ffffffe) / 0x7fffffff;
  add(Op::kDiv, {static_cast<u32>(q * 0x7fffffff - target), 0x7fffffff, static_cast<u32>(q), 0, BabyBear(1), sign});
  // Carries out of range, as in forge_products(): q·d + r is n − 2^16j − 30720·2^(16j + 16).
  constexpr u32 kD = 4294951936;  // 2^32 − 15360: its square is 2^64 − 30720·2^32 + 15360^2
  add(Op::kDivu, {15360u * 15360 + 65536, kD, kD, 0});
  constexpr u64 kHigh = (0 - (u64{30720} << 48)) - (u64{1} << 32);
  constexpr u32 kOther = 0xc0000001;
  constexpr u64 kQuotient = kHigh / kOther + 1;
  add(Op::kDivu, {static_cast<u32>(kQuotient * kOther - kHigh), kOther, static_cast<u32>(kQuotient), 0});
  add(Op::kDivu, {5, 1 << 24, 1 << 24, 5});
}

inline std::vector<stark::ForgedRow> forged_rows() {
  std::vector<stark::ForgedRow> out;
  forge_flags<chips::Bitwise>(Op::kOr, out);
  forge_flags<chips::BitwiseImmediate>(Op::kOri, out);
  forge_shifts(out);
  forge_products(out);
  forge_divisions(out);
  return out;
}

}  // namespace atlas::zkvm::test
