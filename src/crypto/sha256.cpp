#include <bit>

#include <base/sha256_tables.hpp>
#include <crypto/sha256.hpp>
#include <platform/accel.hpp>

namespace atlas::crypto {
namespace {

constexpr std::size_t kBlock = 64;

constexpr u32 kInitial[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                             0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

u32 load_be(const u8* bytes) {
  u32 v;
  std::memcpy(&v, bytes, sizeof v);
  return __builtin_bswap32(v);
}

// One round; the caller renames the working variables instead of moving them.
inline __attribute__((always_inline)) void round(u32 a, u32 b, u32 c, u32& d, u32 e, u32 f, u32 g, u32& h, u32 k,
                                                 u32 w) {
  const u32 sum1 = std::rotr(e, 6) ^ std::rotr(e, 11) ^ std::rotr(e, 25);
  const u32 choose = g ^ (e & (f ^ g));
  const u32 t = h + sum1 + choose + k + w;
  const u32 sum0 = std::rotr(a, 2) ^ std::rotr(a, 13) ^ std::rotr(a, 22);
  const u32 majority = (a & b) | (c & (a | b));
  d += t;
  h = t + sum0 + majority;
}

}  // namespace

void portable::sha256_compress(u32 state[8], const u8* data, std::size_t blocks) {
  for (; blocks > 0; --blocks, data += kBlock) {
    u32 w[16];
    for (unsigned i = 0; i < 16; ++i) w[i] = load_be(data + 4 * i);
    u32 a = state[0], b = state[1], c = state[2], d = state[3];
    u32 e = state[4], f = state[5], g = state[6], h = state[7];
    for (unsigned i = 0; i < 64; i += 8) {
      if (i >= 16) {
        for (unsigned j = i; j < i + 8; ++j) {  // the message schedule lives in a ring of 16 words
          const u32 x = w[(j + 1) & 15];
          const u32 y = w[(j + 14) & 15];
          w[j & 15] += (std::rotr(x, 7) ^ std::rotr(x, 18) ^ (x >> 3)) + w[(j + 9) & 15] +
                       (std::rotr(y, 17) ^ std::rotr(y, 19) ^ (y >> 10));
        }
      }
      const u32* k = kSha256Constants + i;
      const u32* m = w + (i & 15);
      round(a, b, c, d, e, f, g, h, k[0], m[0]);
      round(h, a, b, c, d, e, f, g, k[1], m[1]);
      round(g, h, a, b, c, d, e, f, k[2], m[2]);
      round(f, g, h, a, b, c, d, e, k[3], m[3]);
      round(e, f, g, h, a, b, c, d, k[4], m[4]);
      round(d, e, f, g, h, a, b, c, k[5], m[5]);
      round(c, d, e, f, g, h, a, b, k[6], m[6]);
      round(b, c, d, e, f, g, h, a, k[7], m[7]);
    }
    state[0] += a;
    state[1] += b;
    state[2] += c;
    state[3] += d;
    state[4] += e;
    state[5] += f;
    state[6] += g;
    state[7] += h;
  }
}

void sha256_compress(u32 state[8], const u8* data, std::size_t blocks) {
  if (!platform::accel::sha256_compress(state, data, blocks)) portable::sha256_compress(state, data, blocks);
}

Hash256 sha256(ByteView input) {
  u32 state[8];
  std::copy(std::begin(kInitial), std::end(kInitial), state);
  const std::size_t whole = input.size() / kBlock;
  if (whole != 0) sha256_compress(state, input.data(), whole);

  // The rest, 0x80, zeros and the length in bits, in one block or two.
  const std::size_t rest = input.size() % kBlock;
  const std::size_t last_blocks = rest < kBlock - 8 ? 1 : 2;
  u8 last[2 * kBlock] = {};
  std::copy(input.end() - static_cast<std::ptrdiff_t>(rest), input.end(), last);
  last[rest] = 0x80;
  const u64 bits = __builtin_bswap64(static_cast<u64>(input.size()) * 8);
  std::memcpy(last + last_blocks * kBlock - 8, &bits, sizeof bits);
  sha256_compress(state, last, last_blocks);

  Hash256 hash;
  for (unsigned i = 0; i < 8; ++i) {
    const u32 be = __builtin_bswap32(state[i]);
    std::memcpy(hash.data() + 4 * i, &be, sizeof be);
  }
  return hash;
}

}  // namespace atlas::crypto
