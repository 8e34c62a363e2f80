#include <base/u256.hpp>
#include <platform/accel.hpp>

namespace atlas::platform::accel {
namespace {

constexpr u256 kFieldPrime{0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffefffffc2f};
constexpr u256 kOrder{0xffffffffffffffff, 0xfffffffffffffffe, 0xbaaedce6af48a03b, 0xbfd25e8cd0364141};
constexpr u256 kZero{};

struct Coordinates {
  u256 x;
  u256 y;
};
constexpr Coordinates kGenerator{{0x79be667ef9dcbbac, 0x55a06295ce870b07, 0x029bfcdb2dce28d9, 0x59f2815b16f81798},
                                 {0x483ada7726a3c465, 0x5da4fbfc0e1108a8, 0xfd17b448a6855419, 0x9c47d08ffb10d4b8}};

// As the primitives take it. Unlike numbers not zero when made: tables of points are.
struct Point {
  u32 word[16];

  static Point of(const u256& x, const u256& y) {
    Point p;
    p.x() = x;
    p.y() = y;
    return p;
  }
  u256& x() { return *reinterpret_cast<u256*>(word); }
  u256& y() { return *reinterpret_cast<u256*>(word + 8); }
  const u256& x() const { return *reinterpret_cast<const u256*>(word); }
  const u256& y() const { return *reinterpret_cast<const u256*>(word + 8); }
};
static_assert(sizeof(Coordinates) == sizeof(Point));

// a·b + c mod m for factors below m.
u256 mul_add(const u256& a, const u256& b, const u256& c, const u256& m) {
  u256 r;
  ecall(abi::Ecall::kMulMod, word_of(&a), word_of(&b), word_of(&c), word_of(&m), word_of(&r));
  return r;
}
u256 mul(const u256& a, const u256& b, const u256& m) {
  return mul_add(a, b, kZero, m);
}

// The inverse of x ≠ 0 modulo a prime above x: advice, checked. Only an executor that lies reaches the halt.
u256 inverse(const u256& x, const u256& m) {
  u256 advice;
  ecall(abi::Ecall::kAdviseInverse, word_of(&advice), word_of(&x), word_of(&m));
  if (!(advice < m) || mul(x, advice, m) != u256(1)) halt(1);
  return advice;
}

// A root of x < p, or nothing. Advice: a root of x or, if x is no square, of −x; either is proof, since −1 is no
// square.
bool square_root(const u256& x, u256& root) {
  ecall(abi::Ecall::kAdviseRoot, word_of(&root), word_of(&x));
  if (!(root < kFieldPrime)) halt(1);
  const u256 square = mul(root, root, kFieldPrime);
  if (square == x) return true;
  if (square + x != kFieldPrime) halt(1);
  return false;
}

/// A sum of points that may be infinity; the primitives know no infinity and no equal points.
class Sum {
 public:
  bool is_infinity() const { return infinity_; }
  const Point& point() const { return point_; }

  void twice() {
    // The group's order is odd: no point has y = 0.
    if (!infinity_) ecall(abi::Ecall::kSecp256k1Double, word_of(&point_));
  }
  void add(const Point& p) {
    if (infinity_) {
      point_ = p;
      infinity_ = false;
    } else if (differ(point_.word, p.word)) [[likely]] {
      ecall(abi::Ecall::kSecp256k1Add, word_of(&point_), word_of(&p));
    } else if (!differ(point_.word + 8, p.word + 8)) {
      twice();
    } else {
      infinity_ = true;
    }
  }

 private:
  // Ends at the first word that tells them apart, mostly the lowest.
  static bool differ(const u32* a, const u32* b) {
    for (unsigned i = 0; i < 8; ++i) {
      if (a[i] != b[i]) return true;
    }
    return false;
  }

