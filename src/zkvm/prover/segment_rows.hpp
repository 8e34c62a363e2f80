#pragma once
// A segment's rows by chip: counted in the first pass, which cuts segments by them, written in the second.
#include <array>

#include <zkvm/machine/chips.hpp>
#include <zkvm/prover/row_buffer.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm {

struct RowCounts {
  std::array<u64, kChips> of_chip{};

  template <class Chip>
  void add(u64 rows) {
    of_chip[kIndexOf<Chip>] += rows;
  }
};

class SegmentRows {
 public:
  /// `heights`: [chip] of the tables to be; none: rows are only counted.
  explicit SegmentRows(std::span<const u32> heights) {
    for_each_chip(AllChips{}, [&]<class Chip>(std::type_identity<Chip>) {
      buffers_.emplace_back(static_cast<u32>(sizeof(RowOf<Chip>) / sizeof(u32)),
                            heights.empty() ? 0 : heights[kIndexOf<Chip>]);
    });
  }

  /// Cells are canonical.
  template <class Chip>
  void append(const RowOf<Chip>& row) {
    buffers_[kIndexOf<Chip>].append(reinterpret_cast<const u32*>(&row));
  }
  u32 count(std::size_t chip) const { return buffers_[chip].rows(); }
  /// The chip's table, its surplus rows zero; none if there were no rows, or more than the table's.
  stark::TraceTable take(std::size_t chip) { return buffers_[chip].take(); }

 private:
  std::vector<RowBuffer> buffers_;  // [chip]
};

}  // namespace atlas::zkvm
