#include <algorithm>

#include <rocksdb/cache.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>

#include <storage/codec.hpp>
#include <storage/history_database.hpp>
#include <storage/state_keys.hpp>

namespace atlas::storage {
namespace {

constexpr char kLastKey[] = "last";
constexpr char kIdentityKey[] = "identity";
constexpr char kFirstKey[] = "first";
constexpr char kFirstIndexedKey[] = "first-indexed";
constexpr u32 kHistoryVersion = 1;
constexpr u64 kBlockCacheBytes = u64{128} << 20;
constexpr u64 kMemtableBytes = u64{32} << 20;
/// What a start after a kill reads again, at a few hundred thousand keys a second: keeps that under half a second.
constexpr u64 kWalBytesMax = u64{16} << 20;

Bytes identity_value(const ChainIdentity& identity) {
  Bytes out;
  ByteWriter w(out);
  w.put_u32(kHistoryVersion);
  w.put_u64(identity.chain_id);
  w.put_bytes(identity.genesis_hash);
  return out;
}

rocksdb::ColumnFamilyOptions family_options(const std::shared_ptr<rocksdb::Cache>& cache, bool point_lookups) {
  rocksdb::ColumnFamilyOptions options;
  options.write_buffer_size = kMemtableBytes;
  options.compression = point_lookups ? rocksdb::kNoCompression : rocksdb::kLZ4Compression;  // hashes do not compress
  options.level_compaction_dynamic_level_bytes = true;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.cache_index_and_filter_blocks = true;
  table.pin_l0_filter_and_index_blocks_in_cache = true;
  if (point_lookups) table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return options;
}

/// Errors come back as statuses, and a full disk would fail RocksDB's own log file too, at which it aborts.
class NoLog final : public rocksdb::Logger {
 public:
  using Logger::Logv;
  void Logv(const char*, va_list) override {}
};

u32 group_count(u32 transactions) {
  return (transactions + kGroupSize - 1) / kGroupSize;
}

/// Postings of transactions [begin, end), each once.
std::vector<PostingPrefix> postings_of(const Block& block, u32 begin, u32 end) {
  std::vector<PostingPrefix> out;
  for (u32 i = begin; i < end; ++i) {
    const SignedTransaction& transaction = block.transactions[i];
    const Receipt& receipt = block.receipts[i];
    out.push_back(posting_prefix(kTakesPart, transaction.sender));
    if (transaction.tx.to) out.push_back(posting_prefix(kTakesPart, *transaction.tx.to));
    if (receipt.contract_address) {
      out.push_back(posting_prefix(kTakesPart, *receipt.contract_address));
      if (receipt.success) out.push_back(posting_prefix(kCreated, *receipt.contract_address));
    }
    for (const Address& address : receipt.inner.touched) out.push_back(posting_prefix(kTakesPart, address));
    for (const auto& creation : receipt.inner.created) out.push_back(posting_prefix(kCreated, creation.created));
    for (const Log& log : receipt.logs) {
      out.push_back(posting_prefix(0, log.address));
      for (std::size_t t = 0; t < log.topics.size() && t + 1 < kLogKinds; ++t) {
        out.push_back(posting_prefix(static_cast<u8>(t + 1), log.topics[t]));
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

template <class Visit>
void for_each_group(const Block& block, Visit&& visit) {
  const u32 count = static_cast<u32>(block.transactions.size());
  for (u32 group = 0; group < group_count(count); ++group) {
    visit(group, group * kGroupSize, std::min(count, (group + 1) * kGroupSize));
  }
}

}  // namespace

PostingPrefix posting_prefix(u8 kind, ByteView value) {
  // A fixed function: it is part of the format. Not keyed; who builds collisions only makes own queries slower.
  u64 h = 0x243f6a8885a308d3ULL;  // π
  for (std::size_t at = 0; at < value.size(); at += 4) {
    u32 word = 0;
    std::memcpy(&word, value.data() + at, std::min<std::size_t>(4, value.size() - at));
    h = detail::fold(h ^ word, 0x9e3779b97f4a7c15ULL);
  }
  PostingPrefix out;
  out[0] = kind;
  put_big_endian<8>(out.data() + 1, h);
  return out;
}

BodyGroup read_group(ByteView value) {
  ByteReader in(value);
  BodyGroup group;
  group.first_log_index = in.get_u32();
  group.entries = in.get_bytes(in.remaining());
  return group;
}

bool ForgottenBlocks::Filter(int, const rocksdb::Slice& key, const rocksdb::Slice& value, std::string*, bool*) const {
  const ByteView bytes = where_ == Where::kValue ? bytes_of(value) : bytes_of(key).subspan(PostingPrefix::size());
  return bytes.size() >= 8 && get_big_endian<8>(bytes.data()) < first_;
}

History::Database::Database(std::filesystem::path path, const ChainIdentity& identity) : directory(std::move(path)) {
  make_directories(directory);
  rocksdb::DBOptions options;
  options.create_if_missing = true;
  options.create_missing_column_families = true;
  options.max_background_jobs = 2;
  options.max_open_files = 512;
  options.max_total_wal_size = kWalBytesMax;
  options.info_log = std::make_shared<NoLog>();
  options.max_bgerror_resume_count = 0;  // the store stops at the first error
  options.stats_dump_period_sec = 0;
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, family_options(cache, false)},
      {"headers", family_options(cache, false)},
      {"bodies", family_options(cache, false)},
      {"hashes", family_options(cache, true)},
      {"logs", family_options(cache, false)}};
  families[kHashes].options.compaction_filter = &forgotten_hashes;
  families[kLogs].options.compaction_filter = &forgotten_postings;
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* raw = nullptr;
  check(rocksdb::DB::Open(options, directory.string(), families, &handles, &raw), "open");
  db.reset(raw);
  std::copy(handles.begin(), handles.end(), family.begin());

  rocksdb::PinnableSlice value;
  const Bytes expected = identity_value(identity);
  if (get(kMeta, as_bytes(kIdentityKey), value)) {
    if (bytes_of(value).size() != expected.size() ||
        !std::equal(expected.begin(), expected.end(), bytes_of(value).begin())) {
      throw StorageError(StorageErrorKind::kWrongChain, directory, "the history is another chain's or another format's",
                         "Use the right genesis file, or another data directory");
    }
  } else {
    check(db->Put({}, kIdentityKey, slice(expected)), "write");
  }
  value.Reset();
  if (get(kMeta, as_bytes(kLastKey), value)) {
    if (value.size() != 8) throw corrupt("its last block number is malformed");
    last = get_big_endian<8>(bytes_of(value).data());
  }
  value.Reset();
  if (get(kMeta, as_bytes(kFirstKey), value)) {
    if (value.size() != 8) throw corrupt("its first block number is malformed");
    first = get_big_endian<8>(bytes_of(value).data());
  }
  value.Reset();
  if (get(kMeta, as_bytes(kFirstIndexedKey), value)) {
    if (value.size() != 8) throw corrupt("its first indexed block number is malformed");
    first_indexed = get_big_endian<8>(bytes_of(value).data());
  } else {
    first_indexed = last + 1;
    const BlockKey key = block_key(first_indexed);
    check(db->Put({}, kFirstIndexedKey, slice(key)), "write");
  }
}

History::Database::~Database() {
  for (auto* handle : family) {
    if (handle != nullptr) db->DestroyColumnFamilyHandle(handle);
  }
}

bool History::Database::check(const rocksdb::Status& status, const char* operation) const {
  if (status.ok()) return true;
  if (status.IsNotFound()) return false;
  const std::string what = std::string("history database, ") + operation + ": " + status.ToString();
  if (status.IsNoSpace()) {
    throw StorageError(StorageErrorKind::kDiskFull, directory, what,
                       "Free space on this file system or move the data directory, then start again");
  }
  if (status.IsCorruption()) throw corrupt(what);
  throw StorageError(StorageErrorKind::kIo, directory, what, "Check the disk and the kernel log, then start again");
}

StorageError History::Database::corrupt(const std::string& what) const {
  return {StorageErrorKind::kCorrupt, directory, "the history is damaged: " + what,
          "Restore the data directory from a backup; if the block log still reaches back to block 1, removing this "
          "folder rebuilds the history from it"};
}

bool History::Database::get(Family from, ByteView key, rocksdb::PinnableSlice& value) const {
  return check(db->Get({}, family[from], slice(key), &value), "read");
}

std::unique_ptr<rocksdb::Iterator> History::Database::iterator(Family over, const rocksdb::ReadOptions& options) const {
  return std::unique_ptr<rocksdb::Iterator>(db->NewIterator(options, family[over]));
}

History::History(std::filesystem::path directory, const ChainIdentity& identity)
    : db_(std::make_unique<Database>(std::move(directory), identity)) {}
History::~History() = default;

void History::add(std::span<const BlockPtr> blocks) {
  if (blocks.empty()) return;
  rocksdb::WriteBatch writes;
  u64 last = db_->last;
  Bytes value;
  ByteWriter w(value);
  const auto& family = db_->family;
  // Keys in random order are put sorted: the table in memory then finds each place near the one before.
  std::vector<std::pair<Hash256, FixedBytes<12>>> locations;
  std::vector<PostingKey> postings;
  for (const BlockPtr& block : blocks) {
    const u64 number = block->header.number;
    ENSURE(number == last + 1, "history takes blocks in order");
    last = number;
    const BlockKey key = block_key(number);
    value.clear();
    put_header(w, {block->header, block->hash, static_cast<u32>(block->transactions.size())});
    writes.Put(family[Database::kHeaders], slice(key), slice(value));
    writes.Put(family[Database::kHashes], slice(block->hash), slice(key));
    u32 log_index = 0;
    for_each_group(*block, [&](u32 group, u32 begin, u32 end) {
      value.clear();
      w.put_u32(log_index);
      for (u32 i = begin; i < end; ++i) {
        put_transaction(w, block->transactions[i]);
        put_receipt(w, block->receipts[i]);
        log_index += static_cast<u32>(block->receipts[i].logs.size());
      }
      writes.Put(family[Database::kBodies], slice(group_key(number, group)), slice(value));
      for (const auto& prefix : postings_of(*block, begin, end)) {
        postings.push_back(posting_key(prefix, number, group));
      }
    });
    for (u32 i = 0; i < block->transactions.size(); ++i) {
      FixedBytes<12> location;
      put_big_endian<8>(location.data(), number);
      put_big_endian<4>(location.data() + 8, i);
      locations.emplace_back(block->transactions[i].hash, location);
    }
  }
  std::sort(locations.begin(), locations.end());
  for (const auto& [hash, location] : locations) writes.Put(family[Database::kHashes], slice(hash), slice(location));
  std::sort(postings.begin(), postings.end());
  for (const auto& key : postings) writes.Put(family[Database::kLogs], slice(key), {});
  const BlockKey newest = block_key(last);
  writes.Put(kLastKey, slice(newest));
  rocksdb::WriteOptions sorted;
  sorted.memtable_insert_hint_per_batch = true;
  db_->write([&] { db_->check(db_->db->Write(sorted, &writes), "write"); });
  db_->last = last;
}

void History::rewind(u64 number) {
  const auto& family = db_->family;
  rocksdb::WriteOptions durable;
  durable.sync = true;
  for (u64 last = db_->last; last > number; --last) {
    const BlockPtr doomed = block(last);
    if (doomed == nullptr) throw db_->corrupt("block " + std::to_string(last) + " is missing");
    rocksdb::WriteBatch writes;
    writes.Delete(family[Database::kHeaders], slice(block_key(last)));
    writes.Delete(family[Database::kHashes], slice(doomed->hash));
    for (const auto& transaction : doomed->transactions) {
      writes.Delete(family[Database::kHashes], slice(transaction.hash));
    }
    for_each_group(*doomed, [&](u32 group, u32 begin, u32 end) {
      writes.Delete(family[Database::kBodies], slice(group_key(last, group)));
      for (const auto& prefix : postings_of(*doomed, begin, end)) {
        writes.Delete(family[Database::kLogs], slice(posting_key(prefix, last, group)));
      }
    });
    const BlockKey newest = block_key(last - 1);
    writes.Put(kLastKey, slice(newest));
    db_->write([&] { db_->check(db_->db->Write(durable, &writes), "write"); });
    db_->last = last - 1;
  }
}

void History::prune_below(u64 number) {
  ENSURE(number <= db_->last, "the newest block always stays");
  if (number <= db_->first) return;
  const auto& family = db_->family;
  rocksdb::WriteBatch writes;
  writes.DeleteRange(family[Database::kHeaders], slice(block_key(0)), slice(block_key(number)));
  writes.DeleteRange(family[Database::kBodies], slice(block_key(0)), slice(block_key(number)));
  const BlockKey oldest = block_key(number);
  writes.Put(kFirstKey, slice(oldest));
  rocksdb::WriteOptions durable;  // before compaction drops anything that depends on it
  durable.sync = true;
  db_->write([&] { db_->check(db_->db->Write(durable, &writes), "write"); });
  db_->first = number;
}

void History::compact() {
  for (auto* family : db_->family) {
    db_->check(db_->db->Flush({}, family), "flush");
    rocksdb::CompactRangeOptions options;
    options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForce;
    db_->check(db_->db->CompactRange(options, family, nullptr, nullptr), "compact");
  }
}

void History::sync() {
  db_->write([&] { db_->check(db_->db->SyncWAL(), "sync"); });
}

u64 History::last() const {
  return db_->last;
}
u64 History::first() const {
  return db_->first;
}

std::optional<SealedHeader> History::header(u64 number) const {
  rocksdb::PinnableSlice value;
  if (!db_->get(Database::kHeaders, block_key(number), value)) return std::nullopt;
  ByteReader in(bytes_of(value));
  SealedHeader out = get_header(in);
  if (!in.ok()) throw db_->corrupt("header of block " + std::to_string(number) + " " + in.failure());
  return out;
}

BlockPtr History::block(u64 number) const {
  const auto sealed = header(number);
  if (!sealed) return nullptr;
  auto block = std::make_shared<Block>();
  block->header = sealed->header;
  block->hash = sealed->hash;
  block->transactions.reserve(sealed->transaction_count);
  block->receipts.reserve(sealed->transaction_count);
  for (u32 group = 0; group < group_count(sealed->transaction_count); ++group) {
    rocksdb::PinnableSlice value;
    if (!db_->get(Database::kBodies, group_key(number, group), value)) return nullptr;  // being rewound
    ByteReader in(read_group(bytes_of(value)).entries);
    while (in.ok() && in.remaining() != 0) {
      block->transactions.push_back(get_transaction(in));
      block->receipts.push_back(get_receipt(in));
    }
    if (!in.ok()) throw db_->corrupt("body of block " + std::to_string(number) + " " + in.failure());
  }
  return block;
}

std::optional<u64> History::number_of(const Hash256& block_hash) const {
  rocksdb::PinnableSlice value;
  if (!db_->get(Database::kHashes, block_hash, value) || value.size() != 8) return std::nullopt;
  const u64 number = get_big_endian<8>(bytes_of(value).data());
  return number < db_->first ? std::nullopt : std::optional(number);
}

std::optional<TransactionLocation> History::locate(const Hash256& transaction_hash) const {
  rocksdb::PinnableSlice value;
  if (!db_->get(Database::kHashes, transaction_hash, value) || value.size() != 12) return std::nullopt;
  const u8* raw = bytes_of(value).data();
  if (get_big_endian<8>(raw) < db_->first) return std::nullopt;
  return TransactionLocation{get_big_endian<8>(raw), static_cast<u32>(get_big_endian<4>(raw + 8))};
}

std::optional<MinedTransaction> History::transaction(TransactionLocation location) const {
  const auto sealed = header(location.block);
  rocksdb::PinnableSlice value;
  if (!sealed || location.index >= sealed->transaction_count ||
      !db_->get(Database::kBodies, group_key(location.block, location.index / kGroupSize), value)) {
    return std::nullopt;
  }
  const BodyGroup group = read_group(bytes_of(value));
  MinedTransaction out{sealed->hash,
                       location.block,
                       sealed->header.timestamp,
                       sealed->header.base_fee_per_gas,
                       location.index,
                       group.first_log_index,
                       nullptr,
                       nullptr};
  ByteReader in(group.entries);
  for (u32 i = 0; in.ok() && i < location.index % kGroupSize; ++i) {
    skip_transaction(in);
    out.first_log_index += static_cast<u32>(get_receipt(in).logs.size());
  }
  out.transaction = std::make_shared<SignedTransaction>(get_transaction(in));
  out.receipt = std::make_shared<Receipt>(get_receipt(in));
  if (!in.ok()) throw db_->corrupt("body of block " + std::to_string(location.block) + " " + in.failure());
  return out;
}

}  // namespace atlas::storage
