#pragma once
// Where things lie, computed from key and heights alone and so the same for prover and verifier: columns in stacked
// columns, messages among the leaves of a bus.
#include <base/result.hpp>
#include <stark/verifier/key.hpp>

namespace atlas::stark {

/// Trees in the order in which their columns are batched.
enum class TreeId : u8 { kFixed, kBoundary, kMain };
inline constexpr unsigned kTreeCount = 3;

struct PlacedColumn {
  u32 chip;
  u32 column;  ///< among the chip's committed columns
  u64 offset;  ///< of its first cell: stacked column offset >> stack_log, cell offset mod 2^stack_log
};

struct TreeLayout {
  std::vector<PlacedColumn> columns;  ///< by falling height, ties in key order
  u32 tiles = 0;
  u32 width() const { return tiles * kTileColumns; }
};

struct BusLayout {
  /// first[chip]: leaf index of the chip's first message on this bus; message j of it lies j·2^n_c further.
  std::vector<u64> first;
  u64 leaves = 0;
};

struct Layout {
  std::vector<u32> heights;
  std::vector<u32> row_logs;  ///< n_c = max(kSkipLog, ⌈log2 h_c⌉); of an absent chip 0
  TreeLayout trees[kTreeCount];
  u32 width = 0;  ///< stacked columns over all trees
  BusLayout buses[kBusCount];
  u32 bus_log = 0;  ///< variables of both buses' leaves
  u32 max_row_log = 0;
  std::vector<u32> constraint_offset;  ///< exponent of λ before the chip's first constraint (which has one more)
  u32 constraint_count = 0;
  std::vector<u32> claim_offset;  ///< index of the chip's first column claim
  u32 claim_count = 0;

  bool is_live(std::size_t chip) const { return heights[chip] != 0; }
};

/// Checks heights against the key, then the caps on messages and cells.
Result<Layout, VerifyError> make_layout(const Machine& machine, const Parameters& parameters,
                                        std::span<const u32> heights);

/// Which tree the chip's committed column lies in.
TreeId tree_of(const ChipShape& shape, u32 column);

/// ⌈log2 x⌉, x ≥ 1.
constexpr u32 log2_ceil(u64 x) {
  u32 log = 0;
  while (u64{1} << log < x) ++log;
  return log;
}

}  // namespace atlas::stark
