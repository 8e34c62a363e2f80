#pragma once
// Arithmetic modulo p = 2^256 − 2^32 − 977 on sixteen lanes: two AVX-512 registers ("ways") of eight, five limbs of 52
// bits, products by VPMADD52. Include only from files compiled for AVX-512 (see kernel.hpp).
//
// Invariant of every Fe that is stored: limbs 0-3 in [0, 2^52), limb 4 in [0, 2^49 + 2^6), so the value is below
// 2^257 + 2^215 < 3p; it is not canonical. mul() and sqr() need just this of their operands. Sums and differences are
// made limb by limb in signed 64 bits and brought back by settle().
#include <cstdint>
#include <type_traits>

#include <immintrin.h>

namespace atlas::recovery {
namespace {

using V = __m512i;

constexpr unsigned kWays = 2;
constexpr unsigned kLimbs = 5;
constexpr std::uint64_t kMask52 = (std::uint64_t{1} << 52) - 1;
constexpr std::uint64_t kMask48 = (std::uint64_t{1} << 48) - 1;
constexpr std::uint64_t kFold256 = 0x1000003D1;    // 2^256 mod p
constexpr std::uint64_t kFold260 = kFold256 << 4;  // 2^260 mod p

struct Fe {
  V limb[kWays][kLimbs];
};

inline V set1(std::uint64_t v) {
  return _mm512_set1_epi64(static_cast<long long>(v));
}

/// Carries signed limbs and folds what stands above 2^256. Needs 2^256 ≤ value < 2^264 and |limb| < 2^60, the value
/// being what the limbs stand for; gives the invariant above.
[[gnu::always_inline]] inline void settle(V (&x)[kLimbs]) {
  // One less than the quotient is folded, so that limb 4 keeps 2^48 and a borrow from below cannot make it negative.
  const V quotient = _mm512_sub_epi64(_mm512_srai_epi64(x[4], 48), set1(1));
  x[4] = _mm512_add_epi64(_mm512_and_si512(x[4], set1(kMask48)), set1(std::uint64_t{1} << 48));
  x[0] = _mm512_madd52lo_epu64(x[0], quotient, set1(kFold256));  // quotient < 2^8: the product is below 2^52
  for (unsigned i = 0; i < 4; ++i) {
    x[i + 1] = _mm512_add_epi64(x[i + 1], _mm512_srai_epi64(x[i], 52));
    x[i] = _mm512_and_si512(x[i], set1(kMask52));
  }
}

/// Ten columns of a product, each below 2^57, to five limbs.
[[gnu::always_inline]] inline void reduce_columns(V (&c)[10], V (&out)[kLimbs]) {
  const V mask = set1(kMask52);
  for (unsigned i = 5; i < 9; ++i) {
    c[i + 1] = _mm512_add_epi64(c[i + 1], _mm512_srli_epi64(c[i], 52));
    c[i] = _mm512_and_si512(c[i], mask);
  }
  // Limb 4 of an operand is below 2^49 + 2^6, so column 9 is below 2^47 and has no bits above 52 to lose.
  const V fold = set1(kFold260);
  V top = _mm512_setzero_si512();
  for (unsigned i = 0; i < 5; ++i) c[i] = _mm512_madd52lo_epu64(c[i], c[i + 5], fold);
  for (unsigned i = 0; i < 4; ++i) c[i + 1] = _mm512_madd52hi_epu64(c[i + 1], c[i + 5], fold);
  top = _mm512_madd52hi_epu64(top, c[9], fold);                                                 // below 2^32
  const V quotient = _mm512_add_epi64(_mm512_srli_epi64(c[4], 48), _mm512_slli_epi64(top, 4));  // below 2^37
  c[4] = _mm512_and_si512(c[4], set1(kMask48));
  c[0] = _mm512_madd52lo_epu64(c[0], quotient, set1(kFold256));
  c[1] = _mm512_madd52hi_epu64(c[1], quotient, set1(kFold256));
  for (unsigned i = 0; i < 4; ++i) {
    c[i + 1] = _mm512_add_epi64(c[i + 1], _mm512_srli_epi64(c[i], 52));
    out[i] = _mm512_and_si512(c[i], mask);
  }
  out[4] = c[4];
}

[[gnu::noinline]] void mul(Fe& out, const Fe& a, const Fe& b) {
  for (unsigned w = 0; w < kWays; ++w) {
    V c[10];
    for (V& column : c) column = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (unsigned i = 0; i < kLimbs; ++i) {
#pragma GCC unroll 5
      for (unsigned j = 0; j < kLimbs; ++j) {
        c[i + j] = _mm512_madd52lo_epu64(c[i + j], a.limb[w][i], b.limb[w][j]);
        c[i + j + 1] = _mm512_madd52hi_epu64(c[i + j + 1], a.limb[w][i], b.limb[w][j]);
      }
    }
    reduce_columns(c, out.limb[w]);
  }
}

/// out = a^2, `times` times over.
[[gnu::noinline]] void sqr_n(Fe& out, const Fe& a, unsigned times) {
  Fe x = a;
  do {
    for (unsigned w = 0; w < kWays; ++w) {
      V(&l)[kLimbs] = x.limb[w];
      V c[10];
      for (V& column : c) column = _mm512_setzero_si512();
#pragma GCC unroll 5
      for (unsigned i = 0; i < kLimbs; ++i) {
#pragma GCC unroll 5
        for (unsigned j = i + 1; j < kLimbs; ++j) {
          c[i + j] = _mm512_madd52lo_epu64(c[i + j], l[i], l[j]);
          c[i + j + 1] = _mm512_madd52hi_epu64(c[i + j + 1], l[i], l[j]);
        }
      }
      for (V& column : c) column = _mm512_add_epi64(column, column);
#pragma GCC unroll 5
      for (unsigned i = 0; i < kLimbs; ++i) {
        c[2 * i] = _mm512_madd52lo_epu64(c[2 * i], l[i], l[i]);
        c[2 * i + 1] = _mm512_madd52hi_epu64(c[2 * i + 1], l[i], l[i]);
      }
      reduce_columns(c, l);
    }
  } while (--times != 0);
  out = x;
}
inline void sqr(Fe& out, const Fe& a) {
  sqr_n(out, a, 1);
}

/// out = sum of coefficient·operand, with negative coefficients allowed. The multiple of p that keeps the value above
/// 2^256 is 3·(sum of the negative coefficients) + 2 (an operand is below 3p); all coefficients together stay below 30.
template <int A, int B, int C>
[[gnu::always_inline]] inline void combine(Fe& out, const Fe& a, const Fe& b, const Fe& c) {
  constexpr int kNegative = (A < 0 ? -A : 0) + (B < 0 ? -B : 0) + (C < 0 ? -C : 0);
  constexpr int kPositive = (A > 0 ? A : 0) + (B > 0 ? B : 0) + (C > 0 ? C : 0);
  static_assert(kNegative + kPositive < 30, "limbs and quotient would outgrow settle()");
  constexpr std::uint64_t kMultiple = 3 * kNegative + 2;
  const auto scaled = [](V v, auto k) {
    constexpr int kFactor = decltype(k)::value < 0 ? -decltype(k)::value : decltype(k)::value;
    if constexpr (kFactor == 1) return v;
    if constexpr (kFactor == 2) return _mm512_slli_epi64(v, 1);
    if constexpr (kFactor == 3) return _mm512_add_epi64(v, _mm512_slli_epi64(v, 1));
    if constexpr (kFactor == 4) return _mm512_slli_epi64(v, 2);
    if constexpr (kFactor == 8) return _mm512_slli_epi64(v, 3);
    static_assert(kFactor <= 4 || kFactor == 8);
  };
  const auto accumulate = [&scaled](V sum, V v, auto k) {
    if constexpr (decltype(k)::value == 0) return sum;
    if constexpr (decltype(k)::value > 0) return _mm512_add_epi64(sum, scaled(v, k));
    if constexpr (decltype(k)::value < 0) return _mm512_sub_epi64(sum, scaled(v, k));
  };
  for (unsigned w = 0; w < kWays; ++w) {
    V x[kLimbs];
#pragma GCC unroll 5
    for (unsigned i = 0; i < kLimbs; ++i) {
      V sum = _mm512_setzero_si512();
      if (i == 0) sum = set1(~(kMultiple * kFold256) + 1);
      if (i == 4) sum = set1(kMultiple << 48);
      sum = accumulate(sum, a.limb[w][i], std::integral_constant<int, A>{});
      sum = accumulate(sum, b.limb[w][i], std::integral_constant<int, B>{});
      x[i] = accumulate(sum, c.limb[w][i], std::integral_constant<int, C>{});
    }
    settle(x);
    for (unsigned i = 0; i < kLimbs; ++i) out.limb[w][i] = x[i];
  }
}
template <int A, int B>
[[gnu::always_inline]] inline void combine(Fe& out, const Fe& a, const Fe& b) {
  combine<A, B, 0>(out, a, b, b);
}
template <int A>
[[gnu::always_inline]] inline void combine(Fe& out, const Fe& a) {
  combine<A, 0, 0>(out, a, a, a);
}

/// −x in the lanes of `mask`, x elsewhere, as raw signed limbs: only as a term of a sum that settles afterwards.
[[gnu::always_inline]] inline void negate_raw(Fe& x, const __mmask8 (&mask)[kWays]) {
  for (unsigned w = 0; w < kWays; ++w) {
    for (V& l : x.limb[w]) l = _mm512_mask_sub_epi64(l, mask[w], _mm512_setzero_si512(), l);
  }
}

/// The representative in [0, p).
[[gnu::noinline]] void canonical(Fe& x) {
  for (unsigned w = 0; w < kWays; ++w) {
    V(&l)[kLimbs] = x.limb[w];
    const V mask = set1(kMask52);
    const auto carry = [&l, mask] {
      for (unsigned i = 0; i < 4; ++i) {
        l[i + 1] = _mm512_add_epi64(l[i + 1], _mm512_srli_epi64(l[i], 52));
        l[i] = _mm512_and_si512(l[i], mask);
      }
    };
    // Value below 2^257 + 2^215: after this fold below 2^256 + 2^215 + 2^35, after the next below 2^256.
    for (int pass = 0; pass < 2; ++pass) {
      const V quotient = _mm512_srli_epi64(l[4], 48);
      l[4] = _mm512_and_si512(l[4], set1(kMask48));
      l[0] = _mm512_madd52lo_epu64(l[0], quotient, set1(kFold256));
      carry();
    }
    // x ≥ p exactly when x + 2^256 − p reaches 2^256; then its low 256 bits are x − p.
    V y[kLimbs];
    for (unsigned i = 0; i < kLimbs; ++i) y[i] = l[i];
    y[0] = _mm512_add_epi64(y[0], set1(kFold256));
    for (unsigned i = 0; i < 4; ++i) {
      y[i + 1] = _mm512_add_epi64(y[i + 1], _mm512_srli_epi64(y[i], 52));
      y[i] = _mm512_and_si512(y[i], mask);
    }
    const __mmask8 above = _mm512_test_epi64_mask(y[4], set1(~kMask48));
    y[4] = _mm512_and_si512(y[4], set1(kMask48));
    for (unsigned i = 0; i < kLimbs; ++i) l[i] = _mm512_mask_mov_epi64(l[i], above, y[i]);
  }
}

/// Lanes whose canonical value is zero.
inline __mmask8 zero_lanes(const V (&l)[kLimbs]) {
  V any = l[0];
  for (unsigned i = 1; i < kLimbs; ++i) any = _mm512_or_si512(any, l[i]);
  return _mm512_testn_epi64_mask(any, any);
}

/// Four 64-bit words to five limbs and back.
[[gnu::always_inline]] inline void from_words(V (&l)[kLimbs], V w0, V w1, V w2, V w3) {
  const V mask = set1(kMask52);
  l[0] = _mm512_and_si512(w0, mask);
  l[1] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(w0, 52), _mm512_slli_epi64(w1, 12)), mask);
  l[2] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(w1, 40), _mm512_slli_epi64(w2, 24)), mask);
  l[3] = _mm512_and_si512(_mm512_or_si512(_mm512_srli_epi64(w2, 28), _mm512_slli_epi64(w3, 36)), mask);
  l[4] = _mm512_srli_epi64(w3, 16);
}
[[gnu::always_inline]] inline void to_words(const V (&l)[kLimbs], V (&w)[4]) {
  w[0] = _mm512_or_si512(l[0], _mm512_slli_epi64(l[1], 52));
  w[1] = _mm512_or_si512(_mm512_srli_epi64(l[1], 12), _mm512_slli_epi64(l[2], 40));
  w[2] = _mm512_or_si512(_mm512_srli_epi64(l[2], 24), _mm512_slli_epi64(l[3], 28));
  w[3] = _mm512_or_si512(_mm512_srli_epi64(l[3], 36), _mm512_slli_epi64(l[4], 16));
}

