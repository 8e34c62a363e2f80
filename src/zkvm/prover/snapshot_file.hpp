#pragma once
// Snapshots on disk, a file each, in words as word_file.hpp has them. File K holds the words touched after segment
// K − 2^z, z being the zeros that K ends in (as in a Fenwick tree). So a snapshot is read from as many files as its
// number has ones, and the words that one segment touched are in one file a power of two at most: disk takes what was
// touched, however widely, times the logarithm of the number of segments.
//
//   magic, version, input (8: whose execution it is), number, state (pc, cycle 2, registers 32, hint position 2,
//   committed, output 8), segments of registers 32 | runs of neighbouring words: first word, count, count times value
//   and last segment
#include <zkvm/executor/snapshot.hpp>
#include <zkvm/prover/word_file.hpp>

namespace atlas::zkvm {

std::filesystem::path snapshot_path(const std::filesystem::path& folder, u32 number);

/// Nothing is written for number 0, the machine before its first instruction. `input`: what execution it is. Throws
/// std::system_error.
void write_snapshot(const std::filesystem::path& folder, u32 number, const Hash256& input, const Snapshot& snapshot);

/// Any bytes in the folder give a snapshot that restore() can take, or a JobError. `memory_words` and `hint_words` are
/// those of the execution.
Snapshot read_snapshot(const std::filesystem::path& folder, u32 number, const Hash256& input, u32 memory_words,
                       u64 hint_words);

}  // namespace atlas::zkvm
