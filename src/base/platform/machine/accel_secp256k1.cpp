#include <base/u256.hpp>
#include <platform/accel.hpp>

namespace atlas::platform::accel {
namespace {

constexpr u256 kFieldPrime{0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffefffffc2f};
constexpr u256 kOrder{0xffffffffffffffff, 0xfffffffffffffffe, 0xbaaedce6af48a03b, 0xbfd25e8cd0364141};
constexpr u256 kZero{};

struct Point {
  u256 x;
  u256 y;
};
static_assert(sizeof(Point) == 64);

constexpr Point kGenerator{{0x79be667ef9dcbbac, 0x55a06295ce870b07, 0x029bfcdb2dce28d9, 0x59f2815b16f81798},
                           {0x483ada7726a3c465, 0x5da4fbfc0e1108a8, 0xfd17b448a6855419, 0x9c47d08ffb10d4b8}};

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
    } else if (point_.x != p.x) {
      ecall(abi::Ecall::kSecp256k1Add, word_of(&point_), word_of(&p));
    } else if (point_.y == p.y) {
      twice();
    } else {
      infinity_ = true;
    }
  }

 private:
  Point point_;
  bool infinity_ = true;
};

constexpr unsigned kWindow = 2;  // bits of each scalar a step
constexpr unsigned kDigits = 1U << kWindow;

// a·G + b·Q by Shamir's trick: the doublings are shared, and a step adds one of the 15 sums i·G + j·Q.
Sum multiply(const u256& a, const u256& b, const Point& q) {
  Sum table[kDigits * kDigits];
  for (unsigned i = 0; i < kDigits; ++i) {
    for (unsigned j = 0; j < kDigits; ++j) {
      if (i == 0 && j == 0) continue;
      Sum& entry = table[i * kDigits + j];
      entry = table[j > 0 ? i * kDigits + j - 1 : (i - 1) * kDigits];
      entry.add(j > 0 ? q : kGenerator);
    }
  }
  const auto digit = [](const u256& v, unsigned at) {
    return static_cast<unsigned>(v.limb[at / kLimbBits] >> (at % kLimbBits)) % kDigits;
  };
  Sum sum;
  for (unsigned at = 256; at > 0;) {
    at -= kWindow;
    for (unsigned k = 0; k < kWindow; ++k) sum.twice();
    const Sum& entry = table[digit(a, at) * kDigits + digit(b, at)];
    if (!entry.is_infinity()) sum.add(entry.point());
  }
  return sum;
}

bool is_scalar(const u256& v) {
  return !v.is_zero() && v < kOrder;
}

}  // namespace

Outcome secp256k1_recover(const u8* digest, u8 y_parity, const u8* r_bytes, const u8* s_bytes, u8* public_key) {
  const u256 r = u256::from_be(r_bytes);
  const u256 s = u256::from_be(s_bytes);
  if (y_parity > 1 || !is_scalar(r) || !is_scalar(s)) return Outcome::kInvalid;
  const u256 square = mul_add(mul(r, r, kFieldPrime), r, u256(7), kFieldPrime);
  Point point{r, {}};
  if (!square_root(square, point.y)) return Outcome::kInvalid;
  // The curve has no point with y = 0, so the root and its negative differ in parity.
  if ((point.y.limb[0] & 1) != y_parity) point.y = kFieldPrime - point.y;

  const u256 r_inverse = inverse(r, kOrder);
  u256 z = u256::from_be(digest);
  if (!(z < kOrder)) z = z - kOrder;  // below 2^256 < 2n
  const u256 minus_z = z.is_zero() ? z : kOrder - z;
  const Sum key = multiply(mul(minus_z, r_inverse, kOrder), mul(s, r_inverse, kOrder), point);
  if (key.is_infinity()) return Outcome::kInvalid;
  const auto x = key.point().x.to_be();
  const auto y = key.point().y.to_be();
  std::memcpy(public_key, x.data(), 32);
  std::memcpy(public_key + 32, y.data(), 32);
  return Outcome::kDone;
}

}  // namespace atlas::platform::accel
