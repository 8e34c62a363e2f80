#pragma once
// Prime fields in Montgomery form: one template serves every curve, on 64-bit limbs (host) and 32-bit limbs (guest).
// Source: P. Montgomery, "Modular multiplication without trial division" (1985); the word-serial form is CIOS/FIOS of
// Koc, Acar, Kaliski, "Analyzing and comparing Montgomery multiplication algorithms" (1996).
// Nothing here is constant-time: every value that a rollup computes on is public.
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include <base/bytes.hpp>
#include <crypto/limbs.hpp>
#include <crypto/safegcd.hpp>
#include <platform/accel.hpp>

namespace atlas::crypto {

/// Elements of the integers modulo the odd prime `Params::kModulus` (a constexpr std::string_view of hex digits),
/// stored as x·R mod p with R = 2^(kLimbs · bits of L), always reduced to [0, p). Where the platform multiplies modulo
/// 256-bit numbers in one instruction, fields of that width have R = 1 (kIsPlain).
template <class Params, class L = Limb>
class Montgomery {
 public:
  static constexpr unsigned kLimbBits = sizeof(L) * 8;
  static constexpr unsigned kBits = bit_length_of_hex(Params::kModulus);
  static constexpr unsigned kLimbs = (kBits + kLimbBits - 1) / kLimbBits;
  static constexpr std::size_t kBytes = (kBits + 7) / 8;
  /// Unused bits above the modulus. Two or more (4p ≤ R) let sums of two elements be multiplied without reducing them.
  static constexpr unsigned kSpareBits = kLimbs * kLimbBits - kBits;
  static constexpr bool kIsPlain = platform::accel::kHasModularProducts && sizeof(L) == 4 && kLimbs == 8;
  using Number = Limbs<kLimbs, L>;  ///< A plain integer, lowest limb first.
  /// A double-width integer, not reduced; of plain fields an element.
  using Product = std::conditional_t<kIsPlain, Number, Limbs<2 * kLimbs, L>>;
  using Wide = WideOf<L>;

  static constexpr Number kModulus = limbs_from_hex<kLimbs, L>(Params::kModulus);
  static_assert(kModulus.limb[0] % 2 == 1, "the modulus must be odd");

  constexpr Montgomery() = default;  ///< Zero.
  static constexpr Montgomery zero() { return {}; }
  static constexpr Montgomery one() { return from_raw(kR); }
  static constexpr Montgomery from_u64(u64 v) {
    Number n;
    for (unsigned i = 0; i < kLimbs && i * kLimbBits < 64; ++i) n.limb[i] = static_cast<L>(v >> (i * kLimbBits));
    return from_number(n);
  }
  /// For named constants; digits of a number below R.
  static constexpr Montgomery from_hex(std::string_view digits) {
    return from_number(limbs_from_hex<kLimbs, L>(digits));
  }
  /// Any number below R (not only below p); the result is its residue.
  static constexpr Montgomery from_number(const Number& n) { return from_raw(multiply(n, kR2)); }
  /// The element whose Montgomery form is `n` (< p).
  static constexpr Montgomery from_raw(const Number& n) {
    Montgomery r;
    r.value_ = n;
    return r;
  }
  /// kBytes big-endian bytes; nullopt if the number is not below the modulus.
  static constexpr std::optional<Montgomery> from_be(std::span<const u8, kBytes> bytes) {
    const Number n = Number::from_be(bytes);
    if (!less(n, kModulus)) return std::nullopt;
    return from_number(n);
  }
  /// kBytes big-endian bytes, reduced modulo p.
  static constexpr Montgomery from_be_reduced(std::span<const u8, kBytes> bytes) {
    return from_number(Number::from_be(bytes));
  }
  constexpr void to_be(std::span<u8, kBytes> out) const { to_number().to_be(out); }

  /// The canonical integer in [0, p).
  constexpr Number to_number() const {
    if constexpr (kIsPlain) return value_;
    Number unit;
    unit.limb[0] = 1;
    return multiply(unit, value_);
  }
  constexpr const Number& raw() const { return value_; }

