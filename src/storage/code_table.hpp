#pragma once
#include <array>
#include <atomic>
#include <mutex>
#include <shared_mutex>

#include <storage/flat_table.hpp>
#include <storage/shared_spin_lock.hpp>
#include <storage/state_keys.hpp>

namespace atlas::storage {

/// Contract codes by index and by hash. Only grows, and codes never move: views hand out their bytes. One writer;
/// lookups by index take no lock.
class CodeTable {
 public:
  struct Code {
    Hash256 hash;
    Bytes bytes;
  };

  explicit CodeTable(const HashSeed& seed);
  ~CodeTable();
  CodeTable(const CodeTable&) = delete;
  CodeTable& operator=(const CodeTable&) = delete;

  /// Index of the code, added if new. Writer only.
  u32 add(const Hash256& hash, ByteView bytes);
  /// `index` came from add() or index_of(); 0 is the empty code.
  const Code& at(u32 index) const;
  /// Index of a hash; 0 for the empty code's hash, nullopt if unknown.
  std::optional<u32> index_of(const Hash256& hash) const;
  /// Codes are 0 … size() − 1.
  u32 size() const { return size_.load(std::memory_order_acquire); }
  u64 memory_bytes() const { return bytes_.load(std::memory_order_relaxed); }

 private:
  // Chunk k holds 2^(k + kFirstChunkLog2) codes, so 24 chunks cover every u32 index.
  static constexpr u32 kFirstChunkLog2 = 8;
  static constexpr u32 kChunks = 33 - kFirstChunkLog2;
  static std::pair<u32, u32> position(u32 index);

  HashHasher hasher_;
  mutable SharedSpinLock lock_;  // over by_hash_
  FlatTable<Hash256, u32, HashHasher> by_hash_;
  std::array<std::atomic<Code*>, kChunks> chunks_{};
  std::atomic<u32> size_{0};
  std::atomic<u64> bytes_{0};
};

}  // namespace atlas::storage
