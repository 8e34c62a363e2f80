#include <bit>

#include <crypto/jacobian.hpp>
#include <crypto/montgomery.hpp>
#include <crypto/rfc6979.hpp>
#include <crypto/secp256k1.hpp>
#include <crypto/secp256k1_field.hpp>

namespace atlas::crypto {
namespace {

using Field = Secp256k1Field<>;
using Affine = AffinePoint<Field>;
using Jacobian = JacobianPoint<Field>;

struct OrderParams {
  static constexpr std::string_view kModulus = "fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141";
};
using Scalar = Montgomery<OrderParams>;
using Number = Field::Number;
using Half = Limbs<Field::kLimbs / 2>;
constexpr unsigned kHalfBits = 128;

Number to_number(const u256& v) {
  return std::bit_cast<Number>(v);
}
u256 to_u256(const Number& v) {
  return std::bit_cast<u256>(v);
}
Half low_half(const Number& v) {
  Half h;
  for (unsigned i = 0; i < Half::kCount; ++i) h.limb[i] = v.limb[i];
  return h;
}
Half high_half(const Number& v) {
  Half h;
  for (unsigned i = 0; i < Half::kCount; ++i) h.limb[i] = v.limb[Half::kCount + i];
  return h;
}

// The generator's odd multiples and those of 2^128·G, affine, computed by the compiler: a scalar's halves then share
// 128 doublings. Width 7 makes 2 × 32 points, 4 KiB.
constexpr unsigned kFixedWidth = 7;
constexpr unsigned kFixedPoints = 1U << (kFixedWidth - 2);
struct FixedTable {
  Affine point[kFixedPoints];
};

constexpr Affine kGenerator{Field::from_hex("79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"),
                            Field::from_hex("483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8")};

constexpr Jacobian doubled_times(Jacobian p, unsigned count) {
  for (unsigned i = 0; i < count; ++i) p = doubled<false>(p);
  return p;
}
constexpr FixedTable make_table(const Affine& p) {
  FixedTable t;
  odd_multiples<false>(p, t.point);
  return t;
}
// In steps, since a compiler bounds the work of one constant: clang's default is 2^20 evaluations.
constexpr Jacobian kShifted32 = doubled_times(Jacobian::from(kGenerator), kHalfBits / 4);
constexpr Jacobian kShifted64 = doubled_times(kShifted32, kHalfBits / 4);
constexpr Jacobian kShifted96 = doubled_times(kShifted64, kHalfBits / 4);
constexpr Jacobian kShifted128 = doubled_times(kShifted96, kHalfBits / 4);
constexpr FixedTable kLowTable = make_table(kGenerator);
constexpr FixedTable kHighTable = make_table(to_affine(kShifted128, kShifted128.z.inverse()));

// The endomorphism (x, y) → (β·x, y) multiplies by λ, so k·P = k1·P + k2·λP with |k1|, |k2| < 2^128 (Gallant, Lambert,
// Vanstone 2001). (a1, b1), (a2, b2) is a short basis of {(a, b): a + b·λ ≡ 0 mod n}, b2 = a1 and b1 is negative;
// g1 = round(2^384·b2/n), g2 = round(−2^384·b1/n) replace the divisions (Guide to Elliptic Curve Cryptography, 3.5).
constexpr Field kBeta = Field::from_hex("7ae96a2b657c07106e64479eac3434e99cf0497512f58995c1396c28719501ee");
constexpr u256 kA1{0, 0, 0x3086d221a7d46bcd, 0xe86c90e49284eb15};
constexpr u256 kMinusB1{0, 0, 0xe4437ed6010e8828, 0x6f547fa90abfe4c3};
constexpr u256 kA2{0, 1, 0x14ca50f7a8e2f3f6, 0x57c1108d9d44cfd8};
constexpr u256 kG1{0x3086d221a7d46bcd, 0xe86c90e49284eb15, 0x3daa8a1471e8ca7f, 0xe893209a45dbb031};
constexpr u256 kG2{0xe4437ed6010e8828, 0x6f547fa90abfe4c4, 0x221208ac9df506c6, 0x1571b4ae8ac47f71};

struct SignedHalf {
  Half magnitude;
  bool negative;
};
struct Split {
  SignedHalf k1;
  SignedHalf k2;
};

// round(a·b / 2^384)
u256 multiply_shift_384(const u256& a, const u256& b) {
  const auto wide = multiply_wide(to_number(a), to_number(b));
  constexpr unsigned kShiftLimbs = 384 / kLimbBits;
  u256 r;
  for (unsigned i = 0; i < 2 * Field::kLimbs - kShiftLimbs; ++i) r.limb[i] = wide.limb[kShiftLimbs + i];
  return r + u256(static_cast<u64>(wide.limb[kShiftLimbs - 1] >> (kLimbBits - 1)));
}

SignedHalf to_signed(const u256& v) {
  return {low_half(to_number(v.is_negative() ? -v : v)), v.is_negative()};
}

Split split(const u256& k) {
  const u256 c1 = multiply_shift_384(k, kG1);
  const u256 c2 = multiply_shift_384(k, kG2);
  // The results are below 2^128 in size, so two's complement modulo 2^256 is exact.
  return {to_signed(k - c1 * kA1 - c2 * kA2), to_signed(c1 * kMinusB1 - c2 * kA1)};
}

// k·G, and k·G + q·Q when q is given.
class Multiplication {
 public:
  explicit Multiplication(const Number& k) : low_(low_half(k), kFixedWidth), high_(high_half(k), kFixedWidth) {}

