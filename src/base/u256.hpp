#pragma once
// 256-bit unsigned integers with the EVM's arithmetic (Yellow Paper, appendix H): wrapping, division by zero is zero.
#include <bit>
#include <compare>
#include <utility>

#include <base/bytes.hpp>

namespace atlas {

struct u256 {
  static constexpr unsigned kLimbs = 256 / kLimbBits;
  Limb limb[kLimbs];  // lowest first

  constexpr u256() : limb{} {}
  constexpr u256(u64 v) : limb{} {
    for (unsigned i = 0; i < 64 / kLimbBits; ++i) limb[i] = static_cast<Limb>(v >> (i * kLimbBits % 64));
  }
  /// From four 64-bit words, highest first, as the number is written.
  constexpr u256(u64 w3, u64 w2, u64 w1, u64 w0) : limb{} {
    const u64 words[4] = {w0, w1, w2, w3};
    for (unsigned i = 0; i < kLimbs; ++i) {
      limb[i] = static_cast<Limb>(words[i * kLimbBits / 64] >> (i * kLimbBits % 64));
    }
  }

  static constexpr u256 max() { return u256(~u64{0}, ~u64{0}, ~u64{0}, ~u64{0}); }
  static constexpr u256 power_of_two(unsigned exponent) {
    u256 r;
    r.limb[exponent / kLimbBits] = Limb{1} << (exponent % kLimbBits);
    return r;
  }

  /// The i-th 64-bit word, lowest first.
  constexpr u64 word(unsigned i) const {
    if constexpr (kLimbBits == 64) {
      return limb[i];
    } else {
      return static_cast<u64>(limb[2 * i]) | static_cast<u64>(limb[2 * i + 1]) << 32;
    }
  }
  constexpr u64 low_u64() const { return word(0); }
  constexpr bool fits_u64() const { return (word(1) | word(2) | word(3)) == 0; }
  constexpr bool is_zero() const {
    Limb acc = 0;
    for (unsigned i = 0; i < kLimbs; ++i) acc |= limb[i];
    return acc == 0;
  }
  constexpr explicit operator bool() const { return !is_zero(); }
  constexpr bool is_negative() const { return (limb[kLimbs - 1] >> (kLimbBits - 1)) != 0; }
  /// Position of the highest set bit plus one; 0 for zero.
  constexpr unsigned bit_length() const {
    for (unsigned i = kLimbs; i-- > 0;) {
      if (limb[i] != 0) return i * kLimbBits + (kLimbBits - static_cast<unsigned>(std::countl_zero(limb[i])));
    }
    return 0;
  }
  constexpr unsigned byte_length() const { return (bit_length() + 7) / 8; }
  constexpr bool bit(unsigned i) const { return (limb[i / kLimbBits] >> (i % kLimbBits)) & 1; }

  friend constexpr bool operator==(const u256& a, const u256& b) {
    Limb acc = 0;
    for (unsigned i = 0; i < kLimbs; ++i) acc |= a.limb[i] ^ b.limb[i];
    return acc == 0;
  }
  friend constexpr bool operator<(const u256& a, const u256& b) {
    bool borrow = false;
    for (unsigned i = 0; i < kLimbs; ++i) {
      Limb d;
      const bool b1 = __builtin_sub_overflow(a.limb[i], b.limb[i], &d);
      const bool b2 = d < static_cast<Limb>(borrow);
      borrow = b1 | b2;
    }
    return borrow;
  }
  friend constexpr std::strong_ordering operator<=>(const u256& a, const u256& b) {
    return a == b ? std::strong_ordering::equal : (a < b ? std::strong_ordering::less : std::strong_ordering::greater);
  }
  friend constexpr bool operator>(const u256& a, const u256& b) { return b < a; }
  friend constexpr bool operator<=(const u256& a, const u256& b) { return !(b < a); }
  friend constexpr bool operator>=(const u256& a, const u256& b) { return !(a < b); }

