#pragma once
// Equations modulo secp256k1's p = 2^256 − c, c = 2^32 + 977, between products of numbers of 32 bytes.
//
// 2^256 ≡ c = 256^4 + 4·256 − 47, so a product's coefficients from 32 on fold down with small factors: what is left is
// a sum Σ_{k<32} G_k·256^k, below 2^275 in absolute value, that has to be q·p for some integer q of 16 bits or less.
// With q·c on the other side, Σ G_k·256^k + q·(256^4 + 4·256 − 47) = q·2^256: thirty-two equations of weight 256^k with
// a carry from each to the next, the last of which is q. A carry is one look-up of 20 bits: Bounds works out, for each
// equation, where true carries lie, and static_asserts hold that to what the look-up can show.
#include <algorithm>

#include <zkvm/chips/u256/number.hpp>

namespace atlas::zkvm::chips::secp256k1 {

inline constexpr i64 kByteProductMax = 255 * 255, kLimbMax = 65535;
inline constexpr unsigned kEquations = kNumberBytes;

static_assert((i64{1} << 32) + 4 * 256 - 47 == (i64{1} << 32) + 977);
/// What a product with these coefficients is at weight 256^k, k < 32, modulo p. T: also integers and their ranges.
template <class T>
ATLAS_FORCE_INLINE constexpr T folded(const T* coefficients, unsigned k) {
  constexpr unsigned kHigh = kProductCoefficients - kNumberBytes;
  // The last three fold to weights 32, 33 and 34, and from there once more.
  const auto high = [&](unsigned i) {
    const T once = coefficients[kNumberBytes + i];
    return i < 3 ? once + coefficients[kNumberBytes + 28 + i] : once;
  };
  T sum = coefficients[k];
  if (k < kHigh) sum = sum - high(k) * 47;
  if (k >= 1) sum = sum + high(k - 1) * 4;
  if (k >= 4) sum = sum + high(k - 4);
  return sum;
}
/// q·c at weight 256^k, added to a sum.
template <class T>
ATLAS_FORCE_INLINE constexpr T with_quotient(const T& sum, const T& q, unsigned k) {
  if (k == 0) return sum - q * 47;
  if (k == 1) return sum + q * 4;
  return k == 4 ? sum + q : sum;
}
/// The coefficients of x².
template <class T>
ATLAS_FORCE_INLINE constexpr void square_coefficients(const T* x, T* out) {
  T twice[kNumberBytes];
  for (unsigned i = 0; i < kNumberBytes; ++i) twice[i] = x[i] + x[i];
  for (unsigned k = 0; k < kProductCoefficients; ++k) {
    const unsigned first = k < kNumberBytes ? 0 : k - kNumberBytes + 1;
    const auto pairs = static_cast<unsigned>(products_in(k) / 2);  // of different bytes
    if (pairs == 0) {
      out[k] = x[k / 2] * x[k / 2];
    } else {
      const T cross = convolve(x, twice, first, k - first, pairs);
      out[k] = k % 2 == 0 ? cross + x[k / 2] * x[k / 2] : cross;
    }
  }
}

/// Integers from low to high.
struct Range {
  i64 low = 0, high = 0;
  friend constexpr Range operator+(Range a, Range b) { return {a.low + b.low, a.high + b.high}; }
  friend constexpr Range operator-(Range a, Range b) { return {a.low - b.high, a.high - b.low}; }
  friend constexpr Range operator*(Range a, i64 k) {
    return k < 0 ? Range{a.high * k, a.low * k} : Range{a.low * k, a.high * k};
  }
};
constexpr i64 floor_divide(i64 x, i64 y) {
  return x >= 0 ? x / y : -((-x + y - 1) / y);
}

/// Which carries true equations have. `bytes`: where a product of two of the numbers' bytes lies, summed over the
/// products of the equation; `limb`: the other terms, at every second weight.
struct Bounds {
  Range carry[kEquations];
  i64 sum_max = 0;  ///< largest |G_k|

