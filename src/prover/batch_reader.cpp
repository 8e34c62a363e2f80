#include <prover/batch_reader.hpp>

#include <stf/batch_output.hpp>
#include <storage/crc32c.hpp>
#include <storage/file.hpp>

namespace atlas::prover {

using storage::File;
using storage::StorageError;
using storage::StorageErrorKind;

BatchReader::BatchReader(const std::filesystem::path& data) : folder_(data / "batches") {
  File::open(folder_ / "records", File::Mode::kRead);
}

u64 BatchReader::latest() const {
  const u64 records = File::open(folder_ / "records", File::Mode::kRead).size() / batch::kRecordBytes;
  return records == 0 ? 0 : records - 1;
}

std::optional<batch::BatchRecord> BatchReader::record(u64 number) const {
  const File file = File::open(folder_ / "records", File::Mode::kRead);
  if (file.size() < (number + 1) * batch::kRecordBytes) return std::nullopt;
  batch::EncodedRecord bytes;
  file.read_at(number * batch::kRecordBytes, std::span(bytes.data(), batch::kRecordBytes));
  const auto found = batch::decode_record(bytes.view());
  return found && found->number == number ? found : std::nullopt;
}

std::optional<Bytes> BatchReader::witness(const batch::BatchRecord& record) const {
  const std::filesystem::path path = folder_ / "witness" / ("batch-" + std::to_string(record.number) + ".bin");
  if (record.witness_bytes == 0 || !std::filesystem::exists(path)) return std::nullopt;
  const File file = File::open(path, File::Mode::kRead);
  Bytes bytes(file.size());
  file.read_at(0, bytes);
  if (bytes.size() != record.witness_bytes || storage::crc32c(bytes) != record.witness_crc) {
    throw StorageError(StorageErrorKind::kCorrupt, path, "is damaged: it is not what the batch's record says",
                       "Restore it from a backup");
  }
  return bytes;
}

std::optional<Hash256> BatchReader::public_input(u64 number) const {
  if (number == 0) return std::nullopt;
  const auto before = record(number - 1), after = record(number);
  if (!before || !after || after->output_hash == Hash256{}) return std::nullopt;
  return stf::public_input(tree::state_commitment(before->state), tree::state_commitment(after->state),
                           std::span(&after->output_hash, 1));
}

}  // namespace atlas::prover
