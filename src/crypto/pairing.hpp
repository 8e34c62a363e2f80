#pragma once
// The optimal ate pairing of BN and BLS12 curves: one Miller loop for all pairs, lines as sparse Fp12 elements.
// Source: Vercauteren, "Optimal pairings" (2008); step formulas in homogeneous coordinates from Costello, Lange,
// Naehrig (2010) in the form of Aranha et al. (2011), section 4.
//
// `Config`, beyond tower.hpp: kLoopCount (hex digits of |6x+2| or |x|); kDTwist: the twist is y² = x³ + b/ξ (true) or
// y² = x³ + b·ξ (false); times_3b(Fp2): a·3·b' for the twist's b'.
#include <vector>

#include <crypto/curve.hpp>
#include <crypto/tower.hpp>

namespace atlas::crypto {

/// Signed digits (−1, 0, 1), lowest first, no two neighbours nonzero, of a number below 2^(64·2).
struct SignedDigits {
  std::array<i8, 130> digit{};
  unsigned length = 0;
};
constexpr SignedDigits non_adjacent_form(std::string_view hex) {
  constexpr unsigned kWords = 5;  // 32-bit limbs, which every platform can double; one to spare for a carry
  using Number = Limbs<kWords, u32>;
  auto n = limbs_from_hex<kWords, u32>(hex);
  Number one;
  one.limb[0] = 1;
  SignedDigits out;
  while (!n.is_zero()) {
    i8 d = 0;
    if (n.limb[0] & 1) {
      d = (n.limb[0] & 2) ? i8{-1} : i8{1};
      if (d > 0) {
        Number::sub(n, n, one);
      } else {
        Number::add(n, n, one);
      }
    }
    out.digit[out.length++] = d;
    for (unsigned i = 0; i < kWords; ++i) n.limb[i] = n.limb[i] >> 1 | (i + 1 < kWords ? n.limb[i + 1] << 31 : 0);
  }
  return out;
}

template <class Config>
struct Pairing {
  using Fp = typename Config::Fp;
  using F2 = Fp2<Fp>;
  using F6 = Fp6<Config>;
  using F12 = Fp12<Config>;
  using G1 = Affine<Fp>;
  using G2 = Affine<F2>;
  struct Pair {
    G1 p;
    G2 q;
  };

  /// A line through points of the twist, to be taken at P in G1: y·yP + x·xP + constant, up to a factor that the final
  /// exponentiation removes.
  struct Line {
    F2 y, x, constant;
  };
  /// The moving point T of one pair, (X/Z, Y/Z) on the twist.
  struct Moving {
    F2 x, y, z;

    /// T ← 2T; the tangent at the old T.
    Line double_step() {
      const F2 a = (x * y).halved();
      const F2 b = y.sqr();
      const F2 c = z.sqr();
      const F2 e = Config::times_3b(c);
      const F2 f = e.doubled() + e;
      const F2 g = (b + f).halved();
      const F2 h = (y + z).sqr() - (b + c);  // 2·Y·Z
      const F2 j = x.sqr();
      const F2 e2 = e.sqr();
      x = a * (b - f);
      y = g.sqr() - (e2.doubled() + e2);
      z = b * h;
      return {h, -(j.doubled() + j), b - e};
    }
    /// T ← T + Q; the chord through both. T is neither Q nor −Q: both have the large prime order r and T's multiple of
    /// Q stays strictly between 1 and r − 1.
    Line add_step(const G2& q) {
      const F2 theta = y - q.y * z;
      const F2 lambda = x - q.x * z;
      const F2 c = theta.sqr();
      const F2 d = lambda.sqr();
      const F2 e = lambda * d;
      const F2 f = z * c;
      const F2 g = x * d;
      const F2 h = e + f - g.doubled();
      x = lambda * h;
      y = theta * (g - h) - e * y;
      z = z * e;
      return {lambda, -theta, (F2::product(theta, q.x) - F2::product(lambda, q.y)).reduce()};
    }
  };

  /// f · line(P). Untwisting sends the line to y·yP + x·xP·w + constant·w³ on a D-twist, and (times w³, which lies in
  /// Fp4 and vanishes in the final exponentiation) to constant + x·xP·w² + y·yP·w³ on an M-twist.
  static F12 times_line(const F12& f, const Line& line, const G1& p) {
    const F2 at_y = line.y * p.y;
    const F2 at_x = line.x * p.x;
    if constexpr (Config::kDTwist) {
      const F6 low = f.c0.times(at_y);
      const F6 high = f.c1.times_sparse(at_x, line.constant);
      const F6 cross = (f.c0 + f.c1).times_sparse(at_y + at_x, line.constant);
      return {low + high.times_v(), cross - low - high};
    } else {
      const F6 low = f.c0.times_sparse(line.constant, at_x);
      const F6 high = f.c1.times(at_y).times_v();
      const F6 cross = (f.c0 + f.c1).times_sparse(line.constant, at_x + at_y);
      return {low + high.times_v(), cross - low - high};
    }
  }

  /// The moving points of all pairs and the product of their Miller functions so far.
  struct State {
    F12 f = F12::one();
    std::vector<Moving> moving;
    explicit State(std::span<const Pair> pairs) {
      moving.reserve(pairs.size());
      for (const Pair& pair : pairs) moving.push_back({pair.q.x, pair.q.y, F2::one()});
    }
  };

  /// The Miller loop over kLoopCount. No point may be infinity; every Q is in the subgroup of order r.
  static State miller_loop(std::span<const Pair> pairs) {
    static constexpr SignedDigits kDigits = non_adjacent_form(Config::kLoopCount);
    State state(pairs);
    for (unsigned i = kDigits.length - 1; i-- > 0;) {
      state.f = state.f.sqr();
      for (std::size_t k = 0; k < pairs.size(); ++k) {
        const Pair& pair = pairs[k];
        state.f = times_line(state.f, state.moving[k].double_step(), pair.p);
        if (kDigits.digit[i] != 0) {
          state.f = times_line(state.f, state.moving[k].add_step(kDigits.digit[i] > 0 ? pair.q : -pair.q), pair.p);
        }
      }
    }
    return state;
  }

  /// f^((p^6 − 1)(p² + 1)): into the cyclotomic subgroup.
  static F12 easy_exponent(const F12& f) {
    const F12 t = f.conjugate() * f.inverse();
    return t.frobenius_squared() * t;
  }
  /// f^n for f in the cyclotomic subgroup, where the inverse is the conjugate.
  static F12 cyclotomic_power(const F12& f, const SignedDigits& n) {
    const F12 inverse = f.conjugate();
    F12 r = f;
    for (unsigned i = n.length - 1; i-- > 0;) {
      r = r.cyclotomic_sqr();
      if (n.digit[i] != 0) r = r * (n.digit[i] > 0 ? f : inverse);
    }
    return r;
  }
};

}  // namespace atlas::crypto
