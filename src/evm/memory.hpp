#pragma once
// Byte buffers that a frame keeps from one use to the next, so that running a contract allocates nothing in steady
// state.
#include <algorithm>
#include <cstring>
#include <memory>

#include <base/bytes.hpp>

namespace atlas::evm {

/// A byte buffer that keeps its storage and does not initialise what it grows by.
class Buffer {
 public:
  u8* data() { return data_.get(); }
  const u8* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::size_t capacity() const { return capacity_; }
  ByteView view() const { return {data_.get(), size_}; }
  void clear() { size_ = 0; }
  void assign(ByteView bytes) {
    if (bytes.size() > capacity_) reallocate(bytes.size(), 0);
    if (!bytes.empty()) std::memcpy(data_.get(), bytes.data(), bytes.size());
    size_ = bytes.size();
  }
  /// Gives the storage back.
  void release() {
    data_.reset();
    size_ = capacity_ = 0;
  }

 protected:
  static constexpr std::size_t kFirstCapacity = 1024;

  /// Room for at least `wanted` bytes, of which the first `keep` are carried over; doubles, so that growth is linear.
  void reallocate(std::size_t wanted, std::size_t keep) {
    const std::size_t capacity = std::max({wanted, capacity_ * 2, kFirstCapacity});
    std::unique_ptr<u8[]> fresh(new u8[capacity]);
    if (keep != 0) std::memcpy(fresh.get(), data_.get(), keep);
    data_ = std::move(fresh);
    capacity_ = capacity;
  }

  std::unique_ptr<u8[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

/// A frame's memory: zero until written, grown in words. Its price is the caller's business (`expand_memory`).
class Memory : public Buffer {
 public:
  /// `new_size` is a multiple of 32 and above size().
  void grow(std::size_t new_size) {
    if (new_size > capacity_) reallocate(new_size, size_);
    std::memset(data_.get() + size_, 0, new_size - size_);
    size_ = new_size;
  }
};

}  // namespace atlas::evm
