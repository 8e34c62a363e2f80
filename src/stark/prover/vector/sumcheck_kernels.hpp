#pragma once
// Inner loops of the sumchecks. Vectors are planes (see LinearKernels); lengths are multiples of 16, or anything for
// the portable table. Pairs (2i, 2i + 1) are what the lowest variable tells apart.
#include <stark/prover/vector/kernels.hpp>

namespace atlas::stark {

struct SumcheckKernels {
  /// out[i] = in[2i] + r·(in[2i + 1] − in[2i]), i < n.
  void (*fold)(const u32* in, std::size_t in_stride, u32* out, std::size_t out_stride, std::size_t n, const Ext& r);
  /// out = Σ_t low[t]·values[32·i + t] for every i < n: folds the low five bits of a base-field column.
  void (*skip_fold)(const u32* values, std::size_t n, const Ext* low, u32* out, std::size_t stride);

  /// Fractions of neighbours added: p'[i] = p0·q1 + p1·q0, q'[i] = q0·q1.
  void (*bus_combine)(const u32* p, const u32* q, std::size_t in_stride, u32* p_out, u32* q_out, std::size_t out_stride,
                      std::size_t n);
  /// The first round straight from a layer's fractions: element i is the fractions 2i (p0, q0) and 2i + 1 (p1, q1), s1
  /// = p1 + λ·q1. Of p0·q1 + q0·s1 on n pairs of elements, weighed: sums of the value at 0 and of the coefficient of
  /// X^2.
  void (*children_round)(const u32* p, const u32* q, std::size_t stride, const Ext& lambda, const u32* weights,
                         std::size_t weight_stride, std::size_t n, Ext out[2]);
  /// Those n pairs folded by r: p0, q0, q1, s1.
  void (*children_fold)(const u32* p, const u32* q, std::size_t stride, const Ext& lambda, const Ext& r,
                        u32* const out[4], std::size_t out_stride, std::size_t n);
  /// The same three of leaves, whose numerators are one plane of the base field.
  void (*leaf_combine)(const u32* numerators, const u32* q, std::size_t stride, u32* p_out, u32* q_out,
                       std::size_t out_stride, std::size_t n);
  void (*leaf_round)(const u32* numerators, const u32* q, std::size_t stride, const Ext& lambda, const u32* weights,
                     std::size_t weight_stride, std::size_t n, Ext out[2]);
  void (*leaf_fold)(const u32* numerators, const u32* q, std::size_t stride, const Ext& lambda, const Ext& r,
                    u32* const out[4], std::size_t out_stride, std::size_t n);
  /// Of (p0·q1 + q0·s1) on n pairs, weighed: the sums of the value at 0 and of the coefficient of X^2.
  void (*bus_round)(const u32* const arrays[4], std::size_t stride, const u32* weights, std::size_t weight_stride,
                    std::size_t n, Ext out[2]);
  /// Of a·b on n pairs: the sums of the value at 0 and of the coefficient of X^2.
  void (*product_round)(const u32* a, std::size_t a_stride, const u32* b, std::size_t b_stride, std::size_t n,
                        Ext out[2]);
  /// Σ weights[i]·a[2i].
  Ext (*even_dot)(const u32* a, std::size_t stride, const u32* weights, std::size_t weight_stride, std::size_t n);
  /// Σ weights[i]·(a[2i + 1] − a[2i]).
  Ext (*difference_dot)(const u32* a, std::size_t stride, const u32* weights, std::size_t weight_stride, std::size_t n);
};

const SumcheckKernels& sumcheck_kernels(Isa isa);
/// The table for a length: the portable one where vectors do not fit.
inline const SumcheckKernels& sumcheck_kernels(Isa isa, std::size_t n) {
  return sumcheck_kernels(n % 16 == 0 ? isa : Isa::kPortable);
}

}  // namespace atlas::stark
