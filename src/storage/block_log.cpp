#include <algorithm>
#include <utility>

#include <sys/random.h>

#include <storage/block_log.hpp>
#include <storage/byte_io.hpp>
#include <storage/crc32c.hpp>

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;

constexpr u8 kSegmentMagic[8] = {'A', 'T', 'L', 'A', 'S', 'L', 'O', 'G'};
constexpr u32 kSegmentVersion = 1;
constexpr u64 kSegmentHeaderSize = 8 + 4 + 8 + 8 + 32 + 8 + 4;

constexpr u32 kRecordMagic = 0x4b4c4241;  // "ABLK"
constexpr u64 kRecordHeaderSize = 4 + 4 + 8 + 8 + 4 + 4 + 4;
constexpr u8 kBlockKind = 1;
constexpr u8 kMarkKind = 2;
/// No sealed block comes near; keeps lengths in u32 and a broken one from allocating much.
constexpr u64 kPayloadMax = u64{1} << 30;

constexpr const char* kRestoreAdvice =
    "Nothing was changed. Restore the data directory from a backup, or remove it and rebuild from L1";

struct RecordHeader {
  u8 kind = 0;
  u64 number = 0;
  u64 durable = 0;
  u32 length = 0;
  u32 payload_crc = 0;
};

u32 salted_crc(ByteView bytes, u64 salt) {
  u8 raw[8];
  std::memcpy(raw, &salt, 8);
  return crc32c(bytes, crc32c(raw));
}

Bytes encode(const RecordHeader& header, u64 salt) {
  Bytes out;
  out.reserve(kRecordHeaderSize);
  ByteWriter w(out);
  w.put_u32(kRecordMagic);
  w.put_u32(header.kind);
  w.put_u64(header.number);
  w.put_u64(header.durable);
  w.put_u32(header.length);
  w.put_u32(header.payload_crc);
  w.put_u32(salted_crc(out, salt));
  return out;
}

/// nullopt if the bytes are too few or not a sound header.
std::optional<RecordHeader> decode_header(ByteView bytes, u64 salt) {
  if (bytes.size() < kRecordHeaderSize) return std::nullopt;
  bytes = bytes.first(kRecordHeaderSize);
  ByteReader in(bytes);
  if (in.get_u32() != kRecordMagic) return std::nullopt;
  const u32 kind = in.get_u32();
  RecordHeader h{static_cast<u8>(kind), in.get_u64(), in.get_u64(), in.get_u32(), in.get_u32()};
  const u32 crc = in.get_u32();
  if (crc != salted_crc(bytes.first(kRecordHeaderSize - 4), salt)) return std::nullopt;
  if (kind != kBlockKind && kind != kMarkKind) return std::nullopt;
  if (kind == kMarkKind && h.length != 0) return std::nullopt;
  return h;
}

bool all_zero(ByteView bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](u8 b) { return b == 0; });
}

/// Highest durable number of any sound record header in `bytes`, at whatever offset; 0 if there is none.
u64 highest_durable_in(ByteView bytes, u64 salt) {
  u8 magic[4];
  std::memcpy(magic, &kRecordMagic, 4);
  u64 highest = 0;
  for (auto at = bytes.begin();;) {
    at = std::search(at, bytes.end(), std::begin(magic), std::end(magic));
    if (at == bytes.end()) return highest;
    const auto header = decode_header(bytes.subspan(static_cast<std::size_t>(at - bytes.begin())), salt);
    if (header) highest = std::max(highest, header->durable);
    ++at;
  }
}

fs::path segment_path(const fs::path& directory, u64 first) {
  std::string digits = std::to_string(first);
  digits.insert(0, 20 - digits.size(), '0');
  return directory / ("blocks-" + digits + ".log");
}

/// First block by the file's name; nullopt for other files.
std::optional<u64> first_block_of_name(const fs::path& path) {
  const std::string name = path.filename().string();
  if (name.size() != 7 + 20 + 4 || !name.starts_with("blocks-") || !name.ends_with(".log")) return std::nullopt;
  u64 n = 0;
  for (const char c : name.substr(7, 20)) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<u64>(c - '0');
  }
  return n;
}

Bytes read_from(const File& file, u64 offset) {
  Bytes out(file.size() - offset);
  file.read_at(offset, out);
  return out;
}

fs::path unused_torn_path(const fs::path& segment, u64 offset) {
  for (unsigned n = 0;; ++n) {
    fs::path path = segment;
    path += ".torn-" + std::to_string(offset) + (n == 0 ? "" : "-" + std::to_string(n));
    if (!fs::exists(path)) return path;
  }
}

}  // namespace

