#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <tree/leaf_database.hpp>

namespace atlas::tree {
namespace {

constexpr const char* kFamilyNames[LeafDatabase::kFamilies] = {"default", "leaves", "indices", "versions", "undo"};
constexpr const char* kFormatKey = "format";
constexpr const char* kFormat = "1";
constexpr std::size_t kLeafValueSize = 8 + 32;
constexpr std::size_t kBlockBytes = 4096;
constexpr std::size_t kBlockCacheBytes = std::size_t{32} << 20;
constexpr std::size_t kMemtableBytes = std::size_t{16}
                                       << 20;  // inserting into one that outgrows the caches costs double
constexpr u8 kMade = 0;
constexpr u8 kChanged = 1;

rocksdb::Slice slice(ByteView v) {
  return {reinterpret_cast<const char*>(v.data()), v.size()};
}
ByteView bytes_of(const rocksdb::Slice& s) {
  return {reinterpret_cast<const u8*>(s.data()), s.size()};
}
FixedBytes<8> number_key(u64 v) {
  FixedBytes<8> key;
  for (unsigned i = 0; i < 8; ++i) key[i] = static_cast<u8>(v >> (8 * (7 - i)));
  return key;
}
u64 number_of(ByteView in) {
  u64 v = 0;
  for (unsigned i = 0; i < 8; ++i) v = v << 8 | in[i];
  return v;
}
FixedBytes<kLeafValueSize> leaf_value(u64 index, const Digest& value) {
  FixedBytes<kLeafValueSize> out;
  std::memcpy(out.data(), number_key(index).data(), 8);
  std::memcpy(out.data() + 8, value.word, 32);
  return out;
}

rocksdb::ColumnFamilyOptions family_options(bool leaves) {
  rocksdb::ColumnFamilyOptions options;
  rocksdb::BlockBasedTableOptions table;
  table.block_size = kBlockBytes;
  table.block_cache = rocksdb::NewLRUCache(leaves ? kBlockCacheBytes : kBlockCacheBytes / 8);
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  options.compression = rocksdb::kNoCompression;  // keys and most values are hashes
  options.write_buffer_size = kMemtableBytes;
  return options;
}

}  // namespace

LeafDatabase::LeafDatabase(std::filesystem::path directory) : directory_(std::move(directory)) {
  rocksdb::Options options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (unsigned f = 0; f < kFamilies; ++f) families.emplace_back(kFamilyNames[f], family_options(f == kLeaves));
  std::error_code ignored;
  std::filesystem::create_directories(directory_, ignored);  // RocksDB reports it if this failed
  rocksdb::DB* db = nullptr;
  check(rocksdb::DB::Open(options, directory_.string(), families, &family_, &db), "open");
  db_.reset(db);
  std::string format;
  if (!get(kMeta, as_bytes(kFormatKey), format)) {
    check(db_->Put({}, family_[kMeta], kFormatKey, kFormat), "write the format");
  } else if (format != kFormat) {
    throw TreeError(directory_, "has format " + format + ", this program reads " + kFormat,
                    "remove the folder: the node makes it again from its blocks");
  }
}

LeafDatabase::~LeafDatabase() {
  for (auto* family : family_) db_->DestroyColumnFamilyHandle(family);
}

void LeafDatabase::check(const rocksdb::Status& status, const char* operation) const {
  if (status.ok()) return;
  throw TreeError(directory_, std::string("cannot ") + operation + ": " + status.ToString(),
                  "free space or mend the disk and start again, or remove the folder: the node makes it again");
}

void LeafDatabase::corrupt(const char* what) const {
  throw TreeError(directory_, std::string("is damaged: ") + what,
                  "remove the folder: the node makes it again from its blocks");
}

bool LeafDatabase::get(Family from, ByteView key, std::string& value) const {
  const rocksdb::Status status = db_->Get({}, family_[from], slice(key), &value);
  if (status.IsNotFound()) return false;
  check(status, "read");
  return true;
}

LeafDatabase::Reader::Reader(const LeafDatabase& database)
    : database_(database), it_(database.db_->NewIterator({}, database.family_[kLeaves])) {}
LeafDatabase::Reader::~Reader() = default;

void LeafDatabase::Reader::seek(const Digest& from) {
  it_->Seek(slice(from.view()));
}

bool LeafDatabase::Reader::next(Leaf& leaf) {
  if (!it_->Valid()) {
    database_.check(it_->status(), "read leaves");
    return false;
  }
  const ByteView key = bytes_of(it_->key());
  const ByteView value = bytes_of(it_->value());
  if (key.size() != 32 || value.size() != kLeafValueSize) database_.corrupt("a leaf of another length");
  leaf.key = Digest::from(key);
  leaf.index = number_of(value);
  leaf.value = Digest::from(value.subspan(8));
  it_->Next();
  return true;
}

LeafDatabase::Version::Version(LeafDatabase& database)
    : database_(database), writes_(std::make_unique<rocksdb::WriteBatch>()) {}
LeafDatabase::Version::~Version() = default;

void LeafDatabase::Version::put_new(const Leaf& leaf) {
  const auto value = leaf_value(leaf.index, leaf.value);
  writes_->Put(database_.family_[kLeaves], slice(leaf.key.view()), slice(value.view()));
  writes_->Put(database_.family_[kIndices], slice(number_key(leaf.index).view()), slice(leaf.key.view()));
  undo_.push_back(kMade);
  append(undo_, leaf.key.view());
}

void LeafDatabase::Version::put_changed(const Leaf& leaf, const Digest& value_before) {
  const auto value = leaf_value(leaf.index, leaf.value);
  writes_->Put(database_.family_[kLeaves], slice(leaf.key.view()), slice(value.view()));
  undo_.push_back(kChanged);
  append(undo_, leaf.key.view());
  append(undo_, value_before.view());
}

void LeafDatabase::Version::commit(u64 version, const BatchState& state, std::optional<u64> forget, bool durable) {
  const auto key = number_key(version);
  const auto record = encode_batch_state(state);
  writes_->Put(database_.family_[kVersions], slice(key.view()), slice(record.view()));
  writes_->Put(database_.family_[kUndo], slice(key.view()), slice(undo_));
  if (forget) writes_->Delete(database_.family_[kUndo], slice(number_key(*forget).view()));
  rocksdb::WriteOptions options;
  options.sync = durable;
  options.memtable_insert_hint_per_batch = true;  // keys come in ascending order
  database_.check(database_.db_->Write(options, writes_.get()), "write a version");
}

std::optional<u64> LeafDatabase::latest() const {
  const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator({}, family_[kVersions]));
  it->SeekToLast();
  if (!it->Valid()) {
    check(it->status(), "read versions");
    return std::nullopt;
  }
  if (it->key().size() != 8) corrupt("a version's key of another length");
  return number_of(bytes_of(it->key()));
}

