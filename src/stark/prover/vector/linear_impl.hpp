#pragma once
// Base-field vectors times extension scalars and weights.
#include <stark/prover/vector/kernels.hpp>

namespace atlas::stark {

template <class P>
struct LinearKernelsOf {
  using X = field::Extension<P, kExtensionDegree>;

  ATLAS_FORCE_INLINE static X broadcast(const Ext& value) {
    X out;
    for (unsigned k = 0; k < kExtensionDegree; ++k) out.c[k] = P(value.c[k]);
    return out;
  }
  ATLAS_FORCE_INLINE static X load(const u32* planes, std::size_t stride, std::size_t i) {
    X out;
    for (unsigned k = 0; k < kExtensionDegree; ++k) out.c[k] = P::load(planes + k * stride + i);
    return out;
  }
  ATLAS_FORCE_INLINE static void store(const X& value, u32* planes, std::size_t stride, std::size_t i) {
    for (unsigned k = 0; k < kExtensionDegree; ++k) value.c[k].store(planes + k * stride + i);
  }
  /// The sum of the lanes.
  ATLAS_FORCE_INLINE static Ext sum_lanes(const X& value) {
    Ext out;
    for (unsigned k = 0; k < kExtensionDegree; ++k) {
      u32 words[P::kLanes];
      value.c[k].store(words);
      for (unsigned l = 0; l < P::kLanes; ++l) out.c[k] += BabyBear::from_raw(words[l]);
    }
    return out;
  }

  static void accumulate(u32* sum, std::size_t stride, const u32* values, std::size_t n, const Ext& factor) {
    const X f = broadcast(factor);
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      const P v = P::load(values + i);
      store(load(sum, stride, i) + f * v, sum, stride, i);
    }
  }
  static Ext dot(const u32* values, const u32* weights, std::size_t stride, std::size_t n) {
    X sum;
    for (auto& c : sum.c) c = P(BabyBear::zero());
    for (std::size_t i = 0; i < n; i += P::kLanes) sum += load(weights, stride, i) * P::load(values + i);
    return sum_lanes(sum);
  }

  static constexpr LinearKernels kTable{accumulate, dot};
};

}  // namespace atlas::stark
