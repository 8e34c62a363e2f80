#include <mutex>

#include <batch/batch_files.hpp>

#include <base/ensure.hpp>

namespace atlas::batch {
namespace {

namespace fs = std::filesystem;
using storage::File;
using storage::StorageError;
using storage::StorageErrorKind;

constexpr BatchFileKind kEachKind[] = {kPubdata, kWitness};

File open_records(const BatchFolder& folder) {
  for (const BatchFileKind kind : kEachKind) storage::make_directories(folder.files_of(kind));
  const fs::path file = folder.records();
  const bool exists = fs::exists(file);
  File opened = File::open(file, exists ? File::Mode::kReadWrite : File::Mode::kCreate);
  if (!exists) storage::sync_directory(file.parent_path());
  return opened;
}

}  // namespace

BatchFiles::BatchFiles(fs::path folder, const std::function<void(const std::string&)>& warn)
    : folder_(std::move(folder)), records_(open_records(folder_)) {
  const u64 bytes = records_.size();
  count_ = bytes / kRecordBytes;
  // Every record was synced before the next one, so only the last can be torn.
  const bool torn = count_ > 0 && !BatchFolder::read_record(records_, count_ - 1);
  if (torn) --count_;
  if (count_ * kRecordBytes != bytes) {
    warn("cut " + std::to_string(bytes - count_ * kRecordBytes) + " bytes of a torn record from " +
         records_.path().string() + ": batch " + std::to_string(count()) + " is made again");
    records_.truncate(count_ * kRecordBytes);
    records_.sync();
  }
  if (count_ > 0 && !BatchFolder::read_record(records_, count_ - 1))
    corrupt("holds a damaged record of batch " + std::to_string(count_ - 1));
  // Of a batch that a crash kept from its record.
  for (const BatchFileKind kind : kEachKind) storage::remove_file(folder_.file_of(kind, count_));
}

void BatchFiles::corrupt(const std::string& what) const {
  throw StorageError(StorageErrorKind::kCorrupt, records_.path(), what,
                     "Restore the folder from a backup, or remove it with the folder of the tree: both are made again "
                     "if the block log reaches back to block 1");
}

std::optional<BatchRecord> BatchFiles::record(u64 number) const {
  const std::shared_lock lock(mutex_);
  if (number >= count()) return std::nullopt;
  auto found = BatchFolder::read_record(records_, number);
  if (!found) corrupt("holds a damaged record of batch " + std::to_string(number));
  return found;
}

std::optional<BatchRecord> BatchFiles::batch_of(u64 block) const {
  const u64 end = count();
  u64 low = 0;
  u64 high = end;
  std::optional<BatchRecord> found;
  while (low < high) {
    const u64 middle = low + (high - low) / 2;
    auto here = record(middle);
    if (!here) return std::nullopt;  // taken back meanwhile
    if (here->last_block() < block) {
      low = middle + 1;
    } else {
      high = middle;
      found = std::move(here);
    }
  }
  return found;
}

fs::path BatchFiles::pubdata_file(u64 number) const {
  return folder_.file_of(kPubdata, number);
}
fs::path BatchFiles::witness_file(u64 number) const {
  return folder_.file_of(kWitness, number);
}

std::optional<Bytes> BatchFiles::read_file(BatchFileKind kind, u64 number) const {
  const std::shared_lock lock(mutex_);
  if (number == 0 || number >= count()) return std::nullopt;
  const auto record = BatchFolder::read_record(records_, number);
  if (!record) corrupt("holds a damaged record of batch " + std::to_string(number));
  return folder_.read(kind, *record);
}

std::optional<Bytes> BatchFiles::pubdata(u64 number) const {
  return read_file(kPubdata, number);
}
std::optional<Bytes> BatchFiles::witness(u64 number) const {
  return read_file(kWitness, number);
}

void BatchFiles::write_file(BatchFileKind kind, u64 number, ByteView bytes) {
  const fs::path file = folder_.file_of(kind, number);
  const fs::path temporary = folder_.files_of(kind).concat(".tmp");
  const File out = File::open(temporary, File::Mode::kReplace);
  out.write_at(0, bytes);
  out.sync();
  storage::rename_file(temporary, file);
  storage::sync_directory(file.parent_path());
}

void BatchFiles::add(const BatchRecord& record, ByteView pubdata, ByteView witness) {
  ENSURE(record.number == count(), "batches are added in order");
  if (!witness.empty()) write_file(kWitness, record.number, witness);
  if (record.number > 0) write_file(kPubdata, record.number, pubdata);
  records_.write_at(record.number * kRecordBytes, encode_record(record).view());
  records_.sync();
  count_.store(record.number + 1, std::memory_order_release);
}

void BatchFiles::truncate(u64 count) {
  const std::unique_lock lock(mutex_);
  ENSURE(count >= 1 && count <= count_, "batches are taken back down to genesis at most");
  const u64 end = count_;
  records_.truncate(count * kRecordBytes);
  records_.sync();
  count_.store(count, std::memory_order_release);
  for (const BatchFileKind kind : kEachKind) {
    for (u64 n = count; n < end; ++n) storage::remove_file(folder_.file_of(kind, n));
    first_[kind] = std::min(first_[kind], count);
  }
}

void BatchFiles::prune(BatchFileKind kind, u64 number) {
  u64& first = first_[kind];
  // After a start the oldest file is looked for once, downwards: what was pruned before is one range.
  if (first == 1 && number > 1) {
    first = number;
    while (first > 1 && fs::exists(folder_.file_of(kind, first - 1))) --first;
  }
  for (; first < number; ++first) storage::remove_file(folder_.file_of(kind, first));
}

}  // namespace atlas::batch