std::optional<BatchState> LeafDatabase::state_at(u64 version) const {
  std::string value;
  if (!get(kVersions, number_key(version).view(), value)) return std::nullopt;
  const auto state = decode_batch_state(as_bytes(value));
  if (!state) corrupt("a version's record that cannot be read");
  return state;
}

std::optional<Digest> LeafDatabase::key_of(u64 index) const {
  std::string value;
  if (!get(kIndices, number_key(index).view(), value)) return std::nullopt;
  if (value.size() != 32) corrupt("a key of another length");
  return Digest::from(as_bytes(value));
}

bool LeafDatabase::can_undo(u64 version) const {
  std::string record;
  return get(kUndo, number_key(version).view(), record);
}

void LeafDatabase::undo(u64 version) {
  std::string record;
  if (!get(kUndo, number_key(version).view(), record)) corrupt("an undo record is absent");
  rocksdb::WriteBatch writes;
  std::string leaf;
  for (ByteView in = as_bytes(record); !in.empty();) {
    const u8 kind = in[0];
    const std::size_t size = kind == kMade ? 1 + 32 : 1 + 32 + 32;
    if (kind > kChanged || in.size() < size) corrupt("an undo record that cannot be read");
    const ByteView key = in.subspan(1, 32);
    if (!get(kLeaves, key, leaf) || leaf.size() != kLeafValueSize)
      corrupt("a leaf that an undo record names is absent");
    const u64 index = number_of(as_bytes(leaf));
    if (kind == kMade) {
      writes.Delete(family_[kLeaves], slice(key));
      writes.Delete(family_[kIndices], slice(number_key(index).view()));
    } else {
      writes.Put(family_[kLeaves], slice(key), slice(leaf_value(index, Digest::from(in.subspan(33))).view()));
    }
    in = in.subspan(size);
  }
  const auto key = number_key(version);
  writes.Delete(family_[kVersions], slice(key.view()));
  writes.Delete(family_[kUndo], slice(key.view()));
  check(db_->Write({}, &writes), "take back a version");
}

void LeafDatabase::sync() {
  check(db_->SyncWAL(), "sync");
}

}  // namespace atlas::tree
