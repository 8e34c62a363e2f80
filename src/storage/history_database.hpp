#pragma once
// The RocksDB handle of History and the form of its keys; private to history*.cpp.
#include <array>
#include <atomic>
#include <mutex>

#include <rocksdb/compaction_filter.h>
#include <rocksdb/db.h>

#include <storage/byte_io.hpp>
#include <storage/history.hpp>

namespace atlas::storage {

inline constexpr u32 kGroupSize = 64;  ///< transactions a group
inline constexpr u32 kLogKinds = 5;    ///< address, topics 0 to 3
inline constexpr u8 kTakesPart = 5;    ///< posting kinds beyond those of logs
inline constexpr u8 kCreated = 6;

inline rocksdb::Slice slice(ByteView v) {
  return {reinterpret_cast<const char*>(v.data()), v.size()};
}
inline ByteView bytes_of(const rocksdb::Slice& s) {
  return {reinterpret_cast<const u8*>(s.data()), s.size()};
}

template <std::size_t N>
void put_big_endian(u8* out, u64 v) {
  for (std::size_t i = 0; i < N; ++i) out[i] = static_cast<u8>(v >> (8 * (N - 1 - i)));
}
template <std::size_t N>
u64 get_big_endian(const u8* in) {
  u64 v = 0;
  for (std::size_t i = 0; i < N; ++i) v = v << 8 | in[i];
  return v;
}

using BlockKey = FixedBytes<8>;
using GroupKey = FixedBytes<10>;
using PostingKey = FixedBytes<19>;
using PostingPrefix = FixedBytes<9>;

inline BlockKey block_key(u64 block) {
  BlockKey key;
  put_big_endian<8>(key.data(), block);
  return key;
}
inline GroupKey group_key(u64 block, u32 group) {
  GroupKey key;
  put_big_endian<8>(key.data(), block);
  put_big_endian<2>(key.data() + 8, group);
  return key;
}
PostingPrefix posting_prefix(u8 kind, ByteView value);
inline PostingKey posting_key(const PostingPrefix& prefix, u64 block, u32 group) {
  PostingKey key;
  std::memcpy(key.data(), prefix.data(), 9);
  const GroupKey position = group_key(block, group);
  std::memcpy(key.data() + 9, position.data(), 10);
  return key;
}

/// Drops, while files are compacted, what belongs to blocks that have been forgotten: entries of `hashes` (the block
/// stands in the value) and of `logs` (in the key).
class ForgottenBlocks final : public rocksdb::CompactionFilter {
 public:
  enum class Where : u8 { kValue, kKey };
  ForgottenBlocks(Where where, const std::atomic<u64>& first) : where_(where), first_(first) {}
  const char* Name() const override { return "atlas.ForgottenBlocks"; }
  bool Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const override;

 private:
  Where where_;
  const std::atomic<u64>& first_;
};

struct History::Database {
  enum Family { kMeta, kHeaders, kBodies, kHashes, kLogs, kFamilies };

  std::filesystem::path directory;
  std::atomic<u64> first{1};  ///< oldest block that is kept
  const ForgottenBlocks forgotten_hashes{ForgottenBlocks::Where::kValue, first};
  const ForgottenBlocks forgotten_postings{ForgottenBlocks::Where::kKey, first};
  std::unique_ptr<rocksdb::DB> db;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilies> family{};
  std::atomic<u64> last{0};
  u64 first_indexed = 1;  ///< first block with postings of kinds kTakesPart and kCreated

  Database(std::filesystem::path path, const ChainIdentity& identity);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  /// Runs what writes, one at a time, and nothing more once a write has failed: librocksdb as Debian builds it aborts
  /// the process when a log that failed is written or synced again.
  template <class Run>
  void write(Run&& run) {
    const std::lock_guard lock(write_mutex);
    if (failed) throw *failed;
    try {
      run();
    } catch (const StorageError& error) {
      failed = error;
      throw;
    }
  }
  std::mutex write_mutex;  ///< over `failed`
  std::optional<StorageError> failed;

  /// Throws StorageError unless ok; not found is false.
  bool check(const rocksdb::Status& status, const char* operation) const;
  /// A value that cannot be decoded.
  StorageError corrupt(const std::string& what) const;
  bool get(Family from, ByteView key, rocksdb::PinnableSlice& value) const;
  std::unique_ptr<rocksdb::Iterator> iterator(Family over, const rocksdb::ReadOptions& options = {}) const;
};

/// A decoded group of a block's body.
struct BodyGroup {
  u32 first_log_index = 0;
  ByteView entries;
};
BodyGroup read_group(ByteView value);

}  // namespace atlas::storage
