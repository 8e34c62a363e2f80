#pragma once
// The tower Fp2[v]/(v³ − ξ) = Fp6, Fp6[w]/(w² − v) = Fp12 over Fp2 = Fp[u]/(u² + 1), with ξ = kXi + u.
// Formulas: Karatsuba with lazy reduction (Aranha, Karabina, Longa, Gebotys, Lopez, "Faster explicit formulas for
// computing pairings over ordinary curves", 2011); squaring in the cyclotomic subgroup (Granger, Scott, 2010).
//
// `Config` gives: Fp; kXi (a small unsigned number); kGamma = ξ^((p−1)/6) in Fp2.
#include <crypto/fp2.hpp>

namespace atlas::crypto {

/// a·ξ, for Fp2 and for its double-width products alike.
template <class Config>
struct Xi {
  using Fp = typename Config::Fp;
  using F2 = Fp2<Fp>;

  static constexpr F2 times(const F2& a) { return {scaled(a.c0) - a.c1, scaled(a.c1) + a.c0}; }
  static constexpr typename F2::Product times(const typename F2::Product& a) {
    return {Fp::sub_wide(scaled(a.c0), a.c1), Fp::add_wide(scaled(a.c1), a.c0)};
  }

 private:
  static constexpr Fp add(const Fp& a, const Fp& b) { return a + b; }
  static constexpr typename Fp::Product add(const typename Fp::Product& a, const typename Fp::Product& b) {
    return Fp::add_wide(a, b);
  }
  /// kXi·a by double and add.
  template <class T>
  static constexpr T scaled(const T& a) {
    T r = a;
    for (unsigned bit = std::bit_floor(Config::kXi) >> 1; bit != 0; bit >>= 1) {
      r = add(r, r);
      if (Config::kXi & bit) r = add(r, a);
    }
    return r;
  }
};

template <class Config>
struct Fp6 {
  using Fp = typename Config::Fp;
  using F2 = Fp2<Fp>;
  F2 a0, a1, a2;  // a0 + a1·v + a2·v²

  static constexpr Fp6 one() { return {F2::one(), {}, {}}; }
  friend constexpr bool operator==(const Fp6&, const Fp6&) = default;
  friend constexpr Fp6 operator+(const Fp6& x, const Fp6& y) { return {x.a0 + y.a0, x.a1 + y.a1, x.a2 + y.a2}; }
  friend constexpr Fp6 operator-(const Fp6& x, const Fp6& y) { return {x.a0 - y.a0, x.a1 - y.a1, x.a2 - y.a2}; }
  constexpr Fp6 operator-() const { return {-a0, -a1, -a2}; }
  constexpr Fp6 doubled() const { return {a0.doubled(), a1.doubled(), a2.doubled()}; }

  /// x·v.
  constexpr Fp6 times_v() const { return {Xi<Config>::times(a2), a0, a1}; }
  friend constexpr Fp6 operator*(const Fp6& x, const Fp6& y) {
    const auto v0 = F2::product(x.a0, y.a0);
    const auto v1 = F2::product(x.a1, y.a1);
    const auto v2 = F2::product(x.a2, y.a2);
    const auto c12 = F2::product(x.a1 + x.a2, y.a1 + y.a2) - v1 - v2;
    const auto c01 = F2::product(x.a0 + x.a1, y.a0 + y.a1) - v0 - v1;
    const auto c02 = F2::product(x.a0 + x.a2, y.a0 + y.a2) - v0 - v2;
    return {(v0 + Xi<Config>::times(c12)).reduce(), (c01 + Xi<Config>::times(v2)).reduce(), (c02 + v1).reduce()};
  }
  /// x·(b0 + b1·v).
  constexpr Fp6 times_sparse(const F2& b0, const F2& b1) const {
    const auto v0 = F2::product(a0, b0);
    const auto v1 = F2::product(a1, b1);
    const auto cross = F2::product(a0 + a1, b0 + b1) - v0 - v1;
    return {(v0 + Xi<Config>::times(F2::product(a2, b1))).reduce(), cross.reduce(),
            (v1 + F2::product(a2, b0)).reduce()};
  }
  constexpr Fp6 times(const F2& b) const { return {a0 * b, a1 * b, a2 * b}; }
  constexpr Fp6 inverse() const {
    // The adjoint (t0, t1, t2) with (a0 + a1·v + a2·v²)(t0 + t1·v + t2·v²) in Fp2.
    const F2 t0 = a0.sqr() - Xi<Config>::times(a1 * a2);
    const F2 t1 = Xi<Config>::times(a2.sqr()) - a0 * a1;
    const F2 t2 = a1.sqr() - a0 * a2;
    const F2 scale = (a0 * t0 + Xi<Config>::times(a2 * t1 + a1 * t2)).inverse();
    return {t0 * scale, t1 * scale, t2 * scale};
  }
};

template <class Config>
struct Fp12 {
  using Fp = typename Config::Fp;
  using F2 = Fp2<Fp>;
  using F6 = Fp6<Config>;
  F6 c0, c1;  // c0 + c1·w