BlockLog::BlockLog(fs::path directory, ChainIdentity identity, Options options, u64 first_block, u64 verify_from,
                   u64 known_durable)
    : directory_(std::move(directory)), identity_(identity), options_(options) {
  make_directories(directory_);
  open_segments(first_block, verify_from, known_durable);
}

BlockLog::~BlockLog() {
  if (failed_ || marked_ || segments_.empty() || next_ != synced_ + 1 || segments_.back().offsets.empty()) return;
  try {
    Segment& segment = segments_.back();
    write_record(segment, kMarkKind, synced_, {});
    segment.file->truncate(segment.end);
    segment.file->sync();
  } catch (const StorageError&) {
    // Without the mark the next start only knows less: no acknowledged block depends on it.
  }
}

std::optional<BlockLog::Segment> BlockLog::read_segment_header(const fs::path& path) const {
  Segment segment;
  segment.file = std::make_shared<File>(File::open(path, File::Mode::kReadWrite));
  if (segment.file->size() < kSegmentHeaderSize) return std::nullopt;
  Bytes raw(kSegmentHeaderSize);
  segment.file->read_at(0, raw);
  ByteReader in(raw);
  const auto magic = in.get_fixed<8>();
  const u32 version = in.get_u32();
  segment.salt = in.get_u64();
  ChainIdentity identity;
  identity.chain_id = in.get_u64();
  identity.genesis_hash = in.get_fixed<32>();
  segment.first = in.get_u64();
  if (in.get_u32() != crc32c(ByteView(raw).first(raw.size() - 4))) return std::nullopt;
  if (std::memcmp(magic.data(), kSegmentMagic, 8) != 0) return std::nullopt;
  if (version != kSegmentVersion) {
    throw StorageError(StorageErrorKind::kWrongChain, path, "log format version " + std::to_string(version),
                       "This program reads version " + std::to_string(kSegmentVersion) + ": use a newer one");
  }
  if (identity != identity_) {
    throw StorageError(StorageErrorKind::kWrongChain, path,
                       "belongs to chain " + std::to_string(identity.chain_id) + " with genesis " +
                           to_hex(identity.genesis_hash) + ", not to chain " + std::to_string(identity_.chain_id) +
                           " with genesis " + to_hex(identity_.genesis_hash),
                       "Use the right genesis file, or another data directory");
  }
  segment.end = kSegmentHeaderSize;
  return segment;
}

void BlockLog::open_segments(u64 first_block, u64 verify_from, u64 known_durable) {
  std::vector<std::pair<u64, fs::path>> files;
  for (const auto& entry : fs::directory_iterator(directory_)) {
    if (const auto first = first_block_of_name(entry.path())) files.emplace_back(*first, entry.path());
  }
  std::sort(files.begin(), files.end());

  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& [first, path] = files[i];
    const bool is_last = i + 1 == files.size();
    auto segment = read_segment_header(path);
    if (!segment || segment->first != first) {
      // A crash while the segment was made leaves a file without any record; nothing else excuses a broken header.
      const Bytes content = read_from(File::open(path, File::Mode::kRead), 0);
      const bool empty = content.size() < kSegmentHeaderSize || all_zero(content);
      if (!is_last || !empty || first <= known_durable) {
        throw StorageError(StorageErrorKind::kCorrupt, path, "the segment header at offset 0 is damaged",
                           kRestoreAdvice);
      }
      const fs::path aside = unused_torn_path(path, 0);
      rename_file(path, aside);
      sync_directory(directory_);
      recovery_ = {content.size(), aside};
      break;
    }
    if (!segments_.empty() && segments_.back().next() != first) {
      throw StorageError(StorageErrorKind::kCorrupt, path,
                         "blocks " + std::to_string(segments_.back().next()) + " to " + std::to_string(first - 1) +
                             " are missing before this segment",
                         kRestoreAdvice);
    }
    scan(*segment, is_last, verify_from, known_durable);
    segments_.push_back(std::move(*segment));
  }

  if (segments_.empty()) {
    if (known_durable >= first_block) {
      throw StorageError(StorageErrorKind::kCorrupt, directory_,
                         "the block log is empty, but block " + std::to_string(known_durable) + " was durable",
                         kRestoreAdvice);
    }
    start_segment(first_block);
  }
  next_ = segments_.back().next();
  synced_ = next_ - 1;
  reserved_ = segments_.back().file->size();
  if (synced_ < known_durable) {
    throw StorageError(StorageErrorKind::kCorrupt, directory_,
                       "the block log ends with block " + std::to_string(synced_) + ", but block " +
                           std::to_string(known_durable) + " was durable",
                       kRestoreAdvice);
  }
}

