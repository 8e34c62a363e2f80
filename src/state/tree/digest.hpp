#pragma once
// 32 bytes as eight words: keys, values and hashes of the state tree in the form in which BLAKE3 reads and writes them.
// The words' alignment spares the guest byte loads; both platforms are little-endian, so the memory is the 32 bytes.
#include <bit>

#include <base/bytes.hpp>

namespace atlas::tree {

struct Digest {
  u32 word[8]{};

  static Digest from(ByteView bytes) {
    Digest d;
    std::memcpy(d.word, bytes.data(), sizeof d.word);
    return d;
  }
  static Digest from(const Hash256& h) { return from(h.view()); }
  Hash256 bytes() const { return Hash256::from(view()); }
  ByteView view() const { return {reinterpret_cast<const u8*>(word), sizeof word}; }

  bool is_zero() const {
    u32 any = 0;
    for (const u32 w : word) any |= w;
    return any == 0;
  }
  /// The i-th bit, from the highest of the first byte: the side on which a key passes a node at depth i. i < 256.
  unsigned bit(unsigned i) const { return (word[i / 32] >> ((i & 24) + 7 - (i & 7))) & 1; }

  friend bool operator==(const Digest& a, const Digest& b) {
    u32 differ = 0;
    for (unsigned i = 0; i < 8; ++i) differ |= a.word[i] ^ b.word[i];
    return differ == 0;
  }
  /// The order of the bytes, which is the order of leaves from left to right.
  friend std::strong_ordering operator<=>(const Digest& a, const Digest& b) {
    for (unsigned i = 0; i < 8; ++i) {
      if (a.word[i] != b.word[i]) return __builtin_bswap32(a.word[i]) <=> __builtin_bswap32(b.word[i]);
    }
    return std::strong_ordering::equal;
  }
};

inline constexpr unsigned kKeyBits = 256;

/// Number of leading bits that two keys share; kKeyBits if they are equal.
inline unsigned common_prefix(const Digest& a, const Digest& b) {
  for (unsigned i = 0; i < 8; ++i) {
    const u32 differ = __builtin_bswap32(a.word[i] ^ b.word[i]);
    if (differ != 0) return 32 * i + static_cast<unsigned>(std::countl_zero(differ));
  }
  return kKeyBits;
}

}  // namespace atlas::tree
