#pragma once
// The machine's memory: one flat reservation, so that a load is a bounds check and a move.
#include <span>

#include <zkvm/isa/program.hpp>

namespace atlas::zkvm {

/// A zero-filled reservation of address space; pages cost memory once touched. Moves, never copies.
class Reservation {
 public:
  Reservation() = default;
  /// Throws std::bad_alloc if the system refuses.
  explicit Reservation(u64 bytes);
  Reservation(Reservation&& other) noexcept : data_(other.data_), size_(other.size_) { other.data_ = nullptr; }
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(size_, other.size_);
    return *this;
  }
  ~Reservation();
  u8* data() const { return data_; }

 private:
  u8* data_ = nullptr;
  u64 size_ = 0;
};

/// The window of a program (Program::memory_begin), addressed by its offset: offset = address − begin mod 2^32. All
/// accesses are of aligned words or parts of one.
class GuestMemory {
 public:
  /// `limit` bounds the window for programs that nobody trusts; accesses beyond it fault.
  /// Throws std::invalid_argument if the limit does not cover the program's image.
  GuestMemory(const Program& program, u64 limit);

  u32 begin() const { return begin_; }
  u64 size() const { return size_; }  ///< bytes, a multiple of 4
  u32 words() const { return static_cast<u32>(size_ / 4); }
  u8* data() const { return storage_.data(); }

  /// Word number of an address in the window, or a number that is ≥ words() if it is misaligned or outside: the
  /// rotation moves the low bits of a misaligned offset to the top.
  u32 word_of(u32 address) const { return rotated(address - begin_); }
  static u32 rotated(u32 offset) { return offset >> 2 | offset << 30; }
  u32 address_of(u32 word) const { return begin_ + 4 * word; }
  u32* word(u32 number) const { return reinterpret_cast<u32*>(storage_.data()) + number; }

  /// Whether [address, address + 4·count) is aligned and inside; count < 2^30.
  bool holds(u32 address, u32 count) const {
    const u32 first = word_of(address);
    return first < words() && count <= words() - first;
  }
  /// Copies up to `size` bytes of any alignment for people to read; stops at the window's end.
  std::string text(u32 address, u32 size) const;

 private:
  u32 begin_;
  u64 size_;
  Reservation storage_;
};

}  // namespace atlas::zkvm
