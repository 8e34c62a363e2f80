#pragma once
// A machine: its chips as the verifier sees them, in the order of the key, and what its public values mean.
#include <stark/air/claim_builder.hpp>

namespace atlas::stark {

/// Where a closed column is evaluated: the weights that stand for a row index. Bit i ≥ kSkipLog of the index has the
/// expectation high[i − kSkipLog]; the low bits are weighed together by low[index mod kSkip].
struct RowPoint {
  const Ext* low;
  const Ext* high;
  unsigned log;  ///< of the chip's height, at least kSkipLog

  /// Σ over rows of weight·(sum of coefficient_i·bit_i), for a linear form of index bits first … first + count − 1 with
  /// coefficients 1, 2, 4, …
  Ext bits(unsigned first, unsigned count) const {
    Ext sum = Ext::zero();
    for (unsigned i = 0; i < count && first + i < log; ++i) {
      Ext bit = Ext::zero();
      if (first + i < kSkipLog) {
        for (unsigned row = 0; row < kSkip; ++row) {
          if (row >> (first + i) & 1) bit += low[row];
        }
      } else {
        bit = high[first + i - kSkipLog];
      }
      sum += bit * BabyBear(u32{1} << i);
    }
    return sum;
  }
  Ext index() const { return bits(0, log); }
};

struct ChipDescription {
  const char* name = nullptr;
  ChipShape shape;
  u32 max_height = 0;    ///< rows; a taller chip is rejected
  u32 fixed_height = 0;  ///< tables: exactly this height, a power of two; 0 for other chips
  Ext (*fold)(const Ext* row, const FoldWeights& weights) = nullptr;
  /// Values of the closed columns at a point; null if there are none.
  void (*closed_columns)(const RowPoint& point, Ext* out) = nullptr;
};

template <class Chip>
constexpr ChipDescription describe(u32 max_height, u32 fixed_height = 0) {
  ChipDescription out;
  out.name = Chip::kName;
  out.shape = shape_of<Chip>();
  out.max_height = max_height;
  out.fixed_height = fixed_height;
  out.fold = [](const Ext* row, const FoldWeights& weights) {
    ClaimBuilder builder(row, weights);
    Chip::eval(builder);
    return builder.sum();
  };
  if constexpr (Chip::kClosedColumns != 0) {
    out.closed_columns = [](const RowPoint& point, Ext* columns) { Chip::closed_columns(point, columns); };
  }
  return out;
}

/// A message that the verifier itself puts on the local bus, from public values.
struct PublicMessage {
  const Tag* tag = nullptr;
  bool is_send = false;
  u32 fields[kMaxArity - 1]{};  ///< canonical, taken modulo p
};

struct Machine {
  const char* name = nullptr;
  std::span<const ChipDescription> chips;
  u32 public_values = 0;  ///< words a segment
  /// The public terms of a segment's local bus.
  std::vector<PublicMessage> (*public_messages)(const Machine& machine, std::span<const u32> public_values) = nullptr;
  /// Do the segments' public values, in order, make one execution?
  bool (*is_execution)(const Machine& machine, std::span<const std::vector<u32>> segments) = nullptr;
  /// What the functions above need to know of the program that the machine runs; part of the key's digest.
  std::span<const u32> constants;
};

}  // namespace atlas::stark
