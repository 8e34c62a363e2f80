#pragma once
// A node's batches as a process beside the node sees them: reads its folder, changes nothing.
#include <filesystem>
#include <optional>

#include <batch/batch_folder.hpp>

namespace atlas::prover {

class BatchReader {
 public:
  /// `data`: the node's data directory. Throws storage::StorageError if it has no batches.
  explicit BatchReader(const std::filesystem::path& data);

  /// The newest batch; 0: only genesis. Throws storage::StorageError.
  u64 latest() const;
  /// nullopt: no such batch (yet), or its record is being written.
  std::optional<batch::BatchRecord> record(u64 number) const;
  /// What `atlas execute --hint` takes; nullopt if the node made none or keeps it no longer. Throws
  /// storage::StorageError if it is not what the record says.
  std::optional<Bytes> witness(const batch::BatchRecord& record) const;
  /// The public input of the batch's proof; nullopt as long as the node does not know the batch's output.
  std::optional<Hash256> public_input(u64 number) const;

 private:
  storage::File open_records() const;

  batch::BatchFolder folder_;
};

}  // namespace atlas::prover
