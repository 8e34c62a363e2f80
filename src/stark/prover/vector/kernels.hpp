#pragma once
// The prover's inner loops: one template over a packed type (the *_impl.hpp files), one translation unit and one table
// for each instruction set, chosen at run time. All tables give the same words.
#include <field/packed/vector_kernels.hpp>
#include <stark/config.hpp>
#include <stark/merkle/merkle.hpp>

namespace atlas::stark {

using field::Isa;

inline constexpr unsigned kHashLanes = 16;  ///< rows whose digests are made side by side

/// A row is 16 words; "rows" below counts them.
struct HashKernels {
  /// Rows of one tile into running leaf digests: state[(row / 16)·128 + word·16 + row % 16]. `rows` is a multiple
  /// of 16.
  void (*absorb_rows)(const u32* rows, std::size_t count, u32* state);
  /// out[i] = hash_node(children[2i], children[2i + 1]).
  void (*hash_nodes)(const Digest* children, std::size_t count, Digest* out);
  /// The smallest nonce in [first, first + count) that Transcript::is_proof_of_work takes, or first + count.
  /// `count` is a multiple of 16.
  u64 (*grind)(const Digest& state, u64 first, u64 count, unsigned bits);
};

/// Tables of roots: twiddles[log][i] = w^i for the 2^log-th root w, i < 2^(log − 1); raw words.
struct NttKernels {
  /// In place, natural order in, bit-reversed order out: 2^log rows, log ≤ 12.
  void (*transform)(u32* rows, unsigned log, const u32* const* twiddles);
  /// row[i] *= factors[i].
  void (*scale_rows)(u32* rows, const u32* factors, std::size_t count);
  /// dst[16·i + c] = src[c][i] for i, c < 16.
  void (*transpose)(const u32* const* src, u32* dst);
};

/// Extension vectors are planes: coefficient k of element i at [k·stride + i]. Lengths are multiples of 16 unless said.
struct LinearKernels {
  /// sum[k·stride + i] += factor·values[i], i < n.
  void (*accumulate)(u32* sum, std::size_t stride, const u32* values, std::size_t n, const Ext& factor);
  /// out[t] = Σ_b weights[b]·values[32·b + t], t < 32, b < blocks.
  void (*weigh_blocks)(const u32* values, const u32* weights, std::size_t stride, std::size_t blocks, Ext* out);
  /// sum_i values[i]·weights[i].
  Ext (*dot)(const u32* values, const u32* weights, std::size_t stride, std::size_t n);
};

const HashKernels& hash_kernels(Isa isa);
const NttKernels& ntt_kernels(Isa isa);
const LinearKernels& linear_kernels(Isa isa);

}  // namespace atlas::stark
