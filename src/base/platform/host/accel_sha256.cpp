#include <platform/accel.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace atlas::platform::accel {

#if defined(__x86_64__)
namespace {

#define ATLAS_SHA __attribute__((target("sha,sse4.1"), always_inline)) inline

alignas(16) constexpr u32 kRoundConstants[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

// The instructions want the working variables as (f, e, b, a) and (h, g, d, c), lowest first.
struct State {
  __m128i feba;
  __m128i hgdc;
};

ATLAS_SHA __m128i load(const void* p) {
  return _mm_loadu_si128(static_cast<const __m128i*>(p));
}

ATLAS_SHA void four_rounds(State& s, __m128i words, const u32* constants) {
  const __m128i wk = _mm_add_epi32(words, _mm_load_si128(reinterpret_cast<const __m128i*>(constants)));
  s.hgdc = _mm_sha256rnds2_epu32(s.hgdc, s.feba, wk);
  s.feba = _mm_sha256rnds2_epu32(s.feba, s.hgdc, _mm_shuffle_epi32(wk, 0x0e));
}

// The four message words that follow sixteen.
ATLAS_SHA __m128i next_words(__m128i w0, __m128i w4, __m128i w8, __m128i w12) {
  return _mm_sha256msg2_epu32(_mm_add_epi32(_mm_sha256msg1_epu32(w0, w4), _mm_alignr_epi8(w12, w8, 4)), w12);
}

__attribute__((target("sha,sse4.1"))) void compress_sha_ni(u32* state, const u8* data, std::size_t blocks) {
  const __m128i to_big_endian = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  const __m128i badc = _mm_shuffle_epi32(load(state), 0xb1);
  const __m128i hgfe = _mm_shuffle_epi32(load(state + 4), 0x1b);
  State s{_mm_alignr_epi8(badc, hgfe, 8), _mm_blend_epi16(hgfe, badc, 0xf0)};

  for (; blocks > 0; --blocks, data += 64) {
    const State before = s;
    __m128i w0 = _mm_shuffle_epi8(load(data), to_big_endian);
    __m128i w4 = _mm_shuffle_epi8(load(data + 16), to_big_endian);
    __m128i w8 = _mm_shuffle_epi8(load(data + 32), to_big_endian);
    __m128i w12 = _mm_shuffle_epi8(load(data + 48), to_big_endian);
    for (unsigned i = 0;; i += 16) {
      four_rounds(s, w0, kRoundConstants + i);
      four_rounds(s, w4, kRoundConstants + i + 4);
      four_rounds(s, w8, kRoundConstants + i + 8);
      four_rounds(s, w12, kRoundConstants + i + 12);
      if (i == 48) break;
      w0 = next_words(w0, w4, w8, w12);
      w4 = next_words(w4, w8, w12, w0);
      w8 = next_words(w8, w12, w0, w4);
      w12 = next_words(w12, w0, w4, w8);
    }
    s.feba = _mm_add_epi32(s.feba, before.feba);
    s.hgdc = _mm_add_epi32(s.hgdc, before.hgdc);
  }

  const __m128i abef = _mm_shuffle_epi32(s.feba, 0x1b);
  const __m128i ghcd = _mm_shuffle_epi32(s.hgdc, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state), _mm_blend_epi16(abef, ghcd, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(state + 4), _mm_alignr_epi8(ghcd, abef, 8));
}

// CPUID leaf 7, EBX bit 29; __builtin_cpu_supports of GCC 12 does not know "sha".
bool has_sha_ni() {
  unsigned eax;
  unsigned ebx;
  unsigned ecx;
  unsigned edx;
  __asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(0), "c"(0));
  if (eax < 7) return false;
  __asm__("cpuid" : "=a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(7), "c"(0));
  return (ebx >> 29 & 1) != 0;
}
const bool kHasShaNi = has_sha_ni() && __builtin_cpu_supports("sse4.1") != 0;

}  // namespace

bool sha256_compress(u32* state, const u8* data, std::size_t blocks) {
  if (!kHasShaNi) return false;
  compress_sha_ni(state, data, blocks);
  return true;
}

#else

bool sha256_compress(u32*, const u8*, std::size_t) {
  return false;
}

#endif

}  // namespace atlas::platform::accel
