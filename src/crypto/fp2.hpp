#pragma once
// The quadratic extension Fp[u]/(u² + 1) of a field with p = 3 (mod 4): base of the towers of BN254 and BLS12-381.
#include <crypto/montgomery.hpp>

namespace atlas::crypto {

template <class Field>
struct Fp2 {
  using Fp = Field;
  Fp c0, c1;  // c0 + c1·u

  static constexpr Fp2 zero() { return {}; }
  static constexpr Fp2 one() { return {Fp::one(), Fp::zero()}; }

  constexpr bool is_zero() const { return c0.is_zero() && c1.is_zero(); }
  friend constexpr bool operator==(const Fp2&, const Fp2&) = default;
  friend constexpr Fp2 operator+(const Fp2& a, const Fp2& b) { return {a.c0 + b.c0, a.c1 + b.c1}; }
  friend constexpr Fp2 operator-(const Fp2& a, const Fp2& b) { return {a.c0 - b.c0, a.c1 - b.c1}; }
  constexpr Fp2 operator-() const { return {-c0, -c1}; }
  constexpr Fp2& operator+=(const Fp2& b) { return *this = *this + b; }
  constexpr Fp2& operator-=(const Fp2& b) { return *this = *this - b; }
  constexpr Fp2& operator*=(const Fp2& b) { return *this = *this * b; }
  constexpr Fp2 doubled() const { return {c0.doubled(), c1.doubled()}; }
  constexpr Fp2 halved() const { return {c0.halved(), c1.halved()}; }
  /// The p-power Frobenius map.
  constexpr Fp2 conjugate() const { return {c0, -c1}; }

  /// A double-width value of the extension: sums of products that are reduced once. Coefficients stay below p·R.
  struct Product {
    typename Fp::Product c0, c1;
    friend constexpr Product operator+(const Product& a, const Product& b) {
      return {Fp::add_wide(a.c0, b.c0), Fp::add_wide(a.c1, b.c1)};
    }
    friend constexpr Product operator-(const Product& a, const Product& b) {
      return {Fp::sub_wide(a.c0, b.c0), Fp::sub_wide(a.c1, b.c1)};
    }
    constexpr Fp2 reduce() const { return {Fp::from_raw(Fp::reduce(c0)), Fp::from_raw(Fp::reduce(c1))}; }
  };
  static constexpr Product product(const Fp2& a, const Fp2& b) {
    if constexpr (Fp::kIsPlain) {  // sums cost as much as products, and a product takes one along
      return {Fp::multiply_add(a.c0, b.c0, a.c1 * -b.c1).raw(), Fp::multiply_add(a.c0, b.c1, a.c1 * b.c0).raw()};
    } else {
      return karatsuba(a, b);
    }
  }
  friend constexpr Fp2 operator*(const Fp2& a, const Fp2& b) { return product(a, b).reduce(); }
  friend constexpr Fp2 operator*(const Fp2& a, const Fp& b) { return {a.c0 * b, a.c1 * b}; }
  /// (a0 + a1)(a0 − a1) + 2·a0·a1·u.
  constexpr Fp2 sqr() const {
    const auto sum = Fp::add_lazy(c0.raw(), c1.raw());
    const Fp cross = c0 * c1;
    return {Fp::from_raw(Fp::multiply(sum, (c0 - c1).raw())), cross.doubled()};
  }
  constexpr Fp norm() const { return c0.sqr() + c1.sqr(); }
  /// Zero for zero.
  constexpr Fp2 inverse() const {
    const Fp scale = norm().inverse();
    return {c0 * scale, -(c1 * scale)};
  }
  /// sgn0 of RFC 9380, section 4.1: parity of c0, or of c1 where c0 is zero.
  constexpr bool is_odd() const { return c0.is_zero() ? c1.is_odd() : c0.is_odd(); }

  /// A square root if there is one, by the complex method: (x + y·u)² = c0 + c1·u has x² = (c0 ± √norm)/2 and
  /// y = c1/2x. Two exponentiations at most.
  constexpr std::optional<Fp2> sqrt() const {
    if (c1.is_zero()) {
      if (const auto root = c0.sqrt()) return Fp2{*root, Fp::zero()};
      return Fp2{Fp::zero(), *(-c0).sqrt()};  // −1 is no square in Fp, so −c0 is one
    }
    const auto length = norm().sqrt();
    if (!length) return std::nullopt;
    // With t = (c0 + length)/2 and r = t^((p+1)/4): either r² = t, then x = r; or r² = −t, then x² = (c0 − length)/2 =
    // −c1²/4t = (c1/2r)², and the coefficient of u is r. Since c1 ≠ 0, t is not zero.
    const Fp t = (c0 + *length).halved();
    const Fp r = t.sqrt_candidate();
    const Fp other = c1 * r.doubled().inverse();
    return r.sqr() == t ? Fp2{r, other} : Fp2{other, r};
  }

 private:
  /// Three products of the base field.
  static constexpr Product karatsuba(const Fp2& a, const Fp2& b) {
    using Wide = typename Fp::Product;
    const Wide low = Fp::product(a.c0.raw(), b.c0.raw());
    const Wide high = Fp::product(a.c1.raw(), b.c1.raw());
    Wide cross = Fp::product(Fp::add_lazy(a.c0.raw(), a.c1.raw()), Fp::add_lazy(b.c0.raw(), b.c1.raw()));
    // cross − low − high = a0·b1 + a1·b0 < 2p² < p·R, and no step is negative.
    Wide::sub(cross, cross, low);
    Wide::sub(cross, cross, high);
    return {Fp::sub_wide(low, high), cross};
  }
};

}  // namespace atlas::crypto