  Point point_;
  bool infinity_ = true;
};

// What is added for one digit of each of two scalars: i·P + j·Q at i + j·2^Bits. Q is a multiple of P by a number that
// is no quotient of digits, so that no two sums have the same x, and none but the first is infinity.
template <unsigned Bits>
struct Table {
  static constexpr unsigned kDigits = 1U << Bits;
  Point at[kDigits * kDigits];

  // `at` holds the multiples of P in its first row and those of Q in its first column.
  void fill() {
    for (unsigned j = 1; j < kDigits; ++j) {
      for (unsigned i = 1; i < kDigits; ++i) {
        Point& sum = at[i + j * kDigits];
        sum = at[i];
        ecall(abi::Ecall::kSecp256k1Add, word_of(&sum), word_of(&at[j * kDigits]));
      }
    }
  }
};

// Halves of a scalar share the doublings: k = low + 2^128·high for the generator, whose table is made once.
constexpr unsigned kHalfBits = 128;
constexpr unsigned kFixedBits = 4;
using FixedTable = Table<kFixedBits>;
const FixedTable& fixed_table() {
  static FixedTable table;
  static bool made = false;
  if (made) return table;
  const Point generator = Point::of(kGenerator.x, kGenerator.y);
  Sum low;
  Sum high;
  high.add(generator);
  for (unsigned i = 0; i < kHalfBits; ++i) high.twice();
  const Point shifted = high.point();
  for (unsigned i = 1; i < FixedTable::kDigits; ++i) {
    low.add(generator);
    table.at[i] = low.point();
    if (i > 1) high.add(shifted);
    table.at[i * FixedTable::kDigits] = high.point();
  }
  table.fill();
  made = true;
  return table;
}

// The endomorphism (x, y) → (β·x, y) multiplies by λ, so k = k1 + k2·λ with |k1|, |k2| < 2^128; basis and rounding as
// in crypto/secp256k1_portable.cpp, whose divisions are here the primitive's quotient.
constexpr u256 kBeta{0x7ae96a2b657c0710, 0x6e64479eac3434e9, 0x9cf0497512f58995, 0xc1396c28719501ee};
constexpr u256 kA1{0, 0, 0x3086d221a7d46bcd, 0xe86c90e49284eb15};
constexpr u256 kMinusB1{0, 0, 0xe4437ed6010e8828, 0x6f547fa90abfe4c3};
constexpr u256 kA2{0, 1, 0x14ca50f7a8e2f3f6, 0x57c1108d9d44cfd8};
constexpr u256 kMinusA1 = kOrder - kA1;
constexpr u256 kMinusA2 = kOrder - kA2;
constexpr u256 kHalfOrder{0x7fffffffffffffff, 0xffffffffffffffff, 0x5d576e7357a4501d, 0xdfe92f46681b20a0};

struct SignedHalf {
  u256 magnitude;
  bool negative;
};
// A number below the order that is small or whose negative is.
SignedHalf to_signed(const u256& v) {
  Limb high = 0;
  for (unsigned i = u256::kLimbs / 2; i < u256::kLimbs; ++i) high |= v.limb[i];
  return high == 0 ? SignedHalf{v, false} : SignedHalf{kOrder - v, true};
}
// round(a·k / n)
u256 rounded_quotient(const u256& a, const u256& k) {
  u256 out[2];
  ecall(abi::Ecall::kMulDiv, word_of(&a), word_of(&k), word_of(&kHalfOrder), word_of(&kOrder), word_of(out));
  return out[0];
}

constexpr unsigned kVariableBits = 2;
using VariableTable = Table<kVariableBits>;

// ±i·R ± j·λR by the signs of the two halves of R's scalar.
void fill_variable(VariableTable& t, const Point& r, bool r_negative, bool image_negative) {
  Sum sum;
  const Point first = Point::of(r.x(), r_negative ? kFieldPrime - r.y() : r.y());
  for (unsigned i = 1; i < VariableTable::kDigits; ++i) {
    sum.add(first);
    t.at[i] = sum.point();
    Point& image = t.at[i * VariableTable::kDigits];
    image.x() = mul(sum.point().x(), kBeta, kFieldPrime);
    image.y() = r_negative != image_negative ? kFieldPrime - sum.point().y() : sum.point().y();
  }
  t.fill();
}

// a·G + b·R, four bits at a time.
Sum multiply(const u256& a, const u256& b, const Point& r) {
  const u256 c1 = rounded_quotient(kA1, b);
  const u256 c2 = rounded_quotient(kMinusB1, b);
  const SignedHalf b1 = to_signed(mul_add(c2, kMinusA2, mul_add(c1, kMinusA1, b, kOrder), kOrder));
  const SignedHalf b2 = to_signed(mul_add(c2, kMinusA1, mul(c1, kMinusB1, kOrder), kOrder));
  const FixedTable& fixed = fixed_table();
  VariableTable variable;
  fill_variable(variable, r, b1.negative, b2.negative);

  Sum sum;
  const auto add_variable = [&](Limb first, Limb second) {
    const unsigned digits = static_cast<unsigned>(first >> (kLimbBits - kVariableBits)) |
                            static_cast<unsigned>(second >> (kLimbBits - kVariableBits)) << kVariableBits;
    sum.twice();
    sum.twice();
    if (digits != 0) sum.add(variable.at[digits]);
  };
  for (unsigned limb = u256::kLimbs / 2; limb-- > 0;) {
    Limb low = a.limb[limb];
    Limb high = a.limb[limb + u256::kLimbs / 2];
    Limb first = b1.magnitude.limb[limb];
    Limb second = b2.magnitude.limb[limb];
    for (unsigned bits = 0; bits < kLimbBits; bits += kFixedBits) {
      add_variable(first, second);
      add_variable(first << kVariableBits, second << kVariableBits);
      const unsigned digits = static_cast<unsigned>(low >> (kLimbBits - kFixedBits)) |
                              static_cast<unsigned>(high >> (kLimbBits - kFixedBits)) << kFixedBits;
      if (digits != 0) sum.add(fixed.at[digits]);
      low <<= kFixedBits;
      high <<= kFixedBits;
      first <<= kFixedBits;
      second <<= kFixedBits;
    }
  }
  return sum;
}
static_assert(kFixedBits == 2 * kVariableBits);

bool is_scalar(const u256& v) {
  return !v.is_zero() && v < kOrder;
}

}  // namespace

Outcome secp256k1_recover(const u8* digest, u8 y_parity, const u8* r_bytes, const u8* s_bytes, u8* public_key) {
  const u256 r = u256::from_be(r_bytes);
  const u256 s = u256::from_be(s_bytes);
  if (y_parity > 1 || !is_scalar(r) || !is_scalar(s)) return Outcome::kInvalid;
  const u256 square = mul_add(mul(r, r, kFieldPrime), r, u256(7), kFieldPrime);
  u256 root;
  if (!square_root(square, root)) return Outcome::kInvalid;
  // The curve has no point with y = 0, so the root and its negative differ in parity.
  const Point point = Point::of(r, (root.limb[0] & 1) == y_parity ? root : kFieldPrime - root);

  const u256 r_inverse = inverse(r, kOrder);
  u256 z = u256::from_be(digest);
  if (!(z < kOrder)) z = z - kOrder;  // below 2^256 < 2n
  const u256 minus_z = z.is_zero() ? z : kOrder - z;
  const Sum key = multiply(mul(minus_z, r_inverse, kOrder), mul(s, r_inverse, kOrder), point);
  if (key.is_infinity()) return Outcome::kInvalid;
  const auto x = key.point().x().to_be();
  const auto y = key.point().y().to_be();
  std::memcpy(public_key, x.data(), 32);
  std::memcpy(public_key + 32, y.data(), 32);
  return Outcome::kDone;
}

}  // namespace atlas::platform::accel
