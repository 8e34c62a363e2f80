#pragma once
#include <zkvm/chips/u256/number.hpp>

namespace atlas::zkvm::chips {

/// Shows that a number is less than another by the highest limb that differs: one flag is set, the limbs above it are
/// equal, and at it the other exceeds by margin + 1, margin below 2^16.
template <class T>
struct LessWitness {
  T highest[kNumberLimbs];
  T margin;
};
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_less(Builder& b, const T& when, const Number<T>& x, const Number<T>& y,
                                             const LessWitness<T>& w) {
  T above = when;  // 1 while no flag was set
  T margin = -when;
  for (unsigned i = kNumberLimbs; i-- > 0;) {
    const T difference = y.limb[i] - x.limb[i];
    assert_boolean(b, w.highest[i]);
    above = above - w.highest[i];
    if (i != 0) b.assert_zero(above * difference);  // none is above at last
    margin = margin + w.highest[i] * difference;
  }
  b.assert_zero(above);
  b.assert_zero(margin - w.margin);
  b.send(kRange16Tag, when, {w.margin});
}

/// mul_mod and mul_div: a·b + c = q·m + r over the integers, r < m (so m ≠ 0), q below 2^256, and a or b below m. One
/// row a call: reads a, b, c, m, writes r, or q and then r.
struct U256 : PlainChip {
  static constexpr const char* kName = "u256";
  static constexpr u32 kFunctionMulMod = 20;  ///< mul_div is the next
  static constexpr unsigned kEquations = kNumberBytes, kCarries = kEquations - 1;
  template <class T>
  struct Row {
    T is_mod, is_div;
    PrimitiveCall<T> call;
    Address<T> pointer[4];  ///< a1 to a4: b, c, m, result
    MemoryWord<T> a[kNumberWords], b[kNumberWords], c[kNumberWords], m[kNumberWords];
    MemoryWord<T> old_quotient[kNumberWords], old_remainder[kNumberWords];  ///< what they are written over
    Number<T> remainder;
    LowBytes<T> a_low, b_low, m_low;
    NumberBytes<T> quotient;
    T carry[kCarries];
    LessWitness<T> remainder_less;
    T is_a;  ///< a < m is shown, not b < m
    LessWitness<T> factor_less;
  };

  // Equation j is of weight 2^16j: coefficients 2j and 2j + 1 of a·b − q·m, limb j of c − r, and carries. With the
  // carry in [−2^13, 2^13), both sides are below p/2 in absolute value; and true carries lie in that range. Nothing is
  // carried out of the last one: it is an equation of integers.
  static constexpr i64 kCoefficientMax = kNumberBytes * i64{255} * 255, kCarryBound = 1 << 13;
  static constexpr i64 kEquationMax = kCoefficientMax * 257 + 65535;
  static_assert(kEquationMax + kCarryBound < kHalfField && (kCarryBound << 16) < kHalfField);
  static_assert(kEquationMax + kCarryBound < kCarryBound << 16);

  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T real = row.is_mod + row.is_div;
    assert_boolean(b, row.is_mod);
    assert_boolean(b, row.is_div);
    assert_boolean(b, real);
    receive_primitive(b, real, real * kFunctionMulMod + row.is_div, row.call);
    for (unsigned k = 1; k <= 4; ++k) check_pointer(b, real, row.call, k, row.pointer[k - 1]);

    // Memory. A quotient goes before the remainder.
    const T time = row.call.time, result = row.pointer[3].index();
    const Number<T> number_a = number_in(row.a), number_b = number_in(row.b), number_c = number_in(row.c),
                    number_m = number_in(row.m);
    SixBitChecks<Builder, T> gaps(b, real);
    read_words(b, real, row.call.index, row.a, kNumberWords, time + kTickEcallReads, gaps);
    read_words(b, real, row.pointer[0].index(), row.b, kNumberWords, time + (kTickEcallReads + 1), gaps);
    read_words(b, real, row.pointer[1].index(), row.c, kNumberWords, time + (kTickEcallReads + 2), gaps);
    read_words(b, real, row.pointer[2].index(), row.m, kNumberWords, time + (kTickEcallReads + 3), gaps);
    write_number(b, real, result + row.is_div * kNumberWords, row.old_remainder, row.remainder, time + kTickEcallWrites,
                 gaps);
    gaps.finish();
    Number<T> number_q;
    for (unsigned i = 0; i < kNumberLimbs; ++i) {
      number_q.limb[i] = row.quotient.byte[2 * i] + row.quotient.byte[2 * i + 1] * 256;
    }
    SixBitChecks<Builder, T> quotient_gaps(b, row.is_div);
    write_number(b, row.is_div, result, row.old_quotient, number_q, time + kTickEcallWrites, quotient_gaps);
    quotient_gaps.finish();
    check_number(b, real, row.remainder);

    // a·b + c = q·m + r.
    const NumberBytes<T> a = bytes_of(b, real, number_a, row.a_low), factor = bytes_of(b, real, number_b, row.b_low),
                         m = bytes_of(b, real, number_m, row.m_low);
    check_bytes(b, real, row.quotient);
    for (unsigned j = 0; j < kEquations; ++j) {
      T sum = product_coefficient(a.byte, factor.byte, 2 * j) - product_coefficient(row.quotient.byte, m.byte, 2 * j);
      if (2 * j + 1 < kProductCoefficients) {
        sum = sum + (product_coefficient(a.byte, factor.byte, 2 * j + 1) -
                     product_coefficient(row.quotient.byte, m.byte, 2 * j + 1)) *
                        256;
      }
      if (j < kNumberLimbs) sum = sum + number_c.limb[j] - row.remainder.limb[j];
      if (j != 0) sum = sum + row.carry[j - 1];
      if (j < kCarries) {
        sum = sum - row.carry[j] * 65536;
        b.send(kRange14Tag, real, {row.carry[j] + u32{kCarryBound}});
      }
      b.assert_zero(sum);
    }

    check_less(b, real, row.remainder, number_m, row.remainder_less);
    assert_boolean(b, row.is_a);
    Number<T> factor_below;
    for (unsigned i = 0; i < kNumberLimbs; ++i) {
      factor_below.limb[i] = number_b.limb[i] + row.is_a * (number_a.limb[i] - number_b.limb[i]);
    }
    check_less(b, real, factor_below, number_m, row.factor_less);
  }
};

}  // namespace atlas::zkvm::chips
