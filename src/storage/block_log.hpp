#pragma once
// The append-only log of sealed blocks: the node's one source of truth, in segment files blocks-N.log where N is the
// first block inside.
//
//   segment = header ‖ record …, zeros up to the preallocated end
//   header  = magic 8 ‖ version u32 ‖ salt u64 ‖ chain id u64 ‖ genesis hash 32 ‖ first block u64 ‖ CRC-32C u32
//   record  = magic u32 ‖ kind u8 ‖ 0 ‖ 0 ‖ 0 ‖ block number u64 ‖ durable number u64 ‖ payload length u32 ‖
//             payload CRC-32C u32 ‖ CRC-32C of the bytes before and the salt u32 ‖ payload
//
// "Durable number" is the highest block known to be on disk when the record was written. It tells a torn tail, which
// was never acknowledged and is cut off, from damage to acknowledged blocks, which is refused: a broken record whose
// number is at or below the durable number of any later record was acknowledged. A clean close writes a mark, a record
// without payload, so that damage to the very last block is told apart too. The salt is random, so that no user's call
// data can pass for a record.
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include <base/ensure.hpp>
#include <storage/file.hpp>

namespace atlas::storage {

/// What must agree between a data directory and the program that opens it.
struct ChainIdentity {
  u64 chain_id = 0;
  Hash256 genesis_hash;
  friend bool operator==(const ChainIdentity&, const ChainIdentity&) = default;
};

/// One thread appends; any thread reads blocks that were synced.
class BlockLog {
 public:
  struct Options {
    u64 segment_bytes = u64{64} << 20;
    u64 preallocate_bytes = u64{8} << 20;
    bool sync = true;
  };
  struct Recovery {
    u64 bytes_cut = 0;  ///< of a torn tail, kept in `cut_file`
    std::filesystem::path cut_file;
  };

  /// Opens or creates the log. `first_block` is where an empty log starts; payloads from `verify_from` on are checked
  /// whole, older ones when read. `known_durable`: a block that others know to have been durable. Throws StorageError,
  /// kCorrupt with file and offset, without changing anything, if acknowledged blocks are damaged.
  BlockLog(std::filesystem::path directory, ChainIdentity identity, Options options, u64 first_block, u64 verify_from,
           u64 known_durable);
  /// Marks the end as clean if nothing failed.
  ~BlockLog();
  BlockLog(const BlockLog&) = delete;
  BlockLog& operator=(const BlockLog&) = delete;

  const Recovery& recovery() const { return recovery_; }

  // ---- Appending thread.

  /// Writes the record of the next block; durable only after sync(). After a StorageError nothing more is accepted.
  void append(u64 number, ByteView payload);
  /// Makes every appended block durable.
  void sync();
  /// Removes every block above `number`, which must be at least first() − 1. No other thread may read meanwhile.
  void rewind(u64 number);
  /// Removes whole segments that hold only blocks below `number`; the newest block always stays.
  void prune_below(u64 number);

  // ---- Any thread.

  u64 first() const;  ///< oldest block that is still here; last() + 1 if there is none
  u64 last() const;   ///< newest synced block
  u64 bytes() const;
  /// The payload of a block, checked; nullopt if it is not (or no longer) here.
  std::optional<Bytes> read(u64 number) const;
  /// Length of all payloads from block `number` on.
  u64 bytes_from(u64 number) const;

 private:
  struct Segment {
    std::shared_ptr<File> file;
    u64 first = 0;
    u64 salt = 0;
    std::vector<u64> offsets;  ///< of the records of first, first + 1, …
    u64 end = 0;               ///< where the next record goes
    u64 next() const { return first + offsets.size(); }
  };

  void open_segments(u64 first_block, u64 verify_from, u64 known_durable);
  /// Reads the header; nullopt if it is broken.
  std::optional<Segment> read_segment_header(const std::filesystem::path& path) const;
  /// Walks the records of a segment; the last one may end in a torn record, which is cut.
  void scan(Segment& segment, bool is_last, u64 verify_from, u64 known_durable);
  void cut(Segment& segment, u64 offset, ByteView tail);
  void start_segment(u64 first);
  void write_record(Segment& segment, u8 kind, u64 number, ByteView payload);
  const Segment* segment_of(u64 number) const;

  std::filesystem::path directory_;
  ChainIdentity identity_;
  Options options_;
  Recovery recovery_;
  mutable std::mutex mutex_;  // over segments_ and synced_ as readers see them
  std::vector<Segment> segments_;
  u64 next_ = 0;         // number of the next block; appending thread
  u64 synced_ = 0;       // last durable block
  u64 reserved_ = 0;     // preallocated size of the last segment
  bool marked_ = false;  // the log ends with a mark
  bool failed_ = false;
};

}  // namespace atlas::storage