  Jacobian run() const {
    return run(std::max(low_.length, high_.length), [](Jacobian&, unsigned) {});
  }
  Jacobian run(const u256& q, const Affine& point) const {
    constexpr unsigned kWidth = 5;
    Affine table[1U << (kWidth - 2)];
    Affine table_lambda[1U << (kWidth - 2)];
    odd_multiples<false>(point, table);
    for (unsigned i = 0; i < std::size(table); ++i) table_lambda[i] = {table[i].x * kBeta, table[i].y};

    const Split parts = split(q);
    const Wnaf<kHalfBits> d1(parts.k1.magnitude, kWidth, parts.k1.negative);
    const Wnaf<kHalfBits> d2(parts.k2.magnitude, kWidth, parts.k2.negative);
    return run(std::max({low_.length, high_.length, d1.length, d2.length}), [&](Jacobian& sum, unsigned i) {
      if (d1.digit[i] != 0) add_digit<false>(sum, table, d1.digit[i]);
      if (d2.digit[i] != 0) add_digit<false>(sum, table_lambda, d2.digit[i]);
    });
  }

 private:
  // Straus: all scalars share the doublings.
  template <class AddMore>
  Jacobian run(unsigned length, AddMore&& add_more) const {
    Jacobian sum;
    for (unsigned i = length; i-- > 0;) {
      if (!sum.is_infinity()) sum = doubled<false>(sum);
      add_more(sum, i);
      if (low_.digit[i] != 0) add_digit<false>(sum, kLowTable.point, low_.digit[i]);
      if (high_.digit[i] != 0) add_digit<false>(sum, kHighTable.point, high_.digit[i]);
    }
    return sum;
  }

  Wnaf<kHalfBits> low_;
  Wnaf<kHalfBits> high_;
};

bool is_scalar(const u256& v) {
  return !v.is_zero() && v < kSecp256k1Order;
}

PublicKey encode(const Affine& p) {
  PublicKey key;
  p.x.to_be(std::span<u8, 32>(key.data(), 32));
  p.y.to_be(std::span<u8, 32>(key.data() + 32, 32));
  return key;
}

}  // namespace

std::optional<PublicKey> portable::recover_public_key(const Hash256& digest, u8 y_parity, const u256& r,
                                                      const u256& s) {
  if (y_parity > 1 || !is_scalar(r) || !is_scalar(s)) return std::nullopt;
  const Field x = Field::from_number(to_number(r));  // r < n < p
  const auto root = (x.sqr() * x + Field::from_u64(7)).sqrt();
  if (!root) return std::nullopt;
  const Affine point{x, root->is_odd() == (y_parity == 1) ? *root : -*root};

  const Scalar r_inverse = Scalar::from_number(to_number(r)).inverse();
  const Scalar z = Scalar::from_number(to_number(u256::from_be(digest)));
  const Scalar k = -(z * r_inverse);
  const Scalar q = Scalar::from_number(to_number(s)) * r_inverse;
  const Jacobian key = Multiplication(k.to_number()).run(to_u256(q.to_number()), point);
  if (key.is_infinity()) return std::nullopt;
  return encode(to_affine(key, key.z.inverse()));
}

std::optional<PublicKey> portable::public_key_of(const Hash256& private_key) {
  const u256 d = u256::from_be(private_key);
  if (!is_scalar(d)) return std::nullopt;
  const Jacobian key = Multiplication(to_number(d)).run();
  return encode(to_affine(key, key.z.inverse()));
}

std::optional<Signature> portable::sign(const Hash256& digest, const Hash256& private_key) {
  const u256 key = u256::from_be(private_key);
  if (!is_scalar(key)) return std::nullopt;
  const Scalar d = Scalar::from_number(to_number(key));
  const Scalar z = Scalar::from_number(to_number(u256::from_be(digest)));

  Rfc6979 nonces(private_key, to_u256(z.to_number()).to_be());
  for (;;) {
    const u256 nonce = u256::from_be(nonces.next());
    if (!is_scalar(nonce)) continue;
    const Jacobian point = Multiplication(to_number(nonce)).run();
    const Affine affine = to_affine(point, point.z.inverse());
    Signature out;
    out.r = to_u256(affine.x.to_number());
    if (!is_scalar(out.r)) continue;  // x ≥ n cannot be said in an Ethereum signature; probability 2^-127
    const Scalar s = (z + Scalar::from_number(to_number(out.r)) * d) * Scalar::from_number(to_number(nonce)).inverse();
    if (s.is_zero()) continue;
    out.s = to_u256(s.to_number());
    out.y_parity = affine.y.is_odd() ? 1 : 0;
    if (out.s > (kSecp256k1Order >> 1)) {
      out.s = kSecp256k1Order - out.s;
      out.y_parity ^= 1;
    }
    return out;
  }
}

}  // namespace atlas::crypto
