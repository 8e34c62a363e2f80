#pragma once
// F[X]/(X^D − w): the extension from which challenges are drawn. One template for scalars and for packed lanes
// (field/packed): F is BabyBear or a vector of them.
#include <field/babybear.hpp>

namespace atlas::field {

/// w of the irreducible X^D − w over BabyBear. 2 is no fifth power and 5 divides p − 1, 11 is no square and 4 divides
/// p − 1; so both are irreducible (Lidl and Niederreiter, theorem 3.75). The property kit checks it by Frobenius.
template <unsigned D>
inline constexpr u32 kExtensionNonResidue = 0;
template <>
inline constexpr u32 kExtensionNonResidue<4> = 11;
template <>
inline constexpr u32 kExtensionNonResidue<5> = 2;

/// Schoolbook product in operations of F; packed types give faster ones by overloading.
template <unsigned D, class F>
ATLAS_FORCE_INLINE constexpr void extension_mul(const F* a, const F* b, F* out) {
  const F w = F(kExtensionNonResidue<D>);
  F low[D], high[D];
  for (unsigned k = 0; k < D; ++k) {
    low[k] = a[0] * b[k];
    for (unsigned i = 1; i <= k; ++i) low[k] += a[i] * b[k - i];
    if (k + 1 == D) break;
    high[k] = a[k + 1] * b[D - 1];
    for (unsigned i = k + 2; i < D; ++i) high[k] += a[i] * b[D + k - i];
  }
  for (unsigned k = 0; k + 1 < D; ++k) out[k] = low[k] + w * high[k];
  out[D - 1] = low[D - 1];
}

/// Scalars: one reduction a coefficient. A sum is kept below p·2^32 by a conditional subtraction, so adding one more
/// product (below p^2 < 2^62) stays below 2^64.
template <unsigned D>
ATLAS_FORCE_INLINE constexpr void extension_mul(const BabyBear* a, const BabyBear* b, BabyBear* out) {
  constexpr u64 kBound = u64{BabyBear::kModulus} << 32;
  const auto add = [](u64& sum, u64 product) {
    sum += product;
    sum = sum >= kBound ? sum - kBound : sum;
  };
  BabyBear scaled[D];  // w·b, for products that wrap around
  for (unsigned i = 1; i < D; ++i) {
    if constexpr (kExtensionNonResidue<D> == 2) {
      scaled[i] = b[i] + b[i];
    } else {
      scaled[i] = b[i] * BabyBear(kExtensionNonResidue<D>);
    }
  }
  u64 sums[D];
  for (unsigned k = 0; k < D; ++k) {
    sums[k] = 0;
    for (unsigned i = 0; i < D; ++i) add(sums[k], u64{a[i].raw} * (i <= k ? b[k - i].raw : scaled[D + k - i].raw));
  }
  for (unsigned k = 0; k < D; ++k) out[k] = BabyBear::from_raw(BabyBear::reduce(sums[k]));
}

/// c[0] + c[1]·X + … + c[D−1]·X^(D−1).
template <class F, unsigned D>
struct Extension {
  static constexpr unsigned kDegree = D;
  using Base = F;

  F c[D]{};

  Extension() = default;
  ATLAS_FORCE_INLINE constexpr explicit Extension(F base) { c[0] = base; }
  static constexpr Extension zero() { return Extension(); }
  static constexpr Extension one() { return Extension(F(BabyBear::one())); }

  friend ATLAS_FORCE_INLINE constexpr Extension operator+(const Extension& a, const Extension& b) {
    Extension out;
    for (unsigned i = 0; i < D; ++i) out.c[i] = a.c[i] + b.c[i];
    return out;
  }
  friend ATLAS_FORCE_INLINE constexpr Extension operator-(const Extension& a, const Extension& b) {
    Extension out;
    for (unsigned i = 0; i < D; ++i) out.c[i] = a.c[i] - b.c[i];
    return out;
  }
  friend ATLAS_FORCE_INLINE constexpr Extension operator*(const Extension& a, const Extension& b) {
    Extension out;
    extension_mul<D>(a.c, b.c, out.c);
    return out;
  }
  friend ATLAS_FORCE_INLINE constexpr Extension operator*(const Extension& a, const F& b) {
    Extension out;
    for (unsigned i = 0; i < D; ++i) out.c[i] = a.c[i] * b;
    return out;
  }
  friend ATLAS_FORCE_INLINE constexpr Extension operator*(const F& a, const Extension& b) { return b * a; }
  friend ATLAS_FORCE_INLINE constexpr Extension operator+(const Extension& a, const F& b) {
    Extension out = a;
    out.c[0] = out.c[0] + b;
    return out;
  }
  friend ATLAS_FORCE_INLINE constexpr Extension operator+(const F& a, const Extension& b) { return b + a; }
  friend ATLAS_FORCE_INLINE constexpr Extension operator-(const Extension& a, const F& b) {
    Extension out = a;
    out.c[0] = out.c[0] - b;
    return out;
  }
  friend ATLAS_FORCE_INLINE constexpr Extension operator-(const F& a, const Extension& b) { return -b + a; }
  ATLAS_FORCE_INLINE constexpr Extension operator-() const {
    Extension out;
    for (unsigned i = 0; i < D; ++i) out.c[i] = -c[i];
    return out;
  }
  ATLAS_FORCE_INLINE constexpr Extension& operator+=(const Extension& b) { return *this = *this + b; }
  ATLAS_FORCE_INLINE constexpr Extension& operator-=(const Extension& b) { return *this = *this - b; }
  ATLAS_FORCE_INLINE constexpr Extension& operator*=(const Extension& b) { return *this = *this * b; }
  ATLAS_FORCE_INLINE constexpr Extension& operator+=(const F& b) { return *this = *this + b; }

  // What follows is for scalars only.
  constexpr explicit Extension(u32 value) : Extension(F(value)) {}
  friend constexpr bool operator==(const Extension& a, const Extension& b) {
    for (unsigned i = 0; i < D; ++i) {
      if (!(a.c[i] == b.c[i])) return false;
    }
    return true;
  }
  constexpr bool is_zero() const { return *this == zero(); }
  /// a^(p^times): multiplies coefficient i by w^(i·times·(p−1)/D), as X^p = w^((p−1)/D)·X.
  constexpr Extension frobenius(unsigned times = 1) const {
    const F z = F(kExtensionNonResidue<D>).pow((F::kModulus - 1) / D).pow(times);
    Extension out;
    F power = F::one();
    for (unsigned i = 0; i < D; ++i, power *= z) out.c[i] = c[i] * power;
    return out;
  }
  /// 1/a through the norm, a·a^p·…·a^(p^(D−1)), which is in F; zero has none and gives zero.
  constexpr Extension inverse() const {
    Extension others = frobenius(1);
    for (unsigned i = 2; i < D; ++i) others *= frobenius(i);
    const F norm = (others * *this).c[0];
    return others * norm.inverse();
  }
  constexpr Extension pow(u64 exponent) const {
    Extension base = *this;
    Extension out = one();
    for (; exponent != 0; exponent >>= 1, base *= base) {
      if (exponent & 1) out *= base;
    }
    return out;
  }
};

}  // namespace atlas::field
