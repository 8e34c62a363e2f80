#pragma once
// Snapshots on disk, a file each. A file holds the pages that its segment changed, and a table that says where every
// page lies: here or in the file of an earlier segment. So disk takes what was touched, and reading one snapshot takes
// the pages that there are.
//
//   words: kSnapshotMagic, version, pages here, 0 | the pages: 1,024 values, 1,024 segments each
//          | input (8: whose execution it is), number, state (pc, cycle 2, registers 32, hint position 2, committed,
//            output 8), segments of registers 32, count | each page: its number, file, position, BLAKE3 (first 2 words)
//          | BLAKE3 of all but the pages (8)
#include <zkvm/executor/snapshot.hpp>
#include <zkvm/prover/word_file.hpp>

namespace atlas::zkvm {

/// Where a page of a snapshot lies.
struct PagePlace {
  u32 file = 0, position = 0;
  std::array<u32, 2> check{};
};

std::filesystem::path snapshot_path(const std::filesystem::path& folder, u32 number);

/// Writes the snapshots of one execution in order.
class SnapshotWriter {
 public:
  /// `input`: what execution it is.
  SnapshotWriter(std::filesystem::path folder, const Hash256& input) : folder_(std::move(folder)), input_(input) {}
  /// Nothing is written for number 0, the machine before its first instruction. Throws std::system_error.
  void write(u32 number, const Snapshot& snapshot);

 private:
  std::filesystem::path folder_;
  Hash256 input_;
  Snapshot before_;
  std::map<u32, PagePlace> places_;
};

/// Any bytes in the folder give a snapshot that restore() can take, or a JobError. `memory_words` and `hint_words` are
/// those of the execution.
Snapshot read_snapshot(const std::filesystem::path& folder, u32 number, const Hash256& input, u32 memory_words,
                       u64 hint_words);

}  // namespace atlas::zkvm
