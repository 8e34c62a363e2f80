#include <bit>

#include <crypto/ripemd160.hpp>

namespace atlas::crypto {
namespace {

constexpr std::size_t kBlock = 64;

// Message word and rotation of every step, left line then right line (the paper, appendix A).
constexpr u8 kLeftWord[80] = {0,  1, 2,  3, 4,  5,  6, 7,  8, 9,  10, 11, 12, 13, 14, 15, 7,  4,  13, 1,
                              10, 6, 15, 3, 12, 0,  9, 5,  2, 14, 11, 8,  3,  10, 14, 4,  9,  15, 8,  1,
                              2,  7, 0,  6, 13, 11, 5, 12, 1, 9,  11, 10, 0,  8,  12, 4,  13, 3,  7,  15,
                              14, 5, 6,  2, 4,  0,  5, 9,  7, 12, 2,  10, 14, 1,  3,  8,  11, 6,  15, 13};
constexpr u8 kRightWord[80] = {5,  14, 7,  0,  9,  2,  11, 4,  13, 6, 15, 8, 1,  10, 3,  12, 6, 11, 3, 7,
                               0,  13, 5,  10, 14, 15, 8,  12, 4,  9, 1,  2, 15, 5,  1,  3,  7, 14, 6, 9,
                               11, 8,  12, 2,  10, 0,  4,  13, 8,  6, 4,  1, 3,  11, 15, 0,  5, 12, 2, 13,
                               9,  7,  10, 14, 12, 15, 10, 4,  1,  5, 8,  7, 6,  2,  13, 14, 0, 3,  9, 11};
constexpr u8 kLeftShift[80] = {11, 14, 15, 12, 5, 8,  7,  9,  11, 13, 14, 15, 6,  7,  9,  8,  7,  6,  8,  13,
                               11, 9,  7,  15, 7, 12, 15, 9,  11, 7,  13, 12, 11, 13, 6,  7,  14, 9,  13, 15,
                               14, 8,  13, 6,  5, 12, 7,  5,  11, 12, 14, 15, 14, 15, 9,  8,  9,  14, 5,  6,
                               8,  6,  5,  12, 9, 15, 5,  11, 6,  8,  13, 12, 5,  12, 13, 14, 11, 8,  5,  6};
constexpr u8 kRightShift[80] = {8,  9,  9,  11, 13, 15, 15, 5, 7,  7,  8,  11, 14, 14, 12, 6,  9,  13, 15, 7,
                                12, 8,  9,  11, 7,  7,  12, 7, 6,  15, 13, 11, 9,  7,  15, 11, 8,  6,  6,  14,
                                12, 13, 5,  14, 13, 13, 7,  5, 15, 5,  8,  11, 14, 14, 6,  14, 6,  9,  12, 9,
                                12, 5,  15, 8,  8,  5,  12, 9, 12, 5,  14, 6,  8,  13, 6,  5,  15, 13, 11, 11};
constexpr u32 kLeftConstant[5] = {0x00000000, 0x5a827999, 0x6ed9eba1, 0x8f1bbcdc, 0xa953fd4e};
constexpr u32 kRightConstant[5] = {0x50a28be6, 0x5c4dd124, 0x6d703ef3, 0x7a6d76e9, 0x00000000};

// The five Boolean functions; the left line uses them in this order, the right line backwards.
template <unsigned kFunction>
u32 boolean(u32 x, u32 y, u32 z) {
  if constexpr (kFunction == 0) return x ^ y ^ z;
  if constexpr (kFunction == 1) return (x & y) | (~x & z);
  if constexpr (kFunction == 2) return (x | ~y) ^ z;
  if constexpr (kFunction == 3) return (x & z) | (y & ~z);
  return x ^ (y | ~z);
}

struct Line {
  u32 a, b, c, d, e;
  template <unsigned kFunction>
  void step(u32 word, u32 constant, u8 shift) {
    const u32 t = std::rotl(a + boolean<kFunction>(b, c, d) + word + constant, shift) + e;
    a = e;
    e = d;
    d = std::rotl(c, 10);
    c = b;
    b = t;
  }
};

template <unsigned kRound>
void sixteen_steps(Line& left, Line& right, const u32 x[16]) {
  for (unsigned j = 16 * kRound; j < 16 * kRound + 16; ++j) {
    left.step<kRound>(x[kLeftWord[j]], kLeftConstant[kRound], kLeftShift[j]);
    right.step<4 - kRound>(x[kRightWord[j]], kRightConstant[kRound], kRightShift[j]);
  }
}

void compress(u32 h[5], const u8* block) {
  u32 x[16];
  std::memcpy(x, block, sizeof x);
  Line left{h[0], h[1], h[2], h[3], h[4]};
  Line right = left;
  sixteen_steps<0>(left, right, x);
  sixteen_steps<1>(left, right, x);
  sixteen_steps<2>(left, right, x);
  sixteen_steps<3>(left, right, x);
  sixteen_steps<4>(left, right, x);
  const u32 t = h[1] + left.c + right.d;
  h[1] = h[2] + left.d + right.e;
  h[2] = h[3] + left.e + right.a;
  h[3] = h[4] + left.a + right.b;
  h[4] = h[0] + left.b + right.c;
  h[0] = t;
}

}  // namespace

FixedBytes<20> ripemd160(ByteView input) {
  u32 h[5] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0};
  std::size_t at = 0;
  for (; input.size() - at >= kBlock; at += kBlock) compress(h, input.data() + at);

  // The rest, 0x80, zeros and the length in bits (little-endian), in one block or two.
  const std::size_t rest = input.size() - at;
  const std::size_t last_blocks = rest < kBlock - 8 ? 1 : 2;
  u8 last[2 * kBlock] = {};
  std::copy(input.begin() + static_cast<std::ptrdiff_t>(at), input.end(), last);
  last[rest] = 0x80;
  const u64 bits = static_cast<u64>(input.size()) * 8;
  std::memcpy(last + last_blocks * kBlock - 8, &bits, sizeof bits);
  for (std::size_t i = 0; i < last_blocks; ++i) compress(h, last + i * kBlock);

  return FixedBytes<20>::from(ByteView(reinterpret_cast<const u8*>(h), sizeof h));
}

}  // namespace atlas::crypto
