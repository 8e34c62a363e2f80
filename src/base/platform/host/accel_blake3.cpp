// Sixteen BLAKE3 compressions at a time with AVX-512: one lane a compression, one vector a word.
#include <base/blake3_tables.hpp>
#include <platform/accel_blake3.hpp>

#if defined(__x86_64__)
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"  // GCC 12's own avx512fintrin.h trips it
#endif
#include <immintrin.h>
#endif

namespace atlas::platform::accel {

#if defined(__x86_64__)
namespace {

#define ATLAS_AVX512 __attribute__((target("avx512f"), always_inline)) inline

constexpr std::size_t kLanes = 16;
constexpr int kBlockBytes = 64;

// Rows of words to columns and back.
ATLAS_AVX512 void transpose(__m512i (&r)[16]) {
  __m512i t[16];
  for (unsigned i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (unsigned i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  // r[4a + b] holds, in its quarter q, column 4q + b of rows 4a to 4a + 3.
  for (unsigned b = 0; b < 4; ++b) {
    t[b] = _mm512_shuffle_i32x4(r[b], r[4 + b], 0x88);           // quarters 0, 2 of rows 0-3 and 4-7
    t[4 + b] = _mm512_shuffle_i32x4(r[b], r[4 + b], 0xdd);       // quarters 1, 3
    t[8 + b] = _mm512_shuffle_i32x4(r[8 + b], r[12 + b], 0x88);  // the same of rows 8-11 and 12-15
    t[12 + b] = _mm512_shuffle_i32x4(r[8 + b], r[12 + b], 0xdd);
  }
  for (unsigned b = 0; b < 4; ++b) {
    r[b] = _mm512_shuffle_i32x4(t[b], t[8 + b], 0x88);
    r[4 + b] = _mm512_shuffle_i32x4(t[4 + b], t[12 + b], 0x88);
    r[8 + b] = _mm512_shuffle_i32x4(t[b], t[8 + b], 0xdd);
    r[12 + b] = _mm512_shuffle_i32x4(t[4 + b], t[12 + b], 0xdd);
  }
}

ATLAS_AVX512 void mix(__m512i& a, __m512i& b, __m512i& c, __m512i& d, __m512i x, __m512i y) {
  a = _mm512_add_epi32(_mm512_add_epi32(a, b), x);
  d = _mm512_ror_epi32(_mm512_xor_si512(d, a), 16);
  c = _mm512_add_epi32(c, d);
  b = _mm512_ror_epi32(_mm512_xor_si512(b, c), 12);
  a = _mm512_add_epi32(_mm512_add_epi32(a, b), y);
  d = _mm512_ror_epi32(_mm512_xor_si512(d, a), 8);
  c = _mm512_add_epi32(c, d);
  b = _mm512_ror_epi32(_mm512_xor_si512(b, c), 7);
}

template <unsigned kRound>
ATLAS_AVX512 void round(__m512i (&v)[16], const __m512i (&m)[16]) {
  constexpr const u8* s = kBlake3Schedule.word[kRound];
  mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
  mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
  mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
  mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
  mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
  mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
  mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
  mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
}

__attribute__((target("avx512f"))) void compress16(const u8* const* blocks, const u64* counters, u32 flags, u8* out) {
  __m512i m[16];
  for (unsigned i = 0; i < 16; ++i) m[i] = _mm512_loadu_si512(blocks[i]);
  transpose(m);
  __m512i v[16];
  for (unsigned i = 0; i < 8; ++i) v[i] = _mm512_set1_epi32(static_cast<int>(kBlake3Iv[i]));
  for (unsigned i = 0; i < 4; ++i) v[8 + i] = v[i];
  if (counters == nullptr) {
    v[12] = v[13] = _mm512_setzero_si512();
  } else {
    const __m512i low = _mm512_loadu_si512(counters);
    const __m512i high = _mm512_loadu_si512(counters + 8);
    v[12] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(low)), _mm512_cvtepi64_epi32(high), 1);
    v[13] = _mm512_inserti64x4(_mm512_castsi256_si512(_mm512_cvtepi64_epi32(_mm512_srli_epi64(low, 32))),
                               _mm512_cvtepi64_epi32(_mm512_srli_epi64(high, 32)), 1);
  }
  v[14] = _mm512_set1_epi32(kBlockBytes);
  v[15] = _mm512_set1_epi32(static_cast<int>(flags));
  round<0>(v, m);
  round<1>(v, m);
  round<2>(v, m);
  round<3>(v, m);
  round<4>(v, m);
  round<5>(v, m);
  round<6>(v, m);
  for (unsigned i = 0; i < 8; ++i) v[i] = _mm512_xor_si512(v[i], v[i + 8]);
  transpose(v);  // the lower half of a row is a result
  for (unsigned i = 0; i < 16; ++i) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + 32 * i), _mm512_castsi512_si256(v[i]));
  }
}

}  // namespace

bool blake3_blocks(const u8* const* blocks, const u64* counters, std::size_t count, u32 flags, u8* out) {
  static const bool kSupported = __builtin_cpu_supports("avx512f") != 0;
  if (!kSupported) return false;
  std::size_t done = 0;
  for (; done + kLanes <= count; done += kLanes) {
    compress16(blocks + done, counters == nullptr ? nullptr : counters + done, flags, out + 32 * done);
  }
  if (done == count) return true;
  // The rest, with the last block in the lanes left over.
  const u8* rest[kLanes];
  u64 rest_counters[kLanes] = {};
  u8 results[32 * kLanes];
  for (std::size_t i = 0; i < kLanes; ++i) {
    const std::size_t at = done + i < count ? done + i : count - 1;
    rest[i] = blocks[at];
    if (counters != nullptr) rest_counters[i] = counters[at];
  }
  compress16(rest, rest_counters, flags, results);
  __builtin_memcpy(out + 32 * done, results, 32 * (count - done));
  return true;
}

#else

bool blake3_blocks(const u8* const*, const u64*, std::size_t, u32, u8*) {
  return false;
}

#endif

}  // namespace atlas::platform::accel
