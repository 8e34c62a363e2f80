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
        field::SumOfProducts<P> sums[kExtensionDegree];
        for (unsigned t = 0; t < kSkip; t += 2) {
          const P a = P::load(lanes + 16 * t + part), b = P::load(lanes + 16 * (t + 1) + part);
          for (unsigned k = 0; k < kExtensionDegree; ++k) sums[k].add(P(low[t].c[k]), a, P(low[t + 1].c[k]), b);
        }
        X sum;
        for (unsigned k = 0; k < kExtensionDegree; ++k) sum.c[k] = sums[k].value();
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

  /// Lane i of out[k] is word 4i + k.
  ATLAS_FORCE_INLINE static void load_quads(const u32* at, P (&out)[4]) {
    P even[2], odd[2];
    for (unsigned h = 0; h < 2; ++h) {
      const u32* from = at + 2 * h * P::kLanes;
      P::deinterleave(P::load(from), P::load(from + P::kLanes), even[h], odd[h]);
    }
    P::deinterleave(even[0], even[1], out[0], out[2]);
    P::deinterleave(odd[0], odd[1], out[1], out[3]);
  }
  ATLAS_FORCE_INLINE static void load_quads(const u32* in, std::size_t stride, std::size_t i, X (&out)[4]) {
    for (unsigned k = 0; k < kExtensionDegree; ++k) {
      P quad[4];
      load_quads(in + k * stride + 4 * i, quad);
      for (unsigned h = 0; h < 4; ++h) out[h].c[k] = quad[h];
    }
  }

  // Numerators N: lanes of the base field at the leaves, of the extension above.
  template <class N>
  ATLAS_FORCE_INLINE static void load_numerators(const u32* in, std::size_t stride, std::size_t i, N (&out)[4]) {
    if constexpr (std::is_same_v<N, P>) {
      load_quads(in + 4 * i, out);
    } else {
      load_quads(in, stride, i, out);
    }
  }
  template <class N>
  ATLAS_FORCE_INLINE static void first_round(const u32* p, const u32* q, std::size_t stride, const Ext& lambda,
                                             const u32* weights, std::size_t weight_stride, std::size_t n, Ext out[2]) {
    const X factor = L::broadcast(lambda);
    X at_zero = X::zero(), square = X::zero();
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      N a[4];
      X b[4];
      load_numerators(p, stride, i, a);
      load_quads(q, stride, i, b);
      const X w = L::load(weights, weight_stride, i);
      const X s = factor * b[1] + a[1];
      at_zero += w * (b[1] * a[0] + b[0] * s);
      const X difference = b[3] - b[1];
      square += w * (difference * (a[2] - a[0]) + (b[2] - b[0]) * (factor * difference + (a[3] - a[1])));
    }
    out[0] = L::sum_lanes(at_zero);
    out[1] = L::sum_lanes(square);
  }
  template <class N>
  ATLAS_FORCE_INLINE static void first_fold(const u32* p, const u32* q, std::size_t stride, const Ext& lambda,
                                            const Ext& r, u32* const out[4], std::size_t out_stride, std::size_t n) {
    const X factor = L::broadcast(lambda), side = L::broadcast(r);
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      N a[4];
      X b[4];
      load_numerators(p, stride, i, a);
      load_quads(q, stride, i, b);
      L::store(side * (a[2] - a[0]) + a[0], out[0], out_stride, i);
      L::store(b[0] + side * (b[2] - b[0]), out[1], out_stride, i);
      const X q1 = b[1] + side * (b[3] - b[1]);
      L::store(q1, out[2], out_stride, i);
      L::store(side * (a[3] - a[1]) + a[1] + factor * q1, out[3], out_stride, i);
    }
  }
  static void children_round(const u32* p, const u32* q, std::size_t stride, const Ext& lambda, const u32* weights,
                             std::size_t weight_stride, std::size_t n, Ext out[2]) {
    first_round<X>(p, q, stride, lambda, weights, weight_stride, n, out);
  }
  static void children_fold(const u32* p, const u32* q, std::size_t stride, const Ext& lambda, const Ext& r,
                            u32* const out[4], std::size_t out_stride, std::size_t n) {
    first_fold<X>(p, q, stride, lambda, r, out, out_stride, n);
  }
  static void leaf_combine(const u32* numerators, const u32* q, std::size_t stride, u32* p_out, u32* q_out,
                           std::size_t out_stride, std::size_t n) {
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      P p0, p1;
      X q0, q1;
      P::deinterleave(P::load(numerators + 2 * i), P::load(numerators + 2 * i + P::kLanes), p0, p1);
      load_pairs(q, stride, i, q0, q1);
      L::store(q1 * p0 + q0 * p1, p_out, out_stride, i);
      L::store(q0 * q1, q_out, out_stride, i);
    }
  }
  static void leaf_round(const u32* numerators, const u32* q, std::size_t stride, const Ext& lambda, const u32* weights,
                         std::size_t weight_stride, std::size_t n, Ext out[2]) {
    first_round<P>(numerators, q, stride, lambda, weights, weight_stride, n, out);
  }
  static void leaf_fold(const u32* numerators, const u32* q, std::size_t stride, const Ext& lambda, const Ext& r,
                        u32* const out[4], std::size_t out_stride, std::size_t n) {
    first_fold<P>(numerators, q, stride, lambda, r, out, out_stride, n);
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

  static Ext even_dot(const u32* a, std::size_t stride, const u32* weights, std::size_t weight_stride, std::size_t n) {
    X sum = X::zero();
    for (std::size_t i = 0; i < n; i += P::kLanes) {
      X even, odd;
      load_pairs(a, stride, i, even, odd);
      sum += L::load(weights, weight_stride, i) * even;
    }
    return L::sum_lanes(sum);
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

  static constexpr SumcheckKernels kTable{fold,          skip_fold,     bus_combine, children_round,
                                          children_fold, leaf_combine,  leaf_round,  leaf_fold,
                                          bus_round,     product_round, even_dot,    difference_dot};
};

}  // namespace atlas::stark
