#pragma once
// What the prover runs over a chip's rows: eval() under packed builders, for each instruction set. A machine makes its
// tables by including prover/chip_kernels_impl.hpp in three files NAME_portable.cpp, NAME_avx2.cpp, NAME_avx512.cpp.
#include <stark/air/folding_builder.hpp>
#include <stark/prover/vector/kernels.hpp>

namespace atlas::stark {

/// Values of the first constraint message: on H, then on two cosets of it (see constraint_prover.cpp).
inline constexpr unsigned kSkipCosets = 3;
inline constexpr unsigned kSkipPoints = kSkipCosets * kSkip;
/// Points X at which the later messages are evaluated: 0, 2, 3 (the value at 1 follows from the claim).
inline constexpr unsigned kRoundPoints = 3;

/// Where message j's fractions go: numerators of the base field, denominators in planes. Null: nowhere.
struct LeafTarget {
  u32* numerator = nullptr;
  u32* denominator = nullptr;
  std::size_t stride = 0;
  Ext start;  ///< α − β_0·tag: the denominator before its fields
};

struct ChipKernels {
  /// Fractions of rows [first, first + count), count a multiple of 16, to the targets' places 0 … count − 1; columns[i]
  /// is column i of the chip.
  void (*leaves)(const u32* const* columns, std::size_t first, std::size_t count, const BusChallenge* challenges,
                 const LeafTarget* targets);
  /// Blocks [first, first + count) of 32 rows: sums[point] += Σ weight[block]·fold(columns at the point), without
  /// linear messages. The weights' planes hold zeros up to a multiple of 16. `scratch`: 2·width·512 words, 64-byte
  /// aligned.
  void (*skip)(const u32* const* columns, std::size_t first, std::size_t count, const u32* weights,
               std::size_t weight_stride, const FoldWeights& fold, u32* scratch, Ext* sums);
  /// Pairs [first, first + count) of folded columns (planes of one stride): out[k] = Σ weight·fold at X = 0, 2, 3.
  void (*round)(const u32* const* columns, std::size_t stride, std::size_t first, std::size_t count, const u32* weights,
                std::size_t weight_stride, const FoldWeights& fold, Ext* out);
  /// The linear messages' part of the fold, which skip() and round() leave out.
  Ext (*linear)(const Ext* row, const FoldWeights& fold);
  bool has_only_linear;  ///< skip() and round() have nothing to do
};

/// A machine's tables: chips[isa][chip].
struct MachineKernels {
  std::span<const ChipKernels> of_isa[field::kIsaCount];
  const ChipKernels& of(Isa isa, std::size_t chip) const { return of_isa[static_cast<unsigned>(isa)][chip]; }
};

}  // namespace atlas::stark
