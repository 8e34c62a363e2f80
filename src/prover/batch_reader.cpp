#include <prover/batch_reader.hpp>

#include <stf/batch_output.hpp>

namespace atlas::prover {

using storage::File;

BatchReader::BatchReader(const std::filesystem::path& data) : folder_(data / "batches") {
  open_records();
}

File BatchReader::open_records() const {
  return File::open(folder_.records(), File::Mode::kRead);
}

u64 BatchReader::latest() const {
  const u64 records = open_records().size() / batch::kRecordBytes;
  return records == 0 ? 0 : records - 1;
}

std::optional<batch::BatchRecord> BatchReader::record(u64 number) const {
  return batch::BatchFolder::read_record(open_records(), number);
}

std::optional<Bytes> BatchReader::witness(const batch::BatchRecord& record) const {
  return folder_.read(batch::kWitness, record);
}

std::optional<Hash256> BatchReader::public_input(u64 number) const {
  if (number == 0) return std::nullopt;
  const auto before = record(number - 1), after = record(number);
  if (!before || !after || after->output_hash == Hash256{}) return std::nullopt;
  return stf::public_input(tree::state_commitment(before->state), tree::state_commitment(after->state),
                           std::span(&after->output_hash, 1));
}

}  // namespace atlas::prover
