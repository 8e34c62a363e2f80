#pragma once
// A data directory as a saboteur sees it: finds records by the format that src/storage/block_log.hpp documents.
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include <base/bytes.hpp>

namespace atlas::crash {

namespace fs = std::filesystem;

struct RecordAt {
  fs::path file;
  u64 offset = 0;  ///< of the record's header
  u64 number = 0;
  u64 length = 0;  ///< of the payload
  u64 salt = 0;    ///< of the segment
};

/// Segment files in order.
std::vector<fs::path> segments(const fs::path& data);
/// Records of blocks in a segment, up to the first unsound magic.
std::vector<RecordAt> records(const fs::path& segment);
/// Newest first.
std::vector<fs::path> snapshots(const fs::path& data);
/// Pubdata are on their way to their file: the tree has the batch, the records do not.
bool batch_is_being_written(const fs::path& data);
bool snapshot_is_being_written(const fs::path& data);

/// A byte that was changed; undone on destruction unless kept.
class FlippedByte {
 public:
  FlippedByte(fs::path file, u64 offset);
  ~FlippedByte();
  FlippedByte(const FlippedByte&) = delete;
  FlippedByte& operator=(const FlippedByte&) = delete;
  void keep() { keep_ = true; }

 private:
  void flip() const;
  fs::path file_;
  u64 offset_;
  bool keep_ = false;
};

/// Writes what a crash in the middle of the next block's record leaves behind: part of its header, its header and part
/// of the payload, or sectors of anything. Says which.
std::string tear_tail(const fs::path& data, std::mt19937_64& random);
void write_bytes(const fs::path& file, u64 offset, ByteView bytes);
void copy_tree(const fs::path& from, const fs::path& to);

}  // namespace atlas::crash