  /// a + b, and whether it wrapped.
  static constexpr u256 add(const u256& a, const u256& b, bool& carry_out) {
    u256 r;
    bool carry = false;
    for (unsigned i = 0; i < kLimbs; ++i) {
      Limb s;
      const bool c1 = __builtin_add_overflow(a.limb[i], b.limb[i], &s);
      const bool c2 = __builtin_add_overflow(s, static_cast<Limb>(carry), &r.limb[i]);
      carry = c1 | c2;
    }
    carry_out = carry;
    return r;
  }
  /// a − b, and whether it wrapped.
  static constexpr u256 sub(const u256& a, const u256& b, bool& borrow_out) {
    u256 r;
    bool borrow = false;
    for (unsigned i = 0; i < kLimbs; ++i) {
      Limb d;
      const bool b1 = __builtin_sub_overflow(a.limb[i], b.limb[i], &d);
      const bool b2 = __builtin_sub_overflow(d, static_cast<Limb>(borrow), &r.limb[i]);
      borrow = b1 | b2;
    }
    borrow_out = borrow;
    return r;
  }
  friend constexpr u256 operator+(const u256& a, const u256& b) {
    bool carry;
    return add(a, b, carry);
  }
  friend constexpr u256 operator-(const u256& a, const u256& b) {
    bool borrow;
    return sub(a, b, borrow);
  }
  friend constexpr u256 operator*(const u256& a, const u256& b) {
    u256 r;
    for (unsigned i = 0; i < kLimbs; ++i) {
      // With many small limbs, most of them zero, a branch costs less than what it skips.
      if constexpr (kLimbs > 4) {
        if (a.limb[i] == 0) continue;
      }
      Limb carry = 0;
      for (unsigned j = 0; i + j < kLimbs; ++j) {
        const WideLimb t = static_cast<WideLimb>(a.limb[i]) * b.limb[j] + r.limb[i + j] + carry;
        r.limb[i + j] = static_cast<Limb>(t);
        carry = static_cast<Limb>(t >> kLimbBits);
      }
    }
    return r;
  }
  friend constexpr u256 operator~(const u256& a) {
    u256 r;
    for (unsigned i = 0; i < kLimbs; ++i) r.limb[i] = ~a.limb[i];
    return r;
  }
  friend constexpr u256 operator&(const u256& a, const u256& b) {
    u256 r;
    for (unsigned i = 0; i < kLimbs; ++i) r.limb[i] = a.limb[i] & b.limb[i];
    return r;
  }
  friend constexpr u256 operator|(const u256& a, const u256& b) {
    u256 r;
    for (unsigned i = 0; i < kLimbs; ++i) r.limb[i] = a.limb[i] | b.limb[i];
    return r;
  }
  friend constexpr u256 operator^(const u256& a, const u256& b) {
    u256 r;
    for (unsigned i = 0; i < kLimbs; ++i) r.limb[i] = a.limb[i] ^ b.limb[i];
    return r;
  }
  /// Shifts by 256 or more give zero.
  [[gnu::always_inline]] friend constexpr u256 operator<<(const u256& a, unsigned n) {
    return n >= 256 ? u256() : shift_left_by(a, n / kLimbBits, n % kLimbBits, AllLimbs{});
  }
  [[gnu::always_inline]] friend constexpr u256 operator>>(const u256& a, unsigned n) {
    return n >= 256 ? u256() : shift_right(a, n, 0);
  }
  /// a ≫ n for n < 256, with copies of `fill` (0 or all ones) from above.
  [[gnu::always_inline]] static constexpr u256 shift_right(const u256& a, unsigned n, Limb fill) {
    return shift_right_by(a, fill, n / kLimbBits, n % kLimbBits, AllLimbs{});
  }
  constexpr u256 operator-() const { return ~*this + u256(1); }
  constexpr u256& operator+=(const u256& b) { return *this = *this + b; }
  constexpr u256& operator-=(const u256& b) { return *this = *this - b; }
  constexpr u256& operator*=(const u256& b) { return *this = *this * b; }
  constexpr u256& operator<<=(unsigned n) { return *this = *this << n; }
  constexpr u256& operator>>=(unsigned n) { return *this = *this >> n; }
  constexpr u256& operator|=(const u256& b) { return *this = *this | b; }
  constexpr u256& operator&=(const u256& b) { return *this = *this & b; }
  constexpr u256& operator^=(const u256& b) { return *this = *this ^ b; }

  /// 32 big-endian bytes, as the EVM stores words.
  static u256 from_be(const u8* bytes) {
    u256 r;
    for (unsigned i = 0; i < kLimbs; ++i) {
      Limb v;
      std::memcpy(&v, bytes + 32 - (i + 1) * sizeof(Limb), sizeof(Limb));
      r.limb[i] = swap(v);
    }
    return r;
  }
  static u256 from_be(const Hash256& bytes) { return from_be(bytes.data()); }
  /// A big-endian number of at most 32 bytes.
  static u256 from_be_short(ByteView bytes) {
    u8 padded[32] = {};
    const std::size_t n = std::min<std::size_t>(bytes.size(), 32);
    std::copy(bytes.end() - static_cast<std::ptrdiff_t>(n), bytes.end(), padded + (32 - n));
    return from_be(padded);
  }
  static u256 from_address(const Address& a) { return from_be_short(a.view()); }
  void to_be(u8* out) const {
    for (unsigned i = 0; i < kLimbs; ++i) {
      const Limb v = swap(limb[i]);
      std::memcpy(out + 32 - (i + 1) * sizeof(Limb), &v, sizeof(Limb));
    }
  }
  Hash256 to_be() const {
    Hash256 h;
    to_be(h.data());
    return h;
  }
  /// The low 20 bytes, as the EVM reads an address from a word.
  Address to_address() const { return Address::from_right(to_be().view()); }

