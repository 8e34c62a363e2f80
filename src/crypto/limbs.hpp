#pragma once
// Fixed-size integers of N limbs: the arithmetic that Montgomery fields and the modular inverse share.
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include <base/types.hpp>

namespace atlas::crypto {

/// The type that holds a full product of two limbs. Besides the platform's own limb, 32-bit limbs work everywhere, so
/// that host tests cover the guest's path.
template <class L>
using WideOf = std::conditional_t<std::is_same_v<L, Limb>, WideLimb, u64>;

/// f(0), f(1), …, f(N−1), unrolled; the index converts to a constant.
template <unsigned N, class F>
[[gnu::always_inline]] constexpr void unroll(F&& f) {
  [&]<unsigned... I>(std::integer_sequence<unsigned, I...>) __attribute__((always_inline)) {
    (f(std::integral_constant<unsigned, I>{}), ...);
  }(std::make_integer_sequence<unsigned, N>{});
}

template <unsigned N, class L = Limb>
struct Limbs {
  static_assert(sizeof(WideOf<L>) == 2 * sizeof(L), "no double-width type for this limb");
  static constexpr unsigned kCount = N;
  static constexpr unsigned kLimbBits = sizeof(L) * 8;
  using Wide = WideOf<L>;
  L limb[N]{};  // lowest first

  /// r = a + b; returns the carry. r may be a or b.
  [[gnu::always_inline]] static constexpr L add(Limbs& r, const Limbs& a, const Limbs& b) {
    L carry = 0;
    unroll<N>([&](auto i) {
      const Wide s = static_cast<Wide>(a.limb[i]) + b.limb[i] + carry;
      r.limb[i] = static_cast<L>(s);
      carry = static_cast<L>(s >> kLimbBits);
    });
    return carry;
  }
  /// r = a + (b where mask is all ones, 0 where it is zero); returns the carry.
  [[gnu::always_inline]] static constexpr L add_masked(Limbs& r, const Limbs& a, const Limbs& b, L mask) {
    L carry = 0;
    unroll<N>([&](auto i) {
      const Wide s = static_cast<Wide>(a.limb[i]) + (b.limb[i] & mask) + carry;
      r.limb[i] = static_cast<L>(s);
      carry = static_cast<L>(s >> kLimbBits);
    });
    return carry;
  }
  /// r = a − b; returns the borrow (0 or 1).
  [[gnu::always_inline]] static constexpr L sub(Limbs& r, const Limbs& a, const Limbs& b) {
    L borrow = 0;
    unroll<N>([&](auto i) {
      // Two overflow checks become one subtract-with-borrow, also where b is a constant.
      L d;
      const bool first = __builtin_sub_overflow(a.limb[i], b.limb[i], &d);
      const bool second = __builtin_sub_overflow(d, borrow, &d);
      r.limb[i] = d;
      borrow = static_cast<L>(first | second);
    });
    return borrow;
  }
  /// a where mask is all ones, b where it is zero.
  [[gnu::always_inline]] static constexpr Limbs select(L mask, const Limbs& a, const Limbs& b) {
    Limbs r;
    unroll<N>([&](auto i) { r.limb[i] = static_cast<L>((a.limb[i] & mask) | (b.limb[i] & static_cast<L>(~mask))); });
    return r;
  }
  friend constexpr bool less(const Limbs& a, const Limbs& b) {
    Limbs ignored;
    return sub(ignored, a, b) != 0;
  }
  friend constexpr bool operator==(const Limbs& a, const Limbs& b) {
    L acc = 0;
    for (unsigned i = 0; i < N; ++i) acc |= static_cast<L>(a.limb[i] ^ b.limb[i]);
    return acc == 0;
  }
  constexpr bool is_zero() const {
    L acc = 0;
    for (unsigned i = 0; i < N; ++i) acc |= limb[i];
    return acc == 0;
  }
  constexpr bool bit(unsigned i) const { return ((limb[i / kLimbBits] >> (i % kLimbBits)) & 1) != 0; }

  /// Big-endian bytes, at most as many as the limbs hold.
  static constexpr Limbs from_be(std::span<const u8> bytes) {
    Limbs r;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      r.limb[i / sizeof(L)] |= static_cast<L>(static_cast<L>(bytes[bytes.size() - 1 - i]) << (i % sizeof(L) * 8));
    }
    return r;
  }
  /// The low out.size() bytes, big-endian.
  constexpr void to_be(std::span<u8> out) const {
    for (std::size_t i = 0; i < out.size(); ++i) {
      out[out.size() - 1 - i] = static_cast<u8>(limb[i / sizeof(L)] >> (i % sizeof(L) * 8));
    }
  }
};

/// a · b, twice as wide; operand scanning.
template <unsigned N, class L>
constexpr Limbs<2 * N, L> multiply_wide(const Limbs<N, L>& a, const Limbs<N, L>& b) {
  using Wide = WideOf<L>;
  Limbs<2 * N, L> t;
  unroll<N>([&](auto i) {
    L carry = 0;
    unroll<N>([&](auto j) {
      const Wide s = static_cast<Wide>(a.limb[i]) * b.limb[j] + t.limb[i + j] + carry;
      t.limb[i + j] = static_cast<L>(s);
      carry = static_cast<L>(s >> (sizeof(L) * 8));
    });
    t.limb[i + N] = carry;
  });
  return t;
}

constexpr unsigned hex_digit_value(char c) {
  return static_cast<unsigned>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

/// Length in bits of the number that the hex digits write; leading zeros are allowed.
constexpr unsigned bit_length_of_hex(std::string_view digits) {
  while (!digits.empty() && digits.front() == '0') digits.remove_prefix(1);
  if (digits.empty()) return 0;
  unsigned top = 0;
  for (unsigned v = hex_digit_value(digits.front()); v != 0; v >>= 1) ++top;
  return top + 4 * static_cast<unsigned>(digits.size() - 1);
}

/// The number that the hex digits (no prefix) write; it must fit N limbs. For constants.
template <unsigned N, class L = Limb>
constexpr Limbs<N, L> limbs_from_hex(std::string_view digits) {
  Limbs<N, L> r;
  for (unsigned i = 0; i < digits.size(); ++i) {
    const L nibble = static_cast<L>(hex_digit_value(digits[digits.size() - 1 - i]));
    if (nibble != 0) r.limb[i * 4 / (sizeof(L) * 8)] |= static_cast<L>(nibble << (i * 4 % (sizeof(L) * 8)));
  }
  return r;
}

}  // namespace atlas::crypto
