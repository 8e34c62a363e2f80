#pragma once
// Lanes of plain 32-bit words, for BLAKE3: add, xor, rotate and the transposition of message blocks. Which of the types
// exist depends on the flags of the including file.
#include <bit>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

#include <field/babybear.hpp>

namespace atlas::stark {

struct WordsPortable {
  static constexpr unsigned kLanes = 1;
  u32 v;
  ATLAS_FORCE_INLINE static WordsPortable load(const u32* at) { return {*at}; }
  ATLAS_FORCE_INLINE static WordsPortable broadcast(u32 x) { return {x}; }
  ATLAS_FORCE_INLINE void store(u32* at) const { *at = v; }
  ATLAS_FORCE_INLINE static WordsPortable add(WordsPortable a, WordsPortable b) { return {a.v + b.v}; }
  ATLAS_FORCE_INLINE static WordsPortable exclusive_or(WordsPortable a, WordsPortable b) { return {a.v ^ b.v}; }
  template <int kBits>
  ATLAS_FORCE_INLINE static WordsPortable rotate(WordsPortable a) {
    return {a.v >> kBits | a.v << (32 - kBits)};
  }
  /// out[w], lane l = rows[16·l + w].
  ATLAS_FORCE_INLINE static void load_blocks(const u32* rows, WordsPortable (&out)[16]) {
    for (unsigned w = 0; w < 16; ++w) out[w].v = rows[w];
  }
  static void transpose(const u32* const* src, u32* dst) {
    for (unsigned i = 0; i < 16; ++i) {
      for (unsigned c = 0; c < 16; ++c) dst[16 * i + c] = src[c][i];
    }
  }
};

#if defined(__AVX2__)
struct WordsAvx2 {
  static constexpr unsigned kLanes = 8;
  __m256i v;
  ATLAS_FORCE_INLINE static WordsAvx2 load(const u32* at) {
    return {_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at))};
  }
  ATLAS_FORCE_INLINE static WordsAvx2 broadcast(u32 x) { return {_mm256_set1_epi32(static_cast<int>(x))}; }
  ATLAS_FORCE_INLINE void store(u32* at) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), v); }
  ATLAS_FORCE_INLINE static WordsAvx2 add(WordsAvx2 a, WordsAvx2 b) { return {_mm256_add_epi32(a.v, b.v)}; }
  ATLAS_FORCE_INLINE static WordsAvx2 exclusive_or(WordsAvx2 a, WordsAvx2 b) { return {_mm256_xor_si256(a.v, b.v)}; }
  template <int kBits>
  ATLAS_FORCE_INLINE static WordsAvx2 rotate(WordsAvx2 a) {
    if constexpr (kBits == 16) {
      return {_mm256_shuffle_epi8(a.v, _mm256_set_epi8(13, 12, 15, 14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2, 13, 12, 15,
                                                       14, 9, 8, 11, 10, 5, 4, 7, 6, 1, 0, 3, 2))};
    } else if constexpr (kBits == 8) {
      return {_mm256_shuffle_epi8(a.v, _mm256_set_epi8(12, 15, 14, 13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1, 12, 15, 14,
                                                       13, 8, 11, 10, 9, 4, 7, 6, 5, 0, 3, 2, 1))};
    } else {
      return {_mm256_or_si256(_mm256_srli_epi32(a.v, kBits), _mm256_slli_epi32(a.v, 32 - kBits))};
    }
  }
  ATLAS_FORCE_INLINE static void transpose8(__m256i (&r)[8]) {
    __m256i t[8], u[8];
    for (unsigned i = 0; i < 4; ++i) {
      t[2 * i] = _mm256_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
      t[2 * i + 1] = _mm256_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (unsigned h = 0; h < 2; ++h) {
      u[4 * h] = _mm256_unpacklo_epi64(t[4 * h], t[4 * h + 2]);
      u[4 * h + 1] = _mm256_unpackhi_epi64(t[4 * h], t[4 * h + 2]);
      u[4 * h + 2] = _mm256_unpacklo_epi64(t[4 * h + 1], t[4 * h + 3]);
      u[4 * h + 3] = _mm256_unpackhi_epi64(t[4 * h + 1], t[4 * h + 3]);
    }
    for (unsigned i = 0; i < 4; ++i) {
      r[i] = _mm256_permute2x128_si256(u[i], u[4 + i], 0x20);
      r[4 + i] = _mm256_permute2x128_si256(u[i], u[4 + i], 0x31);
    }
  }
  ATLAS_FORCE_INLINE static void load_blocks(const u32* rows, WordsAvx2 (&out)[16]) {
    for (unsigned half = 0; half < 2; ++half) {
      __m256i r[8];
      for (unsigned l = 0; l < 8; ++l) r[l] = load(rows + 16 * l + 8 * half).v;
      transpose8(r);
      for (unsigned w = 0; w < 8; ++w) out[8 * half + w].v = r[w];
    }
  }
  static void transpose(const u32* const* src, u32* dst) {
    for (unsigned i = 0; i < 16; i += 8) {
      for (unsigned c = 0; c < 16; c += 8) {
        __m256i r[8];
        for (unsigned k = 0; k < 8; ++k) r[k] = load(src[c + k] + i).v;
        transpose8(r);
        for (unsigned k = 0; k < 8; ++k) WordsAvx2{r[k]}.store(dst + 16 * (i + k) + c);
      }
    }
  }
};
#endif

