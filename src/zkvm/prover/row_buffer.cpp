#include <cstring>
#include <utility>

#include <zkvm/prover/row_buffer.hpp>

namespace atlas::zkvm {

void RowBuffer::begin_block() {
  if (rows_ != 0) return flush(kBlockRows);
  table_ = stark::TraceTable(height_, width_);
  block_ = std::make_unique_for_overwrite<u32[]>(std::size_t{width_} * kStride);
}

void RowBuffer::flush(u32 count) {
  for (u32 i = 0; i < width_; ++i) {
    std::memcpy(table_.column(i) + (rows_ - count), block_.get() + std::size_t{i} * kStride, count * sizeof(u32));
  }
}

stark::TraceTable RowBuffer::take() {
  if (rows_ == 0 || rows_ > height_) return {};
  flush((rows_ - 1) % kBlockRows + 1);
  for (u32 i = 0; i < width_; ++i) std::memset(table_.column(i) + rows_, 0, (height_ - rows_) * sizeof(u32));
  block_.reset();
  return std::exchange(table_, {});
}

}  // namespace atlas::zkvm
