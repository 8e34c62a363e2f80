#pragma once
// An array that grows at the end and whose elements never move. Chunks are large and ask for large pages: a walk down
// the tree is a chain of random reads, of which each would else miss the TLB too.
#include <bit>
#include <cstdlib>
#include <memory>
#include <new>
#include <type_traits>
#include <vector>

#include <sys/mman.h>

#include <base/types.hpp>

namespace atlas::tree {

template <class T>
class ChunkedArray {
  static_assert(std::is_trivially_destructible_v<T>);

 public:
  std::size_t size() const { return size_; }
  T& operator[](std::size_t i) { return chunks_[i / kPerChunk].get()[i % kPerChunk]; }
  const T& operator[](std::size_t i) const { return chunks_[i / kPerChunk].get()[i % kPerChunk]; }
  /// A new element at the end, default-made.
  T& push() {
    if (size_ == chunks_.size() * kPerChunk) add_chunk();
    T& element = (*this)[size_++];
    return *::new (static_cast<void*>(&element)) T;
  }
  void clear() {
    chunks_.clear();
    size_ = 0;
  }
  std::size_t bytes() const { return chunks_.size() * kChunkBytes; }

 private:
  static constexpr std::size_t kChunkBytes = std::size_t{1} << 21;
  static constexpr std::size_t kPerChunk = std::bit_floor(kChunkBytes / sizeof(T));

  struct Free {
    void operator()(T* chunk) const { std::free(chunk); }
  };
  void add_chunk() {
    void* memory = std::aligned_alloc(kChunkBytes, kChunkBytes);
    if (memory == nullptr) throw std::bad_alloc();
    // Only a hint: where it is refused, pages are small.
    if (size_ > 0) (void)::madvise(memory, kChunkBytes, MADV_HUGEPAGE);
    chunks_.emplace_back(static_cast<T*>(memory));
  }

  std::vector<std::unique_ptr<T, Free>> chunks_;
  std::size_t size_ = 0;
};

}  // namespace atlas::tree
