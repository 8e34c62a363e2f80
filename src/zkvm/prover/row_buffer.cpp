#include <cstring>

#include <stark/prover/parallel.hpp>
#include <zkvm/prover/row_buffer.hpp>

namespace atlas::zkvm {

stark::TraceTable RowBuffer::take(u32 height) {
  stark::TraceTable out(height, width_);
  tbb::parallel_for(u32{0}, width_, [&](u32 i) {
    u32* const column = out.column(i);
    for (std::size_t block = 0; block < blocks_.size(); ++block) {
      const std::size_t first = block * kBlockRows;
      const std::size_t count = std::min<std::size_t>(kBlockRows, rows_ - first);
      std::memcpy(column + first, blocks_[block].get() + std::size_t{i} * kStride, count * sizeof(u32));
    }
    std::memset(column + rows_, 0, (height - rows_) * sizeof(u32));
  });
  blocks_.clear();
  rows_ = 0;
  return out;
}

}  // namespace atlas::zkvm
