#pragma once
#include <zkvm/chips/secp256k1/equation.hpp>

namespace atlas::zkvm::chips {

// One row a call. The slope is any number of 32 bytes of its residue class; coordinates are below p, so a point has one
// encoding. Points need not be on the curve: the formulas have no b.

/// P + Q for x_P ≠ x_Q, in place of P.
struct Secp256k1Add : PlainChip {
  static constexpr const char* kName = "secp256k1 add";
  static constexpr u32 kFunction = 22;
  static constexpr unsigned kParts = 11;  ///< of three bytes
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    Address<T> pointer;                                      ///< of Q
    MemoryWord<T> p[2 * kNumberWords], q[2 * kNumberWords];  ///< x, then y
    Number<T> x, y;                                          ///< of the sum
    LowBytes<T> p_x_low, q_x_low, x_low;
    NumberBytes<T> slope;
    T unequal[kParts];
    secp256k1::BelowPrime<T> p_x_below, p_y_below, q_x_below, q_y_below, x_below, y_below;
    T slope_carry[kNumberBytes], x_carry[kNumberBytes], y_carry[kNumberBytes];
  };
  // slope·(x_Q − x_P) − (y_Q − y_P); slope² − x_P − x_Q − x; slope·(x_P − x) − y_P − y: all ≡ 0.
  static constexpr i64 kB = secp256k1::kByteProductMax, kL = secp256k1::kLimbMax;
  static constexpr secp256k1::Bounds kSlope{{-kB, kB}, {-kL, kL}}, kX{{0, kB}, {-3 * kL, 0}},
      kY{{-kB, kB}, {-2 * kL, 0}};
  static_assert(kSlope.fit(0, kNumberBytes, 20) && kX.fit(0, kNumberBytes, 20) && kY.fit(0, kNumberBytes, 20));

  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T& real = row.real;
    assert_boolean(b, real);
    receive_primitive(b, real, real * kFunction, row.call);
    check_pointer(b, real, row.call, 1, row.pointer);
    const T time = row.call.time;
    SixBitChecks<Builder, T> gaps(b, real);
    read_words(b, real, row.pointer.index(), row.q, 2 * kNumberWords, time + (kTickEcallReads + 1), gaps);
    write_number(b, real, row.call.index, row.p, row.x, time + kTickEcallWrites, gaps);
    write_number(b, real, row.call.index + kNumberWords, row.p + kNumberWords, row.y, time + kTickEcallWrites, gaps);
    gaps.finish();

    const Number<T> p_x = number_in(row.p), p_y = number_in(row.p + kNumberWords), q_x = number_in(row.q),
                    q_y = number_in(row.q + kNumberWords);
    check_below_prime(b, real, p_x, row.p_x_below);
    check_below_prime(b, real, p_y, row.p_y_below);
    check_below_prime(b, real, q_x, row.q_x_below);
    check_below_prime(b, real, q_y, row.q_y_below);
    check_below_prime(b, real, row.x, row.x_below);
    check_below_prime(b, real, row.y, row.y_below);
    const NumberBytes<T> p_x_bytes = bytes_of(b, real, p_x, row.p_x_low),
                         q_x_bytes = bytes_of(b, real, q_x, row.q_x_low), x_bytes = bytes_of(b, real, row.x, row.x_low);
    check_bytes(b, real, row.slope);
    check_number(b, real, row.y);
    T run[kNumberBytes], back[kNumberBytes];  // x_Q − x_P and x_P − x
    for (unsigned i = 0; i < kNumberBytes; ++i) {
      run[i] = q_x_bytes.byte[i] - p_x_bytes.byte[i];
      back[i] = p_x_bytes.byte[i] - x_bytes.byte[i];
    }

    // x_P ≠ x_Q: some three of their bytes differ as an integer, and so modulo p. Else the slope would be free.
    static_assert(i64{1} << 24 < kHalfField);
    T unequal = -real;
    for (unsigned j = 0; j < kParts; ++j) {
      T part = run[3 * j] + run[3 * j + 1] * 256;
      if (3 * j + 2 < kNumberBytes) part = part + run[3 * j + 2] * 65536;
      unequal = unequal + part * row.unequal[j];
    }
    b.assert_zero(unequal);

    T coefficients[3][kProductCoefficients];
    for (unsigned k = 0; k < kProductCoefficients; ++k) {
      coefficients[0][k] = product_coefficient(row.slope.byte, run, k);
      coefficients[2][k] = product_coefficient(row.slope.byte, back, k);
    }
    secp256k1::square_coefficients(row.slope.byte, coefficients[1]);
    secp256k1::check_equation(
        b, coefficients[0], [&](unsigned i) { return p_y.limb[i] - q_y.limb[i]; }, row.slope_carry);
    secp256k1::check_equation(
        b, coefficients[1], [&](unsigned i) { return -p_x.limb[i] - q_x.limb[i] - row.x.limb[i]; }, row.x_carry);
    secp256k1::check_equation(
        b, coefficients[2], [&](unsigned i) { return -p_y.limb[i] - row.y.limb[i]; }, row.y_carry);
    secp256k1::check_carries(b, real, kSlope, row.slope_carry);
    secp256k1::check_carries(b, real, kX, row.x_carry);
    secp256k1::check_carries(b, real, kY, row.y_carry);
  }
};

