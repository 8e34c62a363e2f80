#pragma once
#include <memory>
#include <vector>

#include <stark/prover/stacked_tree.hpp>

namespace atlas::zkvm {

/// Rows of a chip while nobody knows yet how many there will be. They are kept column by column in blocks, in the form
/// of a trace table.
class RowBuffer {
 public:
  explicit RowBuffer(u32 width) : width_(width) {}

  /// `cells`: canonical.
  void append(const u32* cells) {
    const u32 at = rows_ % kBlockRows;
    if (at == 0) blocks_.push_back(std::make_unique_for_overwrite<u32[]>(std::size_t{width_} * kStride));
    u32* out = blocks_.back().get() + at;
    for (u32 i = 0; i < width_; ++i, out += kStride) *out = stark::BabyBear(cells[i]).raw;
    ++rows_;
  }
  u32 rows() const { return rows_; }
  u32 width() const { return width_; }

  /// A table of `height` ≥ rows() rows, the surplus zero. Empties the buffer.
  stark::TraceTable take(u32 height);

 private:
  static constexpr u32 kBlockRows = 512;
  static constexpr u32 kStride = kBlockRows + 16;  ///< columns of a block do not share cache sets
  u32 width_;
  u32 rows_ = 0;
  std::vector<std::unique_ptr<u32[]>> blocks_;
};

}  // namespace atlas::zkvm
