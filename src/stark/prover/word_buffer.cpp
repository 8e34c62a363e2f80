#include <cstdlib>
#include <map>
#include <mutex>
#include <new>

#include <sys/mman.h>

#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kMaxKept = std::size_t{6} << 30;  // bytes

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
  /// The smallest kept buffer of at least `bytes` that is not much larger; `bytes` becomes its size.
  void* take(std::size_t& bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = free_.lower_bound(bytes);
    if (found == free_.end() || found->first / 3 * 2 > bytes) return nullptr;
    void* const p = found->second;
    bytes = found->first;
    kept_ -= bytes;
    free_.erase(found);
    return p;
  }
  void keep(void* p, std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    kept_ += bytes;
    free_.emplace(bytes, p);
    while (kept_ > kMaxKept) {  // the smallest ones: they are the cheapest to clear again
      kept_ -= free_.begin()->first;
      std::free(free_.begin()->second);
      free_.erase(free_.begin());
    }
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    for (const auto& [bytes, p] : free_) std::free(p);
    free_.clear();
    kept_ = 0;
  }
  ~Pool() { clear(); }

 private:
  std::mutex mutex_;
  std::multimap<std::size_t, void*> free_;
  std::size_t kept_ = 0;
};

Pool& pool() {
  static Pool kPool;
  return kPool;
}

}  // namespace

std::pair<u32*, std::size_t> WordBuffer::allocate(std::size_t words) {
  std::size_t bytes = rounded(words * sizeof(u32));
  if (bytes == 0) return {nullptr, 0};
  const bool is_large = bytes >= kHugePage;
  if (is_large) {
    if (void* p = pool().take(bytes)) return {static_cast<u32*>(p), bytes};
  }
  void* const p = std::aligned_alloc(alignment_of(bytes), bytes);
  if (p == nullptr) throw std::bad_alloc();
  if (is_large) ::madvise(p, bytes, MADV_HUGEPAGE);  // advice: refusal costs only time
  return {static_cast<u32*>(p), bytes};
}

void WordBuffer::Free::operator()(u32* p) const {
  if (bytes >= kHugePage) {
    pool().keep(p, bytes);
  } else {
    std::free(p);
  }
}

void WordBuffer::release_kept() {
  pool().clear();
}

}  // namespace atlas::stark
