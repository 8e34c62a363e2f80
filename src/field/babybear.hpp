#pragma once
// The field of integers modulo p = 15·2^27 + 1 ("BabyBear"): 31 bits, 2^27 divides p − 1. Elements are kept in
// Montgomery form, x·2^32 mod p, always below p; that is also their form in proofs and under hashes, so that neither
// prover nor verifier ever converts.
#include <base/ensure.hpp>
#include <base/types.hpp>

/// Arithmetic is included by files compiled for other instruction sets (field/packed): a function that were not inlined
/// could be linked from such a file and run on a processor without those instructions.
#define ATLAS_FORCE_INLINE __attribute__((always_inline)) inline

namespace atlas::field {

struct BabyBear {
  static constexpr u32 kModulus = 15u * (1u << 27) + 1;
  static constexpr u32 kModulusInverse = 0x88000001;    ///< p^-1 mod 2^32
  static constexpr u32 kMontgomeryOne = 0x0ffffffe;     ///< 2^32 mod p
  static constexpr u32 kMontgomerySquare = 1172168163;  ///< 2^64 mod p
  static constexpr unsigned kTwoAdicity = 27;
  static constexpr u32 kGenerator = 31;  ///< of the multiplicative group
  static constexpr unsigned kDegree = 1;
  using Base = BabyBear;

  u32 raw = 0;  ///< x·2^32 mod p

  BabyBear() = default;
  /// The class of `value` modulo p.
  ATLAS_FORCE_INLINE constexpr explicit BabyBear(u32 value) : raw(reduce(u64{value} * kMontgomerySquare)) {}
  ATLAS_FORCE_INLINE static constexpr BabyBear from_raw(u32 raw) {
    BabyBear out;
    out.raw = raw;
    return out;
  }
  static constexpr BabyBear zero() { return from_raw(0); }
  static constexpr BabyBear one() { return from_raw(kMontgomeryOne); }
  /// The least non-negative representative.
  ATLAS_FORCE_INLINE constexpr u32 canonical() const { return reduce(raw); }
  ATLAS_FORCE_INLINE constexpr bool is_zero() const { return raw == 0; }

  /// x·2^-32 mod p for x < p·2^32.
  ATLAS_FORCE_INLINE static constexpr u32 reduce(u64 x) {
    const u32 q = static_cast<u32>(x) * kModulusInverse;  // q·p = x (mod 2^32)
    const u32 high = static_cast<u32>(x >> 32);
    const u32 multiple = static_cast<u32>((u64{q} * kModulus) >> 32);
    return high - multiple + (high < multiple ? kModulus : 0);
  }

  friend ATLAS_FORCE_INLINE constexpr BabyBear operator+(BabyBear a, BabyBear b) {
    const u32 sum = a.raw + b.raw;  // below 2^32, as 2p < 2^32
    return from_raw(sum >= kModulus ? sum - kModulus : sum);
  }
  friend ATLAS_FORCE_INLINE constexpr BabyBear operator-(BabyBear a, BabyBear b) {
    return from_raw(a.raw - b.raw + (a.raw < b.raw ? kModulus : 0));
  }
  friend ATLAS_FORCE_INLINE constexpr BabyBear operator*(BabyBear a, BabyBear b) {
    return from_raw(reduce(u64{a.raw} * b.raw));
  }
  ATLAS_FORCE_INLINE constexpr BabyBear operator-() const { return from_raw(raw == 0 ? 0 : kModulus - raw); }
  ATLAS_FORCE_INLINE constexpr BabyBear& operator+=(BabyBear b) { return *this = *this + b; }
  ATLAS_FORCE_INLINE constexpr BabyBear& operator-=(BabyBear b) { return *this = *this - b; }
  ATLAS_FORCE_INLINE constexpr BabyBear& operator*=(BabyBear b) { return *this = *this * b; }
  friend ATLAS_FORCE_INLINE constexpr bool operator==(BabyBear a, BabyBear b) { return a.raw == b.raw; }

  constexpr BabyBear pow(u64 exponent) const {
    BabyBear base = *this;
    BabyBear out = one();
    for (; exponent != 0; exponent >>= 1, base *= base) {
      if (exponent & 1) out *= base;
    }
    return out;
  }
  /// 1/x; zero has none and gives zero.
  constexpr BabyBear inverse() const { return pow(kModulus - 2); }
  /// A primitive 2^log-th root of unity, log ≤ kTwoAdicity; root(n)^2 = root(n − 1).
  static constexpr BabyBear root_of_unity(unsigned log) {
    ENSURE(log <= kTwoAdicity, "the field has no root of unity of that order");
    BabyBear root = BabyBear(kGenerator).pow((kModulus - 1) >> kTwoAdicity);
    for (unsigned i = log; i < kTwoAdicity; ++i) root *= root;
    return root;
  }
};

static_assert(u32{BabyBear::kModulus * BabyBear::kModulusInverse} == 1);
static_assert((u64{1} << 32) % BabyBear::kModulus == BabyBear::kMontgomeryOne);
static_assert(u64{BabyBear::kMontgomeryOne} * BabyBear::kMontgomeryOne % BabyBear::kModulus ==
              BabyBear::kMontgomerySquare);

/// Anything that is an algebra over the field: scalars, lanes, extensions of either.
template <class T>
concept Algebra = requires { typename T::Base; };

// Integers stand for their class modulo p, so that constraints read as they are written on paper.
template <Algebra T>
ATLAS_FORCE_INLINE constexpr T operator*(const T& a, u32 k) {
  return a * typename T::Base(k);
}
template <Algebra T>
ATLAS_FORCE_INLINE constexpr T operator*(u32 k, const T& a) {
  return a * typename T::Base(k);
}
template <Algebra T>
ATLAS_FORCE_INLINE constexpr T operator+(const T& a, u32 k) {
  return a + typename T::Base(k);
}
template <Algebra T>
ATLAS_FORCE_INLINE constexpr T operator+(u32 k, const T& a) {
  return a + typename T::Base(k);
}
template <Algebra T>
ATLAS_FORCE_INLINE constexpr T operator-(const T& a, u32 k) {
  return a - typename T::Base(k);
}
template <Algebra T>
ATLAS_FORCE_INLINE constexpr T operator-(u32 k, const T& a) {
  return typename T::Base(k) - a;
}

}  // namespace atlas::field
