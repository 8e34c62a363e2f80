#pragma once
// Sixteen lanes in an AVX-512 register. Include only from *_avx512.cpp files (cmake/AtlasRoom.cmake gives their flags).
#include <immintrin.h>

#include <field/extension.hpp>
#include <field/packed/sum_of_products.hpp>

namespace atlas::field {

struct PackedAvx512 {
  static constexpr unsigned kLanes = 16;
  using Base = PackedAvx512;
  static constexpr const char* kName = "avx512";

  __m512i v;

  PackedAvx512() = default;
  ATLAS_FORCE_INLINE explicit PackedAvx512(__m512i x) : v(x) {}
  ATLAS_FORCE_INLINE explicit PackedAvx512(BabyBear x) : v(_mm512_set1_epi32(static_cast<int>(x.raw))) {}
  ATLAS_FORCE_INLINE explicit PackedAvx512(u32 x) : PackedAvx512(BabyBear(x)) {}
  ATLAS_FORCE_INLINE static PackedAvx512 load(const u32* at) { return PackedAvx512(_mm512_loadu_si512(at)); }
  ATLAS_FORCE_INLINE void store(u32* at) const { _mm512_storeu_si512(at, v); }

  ATLAS_FORCE_INLINE static __m512i modulus() { return _mm512_set1_epi32(static_cast<int>(BabyBear::kModulus)); }
  ATLAS_FORCE_INLINE static __m512i modulus_inverse() {
    return _mm512_set1_epi32(static_cast<int>(BabyBear::kModulusInverse));
  }
  // The lesser of x and x ± p, unsigned, is the representative: the other one wrapped around 2^32.
  friend ATLAS_FORCE_INLINE PackedAvx512 operator+(PackedAvx512 a, PackedAvx512 b) {
    const __m512i sum = _mm512_add_epi32(a.v, b.v);
    return PackedAvx512(_mm512_min_epu32(sum, _mm512_sub_epi32(sum, modulus())));
  }
  friend ATLAS_FORCE_INLINE PackedAvx512 operator-(PackedAvx512 a, PackedAvx512 b) {
    const __m512i difference = _mm512_sub_epi32(a.v, b.v);
    return PackedAvx512(_mm512_min_epu32(difference, _mm512_add_epi32(difference, modulus())));
  }
  ATLAS_FORCE_INLINE PackedAvx512 operator-() const { return PackedAvx512(_mm512_setzero_si512()) - *this; }
  ATLAS_FORCE_INLINE PackedAvx512& operator+=(PackedAvx512 b) { return *this = *this + b; }
  ATLAS_FORCE_INLINE PackedAvx512& operator-=(PackedAvx512 b) { return *this = *this - b; }

  /// Montgomery reduction of sixteen sums below p·2^32: those of even lanes and those of odd lanes.
  ATLAS_FORCE_INLINE static PackedAvx512 reduce(__m512i even, __m512i odd) {
    const __m512i q_even = _mm512_mul_epu32(even, modulus_inverse());
    const __m512i q_odd = _mm512_mul_epu32(odd, modulus_inverse());
    const __m512i multiple_even = _mm512_mul_epu32(q_even, modulus());
    const __m512i multiple_odd = _mm512_mul_epu32(q_odd, modulus());
    const __m512i high = interleave_high(even, odd);
    const __m512i multiple = interleave_high(multiple_even, multiple_odd);
    return PackedAvx512(high) - PackedAvx512(multiple);  // both below p
  }
  friend ATLAS_FORCE_INLINE PackedAvx512 operator*(PackedAvx512 a, PackedAvx512 b) {
    return reduce(_mm512_mul_epu32(a.v, b.v), _mm512_mul_epu32(odd_lanes(a.v), odd_lanes(b.v)));
  }

