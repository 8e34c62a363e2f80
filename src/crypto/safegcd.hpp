#pragma once
// Modular inverse by the variable-time form of Bernstein and Yang, "Fast constant-time gcd computation and modular
// inversion" (2019): division steps on the low bits in batches of one limb, each batch applied as a 2×2 matrix.
#include <algorithm>
#include <bit>

#include <crypto/limbs.hpp>

namespace atlas::crypto {
namespace safegcd {

template <class L>
using SignedOf = std::conditional_t<sizeof(L) == 8, i64, i32>;
template <class L>
using SignedWideOf = std::conditional_t<std::is_same_v<L, Limb>, SignedWideLimb, i64>;

/// Signed number in limbs of two bits less than L; all but the highest are in [0, 2^kStep).
template <unsigned N, class L>
struct Signed {
  static constexpr unsigned kStep = sizeof(L) * 8 - 2;
  static constexpr L kMask = (L{1} << kStep) - 1;
  SignedOf<L> limb[N]{};

  template <unsigned M>
  static constexpr Signed from(const Limbs<M, L>& a) {
    Signed r;
    for (unsigned i = 0; i < N; ++i) {
      const unsigned whole = i * kStep / (sizeof(L) * 8), part = i * kStep % (sizeof(L) * 8);
      L v = whole < M ? static_cast<L>(a.limb[whole] >> part) : L{0};
      if (part > 2 && whole + 1 < M) v |= static_cast<L>(a.limb[whole + 1] << (sizeof(L) * 8 - part));
      r.limb[i] = static_cast<SignedOf<L>>(v & kMask);
    }
    return r;
  }
  template <unsigned M>
  constexpr Limbs<M, L> to() const {
    Limbs<M, L> r;
    for (unsigned i = 0; i < N; ++i) {
      const unsigned whole = i * kStep / (sizeof(L) * 8), part = i * kStep % (sizeof(L) * 8);
      const L v = static_cast<L>(limb[i]);
      if (whole < M) r.limb[whole] |= static_cast<L>(v << part);
      if (part > 2 && whole + 1 < M) r.limb[whole + 1] |= static_cast<L>(v >> (sizeof(L) * 8 - part));
    }
    return r;
  }
  /// this += factor · a, limbs carried into range.
  constexpr void add_multiple(const Signed& a, SignedOf<L> factor) {
    SignedOf<L> carry = 0;
    for (unsigned i = 0; i < N; ++i) {
      const SignedOf<L> v = static_cast<SignedOf<L>>(limb[i] + factor * a.limb[i] + carry);
      const bool top = i + 1 == N;
      limb[i] = top ? v : static_cast<SignedOf<L>>(static_cast<L>(v) & kMask);
      carry = static_cast<SignedOf<L>>(v >> kStep);
    }
  }
  constexpr void negate() {
    for (unsigned i = 0; i < N; ++i) limb[i] = static_cast<SignedOf<L>>(-limb[i]);
    add_multiple(Signed{}, 0);
  }
  constexpr bool is_negative() const { return limb[N - 1] < 0; }
};

/// 2^kStep·(f', g') = (u·f + v·g, q·f + r·g) over one batch of division steps; |u| + |v| and |q| + |r| ≤ 2^kStep.
template <class L>
struct Matrix {
  SignedOf<L> u, v, q, r;
};

/// kStep division steps on the low limb of f (odd) and g. `eta` is −delta of the paper. Runs of zero bits of g go at
/// once, and up to six bits of g are cancelled by one multiple of f.
template <class L>
constexpr Matrix<L> division_steps(SignedOf<L>& eta, L f, L g) {
  constexpr int kStep = static_cast<int>(sizeof(L) * 8) - 2;
  L u = 1, v = 0, q = 0, r = 1;
  for (int left = kStep;;) {
    const int zeros = std::countr_zero(static_cast<L>(g | static_cast<L>(~L{0} << left)));
    g = static_cast<L>(g >> zeros);
    u = static_cast<L>(u << zeros);
    v = static_cast<L>(v << zeros);
    eta -= zeros;
    left -= zeros;
    if (left == 0) break;
    L w;
    if (eta < 0) {
      eta = -eta;
      std::swap(f, g), std::swap(u, q), std::swap(v, r);
      g = static_cast<L>(0 - g), q = static_cast<L>(0 - q), r = static_cast<L>(0 - r);
      // f·(f² − 2) = −1/f (mod 2^6) for odd f.
      const int bits = std::min<int>({static_cast<int>(eta) + 1, left, 6});
      w = static_cast<L>(f * g * (f * f - 2)) & ((L{1} << bits) - 1);
    } else {
      // f + 8·[f = 3, 5 (mod 8)] = 1/f (mod 2^4) for odd f.
      const int bits = std::min<int>({static_cast<int>(eta) + 1, left, 4});
      const L inverse = static_cast<L>(f + (((f + 1) & 4) << 1));
      w = static_cast<L>((0 - inverse) * g) & ((L{1} << bits) - 1);
    }
    g = static_cast<L>(g + f * w), q = static_cast<L>(q + u * w), r = static_cast<L>(r + v * w);
  }
  using S = SignedOf<L>;
  return {static_cast<S>(u), static_cast<S>(v), static_cast<S>(q), static_cast<S>(r)};
}

/// (f, g) ← matrix · (f, g) / 2^kStep over the lowest `used` limbs; the division is exact.
template <unsigned N, class L>
constexpr void update_fg(Signed<N, L>& f, Signed<N, L>& g, const Matrix<L>& t, unsigned used) {
  using S = SignedOf<L>;
  using W = SignedWideOf<L>;
  constexpr unsigned kStep = Signed<N, L>::kStep;
  constexpr L kMask = Signed<N, L>::kMask;
  W cf = static_cast<W>(t.u) * f.limb[0] + static_cast<W>(t.v) * g.limb[0];
  W cg = static_cast<W>(t.q) * f.limb[0] + static_cast<W>(t.r) * g.limb[0];
  cf >>= kStep;
  cg >>= kStep;
  for (unsigned i = 1; i < used; ++i) {
    cf += static_cast<W>(t.u) * f.limb[i] + static_cast<W>(t.v) * g.limb[i];
    cg += static_cast<W>(t.q) * f.limb[i] + static_cast<W>(t.r) * g.limb[i];
    f.limb[i - 1] = static_cast<S>(static_cast<L>(cf) & kMask);
    g.limb[i - 1] = static_cast<S>(static_cast<L>(cg) & kMask);
    cf >>= kStep;
    cg >>= kStep;
  }
  f.limb[used - 1] = static_cast<S>(cf);
  g.limb[used - 1] = static_cast<S>(cg);
}

/// (d, e) ← matrix · (d, e) / 2^kStep modulo p. Both stay in (−2p, p): a negative one is first raised by p, then the
/// multiple of p in (−2^kStep, 0] that clears the low bits is added.
template <unsigned N, class L>
constexpr void update_de(Signed<N, L>& d, Signed<N, L>& e, const Matrix<L>& t, const Signed<N, L>& p, L p_inverse) {
  using S = SignedOf<L>;
  using W = SignedWideOf<L>;
  constexpr unsigned kStep = Signed<N, L>::kStep;
  constexpr L kMask = Signed<N, L>::kMask;
  const S d_sign = d.is_negative() ? -1 : 0;
  const S e_sign = e.is_negative() ? -1 : 0;
  S md = static_cast<S>((t.u & d_sign) + (t.v & e_sign));
  S me = static_cast<S>((t.q & d_sign) + (t.r & e_sign));
  W cd = static_cast<W>(t.u) * d.limb[0] + static_cast<W>(t.v) * e.limb[0];
  W ce = static_cast<W>(t.q) * d.limb[0] + static_cast<W>(t.r) * e.limb[0];
  md = static_cast<S>(md - static_cast<S>((p_inverse * static_cast<L>(cd) + static_cast<L>(md)) & kMask));
  me = static_cast<S>(me - static_cast<S>((p_inverse * static_cast<L>(ce) + static_cast<L>(me)) & kMask));
  cd = (cd + static_cast<W>(p.limb[0]) * md) >> kStep;
  ce = (ce + static_cast<W>(p.limb[0]) * me) >> kStep;
  for (unsigned i = 1; i < N; ++i) {
    cd += static_cast<W>(t.u) * d.limb[i] + static_cast<W>(t.v) * e.limb[i] + static_cast<W>(p.limb[i]) * md;
    ce += static_cast<W>(t.q) * d.limb[i] + static_cast<W>(t.r) * e.limb[i] + static_cast<W>(p.limb[i]) * me;
    d.limb[i - 1] = static_cast<S>(static_cast<L>(cd) & kMask);
    e.limb[i - 1] = static_cast<S>(static_cast<L>(ce) & kMask);
    cd >>= kStep;
    ce >>= kStep;
  }
  d.limb[N - 1] = static_cast<S>(cd);
  e.limb[N - 1] = static_cast<S>(ce);
}

}  // namespace safegcd

/// a^-1 mod p for a prime p of exactly Bits bits and a < p; zero for zero.
template <unsigned Bits, unsigned M, class L>
constexpr Limbs<M, L> safegcd_inverse(const Limbs<M, L>& a, const Limbs<M, L>& modulus) {
  constexpr unsigned kStep = sizeof(L) * 8 - 2;
  constexpr unsigned kCount = (Bits + 2 + kStep - 1) / kStep;  // signed, up to 2p in size
  using Number = safegcd::Signed<kCount, L>;
  const Number p = Number::from(modulus);
  L p_inverse = modulus.limb[0];  // Newton steps double the number of correct low bits, from 3
  for (int i = 0; i < 5; ++i) {
    p_inverse = static_cast<L>(p_inverse * static_cast<L>(2 - static_cast<L>(modulus.limb[0] * p_inverse)));
  }
  Number f = p, g = Number::from(a), d, e;
  e.limb[0] = 1;
  safegcd::SignedOf<L> eta = -1;
  bool f_negative = false;
  for (unsigned used = kCount;;) {
    auto rest = g.limb[0];
    for (unsigned i = 1; i < used; ++i) rest |= g.limb[i];
    if (rest == 0) break;
    const auto t = safegcd::division_steps<L>(eta, static_cast<L>(f.limb[0]), static_cast<L>(g.limb[0]));
    safegcd::update_de(d, e, t, p, p_inverse);
    safegcd::update_fg(f, g, t, used);
    // Drop the highest limbs while both are nothing but sign; the limb below takes the sign over.
    while (used > 1) {
      const auto f_top = f.limb[used - 1], g_top = g.limb[used - 1];
      if ((f_top != 0 && f_top != -1) || (g_top != 0 && g_top != -1)) break;
      using S = safegcd::SignedOf<L>;
      f.limb[used - 2] = static_cast<S>(f.limb[used - 2] + f_top * (S{1} << kStep));
      g.limb[used - 2] = static_cast<S>(g.limb[used - 2] + g_top * (S{1} << kStep));
      --used;
    }
    f_negative = f.limb[used - 1] < 0;
  }
  // f = ±1 and d = f/a (mod p), in (−2p, p).
  if (d.is_negative()) d.add_multiple(p, 1);
  if (f_negative) d.negate();
  if (d.is_negative()) d.add_multiple(p, 1);
  return d.template to<M>();
}

}  // namespace atlas::crypto