void BlockLog::scan(Segment& segment, bool is_last, u64 verify_from, u64 known_durable) {
  const File& file = *segment.file;
  const u64 size = file.size();
  Bytes payload;
  u64 position = kSegmentHeaderSize;
  bool marked = false;
  while (position < size) {
    u8 raw[kRecordHeaderSize];
    const u64 available = std::min<u64>(sizeof(raw), size - position);
    file.read_at(position, std::span(raw, available));
    const auto header = decode_header(ByteView(raw, available), segment.salt);
    const u64 expected = segment.next();
    bool sound = header.has_value() && header->length <= size - position - kRecordHeaderSize;
    if (sound && header->kind == kMarkKind) {
      known_durable = std::max(known_durable, header->durable);
      position += kRecordHeaderSize;
      marked = true;
      continue;
    }
    if (sound && header->number != expected) {
      throw StorageError(StorageErrorKind::kCorrupt, file.path(),
                         "the record at offset " + std::to_string(position) + " is block " +
                             std::to_string(header->number) + " where block " + std::to_string(expected) + " belongs",
                         kRestoreAdvice);
    }
    if (sound && (is_last || expected >= verify_from)) {
      payload.resize(header->length);
      file.read_at(position + kRecordHeaderSize, payload);
      sound = crc32c(payload) == header->payload_crc;
    }
    if (!sound) {
      const Bytes tail = read_from(file, position);
      if (all_zero(tail)) break;  // the preallocated end
      known_durable = std::max(known_durable, highest_durable_in(tail, segment.salt));
      if (!is_last || expected <= known_durable) {
        throw StorageError(StorageErrorKind::kCorrupt, file.path(),
                           "the record of block " + std::to_string(expected) + " at offset " +
                               std::to_string(position) + " is damaged, and it had been acknowledged",
                           kRestoreAdvice);
      }
      cut(segment, position, tail);
      marked = false;
      break;
    }
    segment.offsets.push_back(position);
    position += kRecordHeaderSize + header->length;
    marked = false;
  }
  segment.end = position;
  marked_ = marked;
}

void BlockLog::cut(Segment& segment, u64 offset, ByteView tail) {
  while (!tail.empty() && tail.back() == 0) tail = tail.first(tail.size() - 1);
  const fs::path aside = unused_torn_path(segment.file->path(), offset);
  const File copy = File::open(aside, File::Mode::kCreate);
  copy.write_at(0, tail);
  copy.sync();
  sync_directory(directory_);
  segment.file->truncate(offset);
  segment.file->sync();
  recovery_ = {tail.size(), aside};
}

void BlockLog::start_segment(u64 first) {
  Segment segment;
  segment.first = first;
  ENSURE(::getrandom(&segment.salt, sizeof(segment.salt), 0) == sizeof(segment.salt),
         "the kernel gave no random bytes");
  Bytes raw;
  ByteWriter w(raw);
  w.put_bytes(kSegmentMagic);
  w.put_u32(kSegmentVersion);
  w.put_u64(segment.salt);
  w.put_u64(identity_.chain_id);
  w.put_bytes(identity_.genesis_hash);
  w.put_u64(first);
  w.put_u32(crc32c(raw));
  segment.file = std::make_shared<File>(File::open(segment_path(directory_, first), File::Mode::kReplace));
  segment.file->write_at(0, raw);
  segment.file->sync();
  sync_directory(directory_);
  segment.end = kSegmentHeaderSize;
  reserved_ = kSegmentHeaderSize;
  std::lock_guard lock(mutex_);
  segments_.push_back(std::move(segment));
}

void BlockLog::write_record(Segment& segment, u8 kind, u64 number, ByteView payload) {
  const u64 end = segment.end + kRecordHeaderSize + payload.size();
  if (end > reserved_) {
    const u64 wanted = std::max(end, reserved_ + options_.preallocate_bytes);
    reserved_ = segment.file->preallocate(wanted) ? wanted : end;
  }
  const RecordHeader header{kind, number, synced_, static_cast<u32>(payload.size()), crc32c(payload)};
  segment.file->write_at(segment.end, encode(header, segment.salt));
  segment.file->write_at(segment.end + kRecordHeaderSize, payload);
  std::lock_guard lock(mutex_);
  if (kind == kBlockKind) segment.offsets.push_back(segment.end);
  segment.end = end;
  marked_ = kind == kMarkKind;
}

