#pragma once
// Uninitialised, cache-line aligned words; large ones ask for huge pages (a codeword matrix walks 2^21 rows at a
// stride).
#include <cstdlib>
#include <memory>
#include <new>
#include <span>

#include <sys/mman.h>

#include <base/types.hpp>

namespace atlas::stark {

class WordBuffer {
 public:
  WordBuffer() = default;
  explicit WordBuffer(std::size_t words) : size_(words) {
    constexpr std::size_t kHugePage = std::size_t{2} << 20;
    const std::size_t bytes = words * sizeof(u32);
    const std::size_t alignment = bytes >= kHugePage ? kHugePage : 64;
    const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
    if (rounded == 0) return;
    data_.reset(static_cast<u32*>(std::aligned_alloc(alignment, rounded)));
    if (!data_) throw std::bad_alloc();
    if (alignment == kHugePage) ::madvise(data_.get(), rounded, MADV_HUGEPAGE);  // advice: refusal costs only time
  }

  u32* data() { return data_.get(); }
  const u32* data() const { return data_.get(); }
  std::size_t size() const { return size_; }

 private:
  struct Free {
    void operator()(u32* p) const { std::free(p); }
  };
  std::unique_ptr<u32, Free> data_;
  std::size_t size_ = 0;
};

}  // namespace atlas::stark
