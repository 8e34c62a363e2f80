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
  SegmentRows() {
    for_each_chip(AllChips{}, [&]<class Chip>(std::type_identity<Chip>) {
      buffers_.emplace_back(static_cast<u32>(sizeof(RowOf<Chip>) / sizeof(u32)));
    });
  }

  /// Cells are canonical.
  template <class Chip>
  void append(const RowOf<Chip>& row) {
    buffers_[kIndexOf<Chip>].append(reinterpret_cast<const u32*>(&row));
  }
  u32 count(std::size_t chip) const { return buffers_[chip].rows(); }
  /// A table of `height` ≥ count() rows, the surplus zero. Empties the chip's rows.
  stark::TraceTable take(std::size_t chip, u32 height) { return buffers_[chip].take(height); }

 private:
  std::vector<RowBuffer> buffers_;  // [chip]
};

}  // namespace atlas::zkvm