  ATLAS_FORCE_INLINE static __m512i odd_lanes(__m512i x) {
    return _mm512_castps_si512(_mm512_movehdup_ps(_mm512_castsi512_ps(x)));
  }
  ATLAS_FORCE_INLINE static __m512i interleave_high(__m512i even, __m512i odd) {
    return _mm512_castps_si512(_mm512_mask_movehdup_ps(_mm512_castsi512_ps(odd), 0x5555, _mm512_castsi512_ps(even)));
  }
  ATLAS_FORCE_INLINE static void deinterleave(PackedAvx512 a, PackedAvx512 b, PackedAvx512& even, PackedAvx512& odd) {
    const __m512i index_even = _mm512_set_epi32(30, 28, 26, 24, 22, 20, 18, 16, 14, 12, 10, 8, 6, 4, 2, 0);
    const __m512i index_odd = _mm512_set_epi32(31, 29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1);
    even = PackedAvx512(_mm512_permutex2var_epi32(a.v, index_even, b.v));
    odd = PackedAvx512(_mm512_permutex2var_epi32(a.v, index_odd, b.v));
  }
};

/// Sums stay below p·2^32 = 8.65e18: two products are below 8.11e18, so both together below 2^64, and one subtraction
/// of p·2^32, where it fits, leaves less than p·2^32.
template <>
struct SumOfProducts<PackedAvx512> {
  __m512i even = _mm512_setzero_si512();
  __m512i odd = _mm512_setzero_si512();
  ATLAS_FORCE_INLINE static __m512i settle(__m512i sum) {
    const __m512i bound = _mm512_set1_epi64(static_cast<long long>(u64{BabyBear::kModulus} << 32));
    return _mm512_min_epu64(sum, _mm512_sub_epi64(sum, bound));
  }
  ATLAS_FORCE_INLINE void add(PackedAvx512 a, PackedAvx512 b) {
    even = settle(_mm512_add_epi64(even, _mm512_mul_epu32(a.v, b.v)));
    odd = settle(_mm512_add_epi64(odd, _mm512_mul_epu32(PackedAvx512::odd_lanes(a.v), PackedAvx512::odd_lanes(b.v))));
  }
  ATLAS_FORCE_INLINE void add(PackedAvx512 a, PackedAvx512 b, PackedAvx512 c, PackedAvx512 d) {
    const __m512i first = _mm512_add_epi64(_mm512_mul_epu32(a.v, b.v), _mm512_mul_epu32(c.v, d.v));
    const __m512i second =
        _mm512_add_epi64(_mm512_mul_epu32(PackedAvx512::odd_lanes(a.v), PackedAvx512::odd_lanes(b.v)),
                         _mm512_mul_epu32(PackedAvx512::odd_lanes(c.v), PackedAvx512::odd_lanes(d.v)));
    even = settle(_mm512_add_epi64(even, first));
    odd = settle(_mm512_add_epi64(odd, second));
  }
  ATLAS_FORCE_INLINE PackedAvx512 value() const { return PackedAvx512::reduce(even, odd); }
};

/// One reduction a coefficient, as the scalar product does: sums stay below p·2^32 by an unsigned minimum.
template <unsigned D>
ATLAS_FORCE_INLINE void extension_mul(const PackedAvx512* a, const PackedAvx512* b, PackedAvx512* out) {
  const __m512i bound = _mm512_set1_epi64(static_cast<long long>(u64{BabyBear::kModulus} << 32));
  const auto settle = [bound](__m512i sum) { return _mm512_min_epu64(sum, _mm512_sub_epi64(sum, bound)); };
  const PackedAvx512 w(kExtensionNonResidue<D>);
  __m512i even_a[D], odd_a[D], even_b[D], odd_b[D], even_w[D], odd_w[D];
  for (unsigned i = 0; i < D; ++i) {
    even_a[i] = a[i].v;
    odd_a[i] = PackedAvx512::odd_lanes(a[i].v);
    even_b[i] = b[i].v;
    odd_b[i] = PackedAvx512::odd_lanes(b[i].v);
    const PackedAvx512 scaled = kExtensionNonResidue<D> == 2 ? b[i] + b[i] : b[i] * w;
    even_w[i] = scaled.v;
    odd_w[i] = PackedAvx512::odd_lanes(scaled.v);
  }
  // Products are below p^2 < 2^61.82. Four of them stay below 2^64 and one subtraction of p·2^32 brings them below
  // p·2^32 (4p^2 − p·2^32 < p·2^32); a fifth is added and settled again.
  static_assert(D == 4 || D == 5);
#pragma GCC unroll 5
  for (unsigned k = 0; k < D; ++k) {
    __m512i even = _mm512_setzero_si512();
    __m512i odd = _mm512_setzero_si512();
#pragma GCC unroll 5
    for (unsigned i = 0; i < D; ++i) {
      const bool wraps = i > k;
      const unsigned j = wraps ? D + k - i : k - i;
      even = _mm512_add_epi64(even, _mm512_mul_epu32(even_a[i], wraps ? even_w[j] : even_b[j]));
      odd = _mm512_add_epi64(odd, _mm512_mul_epu32(odd_a[i], wraps ? odd_w[j] : odd_b[j]));
      if (i >= 3) {
        even = settle(even);
        odd = settle(odd);
      }
    }
    out[k] = PackedAvx512::reduce(even, odd);
  }
}

}  // namespace atlas::field
