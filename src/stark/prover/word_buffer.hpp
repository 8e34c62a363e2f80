#pragma once
// Uninitialised, cache-line aligned words. Large buffers ask for huge pages (a codeword matrix walks 2^21 rows at a
// stride) and are kept for the next ones, whole or in pieces: the kernel clears every page it hands out, which would
// cost more than a sumcheck's arithmetic on it.
#include <cstddef>
#include <memory>

#include <base/types.hpp>

namespace atlas::stark {

class WordBuffer {
 public:
  WordBuffer() = default;
  explicit WordBuffer(std::size_t words) : size_(words) {
    const auto [p, bytes] = allocate(words);
    data_ = std::unique_ptr<u32, Free>(p, Free(bytes));
  }

  u32* data() { return data_.get(); }
  const u32* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

  /// Gives what is kept for reuse back to the system.
  static void release_kept();

 private:
  struct Free {
    std::size_t bytes;
    Free() : bytes(0) {}
    explicit Free(std::size_t size) : bytes(size) {}
    void operator()(u32* p) const;
  };
  static std::pair<u32*, std::size_t> allocate(std::size_t words);

  std::unique_ptr<u32, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace atlas::stark
