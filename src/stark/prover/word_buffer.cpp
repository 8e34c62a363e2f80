#include <cstdlib>
#include <map>
#include <mutex>
#include <new>
#include <set>

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

/// Large buffers, cut from chunks that are kept: a chunk that one phase needed whole serves the next in pieces. Free
/// neighbours in a chunk become one again.
class Pool {
 public:
  /// The smallest free piece that holds `bytes`, a multiple of kHugePage; else a new chunk.
  void* take(std::size_t bytes) {
    const std::lock_guard lock(mutex_);
    const auto found = free_.lower_bound({bytes, nullptr});
    if (found == free_.end()) {
      auto* const chunk = static_cast<std::byte*>(std::aligned_alloc(kHugePage, bytes));
      if (chunk == nullptr) throw std::bad_alloc();
      ::madvise(chunk, bytes, MADV_HUGEPAGE);  // advice: refusal costs only time
      pieces_[chunk] = {bytes, chunk, false};
      return chunk;
    }
    std::byte* const p = found->second;
    free_.erase(found);
    Piece& piece = pieces_[p];
    piece.is_free = false;
    kept_ -= bytes;
    if (piece.bytes != bytes) {
      std::byte* const rest = p + bytes;
      pieces_[rest] = {piece.bytes - bytes, piece.chunk, true};
      free_.insert({piece.bytes - bytes, rest});
      piece.bytes = bytes;
    }
    return p;
  }
  void keep(void* p) {
    const std::lock_guard lock(mutex_);
    auto at = pieces_.find(static_cast<std::byte*>(p));
    kept_ += at->second.bytes;
    if (const auto next = std::next(at); next != pieces_.end() && is_free_in(next->second, at->second.chunk)) {
      free_.erase({next->second.bytes, next->first});
      at->second.bytes += next->second.bytes;
      pieces_.erase(next);
    }
    if (at != pieces_.begin() && is_free_in(std::prev(at)->second, at->second.chunk)) {
      const auto before = std::prev(at);
      free_.erase({before->second.bytes, before->first});
      before->second.bytes += at->second.bytes;
      pieces_.erase(at);
      at = before;
    }
    at->second.is_free = true;
    free_.insert({at->second.bytes, at->first});
    if (kept_ > kMaxKept) release(at);
  }
  void clear() {
    const std::lock_guard lock(mutex_);
    for (auto at = pieces_.begin(); at != pieces_.end();) at = release(at);
  }
  ~Pool() { clear(); }

 private:
  struct Piece {
    std::size_t bytes = 0;
    std::byte* chunk = nullptr;  ///< where its chunk begins
    bool is_free = false;
  };
  using Pieces = std::map<std::byte*, Piece>;

  static bool is_free_in(const Piece& piece, const std::byte* chunk) { return piece.is_free && piece.chunk == chunk; }
  /// Gives a chunk back if the piece is all of it. The piece after it.
  Pieces::iterator release(Pieces::iterator at) {
    const auto next = std::next(at);
    const bool is_whole = at->second.is_free && at->first == at->second.chunk &&
                          (next == pieces_.end() || next->second.chunk != at->second.chunk);
    if (!is_whole) return next;
    kept_ -= at->second.bytes;
    free_.erase({at->second.bytes, at->first});
    std::free(at->first);
    pieces_.erase(at);
    return next;
  }

  std::mutex mutex_;
  Pieces pieces_;                                      // of all chunks
  std::set<std::pair<std::size_t, std::byte*>> free_;  // by size
  std::size_t kept_ = 0;                               // bytes of free pieces
};

Pool& pool() {
  static Pool kPool;
  return kPool;
}

}  // namespace

std::pair<u32*, std::size_t> WordBuffer::allocate(std::size_t words) {
  const std::size_t bytes = rounded(words * sizeof(u32));
  if (bytes == 0) return {nullptr, 0};
  if (bytes >= kHugePage) return {static_cast<u32*>(pool().take(bytes)), bytes};
  void* const p = std::aligned_alloc(alignment_of(bytes), bytes);
  if (p == nullptr) throw std::bad_alloc();
  return {static_cast<u32*>(p), bytes};
}

void WordBuffer::Free::operator()(u32* p) const {
  if (bytes >= kHugePage) {
    pool().keep(p);
  } else {
    std::free(p);
  }
}

void WordBuffer::release_kept() {
  pool().clear();
}

}  // namespace atlas::stark
