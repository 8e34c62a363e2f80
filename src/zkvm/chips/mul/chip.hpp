#pragma once
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

/// A word as four bytes, of which two are columns.
template <class T>
struct Bytes4 {
  T byte[4];
};
template <class T>
ATLAS_FORCE_INLINE constexpr Bytes4<T> bytes_of(const Limbs<T>& word, const T& byte0, const T& byte2) {
  return {{byte0, (word.lo - byte0) * kInverse8, byte2, (word.hi - byte2) * kInverse8}};
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_bytes(Builder& b, const T& when, const Bytes4<T>& x) {
  b.send(kBytesTag, when, {x.byte[0], x.byte[1]});
  b.send(kBytesTag, when, {x.byte[2], x.byte[3]});
}

/// Limb j of the product of two numbers of eight bytes, modulo 2^64: four bytes each, then four times a byte of sign.
/// Not yet carried: below kProductLimbMax.
template <class T>
ATLAS_FORCE_INLINE constexpr T product_limb(unsigned j, const Bytes4<T>& x, const T& x_sign, const Bytes4<T>& y,
                                            const T& y_sign) {
  const auto position = [&](unsigned k) {
    T sum = x.byte[0] * (k < 4 ? y.byte[k] : y_sign);
    for (unsigned i = 1; i <= k; ++i) {
      sum = sum + (i < 4 ? x.byte[i] : x_sign) * (k - i < 4 ? y.byte[k - i] : y_sign);
    }
    return sum;
  };
  return position(2 * j) + position(2 * j + 1) * 256;
}
inline constexpr i64 kProductLimbMax = i64{255} * 255 * 8 * 257;
/// Carries are looked up below 2^14, more than enough: they stay below (kProductLimbMax + 2^17)/2^16 < 2^11.
inline constexpr i64 kCarryMax = (i64{1} << 14) - 1;
// limb + carry in (+ one more limb) = limb of the result + 2^16·carry out: no side is negative, and all are below p.
static_assert(kProductLimbMax + kCarryMax + (1 << 16) < kHalfField);
static_assert((kCarryMax << 16) + 65535 < i64{BabyBear::kModulus});
static_assert((kProductLimbMax + kCarryMax + (1 << 16)) >> 16 <= kCarryMax);

/// MUL: the product's low half is that of unsigned numbers.
struct Mul : PlainChip {
  static constexpr const char* kName = "mul";
  template <class T>
  struct Row {
    T real;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2, rd;
    T x0, x2, y0, y2;
    Limbs<T> product;
    T carry[2];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    assert_boolean(b, row.real);
    step(b, row.real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, row.real, row.at,
          Fields<T>{row.real * number(Operation::kMul),
                    row.rd.index,
                    row.rs1.index,
                    row.rs2.index,
                    {zero, zero},
                    {zero, zero}});
    const T x = read_register(b, row.real, row.rs1, row.at.time);
    const T y = read_register(b, row.real, row.rs2, row.at.time + kTickRs2);
    const T z = write_register(b, row.real, row.rd, row.product, row.at.time + kTickRd);
    check_ticks(b, row.real, x, y, z);
    const Bytes4<T> first = bytes_of(Limbs<T>{row.rs1.lo, row.rs1.hi}, row.x0, row.x2);
    const Bytes4<T> second = bytes_of(Limbs<T>{row.rs2.lo, row.rs2.hi}, row.y0, row.y2);
    check_bytes(b, row.real, first);
    check_bytes(b, row.real, second);
    check_limbs(b, row.real, row.product);
    b.send(kRange14Tag, row.real, {row.carry[0]});
    b.send(kRange14Tag, row.real, {row.carry[1]});
    b.assert_zero(product_limb(0, first, zero, second, zero) - row.product.lo - row.carry[0] * 65536);
    b.assert_zero(product_limb(1, first, zero, second, zero) + row.carry[0] - row.product.hi - row.carry[1] * 65536);
  }
};

/// MULH, MULHSU, MULHU: the operands continued by their signs to eight bytes; the product modulo 2^64 is then the
/// signed one.
struct MulHigh : PlainChip {
  static constexpr const char* kName = "mul high";
  template <class T>
  struct Row {
    T is_mulhu, is_mulhsu, is_mulh;
    Cursor<T> at;
    RegisterAccess<T> rs1, rs2, rd;
    T x0, x2, y0, y2;
    T sign_x, sign_y;
    Limbs<T> low, high;
    T carry[4];
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    using T = ExprOf<Builder>;
    const auto& row = b.template row<Row>();
    const T zero = b.constant(0);
    const T signed_x = row.is_mulhsu + row.is_mulh;
    const T real = row.is_mulhu + signed_x;
    assert_boolean(b, row.is_mulhsu);
    assert_boolean(b, row.is_mulh);
    assert_boolean(b, real);
    step(b, real, row.at, kTicksPerStep, row.at.slot + 1);
    fetch(b, real, row.at,
          Fields<T>{real * number(Operation::kMulHigh) + row.is_mulhsu + row.is_mulh * 2,
                    row.rd.index,
                    row.rs1.index,
                    row.rs2.index,
                    {zero, zero},
                    {zero, zero}});
    const T x = read_register(b, real, row.rs1, row.at.time);
    const T y = read_register(b, real, row.rs2, row.at.time + kTickRs2);
    const T z = write_register(b, real, row.rd, row.high, row.at.time + kTickRd);
    check_ticks(b, real, x, y, z);
    const Bytes4<T> first = bytes_of(Limbs<T>{row.rs1.lo, row.rs1.hi}, row.x0, row.x2);
    const Bytes4<T> second = bytes_of(Limbs<T>{row.rs2.lo, row.rs2.hi}, row.y0, row.y2);
    check_bytes(b, real, first);
    check_bytes(b, real, second);
    // Of bytes alone there are conjunctions: signed_x is not 2, so in a live row is_mulhu = 1 − signed_x is boolean,
    // and the signs are top bits, or zero.
    b.send(kAndTag, real, {first.byte[3], signed_x * 128, row.sign_x * 128});
    b.send(kAndTag, real, {second.byte[3], row.is_mulh * 128, row.sign_y * 128});
    check_limbs(b, real, row.low);
    check_limbs(b, real, row.high);
    const T limbs[] = {row.low.lo, row.low.hi, row.high.lo, row.high.hi};
    for (unsigned j = 0; j < 4; ++j) {
      b.send(kRange14Tag, real, {row.carry[j]});
      const T product = product_limb(j, first, row.sign_x * 255, second, row.sign_y * 255);
      const T carried = j == 0 ? product : product + row.carry[j - 1];
      b.assert_zero(carried - limbs[j] - row.carry[j] * 65536);
    }
  }
};

}  // namespace atlas::zkvm::chips
