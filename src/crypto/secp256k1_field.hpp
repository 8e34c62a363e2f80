#pragma once
// The integers modulo p = 2^256 − 2^32 − 977, secp256k1's coordinates. Since 2^256 ≡ 2^32 + 977, a product is reduced
// by folding its upper half down, at a fraction of Montgomery's second product: on rv32 a multiplication takes about 60
// % of the instructions. The interface is Montgomery's, so curve code serves both.
#include <optional>
#include <span>

#include <base/bytes.hpp>
#include <crypto/limbs.hpp>
#include <crypto/safegcd.hpp>

namespace atlas::crypto {

/// An element is any number below 2^256 of its residue class; is_zero(), == and to_number() see the class.
template <class L = Limb>
class Secp256k1Field {
 public:
  static constexpr unsigned kLimbBits = sizeof(L) * 8;
  static constexpr unsigned kLimbs = 256 / kLimbBits;
  static constexpr std::size_t kBytes = 32;
  using Number = Limbs<kLimbs, L>;
  using Wide = WideOf<L>;

  static constexpr Number kModulus =
      limbs_from_hex<kLimbs, L>("fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f");

  constexpr Secp256k1Field() = default;  ///< Zero.
  static constexpr Secp256k1Field one() { return from_u64(1); }
  static constexpr Secp256k1Field from_u64(u64 v) {
    Number n;
    for (unsigned i = 0; i * kLimbBits < 64; ++i) n.limb[i] = static_cast<L>(v >> (i * kLimbBits));
    return from_number(n);
  }
  static constexpr Secp256k1Field from_hex(std::string_view digits) {
    return from_number(limbs_from_hex<kLimbs, L>(digits));
  }
  /// Any number; the result is its residue.
  static constexpr Secp256k1Field from_number(const Number& n) {
    Secp256k1Field r;
    r.value_ = n;
    return r;
  }
  /// 32 big-endian bytes; nullopt if the number is not below p.
  static constexpr std::optional<Secp256k1Field> from_be(std::span<const u8, kBytes> bytes) {
    const Number n = Number::from_be(bytes);
    if (!less(n, kModulus)) return std::nullopt;
    return from_number(n);
  }
  constexpr void to_be(std::span<u8, kBytes> out) const { to_number().to_be(out); }

  /// The canonical integer in [0, p).
  constexpr Number to_number() const {
    // value + (2^256 − p) carries out exactly when value ≥ p, and is then value − p.
    Number reduced = value_;
    return add_fold(reduced) != 0 ? reduced : value_;
  }
  constexpr bool is_zero() const {
    if (value_.limb[0] != 0 && value_.limb[0] != kModulus.limb[0]) return false;
    return value_.is_zero() || value_ == kModulus;
  }
  constexpr bool is_odd() const { return (to_number().limb[0] & 1) != 0; }
  friend constexpr bool operator==(const Secp256k1Field& a, const Secp256k1Field& b) { return (a - b).is_zero(); }

  friend constexpr Secp256k1Field operator+(const Secp256k1Field& a, const Secp256k1Field& b) {
    Secp256k1Field r;
    // The carry is worth 2^256; adding its residue carries again only above 2^256 − 2^33.
    if (Number::add(r.value_, a.value_, b.value_) != 0 && add_fold(r.value_) != 0) [[unlikely]]
      add_fold(r.value_);
    return r;
  }
  friend constexpr Secp256k1Field operator-(const Secp256k1Field& a, const Secp256k1Field& b) {
    Secp256k1Field r;
    // The borrow added 2^256; taking its residue away borrows again only below 2^33.
    if (Number::sub(r.value_, a.value_, b.value_) != 0 && sub_fold(r.value_) != 0) [[unlikely]]
      sub_fold(r.value_);
    return r;
  }
  constexpr Secp256k1Field operator-() const { return Secp256k1Field() - *this; }
  friend constexpr Secp256k1Field operator*(const Secp256k1Field& a, const Secp256k1Field& b) {
    return reduce(product(a.value_, b.value_));
  }
  constexpr Secp256k1Field sqr() const { return reduce(square(value_)); }
  /// `count` squarings.
  constexpr Secp256k1Field sqr(unsigned count) const {
    Secp256k1Field r = *this;
    for (unsigned i = 0; i < count; ++i) r = r.sqr();
    return r;
  }
  constexpr Secp256k1Field doubled() const { return *this + *this; }
  /// x/2: adds the modulus to odd values first.
  constexpr Secp256k1Field halved() const {
    Number n;
    const L carry = Number::add_masked(n, value_, kModulus, static_cast<L>(0 - (value_.limb[0] & 1)));
    for (unsigned i = 0; i + 1 < kLimbs; ++i) {
      n.limb[i] = static_cast<L>(n.limb[i] >> 1 | n.limb[i + 1] << (kLimbBits - 1));
    }
    n.limb[kLimbs - 1] = static_cast<L>(n.limb[kLimbs - 1] >> 1 | carry << (kLimbBits - 1));
    return from_number(n);
  }

