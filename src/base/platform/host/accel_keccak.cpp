#include <platform/accel.hpp>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace atlas::platform::accel {

#if defined(__x86_64__)
namespace {

#define ATLAS_AVX512 __attribute__((target("avx512f,avx512vl"), always_inline)) inline

constexpr u64 kRoundConstants[24] = {0x0000000000000001, 0x0000000000008082, 0x800000000000808a, 0x8000000080008000,
                                     0x000000000000808b, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
                                     0x000000000000008a, 0x0000000000000088, 0x0000000080008009, 0x000000008000000a,
                                     0x000000008000808b, 0x800000000000008b, 0x8000000000008089, 0x8000000000008003,
                                     0x8000000000008002, 0x8000000000000080, 0x000000000000800a, 0x800000008000000a,
                                     0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008};

// Truth tables of vpternlogq.
constexpr int kXor3 = 0x96;
constexpr int kChi = 0xd2;  // a ^ (~b & c)

ATLAS_AVX512 __m128i xor3(__m128i a, __m128i b, __m128i c) {
  return _mm_ternarylogic_epi64(a, b, c, kXor3);
}

// theta's xor, then rho.
template <int kOffset>
ATLAS_AVX512 __m128i turn(__m128i lane, __m128i left, __m128i right) {
  return _mm_rol_epi64(xor3(lane, left, right), kOffset);
}

ATLAS_AVX512 void chi_row(__m128i* out, __m128i b0, __m128i b1, __m128i b2, __m128i b3, __m128i b4) {
  out[0] = _mm_ternarylogic_epi64(b0, b1, b2, kChi);
  out[1] = _mm_ternarylogic_epi64(b1, b2, b3, kChi);
  out[2] = _mm_ternarylogic_epi64(b2, b3, b4, kChi);
  out[3] = _mm_ternarylogic_epi64(b3, b4, b0, kChi);
  out[4] = _mm_ternarylogic_epi64(b4, b0, b1, kChi);
}

ATLAS_AVX512 void round(const __m128i (&a)[25], __m128i (&e)[25], u64 iota) {
  const __m128i c0 = xor3(xor3(a[0], a[5], a[10]), a[15], a[20]);
  const __m128i c1 = xor3(xor3(a[1], a[6], a[11]), a[16], a[21]);
  const __m128i c2 = xor3(xor3(a[2], a[7], a[12]), a[17], a[22]);
  const __m128i c3 = xor3(xor3(a[3], a[8], a[13]), a[18], a[23]);
  const __m128i c4 = xor3(xor3(a[4], a[9], a[14]), a[19], a[24]);
  const __m128i r0 = _mm_rol_epi64(c0, 1);
  const __m128i r1 = _mm_rol_epi64(c1, 1);
  const __m128i r2 = _mm_rol_epi64(c2, 1);
  const __m128i r3 = _mm_rol_epi64(c3, 1);
  const __m128i r4 = _mm_rol_epi64(c4, 1);
  chi_row(&e[0], xor3(a[0], c4, r1), turn<44>(a[6], c0, r2), turn<43>(a[12], c1, r3), turn<21>(a[18], c2, r4),
          turn<14>(a[24], c3, r0));
  chi_row(&e[5], turn<28>(a[3], c2, r4), turn<20>(a[9], c3, r0), turn<3>(a[10], c4, r1), turn<45>(a[16], c0, r2),
          turn<61>(a[22], c1, r3));
  chi_row(&e[10], turn<1>(a[1], c0, r2), turn<6>(a[7], c1, r3), turn<25>(a[13], c2, r4), turn<8>(a[19], c3, r0),
          turn<18>(a[20], c4, r1));
  chi_row(&e[15], turn<27>(a[4], c3, r0), turn<36>(a[5], c4, r1), turn<10>(a[11], c0, r2), turn<15>(a[17], c1, r3),
          turn<56>(a[23], c2, r4));
  chi_row(&e[20], turn<62>(a[2], c1, r3), turn<55>(a[8], c2, r4), turn<39>(a[14], c3, r0), turn<41>(a[15], c4, r1),
          turn<2>(a[21], c0, r2));
  e[0] = _mm_xor_si128(e[0], _mm_loadl_epi64(reinterpret_cast<const __m128i*>(&iota)));
}

// One lane a vector register: AVX-512 has 32 of them, so the state never leaves them, rotates in one instruction, and
// adds three terms or does chi in one. About 90 instructions a round against 130 to 160 in general registers.
__attribute__((target("avx512f,avx512vl"))) void keccak_f1600_avx512(u64* state) {
  __m128i a[25];
  __m128i e[25];
  for (unsigned i = 0; i < 25; ++i) a[i] = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(state + i));
  for (unsigned r = 0; r < 24; r += 2) {
    round(a, e, kRoundConstants[r]);
    round(e, a, kRoundConstants[r + 1]);
  }
  for (unsigned i = 0; i < 25; ++i) _mm_storel_epi64(reinterpret_cast<__m128i*>(state + i), a[i]);
}

const bool kHasAvx512 = __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512vl") != 0;

}  // namespace

bool keccak_f1600(u64* state) {
  if (!kHasAvx512) return false;
  keccak_f1600_avx512(state);
  return true;
}

#else

bool keccak_f1600(u64*) {
  return false;
}

#endif

}  // namespace atlas::platform::accel