  constexpr Bounds(Range bytes, Range limb) {
    Range coefficients[kProductCoefficients], sums[kEquations];
    for (unsigned k = 0; k < kProductCoefficients; ++k) coefficients[k] = bytes * products_in(k);
    for (unsigned k = 0; k < kEquations; ++k) sums[k] = folded(coefficients, k) + (k % 2 == 0 ? limb : Range{});
    for (const Range& r : sums) sum_max = std::max({sum_max, -r.low, r.high});
    set_carries(sums);
    // q = Σ/p differs from the last carry, Σ/2^256, by less than 1.
    const Range q = carry[kEquations - 1] + Range{-1, 1};
    for (unsigned k = 0; k < kEquations; ++k) sums[k] = with_quotient(sums[k], q, k);
    set_carries(sums);
  }
  /// Do the carries from `from` to `to` fit into look-ups of `bits`, and does every equation whose carries pass them
  /// hold over the integers? Carries are then at most 2^bits in absolute value.
  constexpr bool fit(unsigned from, unsigned to, unsigned bits) const {
    const i64 carry_max = i64{1} << bits;
    bool fits = sum_max + (47 + 1) * carry_max < kHalfField && 256 * carry_max < kHalfField;
    for (unsigned k = from; k < to; ++k) {
      fits = fits && carry[k].low <= 0 && carry[k].low >= -carry_max && carry[k].high - carry[k].low < carry_max;
    }
    return fits;
  }

 private:
  constexpr void set_carries(const Range* sums) {
    Range in;
    for (unsigned k = 0; k < kEquations; ++k) {
      const Range sum = sums[k] + in;
      in = carry[k] = {floor_divide(sum.low, 256), -floor_divide(-sum.high, 256)};
    }
  }
};

/// Σ coefficients[k]·256^k + Σ limb(i)·2^16i ≡ 0.
template <class Builder, class T, class Limb>
ATLAS_FORCE_INLINE constexpr void check_equation(Builder& b, const T* coefficients, const Limb& limb,
                                                 const T* carries) {
  for (unsigned k = 0; k < kEquations; ++k) {
    T sum = with_quotient(folded(coefficients, k), carries[kEquations - 1], k);
    if (k % 2 == 0) sum = sum + limb(k / 2);
    if (k != 0) sum = sum + carries[k - 1];
    b.assert_zero(sum - carries[k] * 256);
  }
}
/// Looks up what is left of a carry above its least value.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_carry(Builder& b, const T& when, const Bounds& bounds, unsigned k,
                                              const T& carry) {
  b.send(kRange20Tag, when, {carry + residue(-bounds.carry[k].low)});
}
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_carries(Builder& b, const T& when, const Bounds& bounds, const T* carries) {
  for (unsigned k = 0; k < kEquations; ++k) check_carry(b, when, bounds, k, carries[k]);
}

/// Shows that a number is below p. p's limbs 3 to 15 are all ones, the others 0xfffe, 0xffff, 0xfc2f. Nearly always one
/// of those thirteen is not all ones; else `close` is set.
template <class T>
struct BelowPrime {
  T inverse, close, lowest;
};
inline constexpr u32 kPrimeLimb0 = 0xfc2f, kPrimeLimb2 = 0xfffe;
inline constexpr unsigned kPrimeOnesFrom = 3;
inline constexpr u32 kPrimeOnes = (kNumberLimbs - kPrimeOnesFrom) * 65535;
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_below_prime(Builder& b, const T& when, const Number<T>& x,
                                                    const BelowPrime<T>& w) {
  assert_boolean(b, w.close);
  assert_boolean(b, w.lowest);
  // Limbs are below 2^16, so sums of their distances from a bound are integers, zero only if all are at it.
  static_assert(kPrimeOnes < BabyBear::kModulus);
  T missing = kPrimeOnes - x.limb[kPrimeOnesFrom];
  for (unsigned i = kPrimeOnesFrom + 1; i < kNumberLimbs; ++i) missing = missing - x.limb[i];
  b.assert_zero(missing * w.inverse - when + w.close);
  // Otherwise limb 2 is at most p's, and one of: limb 2 or 1 is less than p's; limb 0 is.
  const T second = kPrimeLimb2 - x.limb[2];
  b.send(kRange16Tag, w.close, {second});
  b.assert_zero(w.close * (second + (65535 - x.limb[1])) * w.inverse - w.close + w.lowest);
  b.send(kRange16Tag, w.lowest, {kPrimeLimb0 - 1 - x.limb[0]});
}

}  // namespace atlas::zkvm::chips::secp256k1
