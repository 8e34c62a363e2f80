#pragma once
// Points of y² = x³ + a·x + b for a = 0 or a = −3 over a prime field, and multiplication of points by scalars written
// in width-w non-adjacent form. For signature curves, whose group has prime order: no point has y = 0. Nothing here is
// constant-time.
#include <span>

#include <crypto/limbs.hpp>

namespace atlas::crypto {

/// A point other than infinity.
template <class Field>
struct AffinePoint {
  Field x;
  Field y;
};

/// (x/z², y/z³); infinity has z = 0.
template <class Field>
struct JacobianPoint {
  Field x;
  Field y;
  Field z;
  constexpr bool is_infinity() const { return z.is_zero(); }
  static constexpr JacobianPoint from(const AffinePoint<Field>& p) { return {p.x, p.y, Field::one()}; }
};

/// 2p. kAIsMinus3 chooses the curve's a.
template <bool kAIsMinus3, class Field>
constexpr JacobianPoint<Field> doubled(const JacobianPoint<Field>& p) {
  // With s = y² and the tangent's slope l/z, l = (3x² + a·z⁴)/2: X = l² − 2xs, Y = l(xs − X) − s², Z = yz.
  const Field s = p.y.sqr();
  Field l;
  if constexpr (kAIsMinus3) {
    const Field zz = p.z.sqr();
    l = (p.x - zz) * (p.x + zz);
  } else {
    l = p.x.sqr();
  }
  l = (l.doubled() + l).halved();
  const Field xs = p.x * s;
  JacobianPoint<Field> r;
  r.x = l.sqr() - xs.doubled();
  r.y = l * (xs - r.x) - s.sqr();
  r.z = p.y * p.z;
  return r;
}

/// p + q.
template <bool kAIsMinus3, class Field>
constexpr JacobianPoint<Field> add_affine(const JacobianPoint<Field>& p, const AffinePoint<Field>& q) {
  if (p.is_infinity()) return JacobianPoint<Field>::from(q);
  const Field zz = p.z.sqr();
  const Field h = q.x * zz - p.x;
  const Field slope = q.y * (zz * p.z) - p.y;
  if (h.is_zero()) return slope.is_zero() ? doubled<kAIsMinus3>(p) : JacobianPoint<Field>{};
  const Field hh = h.sqr();
  const Field hhh = hh * h;
  const Field v = p.x * hh;
  JacobianPoint<Field> r;
  r.x = slope.sqr() - hhh - v.doubled();
  r.y = slope * (v - r.x) - p.y * hhh;
  r.z = p.z * h;
  return r;
}

/// The affine coordinates; p is not infinity.
template <class Field>
constexpr AffinePoint<Field> to_affine(const JacobianPoint<Field>& p, const Field& z_inverse) {
  const Field square = z_inverse.sqr();
  return {p.x * square, p.y * (square * z_inverse)};
}

/// Affine coordinates of N points other than infinity with a single inversion (Montgomery's trick).
template <unsigned N, class Field>
constexpr void to_affine(const JacobianPoint<Field> (&points)[N], AffinePoint<Field> (&out)[N]) {
  Field product[N];  // z_0 · … · z_i
  product[0] = points[0].z;
  for (unsigned i = 1; i < N; ++i) product[i] = product[i - 1] * points[i].z;
  Field inverse = product[N - 1].inverse();
  for (unsigned i = N; i-- > 1;) {
    out[i] = to_affine(points[i], inverse * product[i - 1]);
    inverse = inverse * points[i].z;
  }
  out[0] = to_affine(points[0], inverse);
}

/// p, 3p, 5p, …, (2N − 1)p as Jacobian points, for p of prime order above 2N.
template <bool kAIsMinus3, unsigned N, class Field>
constexpr void odd_multiples(const AffinePoint<Field>& p, JacobianPoint<Field> (&out)[N]) {
  // On the isomorphic curve (x, y) → (x·z², y·z³) with z = z(2p), 2p is affine, so that mixed additions do; they use
  // neither a nor b. Multiplying the z of the results by z(2p) leads back.
  const JacobianPoint<Field> twice = doubled<kAIsMinus3>(JacobianPoint<Field>::from(p));
  const AffinePoint<Field> step{twice.x, twice.y};
  const Field zz = twice.z.sqr();
  JacobianPoint<Field> current{p.x * zz, p.y * (zz * twice.z), Field::one()};
  out[0] = JacobianPoint<Field>::from(p);
  for (unsigned i = 1; i < N; ++i) {
    current = add_affine<kAIsMinus3>(current, step);
    out[i] = {current.x, current.y, current.z * twice.z};
  }
}

/// The same, affine.
template <bool kAIsMinus3, unsigned N, class Field>
constexpr void odd_multiples(const AffinePoint<Field>& p, AffinePoint<Field> (&out)[N]) {
  JacobianPoint<Field> points[N];
  odd_multiples<kAIsMinus3>(p, points);
  to_affine(points, out);
}

/// Width-w non-adjacent form: digits are odd in (−2^(w−1), 2^(w−1)) or zero, and of any w consecutive ones at most one
/// is not zero. kBits bounds the bit length of the scalar.
template <unsigned kBits>
struct Wnaf {
  i8 digit[kBits + 1]{};  // lowest first
  unsigned length = 0;    ///< index of the highest non-zero digit plus one

  template <unsigned N, class L>
  constexpr Wnaf(const Limbs<N, L>& scalar, unsigned width, bool negative = false) {
    constexpr unsigned kLimbBits = sizeof(L) * 8;
    const auto bits_at = [&scalar](unsigned position, unsigned count) {
      const unsigned whole = position / kLimbBits;
      const unsigned part = position % kLimbBits;
      if (whole >= N) return 0U;
      L v = static_cast<L>(scalar.limb[whole] >> part);
      if (part + count > kLimbBits && whole + 1 < N) v |= static_cast<L>(scalar.limb[whole + 1] << (kLimbBits - part));
      return static_cast<unsigned>(v) & ((1U << count) - 1);
    };
    unsigned carry = 0;
    for (unsigned i = 0; i <= kBits;) {
      if (bits_at(i, 1) == carry) {
        ++i;
        continue;
      }
      const unsigned window = bits_at(i, width) + carry;
      carry = window >> (width - 1);
      const int value = static_cast<int>(window) - static_cast<int>(carry << width);
      digit[i] = static_cast<i8>(negative ? -value : value);
      length = i + 1;
      i += width;
    }
  }
};

/// accumulator += digit · p, where table holds the odd multiples of p and digit is odd.
template <bool kAIsMinus3, unsigned N, class Field>
constexpr void add_digit(JacobianPoint<Field>& accumulator, const AffinePoint<Field> (&table)[N], int digit) {
  if (digit > 0) {
    accumulator = add_affine<kAIsMinus3>(accumulator, table[digit / 2]);
  } else {
    const AffinePoint<Field>& p = table[-digit / 2];
    accumulator = add_affine<kAIsMinus3>(accumulator, AffinePoint<Field>{p.x, -p.y});
  }
}

}  // namespace atlas::crypto