  constexpr bool is_zero() const { return value_.is_zero(); }
  /// Parity of the canonical integer (sgn0 of RFC 9380, 4.1, for degree one).
  constexpr bool is_odd() const { return (to_number().limb[0] & 1) != 0; }
  friend constexpr bool operator==(const Montgomery& a, const Montgomery& b) { return a.value_ == b.value_; }

  friend constexpr Montgomery operator+(const Montgomery& a, const Montgomery& b) {
    Number sum;
    const L carry = Number::add(sum, a.value_, b.value_);
    return from_raw(reduce_once(sum, carry));
  }
  friend constexpr Montgomery operator-(const Montgomery& a, const Montgomery& b) {
    Number difference;
    const L borrow = Number::sub(difference, a.value_, b.value_);
    Number out;
    Number::add_masked(out, difference, kModulus, static_cast<L>(0 - borrow));
    return from_raw(out);
  }
  constexpr Montgomery operator-() const { return is_zero() ? *this : zero_minus(*this); }
  friend constexpr Montgomery operator*(const Montgomery& a, const Montgomery& b) {
    return from_raw(multiply(a.value_, b.value_));
  }
  constexpr Montgomery& operator+=(const Montgomery& b) { return *this = *this + b; }
  constexpr Montgomery& operator-=(const Montgomery& b) { return *this = *this - b; }
  constexpr Montgomery& operator*=(const Montgomery& b) { return *this = *this * b; }
  constexpr Montgomery doubled() const { return *this + *this; }
  constexpr Montgomery sqr() const { return from_raw(square(value_)); }
  /// x/2: adds the modulus to odd values first.
  constexpr Montgomery halved() const {
    Number n;
    const L carry = Number::add_masked(n, value_, kModulus, static_cast<L>(0 - (value_.limb[0] & 1)));
    for (unsigned i = 0; i + 1 < kLimbs; ++i) {
      n.limb[i] = static_cast<L>(n.limb[i] >> 1 | n.limb[i + 1] << (kLimbBits - 1));
    }
    n.limb[kLimbs - 1] = static_cast<L>(n.limb[kLimbs - 1] >> 1 | carry << (kLimbBits - 1));
    return from_raw(n);
  }

  /// x^exponent (lowest limb first), fixed windows of four bits.
  template <unsigned M>
  constexpr Montgomery pow(const Limbs<M, L>& exponent) const {
    Montgomery table[16];
    table[0] = one();
    for (unsigned i = 1; i < 16; ++i) table[i] = table[i - 1] * *this;
    Montgomery r = one();
    bool started = false;
    for (unsigned i = M * kLimbBits; i > 0;) {
      i -= 4;
      const unsigned digit = static_cast<unsigned>(exponent.limb[i / kLimbBits] >> (i % kLimbBits)) & 15;
      if (started) r = r.sqr().sqr().sqr().sqr();
      if (digit != 0) {
        r = started ? r * table[digit] : table[digit];
        started = true;
      }
    }
    return r;
  }

  /// 1/x; zero for zero. Variable time, see safegcd.hpp; about 40 multiplications' worth.
  constexpr Montgomery inverse() const {
    if constexpr (kIsPlain) return from_raw(safegcd_inverse<kBits>(value_, kModulus));
    // safegcd inverts the raw x·R to x^-1·R^-1; two multiplications by R^2 bring it back to x^-1·R.
    return from_raw(multiply(multiply(safegcd_inverse<kBits>(value_, kModulus), kR2), kR2));
  }

  /// x^((p+1)/4), for p = 3 (mod 4): a square root of x if x is a square, else one of −x.
  constexpr Montgomery sqrt_candidate() const {
    static_assert(kModulus.limb[0] % 4 == 3, "written for p = 3 (mod 4)");
    return pow(kSqrtExponent);
  }
  /// A square root if there is one.
  constexpr std::optional<Montgomery> sqrt() const {
    const Montgomery root = sqrt_candidate();
    if (root.sqr() == *this) return root;
    return std::nullopt;
  }

  // --- Lazy reduction: tower fields add double-width products and reduce once. ---

