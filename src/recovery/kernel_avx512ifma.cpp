// Q = u1·G + u2·R on sixteen lanes. Points are Jacobian, additions are the incomplete mixed ones (EFD: madd with
// a = 0), and every lane runs the same steps: digits are odd, so no window is skipped. An addition of equal, opposite
// or infinite points multiplies Z by zero, and a zero Z stays zero through every later step: one look at the last Z
// tells whether the formulas held throughout. Such lanes are reported, not repaired.
#include <recovery/kernel.hpp>
#include <recovery/lanes_field.hpp>

namespace atlas::recovery {
namespace {

constexpr unsigned kOddMultiples = 8;  // R, 3R, … 15R

struct Point {
  Fe x, y, z;
};

using Mask = __mmask8[kWays];

Fe constant(std::uint64_t w3, std::uint64_t w2, std::uint64_t w1, std::uint64_t w0) {
  Fe out;
  for (unsigned w = 0; w < kWays; ++w) from_words(out.limb[w], set1(w0), set1(w1), set1(w2), set1(w3));
  return out;
}

// x of lambda·P is beta·x of P (the curve's endomorphism).
const std::uint64_t kBeta[4] = {0x7ae96a2b657c0710, 0x6e64479eac3434e9, 0x9cf0497512f58995, 0xc1396c28719501ee};

/// p = 2p. 3M + 4S. (M = 3X², S = XY², X3 = M² − 8S, Y3 = M(4S − X3) − 8Y⁴, Z3 = 2YZ.)
[[gnu::noinline]] void double_point(Point& p) {
  Fe a, b, c, s, m, m2, t, u;
  sqr(a, p.x);
  sqr(b, p.y);
  sqr(c, b);
  mul(s, p.x, b);
  mul(u, p.y, p.z);
  combine<3>(m, a);
  sqr(m2, m);
  combine<1, -8>(p.x, m2, s);
  combine<4, -1>(t, s, p.x);
  mul(t, m, t);
  combine<1, -8>(p.y, t, c);
  combine<2>(p.z, u);
}

/// p += (x, ±y), minus in the lanes of `negative`; `ratio` = the factor that Z took. 8M + 3S.
[[gnu::noinline]] void add_affine(Point& p, const Fe& x, const Fe& y, const Mask& negative, Fe& ratio) {
  Fe zz, u, s, h, hh, hhh, r, r2, v, t;
  sqr(zz, p.z);
  mul(u, x, zz);
  mul(t, y, p.z);
  mul(s, t, zz);
  negate_raw(s, negative);
  combine<1, -1>(h, u, p.x);
  // s may be negated: one more negative operand than the coefficients show, so p's share is written as 2·(−y/…)
  for (unsigned w = 0; w < kWays; ++w) {
    V l[kLimbs];
    constexpr std::uint64_t kMultiple = 8;  // both terms negative: below 6p
    for (unsigned i = 0; i < kLimbs; ++i) l[i] = _mm512_sub_epi64(s.limb[w][i], p.y.limb[w][i]);
    l[0] = _mm512_sub_epi64(l[0], set1(kMultiple * kFold256));
    l[4] = _mm512_add_epi64(l[4], set1(kMultiple << 48));
    settle(l);
    for (unsigned i = 0; i < kLimbs; ++i) r.limb[w][i] = l[i];
  }
  sqr(hh, h);
  mul(hhh, h, hh);
  mul(v, p.x, hh);
  mul(p.z, p.z, h);
  sqr(r2, r);
  combine<1, -1, -2>(p.x, r2, hhh, v);
  combine<1, -1>(t, v, p.x);
  mul(t, r, t);
  mul(s, p.y, hhh);
  combine<1, -1>(p.y, t, s);
  ratio = h;
}

/// Odd multiples of an affine point, all over one common Z, taken as affine points of an isomorphic curve.
struct OddMultiples {
  Fe x[kOddMultiples];
  Fe x_beta[kOddMultiples];
  Fe y[kOddMultiples];
};

/// Fills the table of (x, y) and returns the common Z. The doubled point D = 2P has Z = 2y; on the curve scaled by
/// that Z, D is affine, so P, 3P, … come by mixed additions of D; going back, each entry is scaled to the last Z.
[[gnu::noinline]] void make_odd_multiples(const Fe& x, const Fe& y, OddMultiples& table, Fe& common_z) {
  Point d{x, y, constant(0, 0, 0, 1)};
  double_point(d);
  Fe zz, zzz, ratio[kOddMultiples];
  sqr(zz, d.z);
  mul(zzz, zz, d.z);
  Point p;
  mul(p.x, x, zz);
  mul(p.y, y, zzz);
  p.z = constant(0, 0, 0, 1);
  table.x[0] = p.x;
  table.y[0] = p.y;
  const Mask none = {0, 0};
  for (unsigned i = 1; i < kOddMultiples; ++i) {
    add_affine(p, d.x, d.y, none, ratio[i]);
    table.x[i] = p.x;
    table.y[i] = p.y;
  }
  mul(common_z, p.z, d.z);
  Fe scale = ratio[kOddMultiples - 1];
  for (unsigned i = kOddMultiples - 1; i-- > 0;) {
    sqr(zz, scale);
    mul(zzz, zz, scale);
    mul(table.x[i], table.x[i], zz);
    mul(table.y[i], table.y[i], zzz);
    if (i > 0) mul(scale, scale, ratio[i]);
  }
  const Fe beta = constant(kBeta[0], kBeta[1], kBeta[2], kBeta[3]);
  for (unsigned i = 0; i < kOddMultiples; ++i) mul(table.x_beta[i], table.x[i], beta);
}

inline V load_digits(const std::uint8_t* digits) {
  return _mm512_cvtepu8_epi64(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(digits)));
}

/// Table entry of each lane's 4-bit digit, and the lanes whose digit is negative.
[[gnu::always_inline]] inline void select_odd(const Fe (&xs)[kOddMultiples], const Fe (&ys)[kOddMultiples],
                                              const std::uint8_t* digits, Fe& x, Fe& y, Mask& negative) {
  for (unsigned w = 0; w < kWays; ++w) {
    const V digit = load_digits(digits + 8 * w);
    negative[w] = _mm512_testn_epi64_mask(digit, set1(8));
    // v ≥ 8: |d| = 2(v − 8) + 1; v < 8: |d| = 2(7 − v) + 1.
    const V index = _mm512_and_si512(_mm512_mask_xor_epi64(digit, negative[w], digit, set1(7)), set1(7));
    for (unsigned i = 0; i < kLimbs; ++i) {
      x.limb[w][i] = xs[0].limb[w][i];
      y.limb[w][i] = ys[0].limb[w][i];
    }
#pragma GCC unroll 8
    for (unsigned e = 1; e < kOddMultiples; ++e) {
      const __mmask8 here = _mm512_cmpeq_epi64_mask(index, set1(e));
      for (unsigned i = 0; i < kLimbs; ++i) {
        x.limb[w][i] = _mm512_mask_mov_epi64(x.limb[w][i], here, xs[e].limb[w][i]);
        y.limb[w][i] = _mm512_mask_mov_epi64(y.limb[w][i], here, ys[e].limb[w][i]);
      }
    }
  }
}

/// Rows of eight words to columns.
[[gnu::always_inline]] inline void transpose(V (&r)[8]) {
  V t[8];
  for (unsigned i = 0; i < 4; ++i) {
    t[2 * i] = _mm512_unpacklo_epi64(r[2 * i], r[2 * i + 1]);
    t[2 * i + 1] = _mm512_unpackhi_epi64(r[2 * i], r[2 * i + 1]);
  }
  V s[8];
  for (unsigned half = 0; half < 2; ++half) {
    for (unsigned k = 0; k < 2; ++k) {
      s[4 * half + k] = _mm512_shuffle_i64x2(t[4 * half + k], t[4 * half + 2 + k], 0x88);
      s[4 * half + 2 + k] = _mm512_shuffle_i64x2(t[4 * half + k], t[4 * half + 2 + k], 0xdd);
    }
  }
  // s[half][k] holds 128-bit blocks {rows pair of columns k + 4·(0|1)}; one more shuffle joins both halves.
  for (unsigned k = 0; k < 4; ++k) {
    r[k] = _mm512_shuffle_i64x2(s[k], s[4 + k], 0x88);
    r[k + 4] = _mm512_shuffle_i64x2(s[k], s[4 + k], 0xdd);
  }
}

/// Entry of the generator's table for each lane's 8-bit digit.
inline void select_base(const AffinePoint (&row)[kBaseEntries], const std::uint8_t* digits, Fe& x, Fe& y,
                        Mask& negative) {
  for (unsigned w = 0; w < kWays; ++w) {
    V rows[8];
    for (unsigned lane = 0; lane < 8; ++lane) {
      const unsigned v = digits[8 * w + lane];
      const unsigned index = v >= 128 ? v - 128 : 127 - v;
      rows[lane] = _mm512_load_si512(&row[index]);
    }
    transpose(rows);
    from_words(x.limb[w], rows[0], rows[1], rows[2], rows[3]);
    from_words(y.limb[w], rows[4], rows[5], rows[6], rows[7]);
    negative[w] = _mm512_testn_epi64_mask(load_digits(digits + 8 * w), set1(128));
  }
}

/// y of R from its x and parity; lanes without a point get on_curve = 0 and some y.
void lift_x(const KernelInput& in, Fe& x, Fe& y, KernelOutput& out) {
  for (unsigned w = 0; w < kWays; ++w) {
    V words[4];
    for (unsigned i = 0; i < 4; ++i) words[i] = _mm512_load_si512(&in.r_x[i][8 * w]);
    from_words(x.limb[w], words[0], words[1], words[2], words[3]);
  }
  Fe square, cube, check;
  sqr(square, x);
  mul(cube, square, x);
  const Fe seven = constant(0, 0, 0, 7);
  combine<1, 1>(cube, cube, seven);
  sqrt_candidate(y, cube);
  sqr(check, y);
  combine<1, -1>(check, check, cube);
  canonical(check);
  canonical(y);
  for (unsigned w = 0; w < kWays; ++w) {
    const __mmask8 good = zero_lanes(check.limb[w]);
    const V parity = load_digits(in.y_parity + 8 * w);
    const __mmask8 flip = _mm512_test_epi64_mask(_mm512_xor_si512(parity, y.limb[w][0]), set1(1));
    for (unsigned lane = 0; lane < 8; ++lane) out.on_curve[8 * w + lane] = (good >> lane) & 1;
    // p − y: limbs of p minus limbs of y, signed, plus a multiple that settle() wants.
    V l[kLimbs];
    for (unsigned i = 0; i < kLimbs; ++i) {
      l[i] = _mm512_mask_sub_epi64(y.limb[w][i], flip, _mm512_setzero_si512(), y.limb[w][i]);
    }
    l[0] = _mm512_sub_epi64(l[0], set1(3 * kFold256));
    l[4] = _mm512_add_epi64(l[4], set1(std::uint64_t{3} << 48));
    settle(l);
    for (unsigned i = 0; i < kLimbs; ++i) y.limb[w][i] = l[i];
  }
}

/// One block up to the Jacobian result.
[[gnu::noinline]] void multiply(const KernelInput& in, KernelOutput& out, const BaseTable& base, Point& acc) {
  Fe x, y, unused, common_z;
  Mask negative;
  lift_x(in, x, y, out);
  OddMultiples table;
  make_odd_multiples(x, y, table, common_z);

  // The first digit of k1 is positive (its window is at least 8), so it loads without a sign.
  select_odd(table.x, table.y, in.digit_a[kPointWindows - 1], acc.x, acc.y, negative);
  acc.z = constant(0, 0, 0, 1);
  Fe tx, ty;
  for (unsigned i = kPointWindows; i-- > 0;) {
    if (i != kPointWindows - 1) {
      for (unsigned k = 0; k < 4; ++k) double_point(acc);
      select_odd(table.x, table.y, in.digit_a[i], tx, ty, negative);
      add_affine(acc, tx, ty, negative, unused);
    } else {
      for (unsigned w = 0; w < kWays; ++w) {
        V(&l)[kLimbs] = acc.y.limb[w];
        for (V& limb : l) limb = _mm512_mask_sub_epi64(limb, negative[w], _mm512_setzero_si512(), limb);
        l[0] = _mm512_sub_epi64(l[0], set1(5 * kFold256));
        l[4] = _mm512_add_epi64(l[4], set1(std::uint64_t{5} << 48));
        settle(l);
      }
    }
    select_odd(table.x_beta, table.y, in.digit_b[i], tx, ty, negative);
    add_affine(acc, tx, ty, negative, unused);
  }
  mul(acc.z, acc.z, common_z);  // back to secp256k1 itself
  for (unsigned i = 0; i < kBaseWindows; ++i) {
    select_base(base[i], in.digit_base[i], tx, ty, negative);
    add_affine(acc, tx, ty, negative, unused);
  }
}

void store(const Fe& value, std::uint64_t (&out)[4][kLanes]) {
  for (unsigned w = 0; w < kWays; ++w) {
    V words[4];
    to_words(value.limb[w], words);
    for (unsigned i = 0; i < 4; ++i) _mm512_store_si512(&out[i][8 * w], words[i]);
  }
}

}  // namespace