  static constexpr Fp12 one() { return {F6::one(), {}}; }
  friend constexpr bool operator==(const Fp12&, const Fp12&) = default;
  friend constexpr Fp12 operator*(const Fp12& x, const Fp12& y) {
    const F6 low = x.c0 * y.c0;
    const F6 high = x.c1 * y.c1;
    return {low + high.times_v(), (x.c0 + x.c1) * (y.c0 + y.c1) - low - high};
  }
  constexpr Fp12 sqr() const {
    // (c0 + c1)(c0 + v·c1) = c0² + v·c1² + (1 + v)·c0·c1.
    const F6 cross = c0 * c1;
    return {(c0 + c1) * (c0 + c1.times_v()) - cross - cross.times_v(), cross.doubled()};
  }
  /// The p^6-power map; the inverse for elements of norm one over Fp6, as all are after the easy exponent.
  constexpr Fp12 conjugate() const { return {c0, -c1}; }
  constexpr Fp12 inverse() const {
    const F6 scale = (c0 * c0 - (c1 * c1).times_v()).inverse();
    return {c0 * scale, -(c1 * scale)};
  }

  /// x^p: conjugates every coefficient and multiplies that of w^i by γ^i.
  constexpr Fp12 frobenius() const {
    return {{c0.a0.conjugate(), c0.a1.conjugate() * kGammas[2], c0.a2.conjugate() * kGammas[4]},
            {c1.a0.conjugate() * kGammas[1], c1.a1.conjugate() * kGammas[3], c1.a2.conjugate() * kGammas[5]}};
  }
  /// x^(p²): w^i gains (γ^(p+1))^i, an element of Fp.
  constexpr Fp12 frobenius_squared() const {
    return {{c0.a0, c0.a1 * kNorms[2], c0.a2 * kNorms[4]}, {c1.a0 * kNorms[1], c1.a1 * kNorms[3], c1.a2 * kNorms[5]}};
  }

  /// x² for x in the cyclotomic subgroup (x^(p^4 − p² + 1) = 1): three squarings in Fp4.
  constexpr Fp12 cyclotomic_sqr() const {
    const Fp4 a = fp4_sqr(c0.a0, c1.a1);
    const Fp4 b = fp4_sqr(c1.a0, c0.a2);
    const Fp4 c = fp4_sqr(c0.a1, c1.a2);
    const auto minus = [](const F2& t, const F2& z) { return (t - z).doubled() + t; };  // 3t − 2z
    const auto plus = [](const F2& t, const F2& z) { return (t + z).doubled() + t; };   // 3t + 2z
    return {{minus(a.real, c0.a0), minus(b.real, c0.a1), minus(c.real, c0.a2)},
            {plus(Xi<Config>::times(c.imaginary), c1.a0), plus(a.imaginary, c1.a1), plus(b.imaginary, c1.a2)}};
  }

 private:
  struct Fp4 {
    F2 real, imaginary;
  };
  /// (a + b·s)² with s² = ξ.
  static constexpr Fp4 fp4_sqr(const F2& a, const F2& b) {
    const F2 a2 = a.sqr();
    const F2 b2 = b.sqr();
    return {a2 + Xi<Config>::times(b2), (a + b).sqr() - a2 - b2};
  }

  template <class T>
  static constexpr std::array<T, 6> powers(const T& base) {
    std::array<T, 6> r{T::one()};
    for (unsigned i = 1; i < 6; ++i) r[i] = r[i - 1] * base;
    return r;
  }
  static constexpr std::array<F2, 6> kGammas = powers(Config::kGamma);
  static constexpr std::array<Fp, 6> kNorms = powers(Config::kGamma.norm());
};

}  // namespace atlas::crypto