  /// a + b without reduction, below 2p; the result may only be an operand of product() or multiply().
  static constexpr Number add_lazy(const Number& a, const Number& b) {
    static_assert(kSpareBits >= 2, "lazy sums need 4p <= R");
    if constexpr (kIsPlain) return (from_raw(a) + from_raw(b)).value_;
    Number sum;
    Number::add(sum, a, b);
    return sum;
  }
  /// a · b, double width.
  static constexpr Product product(const Number& a, const Number& b) {
    if constexpr (kIsPlain) {
      return multiply(a, b);
    } else {
      return multiply_wide(a, b);
    }
  }
  /// a·b + c, of plain fields.
  static constexpr Montgomery multiply_add(const Montgomery& a, const Montgomery& b, const Montgomery& c) {
    static_assert(kIsPlain, "elsewhere sums of products() are reduced once");
    if (std::is_constant_evaluated()) return a * b + c;
    Montgomery out;
    platform::accel::mul_add_mod(a.value_.limb, b.value_.limb, c.value_.limb, kModulus.limb, out.value_.limb);
    return out;
  }
  /// t·R^-1 mod p, for t < p·R.
  static constexpr Number reduce(const Product& t) {
    if constexpr (kIsPlain) {
      return t;
    } else {
      return reduce_wide(t);
    }
  }
  /// a − b (mod p·R): keeps a difference of products non-negative and below p·R, so that reduce() takes it.
  static constexpr Product sub_wide(const Product& a, const Product& b) {
    if constexpr (kIsPlain) return (from_raw(a) - from_raw(b)).value_;
    Product d;
    const L borrow = Product::sub(d, a, b);
    const L mask = static_cast<L>(0 - borrow);
    L carry = 0;
    for (unsigned i = 0; i < kLimbs; ++i) {
      const Wide s = static_cast<Wide>(d.limb[i + kLimbs]) + (kModulus.limb[i] & mask) + carry;
      d.limb[i + kLimbs] = static_cast<L>(s);
      carry = static_cast<L>(s >> kLimbBits);
    }
    return d;
  }

  /// a + b (mod p·R), for terms below p·R.
  static constexpr Product add_wide(const Product& a, const Product& b) {
    static_assert(kSpareBits >= 1, "sums of products need a spare bit");
    if constexpr (kIsPlain) return (from_raw(a) + from_raw(b)).value_;
    Product sum;
    Product::add(sum, a, b);
    Number high;
    for (unsigned i = 0; i < kLimbs; ++i) high.limb[i] = sum.limb[i + kLimbs];
    high = reduce_once(high, 0);
    for (unsigned i = 0; i < kLimbs; ++i) sum.limb[i + kLimbs] = high.limb[i];
    return sum;
  }

  /// a·b·R^-1 mod p. `a` may be any number below R while b < p; with two spare bits both may be below 2p.
  static constexpr Number multiply(const Number& a, const Number& b) {
    if constexpr (!kIsPlain) {
      return multiply_rows(a, b);
    } else if (std::is_constant_evaluated()) {
      return multiply_rows(multiply_rows(a, b), kRowsSquare);
    } else {
      Number out;
      platform::accel::mul_add_mod(a.limb, b.limb, kNothing.limb, kModulus.limb, out.limb);
      return out;
    }
  }
  static constexpr Number square(const Number& a) { return multiply(a, a); }