void recover_kernel(const KernelInput* in, KernelOutput* out, unsigned blocks, const BaseTable& table) {
  Point points[kMaxBlocks];
  Fe prefix[kMaxBlocks];  // products of the Z before each block, for one shared inversion
  Fe product = constant(0, 0, 0, 1);
  for (unsigned b = 0; b < blocks; ++b) {
    multiply(in[b], out[b], table, points[b]);
    Fe& z = points[b].z;
    canonical(z);
    for (unsigned w = 0; w < kWays; ++w) {
      const __mmask8 zero = zero_lanes(z.limb[w]);
      for (unsigned lane = 0; lane < 8; ++lane) out[b].regular[8 * w + lane] = !((zero >> lane) & 1);
      z.limb[w][0] = _mm512_mask_mov_epi64(z.limb[w][0], zero, set1(1));
    }
    prefix[b] = product;
    mul(product, product, z);
  }
  Fe inverse;
  invert(inverse, product);
  for (unsigned b = blocks; b-- > 0;) {
    Fe z_inverse, square, cube, x, y;
    mul(z_inverse, inverse, prefix[b]);
    mul(inverse, inverse, points[b].z);
    sqr(square, z_inverse);
    mul(cube, square, z_inverse);
    mul(x, points[b].x, square);
    mul(y, points[b].y, cube);
    canonical(x);
    canonical(y);
    store(x, out[b].x);
    store(y, out[b].y);
  }
}

}  // namespace atlas::recovery