/// 2P for y_P ≠ 0, in place.
struct Secp256k1Double : PlainChip {
  static constexpr const char* kName = "secp256k1 double";
  static constexpr u32 kFunction = 23;
  static constexpr unsigned kWide = 16;  ///< carries of the slope's equation with a 21st bit
  template <class T>
  struct Row {
    T real;
    PrimitiveCall<T> call;
    MemoryWord<T> p[2 * kNumberWords];  ///< x, then y
    Number<T> x, y;                     ///< of the result
    LowBytes<T> p_x_low, p_y_low, x_low;
    NumberBytes<T> slope;
    T nonzero;  ///< 1 / sum of y's limbs
    secp256k1::BelowPrime<T> p_x_below, p_y_below, x_below, y_below;
    T slope_carry[kNumberBytes], x_carry[kNumberBytes], y_carry[kNumberBytes];
    T high_bit[kWide];  ///< of the slope's first carries
  };
  // slope·2·y_P − 3·x_P²; slope² − 2·x_P − x; slope·(x_P − x) − y_P − y: all ≡ 0.
  static constexpr i64 kB = secp256k1::kByteProductMax, kL = secp256k1::kLimbMax;
  static constexpr secp256k1::Bounds kSlope{{-3 * kB, 2 * kB}, {0, 0}}, kX{{0, kB}, {-3 * kL, 0}},
      kY{{-kB, kB}, {-2 * kL, 0}};
  static_assert(kSlope.fit(0, kWide, 21) && kSlope.fit(kWide, kNumberBytes, 20) && kX.fit(0, kNumberBytes, 20) &&
                kY.fit(0, kNumberBytes, 20));

  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T& real = row.real;
    assert_boolean(b, real);
    receive_primitive(b, real, real * kFunction, row.call);
    const T time = row.call.time + kTickEcallWrites;
    SixBitChecks<Builder, T> gaps(b, real);
    write_number(b, real, row.call.index, row.p, row.x, time, gaps);
    write_number(b, real, row.call.index + kNumberWords, row.p + kNumberWords, row.y, time, gaps);
    gaps.finish();

    const Number<T> p_x = number_in(row.p), p_y = number_in(row.p + kNumberWords);
    check_below_prime(b, real, p_x, row.p_x_below);
    check_below_prime(b, real, p_y, row.p_y_below);
    check_below_prime(b, real, row.x, row.x_below);
    check_below_prime(b, real, row.y, row.y_below);
    const NumberBytes<T> p_x_bytes = bytes_of(b, real, p_x, row.p_x_low),
                         p_y_bytes = bytes_of(b, real, p_y, row.p_y_low), x_bytes = bytes_of(b, real, row.x, row.x_low);
    check_bytes(b, real, row.slope);
    check_number(b, real, row.y);

    // y ≠ 0, else the slope would be free: limbs below 2^16, so their sum is an integer, and zero for zero only.
    static_assert(i64{kNumberLimbs} << 16 < kHalfField);
    T sum = p_y.limb[0];
    for (unsigned i = 1; i < kNumberLimbs; ++i) sum = sum + p_y.limb[i];
    b.assert_zero(sum * row.nonzero - real);

    T back[kNumberBytes], coefficients[3][kProductCoefficients], slope_coefficients[kProductCoefficients];
    for (unsigned i = 0; i < kNumberBytes; ++i) back[i] = p_x_bytes.byte[i] - x_bytes.byte[i];
    secp256k1::square_coefficients(p_x_bytes.byte, coefficients[0]);
    secp256k1::square_coefficients(row.slope.byte, coefficients[1]);
    for (unsigned k = 0; k < kProductCoefficients; ++k) {
      slope_coefficients[k] = product_coefficient(row.slope.byte, p_y_bytes.byte, k) * 2 - coefficients[0][k] * 3;
      coefficients[2][k] = product_coefficient(row.slope.byte, back, k);
    }
    secp256k1::check_equation(b, slope_coefficients, [&](unsigned) { return b.constant(0); }, row.slope_carry);
    secp256k1::check_equation(
        b, coefficients[1], [&](unsigned i) { return -(p_x.limb[i] * 2) - row.x.limb[i]; }, row.x_carry);
    secp256k1::check_equation(
        b, coefficients[2], [&](unsigned i) { return -p_y.limb[i] - row.y.limb[i]; }, row.y_carry);

    for (unsigned k = 0; k < kWide; ++k) {
      assert_boolean(b, row.high_bit[k]);
      secp256k1::check_carry(b, real, kSlope, k, row.slope_carry[k] - row.high_bit[k] * (1u << 20));
    }
    for (unsigned k = kWide; k < kNumberBytes; ++k) secp256k1::check_carry(b, real, kSlope, k, row.slope_carry[k]);
    secp256k1::check_carries(b, real, kX, row.x_carry);
    secp256k1::check_carries(b, real, kY, row.y_carry);
  }
};

}  // namespace atlas::zkvm::chips
