#include <algorithm>

#include <sequencer/pool_journal.hpp>
#include <storage/byte_io.hpp>
#include <storage/crc32c.hpp>

namespace atlas::sequencer {
namespace {

namespace fs = std::filesystem;
using storage::ByteReader;
using storage::ByteWriter;
using storage::File;
using storage::LogLevel;
using storage::StorageError;

constexpr u8 kMagic[8] = {'A', 'T', 'L', 'A', 'S', 'P', 'O', 'L'};
constexpr u32 kVersion = 1;
constexpr u64 kHeaderSize = 8 + 4 + 8 + 32 + 4;
constexpr u64 kRecordHeaderSize = 4 + 4;
/// Transactions that go back into the pool at once: their signatures are recovered side by side.
constexpr std::size_t kReplayStep = 512;
/// A file whose every transaction still waits is not rewritten more often than this.
constexpr std::chrono::seconds kRewriteInterval{1};

Bytes header_for(const storage::ChainIdentity& identity) {
  Bytes out;
  ByteWriter w(out);
  w.put_bytes(kMagic);
  w.put_u32(kVersion);
  w.put_u64(identity.chain_id);
  w.put_bytes(identity.genesis_hash);
  w.put_u32(storage::crc32c(out));
  return out;
}

u32 record_crc(u32 length, ByteView payload) {
  u8 raw[4];
  std::memcpy(raw, &length, 4);
  return storage::crc32c(payload, storage::crc32c(raw));
}

/// The transactions of a file's content, up to the first record that is not sound; `end` is where that begins.
std::vector<ByteView> records_of(ByteView content, u64& end) {
  std::vector<ByteView> out;
  end = kHeaderSize;
  while (content.size() - end >= kRecordHeaderSize) {
    ByteReader in(content.subspan(end));
    const u32 length = in.get_u32();
    const u32 crc = in.get_u32();
    if (length > in.remaining()) break;
    const ByteView payload = in.get_bytes(length);
    if (crc != record_crc(length, payload)) break;
    out.push_back(payload);
    end += kRecordHeaderSize + length;
  }
  return out;
}

std::optional<u64> number_of(const fs::path& path) {
  const std::string name = path.filename().string();
  constexpr std::string_view kPrefix = "journal-";
  constexpr std::string_view kSuffix = ".log";
  if (!name.starts_with(kPrefix) || !name.ends_with(kSuffix)) return std::nullopt;
  const std::string digits = name.substr(kPrefix.size(), name.size() - kPrefix.size() - kSuffix.size());
  if (digits.empty() || digits.size() > 18 || digits.find_first_not_of("0123456789") != std::string::npos) {
    return std::nullopt;
  }
  return std::stoull(digits);
}

}  // namespace

PoolJournal::PoolJournal(Options options, Mempool& pool, storage::LogSink log)
    : options_(std::move(options)), pool_(pool), log_(std::move(log)) {
  pool_.record_accepted(true);
  thread_ = std::thread([this] { run(); });
}

PoolJournal::~PoolJournal() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  signal_.notify_all();
  thread_.join();
}

std::optional<PoolJournal::Replayed> PoolJournal::wait_replayed(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  signal_.wait_for(lock, limit, [this] { return replayed_.has_value(); });
  return replayed_;
}

fs::path PoolJournal::path_of(u64 number) const {
  return options_.directory / ("journal-" + std::to_string(number) + ".log");
}

void PoolJournal::run() try {
  storage::make_directories(options_.directory);
  std::vector<std::pair<u64, fs::path>> found;
  for (const auto& entry : fs::directory_iterator(options_.directory)) {
    if (const auto number = number_of(entry.path())) found.emplace_back(*number, entry.path());
  }
  std::sort(found.begin(), found.end());
  std::vector<fs::path> files;
  for (auto& [number, path] : found) files.push_back(path);

  // What is put back counts as accepted, so the new file holds it before the old ones go.
  current_ = start_generation(found.empty() ? 1 : found.back().first + 1);
  Replayed result;
  const auto start = std::chrono::steady_clock::now();
  const bool whole = replay(files, result);
  result.ms = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
  flush();
  if (whole) {
    for (const fs::path& path : files) storage::remove_file(path);
  }
  {
    const std::lock_guard lock(mutex_);
    replayed_ = result;
  }
  signal_.notify_all();
  if (!whole) return;  // the node stops before everything was back: the old files stay for the next start
  rewrite_at_ = options_.rewrite_bytes;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      if (signal_.wait_for(lock, kFlushInterval, [this] { return stopping_; })) break;
    }
    flush();
  }
  flush();
  rewrite();
} catch (const std::exception& error) {
  pool_.record_accepted(false);
  log_(
      LogLevel::kError,
      std::string("the mempool journal has stopped, waiting transactions will not survive a restart: ") + error.what());
  const std::lock_guard lock(mutex_);
  if (!replayed_) replayed_ = Replayed{};
  signal_.notify_all();
}