 private:
  static constexpr Number reduce_wide(const Product& t) {
    Number r;
    L carry = 0;
    Product w = t;
    unroll<kLimbs>([&](auto i) {
      const L m = static_cast<L>(w.limb[i] * kNegativeInverse);
      L c = 0;
      unroll<kLimbs>([&](auto j) {
        const Wide s = static_cast<Wide>(m) * kModulus.limb[j] + w.limb[i + j] + c;
        w.limb[i + j] = static_cast<L>(s);
        c = static_cast<L>(s >> kLimbBits);
      });
      const Wide s = static_cast<Wide>(w.limb[i + kLimbs]) + c + carry;
      w.limb[i + kLimbs] = static_cast<L>(s);
      carry = static_cast<L>(s >> kLimbBits);
    });
    for (unsigned i = 0; i < kLimbs; ++i) r.limb[i] = w.limb[i + kLimbs];
    return reduce_once(r, carry);
  }
  /// a·b·2^-n mod p, n bits being the limbs'.
  static constexpr Number multiply_rows(const Number& a, const Number& b) {
    // Row i adds a_i·b, then m·p with m chosen so that the lowest limb vanishes, and drops that limb. The running
    // value stays below b + p: with a spare bit this fits kLimbs limbs, else one more (`top`) is kept.
    Number t;
    L top = 0;
    unroll<kLimbs>([&](auto i) {
      Wide s = static_cast<Wide>(a.limb[i]) * b.limb[0] + t.limb[0];
      const L m = static_cast<L>(static_cast<L>(s) * kNegativeInverse);
      L carry_b = static_cast<L>(s >> kLimbBits);
      Wide u = static_cast<Wide>(m) * kModulus.limb[0] + static_cast<L>(s);
      L carry_p = static_cast<L>(u >> kLimbBits);
      unroll<kLimbs - 1>([&](auto k) {
        constexpr unsigned j = k + 1;
        s = static_cast<Wide>(a.limb[i]) * b.limb[j] + t.limb[j] + carry_b;
        carry_b = static_cast<L>(s >> kLimbBits);
        u = static_cast<Wide>(m) * kModulus.limb[j] + static_cast<L>(s) + carry_p;
        carry_p = static_cast<L>(u >> kLimbBits);
        t.limb[j - 1] = static_cast<L>(u);
      });
      if constexpr (kSpareBits > 0) {
        t.limb[kLimbs - 1] = static_cast<L>(carry_b + carry_p);
      } else {
        const Wide sum = static_cast<Wide>(carry_b) + carry_p + top;
        t.limb[kLimbs - 1] = static_cast<L>(sum);
        top = static_cast<L>(sum >> kLimbBits);
      }
    });
    return reduce_once(t, top);
  }
  /// n + carry·R minus p if that is not negative; for numbers below 2p.
  static constexpr Number reduce_once(const Number& n, L carry) {
    Number d;
    L borrow = Number::sub(d, n, kModulus);
    if constexpr (kSpareBits == 0) borrow &= static_cast<L>(~carry);
    return Number::select(static_cast<L>(0 - borrow), n, d);
  }
  static constexpr Montgomery zero_minus(const Montgomery& a) {
    Number d;
    Number::sub(d, kModulus, a.value_);
    return from_raw(d);
  }
  /// 2^n mod p by doubling.
  static constexpr Number power_of_two(unsigned n) {
    Number r;
    r.limb[0] = 1;
    for (unsigned i = 0; i < n; ++i) {
      Number twice;
      const L carry = Number::add(twice, r, r);
      r = reduce_once(twice, carry);
    }
    return r;
  }
  /// −p^-1 mod 2^kLimbBits: each Newton step doubles the number of correct low bits, from 3.
  static constexpr L negative_inverse() {
    const L p = kModulus.limb[0];
    L x = p;
    for (int i = 0; i < 5; ++i) x = static_cast<L>(x * static_cast<L>(2 - static_cast<L>(p * x)));
    return static_cast<L>(0 - x);
  }
  static constexpr Number sqrt_exponent() {
    Number e = kModulus;  // (p + 1)/4 = floor(p/4) + 1 for p = 3 (mod 4)
    for (int k = 0; k < 2; ++k) {
      for (unsigned i = 0; i < kLimbs; ++i) {
        const L high = i + 1 < kLimbs ? static_cast<L>(e.limb[i + 1] << (kLimbBits - 1)) : L{0};
        e.limb[i] = static_cast<L>(e.limb[i] >> 1 | high);
      }
    }
    Number unit;
    unit.limb[0] = 1;
    Number::add(e, e, unit);
    return e;
  }

  static constexpr Number kNothing{};
  static constexpr Number kRowsSquare = power_of_two(2 * kLimbs * kLimbBits);  ///< takes two multiply_rows() back
  static constexpr Number kR = power_of_two(kIsPlain ? 0 : kLimbs * kLimbBits);
  static constexpr Number kR2 = kIsPlain ? kR : kRowsSquare;
  static constexpr L kNegativeInverse = negative_inverse();
  static constexpr Number kSqrtExponent = sqrt_exponent();

  Number value_{};
};

}  // namespace atlas::crypto
