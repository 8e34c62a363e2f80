#pragma once
#include <memory>

#include <stark/prover/stacked_tree.hpp>

namespace atlas::zkvm {

/// The rows of a chip on their way into a trace table. Some hundred at a time wait in a block, so that a table is
/// written a piece of a column at a time: columns of a table lie at large powers of two, where rows would fight for
/// cache sets.
class RowBuffer {
 public:
  /// The table will have `height` rows, and `width` columns; 0: rows are only counted.
  RowBuffer(u32 width, u32 height) : width_(width), height_(height) {}

  /// `cells`: canonical. Rows beyond the table's are only counted.
  void append(const u32* cells) {
    if (rows_ < height_) {
      const u32 at = rows_ % kBlockRows;
      if (at == 0) begin_block();
      u32* out = block_.get() + at;
      for (u32 i = 0; i < width_; ++i, out += kStride) *out = stark::BabyBear(cells[i]).raw;
    }
    ++rows_;
  }
  u32 rows() const { return rows_; }

  /// The table, its surplus rows zero; none if there were no rows, or more than it has.
  stark::TraceTable take();

 private:
  void begin_block();
  /// Puts the last `count` rows into the table.
  void flush(u32 count);

  static constexpr u32 kBlockRows = 512;
  static constexpr u32 kStride = kBlockRows + 16;  ///< columns of a block do not share cache sets
  u32 width_, height_;
  u32 rows_ = 0;
  std::unique_ptr<u32[]> block_;
  stark::TraceTable table_;
};

}  // namespace atlas::zkvm
