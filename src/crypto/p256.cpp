#include <bit>

#include <crypto/jacobian.hpp>
#include <crypto/montgomery.hpp>
#include <crypto/p256.hpp>

namespace atlas::crypto {
namespace {

// p = 2^256 − 2^224 + 2^192 + 2^96 − 1. Its limbs are 0, 1 or all ones but for one, and −1/p ≡ 1 modulo a limb, so the
// compiler turns most of Montgomery's second product into shifts.
struct FieldParams {
  static constexpr std::string_view kModulus = "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff";
};
struct OrderParams {
  static constexpr std::string_view kModulus = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
};
using Field = Montgomery<FieldParams>;
using Scalar = Montgomery<OrderParams>;
using Number = Field::Number;
using Affine = AffinePoint<Field>;
using Jacobian = JacobianPoint<Field>;

constexpr u256 kFieldModulus{0xffffffff00000001, 0, 0x00000000ffffffff, 0xffffffffffffffff};
constexpr u256 kOrder{0xffffffff00000000, 0xffffffffffffffff, 0xbce6faada7179e84, 0xf3b9cac2fc632551};
constexpr Field kB = Field::from_hex("5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b");
constexpr Affine kGenerator{Field::from_hex("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"),
                            Field::from_hex("4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5")};

// The generator's odd multiples, computed by the compiler: 2 KiB.
constexpr unsigned kFixedWidth = 7;
struct FixedTable {
  Affine point[1U << (kFixedWidth - 2)];
};
constexpr FixedTable make_table() {
  FixedTable t;
  odd_multiples<true>(kGenerator, t.point);
  return t;
}
constexpr FixedTable kGeneratorTable = make_table();

Number to_number(const u256& v) {
  return std::bit_cast<Number>(v);
}

bool is_on_curve(const Affine& q) {
  return q.y.sqr() == (q.x.sqr() - Field::from_u64(3)) * q.x + kB;
}

// u·G + v·Q by Straus.
Jacobian multiply(const Number& u, const Number& v, const Affine& q) {
  constexpr unsigned kWidth = 5;
  Affine table[1U << (kWidth - 2)];
  odd_multiples<true>(q, table);
  const Wnaf<256> du(u, kFixedWidth);
  const Wnaf<256> dv(v, kWidth);
  Jacobian sum;
  for (unsigned i = std::max(du.length, dv.length); i-- > 0;) {
    if (!sum.is_infinity()) sum = doubled<true>(sum);
    if (du.digit[i] != 0) add_digit<true>(sum, kGeneratorTable.point, du.digit[i]);
    if (dv.digit[i] != 0) add_digit<true>(sum, table, dv.digit[i]);
  }
  return sum;
}

bool is_scalar(const u256& v) {
  return !v.is_zero() && v < kOrder;
}

}  // namespace

bool p256_verify(const Hash256& digest, const u256& r, const u256& s, const u256& qx, const u256& qy) {
  if (!is_scalar(r) || !is_scalar(s) || qx >= kFieldModulus || qy >= kFieldModulus) return false;
  const Affine q{Field::from_number(to_number(qx)), Field::from_number(to_number(qy))};
  if (!is_on_curve(q)) return false;  // (0, 0), EIP-7951's infinity, is not either: b ≠ 0

  const Scalar s_inverse = Scalar::from_number(to_number(s)).inverse();
  const Scalar u = Scalar::from_number(to_number(u256::from_be(digest))) * s_inverse;
  const Scalar v = Scalar::from_number(to_number(r)) * s_inverse;
  const Jacobian point = multiply(u.to_number(), v.to_number(), q);
  if (point.is_infinity()) return false;

  // x(R) = X/Z² is below p < 2n, so x(R) ≡ r (mod n) leaves two candidates; comparing r·Z² with X spares an inversion.
  const Field zz = point.z.sqr();
  if (Field::from_number(to_number(r)) * zz == point.x) return true;
  return r < kFieldModulus - kOrder && Field::from_number(to_number(r + kOrder)) * zz == point.x;
}

}  // namespace atlas::crypto
