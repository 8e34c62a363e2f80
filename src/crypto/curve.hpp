#pragma once
// Points of y² = x³ + b (a = 0) over any field of this room; no formula needs b. Source: Bernstein and Lange,
// Explicit-Formulas Database (dbl-2009-l, madd-2007-bl, add-2007-bl), with plain products in place of differences of
// squares, since a square costs as much as a product here.
#include <span>
#include <vector>

#include <base/types.hpp>

namespace atlas::crypto {

/// An affine point; (0, 0), which is on no curve with b ≠ 0, is the point at infinity, as in the EIPs' encodings.
template <class F>
struct Affine {
  F x, y;
  constexpr bool is_infinity() const { return x.is_zero() && y.is_zero(); }
  constexpr Affine operator-() const { return {x, -y}; }
  friend constexpr bool operator==(const Affine&, const Affine&) = default;
};

/// (X/Z², Y/Z³); Z = 0 is the point at infinity.
template <class F>
struct Jacobian {
  F x, y, z;

  constexpr Jacobian() = default;
  constexpr Jacobian(const F& x_, const F& y_, const F& z_) : x(x_), y(y_), z(z_) {}
  constexpr Jacobian(const Affine<F>& p) {
    if (!p.is_infinity()) *this = {p.x, p.y, F::one()};
  }
  constexpr bool is_infinity() const { return z.is_zero(); }
  constexpr Jacobian operator-() const { return {x, -y, z}; }

  constexpr Jacobian doubled() const {
    const F a = x.sqr();
    const F b = y.sqr();
    const F c = b.sqr();
    const F d = (x * b).doubled().doubled();
    const F e = a.doubled() + a;
    const F x3 = e.sqr() - d.doubled();
    return {x3, e * (d - x3) - c.doubled().doubled().doubled(), (y * z).doubled()};
  }
  friend constexpr Jacobian operator+(const Jacobian& p, const Affine<F>& q) {
    if (q.is_infinity()) return p;
    if (p.is_infinity()) return q;
    const F zz = p.z.sqr();
    const F h = q.x * zz - p.x;
    const F r = (q.y * p.z * zz - p.y).doubled();
    if (h.is_zero()) return r.is_zero() ? p.doubled() : Jacobian();
    const F hh = h.sqr();
    const F i = hh.doubled().doubled();
    const F j = h * i;
    const F v = p.x * i;
    const F x3 = r.sqr() - j - v.doubled();
    return {x3, r * (v - x3) - (p.y * j).doubled(), (p.z * h).doubled()};
  }
  friend constexpr Jacobian operator+(const Jacobian& p, const Jacobian& q) {
    if (q.is_infinity()) return p;
    if (p.is_infinity()) return q;
    const F pz = p.z.sqr();
    const F qz = q.z.sqr();
    const F u = p.x * qz;
    const F s = p.y * q.z * qz;
    const F h = q.x * pz - u;
    const F r = (q.y * p.z * pz - s).doubled();
    if (h.is_zero()) return r.is_zero() ? p.doubled() : Jacobian();
    const F i = h.doubled().sqr();
    const F j = h * i;
    const F v = u * i;
    const F x3 = r.sqr() - j - v.doubled();
    return {x3, r * (v - x3) - (s * j).doubled(), (p.z * q.z * h).doubled()};
  }
  /// Equality of points, without inversion.
  friend constexpr bool operator==(const Jacobian& p, const Jacobian& q) {
    if (p.is_infinity() || q.is_infinity()) return p.is_infinity() == q.is_infinity();
    const F pz = p.z.sqr();
    const F qz = q.z.sqr();
    return p.x * qz == q.x * pz && p.y * q.z * qz == q.y * p.z * pz;
  }
  constexpr Affine<F> to_affine() const {
    if (is_infinity()) return {};
    const F inverse = z.inverse();
    const F square = inverse.sqr();
    return {x * square, y * square * inverse};
  }
};

/// y² = x³ + b; infinity counts as on the curve.
template <class F>
constexpr bool is_on_curve(const Affine<F>& p, const F& b) {
  return p.is_infinity() || p.y.sqr() == p.x.sqr() * p.x + b;
}

/// p + q with one inversion, the cheapest way for a single sum.
template <class F>
constexpr Affine<F> add_affine(const Affine<F>& p, const Affine<F>& q) {
  if (p.is_infinity()) return q;
  if (q.is_infinity()) return p;
  F slope;
  if (p.x == q.x) {
    if (p.y != q.y || p.y.is_zero()) return {};
    const F square = p.x.sqr();
    slope = (square.doubled() + square) * p.y.doubled().inverse();
  } else {
    slope = (q.y - p.y) * (q.x - p.x).inverse();
  }
  const F x = slope.sqr() - p.x - q.x;
  return {x, slope * (p.x - x) - p.y};
}

/// k·P for a small constant k, plain double and add: for cofactors and curve parameters of low weight.
template <class F>
constexpr Jacobian<F> multiply_small(const Jacobian<F>& p, u64 k) {
  Jacobian<F> r;
  for (int i = 63; i >= 0; --i) {
    r = r.doubled();
    if ((k >> i) & 1) r = r + p;
  }
  return r;
}

/// All points to affine with one inversion (Montgomery's trick).
template <class F>
std::vector<Affine<F>> to_affine(std::span<const Jacobian<F>> points) {
  std::vector<Affine<F>> out(points.size());
  F product = F::one();
  for (std::size_t i = 0; i < points.size(); ++i) {
    out[i].x = product;  // of all z before this point
    if (!points[i].is_infinity()) product = product * points[i].z;
  }
  F inverse = product.inverse();
  for (std::size_t i = points.size(); i-- > 0;) {
    if (points[i].is_infinity()) {
      out[i] = {};
      continue;
    }
    const F z_inverse = inverse * out[i].x;
    inverse = inverse * points[i].z;
    const F square = z_inverse.sqr();
    out[i] = {points[i].x * square, points[i].y * square * z_inverse};
  }
  return out;
}

}  // namespace atlas::crypto