  /// 1/x; zero for zero.
  constexpr Secp256k1Field inverse() const { return from_number(safegcd_inverse<256>(to_number(), kModulus)); }

  /// A square root if there is one: x^((p+1)/4), checked. The exponent is 223 ones, 0, 22 ones, 0000, 11, 00 in binary.
  constexpr std::optional<Secp256k1Field> sqrt() const {
    const Secp256k1Field& ones1 = *this;
    const Secp256k1Field ones2 = ones1.sqr() * ones1;
    const Secp256k1Field ones3 = ones2.sqr() * ones1;
    const Secp256k1Field ones6 = ones3.sqr(3) * ones3;
    const Secp256k1Field ones9 = ones6.sqr(3) * ones3;
    const Secp256k1Field ones11 = ones9.sqr(2) * ones2;
    const Secp256k1Field ones22 = ones11.sqr(11) * ones11;
    const Secp256k1Field ones44 = ones22.sqr(22) * ones22;
    const Secp256k1Field ones88 = ones44.sqr(44) * ones44;
    const Secp256k1Field ones176 = ones88.sqr(88) * ones88;
    const Secp256k1Field ones220 = ones176.sqr(44) * ones44;
    const Secp256k1Field ones223 = ones220.sqr(3) * ones3;
    const Secp256k1Field root = ((ones223.sqr(23) * ones22).sqr(6) * ones2).sqr(2);
    if (root.sqr() == *this) return root;
    return std::nullopt;
  }

 private:
  using Product = Limbs<2 * kLimbs, L>;
  static constexpr L kLow = 977;
  static constexpr u64 kFold = (u64{1} << 32) + kLow;  // 2^256 − p

  /// Sum of products in three limbs.
  struct Column {
    Wide low = 0;
    L high = 0;
    [[gnu::always_inline]] constexpr void add(Wide p) {
      low += p;
      high = static_cast<L>(high + static_cast<L>(low < p));
    }
    [[gnu::always_inline]] constexpr void add(const Column& c) {
      add(c.low);
      high = static_cast<L>(high + c.high);
    }
    [[gnu::always_inline]] constexpr void twice() {
      high = static_cast<L>(high << 1 | static_cast<L>(low >> (2 * kLimbBits - 1)));
      low <<= 1;
    }
    /// Takes the lowest limb off.
    [[gnu::always_inline]] constexpr L shift() {
      const L out = static_cast<L>(low);
      low = low >> kLimbBits | static_cast<Wide>(high) << kLimbBits;
      high = 0;
      return out;
    }
  };

  /// a · b column by column (Comba): on rv32, which has no carry flag, the fewest instructions.
  [[gnu::always_inline]] static constexpr Product product(const Number& a, const Number& b) {
    Product t;
    if constexpr (kLimbBits == 64) {
      t = multiply_wide(a, b);
    } else {
      Column column;
      unroll<2 * kLimbs - 1>([&](auto k) {
        unroll<kLimbs>([&](auto i) {
          if constexpr (i <= k && k - i < kLimbs) column.add(static_cast<Wide>(a.limb[i]) * b.limb[k - i]);
        });
        t.limb[k] = column.shift();
      });
      t.limb[2 * kLimbs - 1] = static_cast<L>(column.low);
    }
    return t;
  }
  /// a², every product of two different limbs once.
  [[gnu::always_inline]] static constexpr Product square(const Number& a) {
    Product t;
    Column column;
    unroll<2 * kLimbs - 1>([&](auto k) {
      Column cross;
      unroll<kLimbs>([&](auto i) {
        if constexpr (2 * i < k && k - i < kLimbs) cross.add(static_cast<Wide>(a.limb[i]) * a.limb[k - i]);
      });
      cross.twice();
      column.add(cross);
      if constexpr (k % 2 == 0) column.add(static_cast<Wide>(a.limb[k / 2]) * a.limb[k / 2]);
      t.limb[k] = column.shift();
    });
    t.limb[2 * kLimbs - 1] = static_cast<L>(column.low);
    return t;
  }