/// x^(2^223 − 1), the long run of ones in p − 2 and (p + 1)/4, with x^3 and x^(2^22 − 1), which both tails use.
[[gnu::noinline]] void power_run(const Fe& x, Fe& x2, Fe& x22, Fe& x223) {
  Fe x3, t, x6, x9, x11, x44, x88, x176, x220;
  const auto extend = [&t](Fe& out, const Fe& a, unsigned n, const Fe& b) {
    sqr_n(t, a, n);
    mul(out, t, b);
  };
  extend(x2, x, 1, x);
  extend(x3, x2, 1, x);
  extend(x6, x3, 3, x3);
  extend(x9, x6, 3, x3);
  extend(x11, x9, 2, x2);
  extend(x22, x11, 11, x11);
  extend(x44, x22, 22, x22);
  extend(x88, x44, 44, x44);
  extend(x176, x88, 88, x88);
  extend(x220, x176, 44, x44);
  extend(x223, x220, 3, x3);
}

/// x^((p+1)/4): a square root where there is one.
inline void sqrt_candidate(Fe& out, const Fe& x) {
  Fe x2, x22, x223, t;
  power_run(x, x2, x22, x223);
  sqr_n(t, x223, 23);
  mul(t, t, x22);
  sqr_n(t, t, 6);
  mul(t, t, x2);
  sqr_n(out, t, 2);
}

/// 1/x, zero for zero.
inline void invert(Fe& out, const Fe& x) {
  Fe x2, x22, x223, t;
  power_run(x, x2, x22, x223);
  sqr_n(t, x223, 23);
  mul(t, t, x22);
  sqr_n(t, t, 5);
  mul(t, t, x);
  sqr_n(t, t, 3);
  mul(t, t, x2);
  sqr_n(t, t, 2);
  mul(out, t, x);
}

}  // namespace
}  // namespace atlas::recovery
