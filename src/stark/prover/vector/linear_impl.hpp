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
  static void weigh_blocks(const u32* values, const u32* weights, std::size_t stride, std::size_t blocks, Ext* out) {
    for (unsigned first = 0; first < kSkip; first += P::kLanes) {
      field::SumOfProducts<P> sums[kExtensionDegree];
      std::size_t b = 0;
      for (; b + 2 <= blocks; b += 2) {
        const P x = P::load(values + b * kSkip + first), y = P::load(values + (b + 1) * kSkip + first);
        for (unsigned k = 0; k < kExtensionDegree; ++k) {
          const u32* w = weights + k * stride + b;
          sums[k].add(x, P(BabyBear::from_raw(w[0])), y, P(BabyBear::from_raw(w[1])));
        }
      }
      for (; b < blocks; ++b) {
        const P x = P::load(values + b * kSkip + first);
        for (unsigned k = 0; k < kExtensionDegree; ++k) {
          sums[k].add(x, P(BabyBear::from_raw(weights[k * stride + b])));
        }
      }
      for (unsigned k = 0; k < kExtensionDegree; ++k) {
        u32 words[P::kLanes];
        sums[k].value().store(words);
        for (unsigned l = 0; l < P::kLanes; ++l) out[first + l].c[k] = BabyBear::from_raw(words[l]);
      }
    }
  }
  static Ext dot(const u32* values, const u32* weights, std::size_t stride, std::size_t n) {
    field::SumOfProducts<P> sums[kExtensionDegree];
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      const P v = P::load(values + i);
      for (unsigned k = 0; k < kExtensionDegree; ++k) sums[k].add(v, P::load(weights + k * stride + i));
    }
    X sum;
    for (unsigned k = 0; k < kExtensionDegree; ++k) sum.c[k] = sums[k].value();
    return sum_lanes(sum);
  }

  static constexpr LinearKernels kTable{accumulate, weigh_blocks, dot};
};

}  // namespace atlas::stark