void BlockLog::append(u64 number, ByteView payload) {
  ENSURE(!failed_, "append to a log that failed");
  ENSURE(number == next_, "blocks are appended in order");
  ENSURE(payload.size() <= kPayloadMax, "a block record is larger than 1 GiB");
  try {
    if (segments_.back().end >= options_.segment_bytes && !segments_.back().offsets.empty()) {
      // The old segment is whole on disk before the new one exists: only a last segment can be torn.
      sync();
      segments_.back().file->truncate(segments_.back().end);
      segments_.back().file->sync();
      start_segment(number);
    }
    write_record(segments_.back(), kBlockKind, number, payload);
  } catch (const StorageError&) {
    failed_ = true;
    throw;
  }
  ++next_;
}

void BlockLog::sync() {
  ENSURE(!failed_, "sync of a log that failed");
  try {
    if (options_.sync) segments_.back().file->sync();
  } catch (const StorageError&) {
    failed_ = true;
    throw;
  }
  std::lock_guard lock(mutex_);
  synced_ = next_ - 1;
}

void BlockLog::rewind(u64 number) {
  ENSURE(number + 1 >= first() && number < next_, "rewind outside the log");
  std::lock_guard lock(mutex_);
  while (segments_.size() > 1 && segments_.back().first > number) {
    remove_file(segments_.back().file->path());
    sync_directory(directory_);
    segments_.pop_back();
  }
  Segment& segment = segments_.back();
  const u64 keep = number + 1 - segment.first;
  if (keep < segment.offsets.size()) {
    segment.end = segment.offsets[keep];
    segment.offsets.resize(keep);
  }
  segment.file->truncate(segment.end);
  segment.file->sync();
  reserved_ = segment.end;
  next_ = number + 1;
  synced_ = number;
  marked_ = false;
}

void BlockLog::prune_below(u64 number) {
  std::vector<fs::path> doomed;
  {
    std::lock_guard lock(mutex_);
    while (segments_.size() > 1 && segments_[1].first <= std::min(number, synced_)) {
      doomed.push_back(segments_.front().file->path());
      segments_.erase(segments_.begin());
    }
  }
  for (const auto& path : doomed) remove_file(path);
}

u64 BlockLog::first() const {
  std::lock_guard lock(mutex_);
  return segments_.front().first;
}

u64 BlockLog::last() const {
  std::lock_guard lock(mutex_);
  return synced_;
}

u64 BlockLog::bytes() const {
  std::lock_guard lock(mutex_);
  u64 sum = 0;
  for (const auto& segment : segments_) sum += segment.end;
  return sum;
}

const BlockLog::Segment* BlockLog::segment_of(u64 number) const {
  const auto after = std::upper_bound(segments_.begin(), segments_.end(), number,
                                      [](u64 n, const Segment& segment) { return n < segment.first; });
  if (after == segments_.begin()) return nullptr;
  const Segment& segment = *std::prev(after);
  return number < segment.next() ? &segment : nullptr;
}

u64 BlockLog::bytes_from(u64 number) const {
  std::lock_guard lock(mutex_);
  u64 sum = 0;
  for (const auto& segment : segments_) {
    if (segment.next() <= number) continue;
    sum += segment.end - (number <= segment.first ? kSegmentHeaderSize : segment.offsets[number - segment.first]);
  }
  return sum;
}

std::optional<Bytes> BlockLog::read(u64 number) const {
  std::shared_ptr<File> file;
  u64 offset = 0;
  u64 salt = 0;
  {
    std::lock_guard lock(mutex_);
    const Segment* segment = segment_of(number);
    if (segment == nullptr || number > synced_) return std::nullopt;
    file = segment->file;
    offset = segment->offsets[number - segment->first];
    salt = segment->salt;
  }
  u8 raw[kRecordHeaderSize];
  file->read_at(offset, raw);
  const auto header = decode_header(raw, salt);
  Bytes payload;
  bool sound = header && header->kind == kBlockKind && header->number == number && header->length <= kPayloadMax;
  if (sound) {
    payload.resize(header->length);
    file->read_at(offset + kRecordHeaderSize, payload);
    sound = crc32c(payload) == header->payload_crc;
  }
  if (!sound) {
    throw StorageError(
        StorageErrorKind::kCorrupt, file->path(),
        "the record of block " + std::to_string(number) + " at offset " + std::to_string(offset) + " is damaged",
        kRestoreAdvice);
  }
  return payload;
}

}  // namespace atlas::storage
