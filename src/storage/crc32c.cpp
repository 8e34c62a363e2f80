#include <storage/crc32c.hpp>

namespace atlas::storage {
namespace {

constexpr u32 kPolynomial = 0x82f63b78;

/// tables[k][b]: the CRC of byte b followed by k zero bytes, so that eight bytes are folded at once.
struct Tables {
  u32 at[8][256];
  constexpr Tables() : at{} {
    for (u32 b = 0; b < 256; ++b) {
      u32 crc = b;
      for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
      at[0][b] = crc;
    }
    for (u32 b = 0; b < 256; ++b) {
      for (int k = 1; k < 8; ++k) at[k][b] = (at[k - 1][b] >> 8) ^ at[0][at[k - 1][b] & 0xff];
    }
  }
};
constexpr Tables kTables;

}  // namespace

namespace portable {
u32 crc32c(ByteView bytes, u32 crc) {
  crc = ~crc;
  const u8* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    u64 word;
    std::memcpy(&word, p, 8);
    word ^= crc;
    crc = 0;
    for (unsigned k = 0; k < 8; ++k) crc ^= kTables.at[7 - k][(word >> (8 * k)) & 0xff];
  }
  for (; n > 0; --n, ++p) crc = (crc >> 8) ^ kTables.at[0][(crc ^ *p) & 0xff];
  return ~crc;
}
}  // namespace portable

#if defined(__SSE4_2__)
u32 crc32c(ByteView bytes, u32 crc) {
  u64 state = static_cast<u32>(~crc);
  const u8* p = bytes.data();
  std::size_t n = bytes.size();
  for (; n >= 8; n -= 8, p += 8) {
    u64 word;
    std::memcpy(&word, p, 8);
    state = __builtin_ia32_crc32di(state, word);
  }
  u32 tail = static_cast<u32>(state);
  for (; n > 0; --n, ++p) tail = __builtin_ia32_crc32qi(tail, *p);
  return ~tail;
}
#else
u32 crc32c(ByteView bytes, u32 crc) {
  return portable::crc32c(bytes, crc);
}
#endif

}  // namespace atlas::storage
