#pragma once
// How a folder of batches is laid out and read: by the node that writes it (BatchFiles), and by processes beside it
// (prover::BatchReader).
//
//   records              a record of 512 bytes a batch, batch 0 (genesis) first
//   pubdata/batch-N.bin  pubdata of batch N (docs/pubdata.md)
//   witness/batch-N.bin  what the guest takes as its hint to prove batch N (docs/batches.md, "Witness")
#include <filesystem>
#include <optional>

#include <batch/record.hpp>

#include <storage/file.hpp>

namespace atlas::batch {

enum BatchFileKind : unsigned { kPubdata, kWitness, kBatchFileKinds };

/// Throws storage::StorageError.
class BatchFolder {
 public:
  explicit BatchFolder(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path records() const { return path_ / "records"; }
  std::filesystem::path files_of(BatchFileKind kind) const;
  std::filesystem::path file_of(BatchFileKind kind, u64 number) const;

  /// nullopt: not there, or torn.
  static std::optional<BatchRecord> read_record(const storage::File& records, u64 number);
  /// The batch's file of the kind, checked against its record; nullopt if there is none.
  std::optional<Bytes> read(BatchFileKind kind, const BatchRecord& record) const;

 private:
  std::filesystem::path path_;
};

}  // namespace atlas::batch
