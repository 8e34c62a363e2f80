#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// SLL, SRL, SRA by 8k + r. Each byte x_i is moved by r bits: x_i·power = low_i + 256·high_i, power = 2^r to the left
/// and 2^(8−r) to the right (a shift right by r is one left by 8 − r and a byte back). The parts overlap in five bytes
/// z_i = low_i + high_{i−1}; k moves them by whole bytes. SRA continues x with bytes 255·sign above.
template <bool kImmediate>
struct ShiftChip : PlainChip {
  static constexpr const char* kName = kImmediate ? "shift immediate" : "shift";
  template <class T>
  struct Row {
    T is_sll, is_srl, is_sra;
    Cursor<T> at;
    RegisterAccess<T> rs1;
    std::conditional_t<kImmediate, T, RegisterAccess<T>> second;  ///< the immediate is the amount
    RegisterAccess<T> rd;
    Limbs<T> result;
    T x0, x2;
    T k1, k2, k3;  ///< k is 1, 2 or 3
    T r, power;
    T low[4], high[4];
    T sign;  ///< of x, if the shift is arithmetic
    T fill;  ///< z_4's bits from above x: sign·(256 − power)
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T right = row.is_srl + row.is_sra;
    const T real = row.is_sll + right;
    const T k0 = real - row.k1 - row.k2 - row.k3;
    // is_sll = real − right needs no assertion: as a direction of the shift table, right is 0 or 1 in a live row.
    assert_boolean(b, row.is_srl);
    assert_boolean(b, row.is_sra);
    assert_boolean(b, real);
    assert_boolean(b, row.k1);
    assert_boolean(b, row.k2);
    assert_boolean(b, row.k3);
    assert_boolean(b, k0);
    step(b, real, row.at, kTicksPerStep, row.at.slot + 1);
    const T operation =
        real * number(kImmediate ? Operation::kShiftImmediate : Operation::kShift) + row.is_srl + row.is_sra * 2;
    const T amount = (row.k1 + row.k2 * 2 + row.k3 * 3) * 8 + row.r;  // r < 8 by the table
    const T x = read_register(b, real, row.rs1, row.at.time);
    if constexpr (kImmediate) {
      fetch(b, real, row.at, Fields<T>{operation, row.rd.index, row.rs1.index, zero, {row.second, zero}, {zero, zero}});
      b.assert_zero(amount - row.second);
      const T z = write_register(b, real, row.rd, row.result, row.at.time + kTickRd);
      check_ticks(b, real, x, z, zero);
    } else {
      fetch(b, real, row.at,
            Fields<T>{operation, row.rd.index, row.rs1.index, row.second.index, {zero, zero}, {zero, zero}});
      const T y = read_register(b, real, row.second, row.at.time + kTickRs2);
      const T z = write_register(b, real, row.rd, row.result, row.at.time + kTickRd);
      check_ticks(b, real, x, y, z);
      // lo = amount + 32·rest, rest < 2^14: both sides are below 2^20, so equal as integers, and amount < 32 is lo
      // mod 32.
      static_assert((i64{32} << 14) + 32 < kHalfField);
      b.send(kRange14Tag, real, {(row.second.lo - amount) * kInverse5});
    }
    const T x1 = (row.rs1.lo - row.x0) * kInverse8, x3 = (row.rs1.hi - row.x2) * kInverse8;
    b.send(kShiftTag, real, {row.x0, row.r, right, row.low[0], row.high[0], row.power});
    b.send(kShiftTag, real, {x1, row.r, right, row.low[1], row.high[1], row.power});
    b.send(kShiftTag, real, {row.x2, row.r, right, row.low[2], row.high[2], row.power});
    b.send(kShiftTag, real, {x3, row.r, right, row.low[3], row.high[3], row.power});
    b.send(kAndTag, row.is_sra, {x3, b.constant(128), row.sign * 128});
    b.assert_zero(row.sign * (1 - row.is_sra));
    // 255·power = (256 − power) + 256·(power − 1): the low part of the byte above x comes into z_4, and z_5 is again
    // 255.
    b.assert_zero(row.fill - row.sign * (256 - row.power));

    // low_i is a multiple of power and high_{i−1} below it, so each z_i is a byte and the result's limbs are in range.
    const T above = row.sign * 255;
    const T z[] = {row.low[0], row.low[1] + row.high[0], row.low[2] + row.high[1], row.low[3] + row.high[2],
                   row.high[3] + row.fill};
    const auto word = [](const T& low, const T& high) { return low + high * 256; };
    const T left_lo = k0 * word(z[0], z[1]) + row.k1 * (z[0] * 256);
    const T left_hi =
        k0 * word(z[2], z[3]) + row.k1 * word(z[1], z[2]) + row.k2 * word(z[0], z[1]) + row.k3 * (z[0] * 256);
    const T right_lo =
        k0 * word(z[1], z[2]) + row.k1 * word(z[2], z[3]) + row.k2 * word(z[3], z[4]) + row.k3 * word(z[4], above);
    const T right_hi = k0 * word(z[3], z[4]) + row.k1 * word(z[4], above) + (row.k2 + row.k3) * word(above, above);
    b.assert_zero(row.is_sll * left_lo + right * right_lo - row.result.lo);
    b.assert_zero(row.is_sll * left_hi + right * right_hi - row.result.hi);
  }
};
using Shift = ShiftChip<false>;
using ShiftImmediate = ShiftChip<true>;

}  // namespace atlas::zkvm::chips