#if defined(__AVX512F__)
struct WordsAvx512 {
  static constexpr unsigned kLanes = 16;
  __m512i v;
  ATLAS_FORCE_INLINE static WordsAvx512 load(const u32* at) { return {_mm512_loadu_si512(at)}; }
  ATLAS_FORCE_INLINE static WordsAvx512 broadcast(u32 x) { return {_mm512_set1_epi32(static_cast<int>(x))}; }
  ATLAS_FORCE_INLINE void store(u32* at) const { _mm512_storeu_si512(at, v); }
  ATLAS_FORCE_INLINE static WordsAvx512 add(WordsAvx512 a, WordsAvx512 b) { return {_mm512_add_epi32(a.v, b.v)}; }
  ATLAS_FORCE_INLINE static WordsAvx512 exclusive_or(WordsAvx512 a, WordsAvx512 b) {
    return {_mm512_xor_si512(a.v, b.v)};
  }
  template <int kBits>
  ATLAS_FORCE_INLINE static WordsAvx512 rotate(WordsAvx512 a) {
    return {_mm512_ror_epi32(a.v, kBits)};
  }
  ATLAS_FORCE_INLINE static void transpose16(__m512i (&r)[16]) {
    __m512i t[16], u[16];
    for (unsigned i = 0; i < 8; ++i) {
      t[2 * i] = _mm512_unpacklo_epi32(r[2 * i], r[2 * i + 1]);
      t[2 * i + 1] = _mm512_unpackhi_epi32(r[2 * i], r[2 * i + 1]);
    }
    for (unsigned h = 0; h < 4; ++h) {
      u[4 * h] = _mm512_unpacklo_epi64(t[4 * h], t[4 * h + 2]);
      u[4 * h + 1] = _mm512_unpackhi_epi64(t[4 * h], t[4 * h + 2]);
      u[4 * h + 2] = _mm512_unpacklo_epi64(t[4 * h + 1], t[4 * h + 3]);
      u[4 * h + 3] = _mm512_unpackhi_epi64(t[4 * h + 1], t[4 * h + 3]);
    }
    // u[4h + i] holds, in its four 128-bit parts j, words 4j + i of rows 4h … 4h + 3.
    for (unsigned i = 0; i < 4; ++i) {
      const __m512i a = _mm512_shuffle_i32x4(u[i], u[4 + i], 0b10001000);
      const __m512i b = _mm512_shuffle_i32x4(u[i], u[4 + i], 0b11011101);
      const __m512i c = _mm512_shuffle_i32x4(u[8 + i], u[12 + i], 0b10001000);
      const __m512i d = _mm512_shuffle_i32x4(u[8 + i], u[12 + i], 0b11011101);
      r[i] = _mm512_shuffle_i32x4(a, c, 0b10001000);
      r[4 + i] = _mm512_shuffle_i32x4(b, d, 0b10001000);
      r[8 + i] = _mm512_shuffle_i32x4(a, c, 0b11011101);
      r[12 + i] = _mm512_shuffle_i32x4(b, d, 0b11011101);
    }
  }
  ATLAS_FORCE_INLINE static void load_blocks(const u32* rows, WordsAvx512 (&out)[16]) {
    __m512i r[16];
    for (unsigned l = 0; l < 16; ++l) r[l] = load(rows + 16 * l).v;
    transpose16(r);
    for (unsigned w = 0; w < 16; ++w) out[w].v = r[w];
  }
  static void transpose(const u32* const* src, u32* dst) {
    __m512i r[16];
    for (unsigned c = 0; c < 16; ++c) r[c] = load(src[c]).v;
    transpose16(r);
    for (unsigned i = 0; i < 16; ++i) WordsAvx512{r[i]}.store(dst + 16 * i);
  }
};
#endif

}  // namespace atlas::stark
