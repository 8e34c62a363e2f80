#pragma once
// Uninitialised, cache-line aligned words. Large buffers ask for huge pages (a codeword matrix walks 2^21 rows at a
// stride) and are kept for the next one of their size: the kernel clears every page it hands out, which would cost more
// than a sumcheck's arithmetic on it.
#include <cstddef>
#include <memory>

#include <base/types.hpp>

namespace atlas::stark {

class WordBuffer {
 public:
  WordBuffer() = default;
  explicit WordBuffer(std::size_t words) : data_(allocate(words), Free(words)), size_(words) {}

  u32* data() { return data_.get(); }
  const u32* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

  /// Gives what is kept for reuse back to the system.
  static void release_kept();

 private:
  struct Free {
    std::size_t words;
    Free() : words(0) {}
    explicit Free(std::size_t count) : words(count) {}
    void operator()(u32* p) const { release(p, words); }
  };
  static u32* allocate(std::size_t words);
  static void release(u32* p, std::size_t words);

  std::unique_ptr<u32, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace atlas::stark