  /// t mod p: 2^256 ≡ 2^32 + 977 folds the upper half down, then what that carries out.
  [[gnu::always_inline]] static constexpr Secp256k1Field reduce(const Product& t) {
    Secp256k1Field r;
    Number& n = r.value_;
    Wide sum = 0;
    if constexpr (kLimbBits == 64) {
      unroll<kLimbs>([&](auto i) {
        sum += static_cast<Wide>(t.limb[kLimbs + i]) * kFold + t.limb[i];
        n.limb[i] = static_cast<L>(sum);
        sum >>= 64;
      });
      sum *= kFold;  // below 2^68, since sum was at most kFold
      sum += n.limb[0];
      n.limb[0] = static_cast<L>(sum);
      sum = (sum >> 64) + n.limb[1];
      n.limb[1] = static_cast<L>(sum);
      if (carry_up(n, static_cast<L>(sum >> 64), 2) != 0) [[unlikely]]
        add_fold(n);
    } else {
      unroll<kLimbs>([&](auto i) {
        sum += static_cast<Wide>(t.limb[kLimbs + i]) * kLow + t.limb[i];
        if constexpr (i > 0) sum += t.limb[kLimbs + i - 1];
        n.limb[i] = static_cast<L>(sum);
        sum >>= 32;
      });
      const Wide over = sum + t.limb[2 * kLimbs - 1];  // below 2^33
      sum = over * kLow + n.limb[0];
      n.limb[0] = static_cast<L>(sum);
      sum = (sum >> 32) + over + n.limb[1];
      n.limb[1] = static_cast<L>(sum);
      sum = (sum >> 32) + n.limb[2];
      n.limb[2] = static_cast<L>(sum);
      if (carry_up(n, static_cast<L>(sum >> 32), 3) != 0) [[unlikely]]
        add_fold(n);
    }
    return r;
  }

  /// Adds `carry` at limb `from`; returns the carry out. Nearly always there is none beyond the first limb.
  [[gnu::always_inline]] static constexpr L carry_up(Number& n, L carry, unsigned from) {
    for (unsigned i = from; i < kLimbs && carry != 0; ++i) {
      carry = static_cast<L>(__builtin_add_overflow(n.limb[i], carry, &n.limb[i]));
    }
    return carry;
  }
  /// Takes `borrow` away at limb `from`; returns the borrow out.
  [[gnu::always_inline]] static constexpr L borrow_up(Number& n, L borrow, unsigned from) {
    for (unsigned i = from; i < kLimbs && borrow != 0; ++i) {
      borrow = static_cast<L>(__builtin_sub_overflow(n.limb[i], borrow, &n.limb[i]));
    }
    return borrow;
  }
  /// n += 2^32 + 977; returns the carry.
  [[gnu::always_inline]] static constexpr L add_fold(Number& n) {
    Wide sum = static_cast<Wide>(n.limb[0]) + static_cast<L>(kFold);
    n.limb[0] = static_cast<L>(sum);
    sum >>= kLimbBits;
    if constexpr (kLimbBits == 32) ++sum;  // the 2^32
    sum += n.limb[1];
    n.limb[1] = static_cast<L>(sum);
    return carry_up(n, static_cast<L>(sum >> kLimbBits), 2);
  }
  /// n −= 2^32 + 977; returns the borrow.
  [[gnu::always_inline]] static constexpr L sub_fold(Number& n) {
    L borrow = static_cast<L>(__builtin_sub_overflow(n.limb[0], static_cast<L>(kFold), &n.limb[0]));
    if constexpr (kLimbBits == 32) ++borrow;  // the 2^32
    return borrow_up(n, borrow, 1);
  }

  Number value_{};
};

}  // namespace atlas::crypto
