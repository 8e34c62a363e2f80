#pragma once
#include <algorithm>
#include <array>
#include <compare>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <base/types.hpp>

namespace atlas {

using Bytes = std::vector<u8>;
using ByteView = std::span<const u8>;

/// Exactly N bytes, compared as a big-endian number; zero by default. A trivially copyable value type.
template <std::size_t N>
struct alignas(N % platform::kFixedBytesAlign == 0 ? platform::kFixedBytesAlign : 1) FixedBytes {
  static constexpr std::size_t kSize = N;
  u8 bytes[N]{};

  /// Copies the first N bytes; the view must hold at least N.
  static FixedBytes from(ByteView view) {
    FixedBytes out;
    std::memcpy(out.bytes, view.data(), N);
    return out;
  }
  /// Right-aligns up to N bytes (the last N if there are more), as the EVM does with addresses in words.
  static FixedBytes from_right(ByteView view) {
    FixedBytes out;
    const std::size_t n = std::min(view.size(), N);
    std::copy(view.end() - static_cast<std::ptrdiff_t>(n), view.end(), out.bytes + (N - n));
    return out;
  }

  constexpr u8* data() { return bytes; }
  constexpr const u8* data() const { return bytes; }
  static constexpr std::size_t size() { return N; }
  constexpr u8* begin() { return bytes; }
  constexpr u8* end() { return bytes + N; }
  constexpr const u8* begin() const { return bytes; }
  constexpr const u8* end() const { return bytes + N; }
  constexpr u8& operator[](std::size_t i) { return bytes[i]; }
  constexpr const u8& operator[](std::size_t i) const { return bytes[i]; }
  constexpr bool is_zero() const {
    return std::all_of(begin(), end(), [](u8 b) { return b == 0; });
  }
  ByteView view() const { return {bytes, N}; }

  friend bool operator==(const FixedBytes& a, const FixedBytes& b) {
    if constexpr (alignof(FixedBytes) == 1 || N > 32) {
      return std::memcmp(a.bytes, b.bytes, N) == 0;
    } else {
      const auto* x = reinterpret_cast<const u32*>(a.bytes);
      const auto* y = reinterpret_cast<const u32*>(b.bytes);
      for (std::size_t i = 0; i < N / sizeof(u32); ++i) {
        if (x[i] != y[i]) return false;
      }
      return true;
    }
  }
  friend std::strong_ordering operator<=>(const FixedBytes& a, const FixedBytes& b) {
    return std::memcmp(a.bytes, b.bytes, N) <=> 0;
  }
};

using Address = FixedBytes<20>;
using Hash256 = FixedBytes<32>;

/// A hash for tables keyed by uniformly random or attacker-chosen bytes. Not for encodings: iteration order of a table
/// must never reach an output. `seed` is fixed in the guest and may be random on the host.
template <std::size_t N>
u64 hash_bytes(const FixedBytes<N>& v, u64 seed = 0x9e3779b97f4a7c15ULL) {
  u64 h = seed;
  std::size_t i = 0;
  for (; i + 8 <= N; i += 8) {
    u64 w;
    std::memcpy(&w, v.bytes + i, 8);
    h = (h ^ w) * 0xff51afd7ed558ccdULL;
    h ^= h >> 32;
  }
  u64 tail = 0;
  if constexpr (N % 8 != 0) std::memcpy(&tail, v.bytes + i, N % 8);
  h = (h ^ tail) * 0xc4ceb9fe1a85ec53ULL;
  return h ^ (h >> 29);
}

inline void append(Bytes& out, ByteView more) {
  out.insert(out.end(), more.begin(), more.end());
}
inline ByteView as_bytes(std::string_view s) {
  return {reinterpret_cast<const u8*>(s.data()), s.size()};
}

/// "0x"-prefixed lower-case hex.
std::string to_hex(ByteView bytes);
/// Hex with or without "0x", even number of digits; nullopt for anything else.
std::optional<Bytes> from_hex(std::string_view text);
/// Exactly N bytes of hex, with or without "0x".
template <std::size_t N>
std::optional<FixedBytes<N>> fixed_from_hex(std::string_view text) {
  const auto bytes = from_hex(text);
  if (!bytes || bytes->size() != N) return std::nullopt;
  return FixedBytes<N>::from(*bytes);
}

}  // namespace atlas

template <std::size_t N>
struct std::hash<atlas::FixedBytes<N>> {
  std::size_t operator()(const atlas::FixedBytes<N>& v) const { return static_cast<std::size_t>(atlas::hash_bytes(v)); }
};
