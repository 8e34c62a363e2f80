#include <new>
#include <stdexcept>

#include <sys/mman.h>

#include <zkvm/executor/memory.hpp>

namespace atlas::zkvm {

Reservation::Reservation(u64 bytes) : size_(bytes) {
  void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) throw std::bad_alloc();
  data_ = static_cast<u8*>(p);
}
Reservation::~Reservation() {
  if (data_ != nullptr) munmap(data_, size_);
}

GuestMemory::GuestMemory(const Program& program, u64 limit)
    : begin_(program.memory_begin), size_(std::min(program.memory_size, limit) & ~u64{3}), storage_(size_ + 4096) {
  for (const ImageSegment& segment : program.image) {
    if (segment.words.empty()) continue;
    const auto count = static_cast<u32>(segment.words.size());
    if (!holds(segment.begin, count)) {
      throw std::invalid_argument("the memory limit of " + std::to_string(limit) +
                                  " bytes does not reach the program's data at " + hex32(segment.begin) + "; raise it");
    }
    std::memcpy(word(word_of(segment.begin)), segment.words.data(), segment.words.size() * 4);
  }
}

std::string GuestMemory::text(u32 address, u32 size) const {
  const u64 from = static_cast<u32>(address - begin_);
  if (from >= size_) return {};
  return {reinterpret_cast<const char*>(data()) + from, static_cast<std::size_t>(std::min<u64>(size, size_ - from))};
}

}  // namespace atlas::zkvm
