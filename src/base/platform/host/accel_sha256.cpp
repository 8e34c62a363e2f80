#include <base/sha256_tables.hpp>
#include <platform/accel.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace atlas::platform::accel {

#if defined(__x86_64__)
namespace {

#define ATLAS_SHA __attribute__((target("sha,sse4.1"), always_inline)) inline

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
      four_rounds(s, w0, kSha256Constants + i);
      four_rounds(s, w4, kSha256Constants + i + 4);
      four_rounds(s, w8, kSha256Constants + i + 8);
      four_rounds(s, w12, kSha256Constants + i + 12);
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