bool PoolJournal::replay(const std::vector<fs::path>& files, Replayed& result) {
  const Bytes expected = header_for(options_.identity);
  for (const fs::path& path : files) {
    const File file = File::open(path, File::Mode::kRead);
    Bytes content(file.size());
    file.read_at(0, content);
    if (content.size() < kHeaderSize || !std::equal(expected.begin(), expected.end(), content.begin())) {
      result.bytes_dropped += content.size();
      log_(LogLevel::kWarning, path.string() + ": not a mempool journal of this chain and version; dropped, " +
                                   std::to_string(content.size()) + " bytes");
      continue;
    }
    u64 end = 0;
    const std::vector<ByteView> raws = records_of(content, end);
    if (end != content.size()) {
      result.bytes_dropped += content.size() - end;
      log_(LogLevel::kWarning, path.string() + ": cut short or damaged at offset " + std::to_string(end) +
                                   "; the transactions in the last " + std::to_string(content.size() - end) +
                                   " bytes are dropped, their senders may send them again");
    }
    for (std::size_t begin = 0; begin < raws.size(); begin += kReplayStep) {
      const auto step = std::span(raws).subspan(begin, std::min(kReplayStep, raws.size() - begin));
      for (const auto& outcome : pool_.submit_many(step)) {
        if (outcome) {
          ++result.restored;
        } else if (outcome.error().error == PoolError::kStopping) {
          return false;
        } else if (outcome.error().error != PoolError::kAlreadyKnown) {
          ++result.refused;
        }
      }
      flush();
    }
  }
  return true;
}

PoolJournal::Generation PoolJournal::start_generation(u64 number) const {
  Generation out;
  out.number = number;
  out.file.emplace(File::open(path_of(number), File::Mode::kReplace));
  const Bytes header = header_for(options_.identity);
  out.file->write_at(0, header);
  out.bytes = header.size();
  return out;
}

/// Appends what the pool has accepted since the last call.
void PoolJournal::flush() {
  std::vector<TxPtr> accepted;
  const bool removed = pool_.take_accepted(accepted);
  append(current_, accepted);
  // What the user removed must not come back.
  const bool due = current_.bytes >= rewrite_at_ || left_out_ != 0;
  if (removed || (rewrite_at_ != 0 && due && std::chrono::steady_clock::now() >= next_rewrite_)) rewrite();
}

void PoolJournal::append(Generation& to, std::span<const TxPtr> txs) {
  Bytes out;
  ByteWriter w(out);
  for (const TxPtr& tx : txs) {
    const u64 size = kRecordHeaderSize + tx->encoded.size();
    if (to.bytes + out.size() + size > options_.bytes_max) {
      if (left_out_++ == 0) {
        log_(LogLevel::kWarning, path_of(to.number).string() + ": full at " + std::to_string(to.bytes >> 20) +
                                     " MiB; what waits beyond that would not survive a restart "
                                     "(mempool.journal_bytes_max)");
      }
      continue;
    }
    const u32 length = static_cast<u32>(tx->encoded.size());
    w.put_u32(length);
    w.put_u32(record_crc(length, tx->encoded));
    w.put_bytes(tx->encoded);
    to.hashes.push_back(tx->hash);
  }
  if (out.empty()) return;
  to.file->write_at(to.bytes, out);
  to.bytes += out.size();
}

/// Writes what still waits to a new file and removes the old one. A crash in between leaves both, which replay as one.
void PoolJournal::rewrite() {
  std::vector<TxPtr> waiting;
  pool_.find_many(current_.hashes, waiting);
  Generation next = start_generation(current_.number + 1);
  left_out_ = 0;
  append(next, waiting);
  storage::remove_file(path_of(current_.number));
  current_ = std::move(next);
  // Twice what waits: a byte is rewritten at most once for each new one.
  rewrite_at_ = std::min(std::max(options_.rewrite_bytes, 2 * current_.bytes), options_.bytes_max);
  next_rewrite_ = std::chrono::steady_clock::now() + kRewriteInterval;
}

}  // namespace atlas::sequencer
