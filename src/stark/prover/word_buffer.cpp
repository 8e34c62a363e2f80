#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <vector>

#include <sys/mman.h>

#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kMaxKept = std::size_t{1} << 30;  // bytes

std::size_t alignment_of(std::size_t bytes) {
  return bytes >= kHugePage ? kHugePage : 64;
}
std::size_t rounded(std::size_t bytes) {
  const std::size_t alignment = alignment_of(bytes);
  return (bytes + alignment - 1) / alignment * alignment;
}

/// Large buffers that nobody uses, by size.
class Pool {
 public:
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = free_.find(bytes);
    if (found == free_.end() || found->second.empty()) return nullptr;
    void* const p = found->second.back();
    found->second.pop_back();
    kept_ -= bytes;
    return p;
  }
  bool keep(void* p, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    if (kept_ + bytes > kMaxKept) return false;
    free_[bytes].push_back(p);
    kept_ += bytes;
    return true;
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    for (auto& [bytes, list] : free_) {
      for (void* p : list) std::free(p);
    }
    free_.clear();
    kept_ = 0;
  }
  ~Pool() { clear(); }

 private:
  std::mutex mutex_;
  std::map<std::size_t, std::vector<void*>> free_;
  std::size_t kept_ = 0;
};

Pool& pool() {
  static Pool kPool;
  return kPool;
}

}  // namespace

u32* WordBuffer::allocate(std::size_t words) {
  const std::size_t bytes = rounded(words * sizeof(u32));
  if (bytes == 0) return nullptr;
  const bool is_large = bytes >= kHugePage;
  if (is_large) {
    if (void* p = pool().take(bytes)) return static_cast<u32*>(p);
  }
  void* const p = std::aligned_alloc(alignment_of(bytes), bytes);
  if (p == nullptr) throw std::bad_alloc();
  if (is_large) ::madvise(p, bytes, MADV_HUGEPAGE);  // advice: refusal costs only time
  return static_cast<u32*>(p);
}

void WordBuffer::release(u32* p, std::size_t words) {
  const std::size_t bytes = rounded(words * sizeof(u32));
  if (bytes >= kHugePage && pool().keep(p, bytes)) return;
  std::free(p);
}

void WordBuffer::release_kept() {
  pool().clear();
}

}  // namespace atlas::stark
