#pragma once
// One lane: the packed interface over plain scalars. Every vector kernel is a template over a packed type P with
//   P::kLanes, load/store (raw words, unaligned), P(BabyBear) to all lanes, + − *, and
//   deinterleave(a, b, even, odd): of the 2·kLanes lanes of a then b.
#include <field/extension.hpp>
#include <field/packed/sum_of_products.hpp>

namespace atlas::field {

struct PackedPortable {
  static constexpr unsigned kLanes = 1;
  using Base = PackedPortable;
  static constexpr const char* kName = "portable";

  BabyBear v;

  PackedPortable() = default;
  ATLAS_FORCE_INLINE constexpr explicit PackedPortable(BabyBear x) : v(x) {}
  ATLAS_FORCE_INLINE constexpr explicit PackedPortable(u32 x) : v(x) {}
  ATLAS_FORCE_INLINE static PackedPortable load(const u32* at) { return PackedPortable(BabyBear::from_raw(*at)); }
  ATLAS_FORCE_INLINE void store(u32* at) const { *at = v.raw; }
  friend ATLAS_FORCE_INLINE PackedPortable operator+(PackedPortable a, PackedPortable b) {
    return PackedPortable(a.v + b.v);
  }
  friend ATLAS_FORCE_INLINE PackedPortable operator-(PackedPortable a, PackedPortable b) {
    return PackedPortable(a.v - b.v);
  }
  friend ATLAS_FORCE_INLINE PackedPortable operator*(PackedPortable a, PackedPortable b) {
    return PackedPortable(a.v * b.v);
  }
  ATLAS_FORCE_INLINE PackedPortable operator-() const { return PackedPortable(-v); }
  ATLAS_FORCE_INLINE PackedPortable& operator+=(PackedPortable b) { return *this = *this + b; }
  ATLAS_FORCE_INLINE PackedPortable& operator-=(PackedPortable b) { return *this = *this - b; }
  ATLAS_FORCE_INLINE static void deinterleave(PackedPortable a, PackedPortable b, PackedPortable& even,
                                              PackedPortable& odd) {
    even = a;
    odd = b;
  }
};

/// As in avx512.hpp: the sum stays below p·2^32.
template <>
struct SumOfProducts<PackedPortable> {
  u64 sum = 0;
  ATLAS_FORCE_INLINE void settle(u64 x) {
    constexpr u64 kBound = u64{BabyBear::kModulus} << 32;
    sum = x >= kBound ? x - kBound : x;
  }
  ATLAS_FORCE_INLINE void add(PackedPortable a, PackedPortable b) { settle(sum + u64{a.v.raw} * b.v.raw); }
  ATLAS_FORCE_INLINE void add(PackedPortable a, PackedPortable b, PackedPortable c, PackedPortable d) {
    settle(sum + u64{a.v.raw} * b.v.raw + u64{c.v.raw} * d.v.raw);
  }
  ATLAS_FORCE_INLINE PackedPortable value() const { return PackedPortable(BabyBear::from_raw(BabyBear::reduce(sum))); }
};

template <unsigned D>
ATLAS_FORCE_INLINE void extension_mul(const PackedPortable* a, const PackedPortable* b, PackedPortable* out) {
  BabyBear x[D], y[D], z[D];
  for (unsigned i = 0; i < D; ++i) x[i] = a[i].v, y[i] = b[i].v;
  extension_mul<D>(x, y, z);
  for (unsigned i = 0; i < D; ++i) out[i].v = z[i];
}

}  // namespace atlas::field
