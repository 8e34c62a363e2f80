#pragma once
// Eight lanes in an AVX2 register. Include only from *_avx2.cpp files (cmake/AtlasRoom.cmake gives their flags).
#include <immintrin.h>

#include <field/extension.hpp>
#include <field/packed/sum_of_products.hpp>

namespace atlas::field {

struct PackedAvx2 {
  static constexpr unsigned kLanes = 8;
  using Base = PackedAvx2;
  static constexpr const char* kName = "avx2";

  __m256i v;

  PackedAvx2() = default;
  ATLAS_FORCE_INLINE explicit PackedAvx2(__m256i x) : v(x) {}
  ATLAS_FORCE_INLINE explicit PackedAvx2(BabyBear x) : v(_mm256_set1_epi32(static_cast<int>(x.raw))) {}
  ATLAS_FORCE_INLINE explicit PackedAvx2(u32 x) : PackedAvx2(BabyBear(x)) {}
  ATLAS_FORCE_INLINE static PackedAvx2 load(const u32* at) {
    return PackedAvx2(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
  }
  ATLAS_FORCE_INLINE void store(u32* at) const { _mm256_storeu_si256(reinterpret_cast<__m256i*>(at), v); }

  ATLAS_FORCE_INLINE static __m256i modulus() { return _mm256_set1_epi32(static_cast<int>(BabyBear::kModulus)); }
  // The lesser of x and x ± p, unsigned, is the representative: the other one wrapped around 2^32.
  friend ATLAS_FORCE_INLINE PackedAvx2 operator+(PackedAvx2 a, PackedAvx2 b) {
    const __m256i sum = _mm256_add_epi32(a.v, b.v);
    return PackedAvx2(_mm256_min_epu32(sum, _mm256_sub_epi32(sum, modulus())));
  }
  friend ATLAS_FORCE_INLINE PackedAvx2 operator-(PackedAvx2 a, PackedAvx2 b) {
    const __m256i difference = _mm256_sub_epi32(a.v, b.v);
    return PackedAvx2(_mm256_min_epu32(difference, _mm256_add_epi32(difference, modulus())));
  }
  ATLAS_FORCE_INLINE PackedAvx2 operator-() const { return PackedAvx2(_mm256_setzero_si256()) - *this; }
  ATLAS_FORCE_INLINE PackedAvx2& operator+=(PackedAvx2 b) { return *this = *this + b; }
  ATLAS_FORCE_INLINE PackedAvx2& operator-=(PackedAvx2 b) { return *this = *this - b; }

  friend ATLAS_FORCE_INLINE PackedAvx2 operator*(PackedAvx2 a, PackedAvx2 b) {
    const __m256i inverse = _mm256_set1_epi32(static_cast<int>(BabyBear::kModulusInverse));
    const __m256i even = _mm256_mul_epu32(a.v, b.v);
    const __m256i odd = _mm256_mul_epu32(odd_lanes(a.v), odd_lanes(b.v));
    const __m256i multiple_even = _mm256_mul_epu32(_mm256_mul_epu32(even, inverse), modulus());
    const __m256i multiple_odd = _mm256_mul_epu32(_mm256_mul_epu32(odd, inverse), modulus());
    return PackedAvx2(interleave_high(even, odd)) - PackedAvx2(interleave_high(multiple_even, multiple_odd));
  }

  ATLAS_FORCE_INLINE static __m256i odd_lanes(__m256i x) {
    return _mm256_castps_si256(_mm256_movehdup_ps(_mm256_castsi256_ps(x)));
  }
  ATLAS_FORCE_INLINE static __m256i interleave_high(__m256i even, __m256i odd) {
    return _mm256_blend_epi32(odd_lanes(even), odd, 0b10101010);
  }
  ATLAS_FORCE_INLINE static void deinterleave(PackedAvx2 a, PackedAvx2 b, PackedAvx2& even, PackedAvx2& odd) {
    const __m256 x = _mm256_castsi256_ps(a.v);
    const __m256 y = _mm256_castsi256_ps(b.v);
    // Within 128-bit halves first: a0 a2 b0 b2 | a4 a6 b4 b6, then the middle pairs change places.
    const auto place = [](__m256 halves) {
      return PackedAvx2(_mm256_permute4x64_epi64(_mm256_castps_si256(halves), 0b11011000));
    };
    even = place(_mm256_shuffle_ps(x, y, 0b10001000));
    odd = place(_mm256_shuffle_ps(x, y, 0b11011101));
  }
};

}  // namespace atlas::field
