#include <batch/batch_folder.hpp>

#include <crypto/keccak.hpp>
#include <storage/crc32c.hpp>

namespace atlas::batch {

namespace fs = std::filesystem;
using storage::File;
using storage::StorageError;
using storage::StorageErrorKind;

fs::path BatchFolder::files_of(BatchFileKind kind) const {
  return path_ / (kind == kPubdata ? "pubdata" : "witness");
}

fs::path BatchFolder::file_of(BatchFileKind kind, u64 number) const {
  return files_of(kind) / ("batch-" + std::to_string(number) + ".bin");
}

std::optional<BatchRecord> BatchFolder::read_record(const File& records, u64 number) {
  if (records.size() < (number + 1) * kRecordBytes) return std::nullopt;
  EncodedRecord bytes;
  records.read_at(number * kRecordBytes, std::span(bytes.data(), kRecordBytes));
  const auto record = decode_record(bytes.view());
  return record && record->number == number ? record : std::nullopt;
}

std::optional<Bytes> BatchFolder::read(BatchFileKind kind, const BatchRecord& record) const {
  const fs::path path = file_of(kind, record.number);
  if (!fs::exists(path)) return std::nullopt;
  const File file = File::open(path, File::Mode::kRead);
  Bytes bytes(file.size());
  file.read_at(0, bytes);
  const bool good = kind == kPubdata
                        ? bytes.size() == record.pubdata_bytes && crypto::keccak256(bytes) == record.pubdata_hash
                        : bytes.size() == record.witness_bytes && storage::crc32c(bytes) == record.witness_crc;
  if (!good) {
    throw StorageError(StorageErrorKind::kCorrupt, path, "is damaged: it is not what the batch's record says",
                       kind == kPubdata ? "Restore it from a backup or from L1" : "Restore it from a backup");
  }
  return bytes;
}

}  // namespace atlas::batch
