#pragma once
#include <stark/prover/vector/linear_impl.hpp>
#include <stark/prover/vector/sumcheck_kernels.hpp>

namespace atlas::stark {

template <class P, class W>
struct SumcheckKernelsOf {
  using L = LinearKernelsOf<P>;
  using X = typename L::X;

  ATLAS_FORCE_INLINE static void load_pairs(const u32* in, std::size_t stride, std::size_t i, X& even, X& odd) {
    for (unsigned k = 0; k < kExtensionDegree; ++k) {
      const u32* at = in + k * stride + 2 * i;
      P::deinterleave(P::load(at), P::load(at + P::kLanes), even.c[k], odd.c[k]);
    }
  }

  static void fold(const u32* in, std::size_t in_stride, u32* out, std::size_t out_stride, std::size_t n,
                   const Ext& r) {
    const X factor = L::broadcast(r);
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X even, odd;
      load_pairs(in, in_stride, i, even, odd);
      L::store(even + factor * (odd - even), out, out_stride, i);
    }
  }

  static void skip_fold(const u32* values, std::size_t n, const Ext* low, u32* out, std::size_t stride) {
    for (std::size_t i = 0; i < n; i += 16) {
      u32 lanes[kSkip * 16];
      static constexpr u32 kZeros[kSkip] = {};
      for (unsigned half = 0; half < kSkip; half += 16) {
        const u32* source[16];
        for (unsigned l = 0; l < 16; ++l) source[l] = (i + l < n ? values + (i + l) * kSkip : kZeros) + half;
        W::transpose(source, lanes + half * 16);
      }
      for (unsigned part = 0; part < 16 && i + part < n; part += P::kLanes) {
        X sum = X::zero();
        for (unsigned t = 0; t < kSkip; ++t) sum += L::broadcast(low[t]) * P::load(lanes + 16 * t + part);
        L::store(sum, out, stride, i + part);
      }
    }
  }

  static void bus_combine(const u32* p, const u32* q, std::size_t in_stride, u32* p_out, u32* q_out,
                          std::size_t out_stride, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X p0, p1, q0, q1;
      load_pairs(p, in_stride, i, p0, p1);
      load_pairs(q, in_stride, i, q0, q1);
      L::store(p0 * q1 + p1 * q0, p_out, out_stride, i);
      L::store(q0 * q1, q_out, out_stride, i);
    }
  }

  static void bus_split(const u32* p, const u32* q, std::size_t in_stride, const Ext& lambda, u32* const out[4],
                        std::size_t out_stride, std::size_t n) {
    const X factor = L::broadcast(lambda);
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X p0, p1, q0, q1;
      load_pairs(p, in_stride, i, p0, p1);
      load_pairs(q, in_stride, i, q0, q1);
      L::store(p0, out[0], out_stride, i);
      L::store(q0, out[1], out_stride, i);
      L::store(q1, out[2], out_stride, i);
      L::store(p1 + factor * q1, out[3], out_stride, i);
    }
  }

  static void bus_round(const u32* const arrays[4], std::size_t stride, const u32* weights, std::size_t weight_stride,
                        std::size_t n, Ext out[2]) {
    X at_zero = X::zero(), square = X::zero();
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X even[4], odd[4];
      for (unsigned k = 0; k < 4; ++k) load_pairs(arrays[k], stride, i, even[k], odd[k]);
      const X w = L::load(weights, weight_stride, i);
      at_zero += w * (even[0] * even[2] + even[1] * even[3]);
      for (unsigned k = 0; k < 4; ++k) odd[k] -= even[k];
      square += w * (odd[0] * odd[2] + odd[1] * odd[3]);
    }
    out[0] = L::sum_lanes(at_zero);
    out[1] = L::sum_lanes(square);
  }

  static void product_round(const u32* a, std::size_t a_stride, const u32* b, std::size_t b_stride, std::size_t n,
                            Ext out[2]) {
    X at_zero = X::zero(), square = X::zero();
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X a0, a1, b0, b1;
      load_pairs(a, a_stride, i, a0, a1);
      load_pairs(b, b_stride, i, b0, b1);
      at_zero += a0 * b0;
      square += (a1 - a0) * (b1 - b0);
    }
    out[0] = L::sum_lanes(at_zero);
    out[1] = L::sum_lanes(square);
  }

  static Ext difference_dot(const u32* a, std::size_t stride, const u32* weights, std::size_t weight_stride,
                            std::size_t n) {
    X sum = X::zero();
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X even, odd;
      load_pairs(a, stride, i, even, odd);
      sum += L::load(weights, weight_stride, i) * (odd - even);
    }
    return L::sum_lanes(sum);
  }

  static constexpr SumcheckKernels kTable{fold,      skip_fold,     bus_combine,   bus_split,
                                          bus_round, product_round, difference_dot};
};

}  // namespace atlas::stark