  // The distance in whole limbs selects code in which every index is a constant, so that limbs stay in registers: no
  // loops, which compilers unroll too late for that. The bits that cross over take two shifts, because kLimbBits − 0 is
  // not a valid distance.
  template <int... i>
  using Indices = std::integer_sequence<int, i...>;
  using AllLimbs = std::make_integer_sequence<int, kLimbs>;

  template <int kFrom>
  [[gnu::always_inline]] static constexpr Limb limb_or(const u256& a, Limb outside) {
    if constexpr (kFrom >= 0 && kFrom < static_cast<int>(kLimbs)) {
      return a.limb[kFrom];
    } else {
      return outside;
    }
  }
  template <int kWhole, int... i>
  [[gnu::always_inline]] static constexpr void left_part(const u256& a, unsigned part, u256& r, Indices<i...>) {
    ((r.limb[i] = static_cast<Limb>(limb_or<i - kWhole>(a, 0) << part) |
                  (limb_or<i - kWhole - 1>(a, 0) >> 1) >> (kLimbBits - 1 - part)),
     ...);
  }
  template <int... kWhole>
  [[gnu::always_inline]] static constexpr u256 shift_left_by(const u256& a, unsigned whole, unsigned part,
                                                             Indices<kWhole...>) {
    u256 r;
    (void)((whole == kWhole && (left_part<kWhole>(a, part, r, AllLimbs{}), true)) || ...);
    return r;
  }
  template <int kWhole, int... i>
  [[gnu::always_inline]] static constexpr void right_part(const u256& a, Limb fill, unsigned part, u256& r,
                                                          Indices<i...>) {
    ((r.limb[i] =
          limb_or<i + kWhole>(a, fill) >> part |
          static_cast<Limb>(static_cast<Limb>(limb_or<i + kWhole + 1>(a, fill) << 1) << (kLimbBits - 1 - part))),
     ...);
  }
  template <int... kWhole>
  [[gnu::always_inline]] static constexpr u256 shift_right_by(const u256& a, Limb fill, unsigned whole, unsigned part,
                                                              Indices<kWhole...>) {
    u256 r;
    (void)((whole == kWhole && (right_part<kWhole>(a, fill, part, r, AllLimbs{}), true)) || ...);
    return r;
  }

  static constexpr Limb swap(Limb v) {
    if constexpr (kLimbBits == 64) {
      return __builtin_bswap64(v);
    } else {
      return static_cast<Limb>(__builtin_bswap32(static_cast<u32>(v)));
    }
  }
};

struct DivMod {
  u256 quotient;
  u256 remainder;
};
/// Quotient and remainder; both zero when the divisor is zero (EVM DIV, MOD).
DivMod divmod(const u256& a, const u256& b);
inline u256 operator/(const u256& a, const u256& b) {
  return divmod(a, b).quotient;
}
inline u256 operator%(const u256& a, const u256& b) {
  return divmod(a, b).remainder;
}
/// Two's complement division truncated towards zero; x/0 = 0 and min/−1 = min (EVM SDIV).
u256 sdiv(const u256& a, const u256& b);
/// Remainder with the sign of the dividend; x mod 0 = 0 (EVM SMOD).
u256 smod(const u256& a, const u256& b);
/// (a + b) mod m on the 257-bit sum; 0 when m is 0.
u256 addmod(const u256& a, const u256& b, const u256& m);
/// (a · b) mod m on the 512-bit product; 0 when m is 0.
u256 mulmod(const u256& a, const u256& b, const u256& m);
/// base^exponent mod 2^256, square and multiply.
u256 exp(const u256& base, const u256& exponent);
/// Extends the sign of the (index + 1)-byte number a; unchanged when index ≥ 31.
u256 signextend(const u256& index, const u256& a);
/// a < b as two's complement.
inline bool slt(const u256& a, const u256& b) {
  return a.is_negative() != b.is_negative() ? a.is_negative() : a < b;
}
/// Arithmetic shift right; shifts of 256 or more give 0 or −1.
u256 sar(const u256& a, const u256& shift);

/// "0x…" without leading zeros ("0x0" for zero), as JSON-RPC writes quantities.
std::string to_quantity(const u256& v);
std::string to_decimal(u256 v);
/// "0x…" hex (leading zeros allowed) or decimal; nullopt if malformed or ≥ 2^256.
std::optional<u256> parse_u256(std::string_view text);

}  // namespace atlas

template <>
struct std::hash<atlas::u256> {
  std::size_t operator()(const atlas::u256& v) const {
    return static_cast<std::size_t>(atlas::hash_bytes(atlas::FixedBytes<32>(std::bit_cast<atlas::FixedBytes<32>>(v))));
  }
};
