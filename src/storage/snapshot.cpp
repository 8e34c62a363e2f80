#include <algorithm>

#include <storage/byte_io.hpp>
#include <storage/crc32c.hpp>
#include <storage/snapshot.hpp>

namespace atlas::storage {
namespace {

namespace fs = std::filesystem;

constexpr u8 kMagic[8] = {'A', 'T', 'L', 'A', 'S', 'N', 'A', 'P'};
constexpr u32 kVersion = 1;
constexpr u64 kHeaderSize = 8 + 4 + 8 + 32 + 8 + 32 + 64 + 4;
constexpr u64 kSectionHeaderSize = 4 + 4 + 8 + 4 + 4;
/// Content is handed to the disk in steps, so that the log's fdatasync never waits behind a gigabyte of snapshot.
constexpr u64 kSyncStep = u64{16} << 20;
constexpr u64 kCodeSectionTarget = u64{4} << 20;

enum SectionKind : u32 { kCodes = 1, kAccounts = 2, kSlots = 3, kEnd = 4 };

constexpr u64 kAccountSize = sizeof(Address) + sizeof(PackedAccount);
constexpr u64 kSlotSize = sizeof(SlotKey) + sizeof(PackedSlot);

fs::path snapshot_path(const fs::path& directory, u64 block) {
  std::string digits = std::to_string(block);
  digits.insert(0, 20 - digits.size(), '0');
  return directory / ("state-" + digits + ".snap");
}

class SectionWriter {
 public:
  explicit SectionWriter(const fs::path& path) : file_(File::open(path, File::Mode::kReplace)) {}
  void write(ByteView bytes) {
    file_.write_at(offset_, bytes);
    offset_ += bytes.size();
    if (offset_ - synced_ >= kSyncStep) sync();
  }
  void section(SectionKind kind, u32 count, ByteView content) {
    Bytes header;
    ByteWriter w(header);
    w.put_u32(kind);
    w.put_u32(count);
    w.put_u64(content.size());
    w.put_u32(crc32c(content));
    w.put_u32(crc32c(header));
    write(header);
    write(content);
  }
  void sync() {
    file_.sync();
    synced_ = offset_;
  }
  u64 size() const { return offset_; }

 private:
  File file_;
  u64 offset_ = 0;
  u64 synced_ = 0;
};

template <class T>
void put_raw(Bytes& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  append(out, ByteView(reinterpret_cast<const u8*>(&value), sizeof(T)));
}
template <class T>
T get_raw(ByteView bytes) {
  T value;
  std::memcpy(&value, bytes.data(), sizeof(T));
  return value;
}

void write_codes(SectionWriter& out, const CodeTable& codes) {
  Bytes content;
  u32 count = 0;
  const u32 size = codes.size();
  for (u32 i = 1; i < size; ++i) {
    ByteWriter w(content);
    w.put_bytes(codes.at(i).hash);
    w.put_blob(codes.at(i).bytes);
    ++count;
    if (content.size() >= kCodeSectionTarget || i + 1 == size) {
      out.section(kCodes, count, content);
      content.clear();
      count = 0;
    }
  }
}

class Loader {
 public:
  Loader(const fs::path& path, const ChainIdentity& identity)
      : file_(File::open(path, File::Mode::kRead)), size_(file_.size()), identity_(identity) {}

  LoadedSnapshot load() {
    LoadedSnapshot out = read_header();
    HotState& state = *out.state;
    u64 accounts_shard = 0;
    u64 slots_shard = 0;
    for (;;) {
      const Section section = read_section();
      switch (section.kind) {
        case kCodes:
          load_codes(state, section);
          break;
        case kAccounts:
          load_accounts(state, section, accounts_shard++);
          break;
        case kSlots:
          load_slots(state, section, slots_shard++);
          break;
        case kEnd: {
          ByteReader in(content_);
          if (in.get_u64() != state.accounts().size() || in.get_u64() != state.slots().size() || !in.ok()) {
            throw corrupt("has another number of entries than its end says");
          }
          if (position_ != size_) throw corrupt("goes on after its end");
          state.finish_load(out.block);
          out.bytes = size_;
          return out;
        }
        default:
          throw corrupt("has a section of unknown kind");
      }
    }
  }

 private:
  struct Section {
    u32 kind = 0;
    u32 count = 0;
  };

  StorageError corrupt(const std::string& what) const {
    return {StorageErrorKind::kCorrupt, file_.path(),
            "the snapshot " + what + " (offset " + std::to_string(start_) + ")",
            "Remove this file: an older snapshot and the block log take its place"};
  }

  void read(Bytes& into, u64 size) {
    start_ = position_;
    if (size > size_ - position_) throw corrupt("ends too early");
    into.resize(size);
    file_.read_at(position_, into);
    position_ += size;
  }

  LoadedSnapshot read_header() {
    read(content_, std::min(kHeaderSize, size_));
    ByteReader in(content_);
    const auto magic = in.get_fixed<8>();
    const u32 version = in.get_u32();
    const u64 chain_id = in.get_u64();
    const auto genesis = in.get_fixed<32>();
    LoadedSnapshot out;
    out.block = in.get_u64();
    out.block_hash = in.get_fixed<32>();
    HashSeed seed;
    for (u64& word : seed.word) word = in.get_u64();
    const u32 crc = in.get_u32();
    if (!in.ok() || crc != crc32c(ByteView(content_).first(kHeaderSize - 4))) throw corrupt("has a damaged header");
    if (std::memcmp(magic.data(), kMagic, 8) != 0 || version != kVersion) {
      throw StorageError(StorageErrorKind::kWrongChain, file_.path(),
                         "snapshot format version " + std::to_string(version),
                         "This program reads version " + std::to_string(kVersion) + ": use a newer one");
    }
    if (ChainIdentity{chain_id, genesis} != identity_) {
      throw StorageError(StorageErrorKind::kWrongChain, file_.path(),
                         "belongs to chain " + std::to_string(chain_id) + " with genesis " + to_hex(genesis),
                         "Use the right genesis file, or another data directory");
    }
    out.state = std::make_shared<HotState>(seed);
    return out;
  }

  Section read_section() {
    read(content_, kSectionHeaderSize);
    ByteReader in(content_);
    Section section;
    section.kind = in.get_u32();
    section.count = in.get_u32();
    const u64 length = in.get_u64();
    const u32 crc = in.get_u32();
    if (in.get_u32() != crc32c(ByteView(content_).first(kSectionHeaderSize - 4))) {
      throw corrupt("has a damaged section header");
    }
    read(content_, length);
    if (crc32c(content_) != crc) throw corrupt("has a damaged section");
    return section;
  }

  void load_codes(HotState& state, const Section& section) {
    ByteReader in(content_);
    for (u32 i = 0; i < section.count; ++i) {
      const auto hash = in.get_fixed<32>();
      const ByteView bytes = in.get_blob();
      if (!in.ok()) throw corrupt("has a malformed code section");
      state.codes().add(hash, bytes);
    }
  }

  void load_accounts(HotState& state, const Section& section, u64 shard) {
    check_items(section, kAccountSize, shard);
    state.accounts().reserve_shard(shard, section.count);
    for (u64 at = 0; at < content_.size(); at += kAccountSize) {
      const ByteView item = ByteView(content_).subspan(at);
      const auto packed = get_raw<PackedAccount>(item.subspan(sizeof(Address)));
      if (packed.code >= state.codes().size()) throw corrupt("names a code that it does not hold");
      state.accounts().set(0, Address::from(item), &packed, false);
    }
  }

  void load_slots(HotState& state, const Section& section, u64 shard) {
    check_items(section, kSlotSize, shard);
    state.slots().reserve_shard(shard, section.count);
    for (u64 at = 0; at < content_.size(); at += kSlotSize) {
      const ByteView item = ByteView(content_).subspan(at);
      const auto packed = get_raw<PackedSlot>(item.subspan(sizeof(SlotKey)));
      state.slots().set(0, get_raw<SlotKey>(item), &packed, false);
    }
  }

  void check_items(const Section& section, u64 item_size, u64 shard) const {
    if (content_.size() != section.count * item_size || shard >= HotState::Accounts::kShards) {
      throw corrupt("has a section of the wrong size");
    }
  }

  File file_;
  u64 size_;
  ChainIdentity identity_;
  u64 position_ = 0;
  u64 start_ = 0;  // of what is being looked at, for messages
  Bytes content_;
};

}  // namespace

std::vector<SnapshotFile> list_snapshots(const fs::path& directory) {
  std::vector<SnapshotFile> out;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.size() != 6 + 20 + 5 || !name.starts_with("state-") || !name.ends_with(".snap")) continue;
    const std::string digits = name.substr(6, 20);
    if (!std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    u64 block = 0;
    for (const char c : digits) block = block * 10 + static_cast<u64>(c - '0');
    out.push_back({block, entry.path()});
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.block > b.block; });
  return out;
}

void remove_unfinished_snapshots(const fs::path& directory) {
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().ends_with(".snap.tmp")) remove_file(entry.path());
  }
}

u64 write_snapshot(const fs::path& directory, const ChainIdentity& identity, const HotState& state, u64 block,
                   const Hash256& block_hash) {
  const fs::path path = snapshot_path(directory, block);
  fs::path temporary = path;
  temporary += ".tmp";
  SectionWriter out(temporary);

  Bytes header;
  ByteWriter w(header);
  w.put_bytes(kMagic);
  w.put_u32(kVersion);
  w.put_u64(identity.chain_id);
  w.put_bytes(identity.genesis_hash);
  w.put_u64(block);
  w.put_bytes(block_hash);
  for (const u64 word : state.seed().word) w.put_u64(word);
  w.put_u32(crc32c(header));
  out.write(header);

  // Codes that came after `block` may be among them; they do no harm.
  write_codes(out, state.codes());
  u64 accounts = 0;
  u64 slots = 0;
  Bytes content;
  for (u64 shard = 0; shard < HotState::Accounts::kShards; ++shard) {
    u32 count = 0;
    content.clear();
    state.accounts().for_each_at(shard, block, [&](const Address& address, const PackedAccount& account) {
      put_raw(content, address);
      put_raw(content, account);
      ++count;
    });
    out.section(kAccounts, count, content);
    accounts += count;
  }
  for (u64 shard = 0; shard < HotState::Slots::kShards; ++shard) {
    u32 count = 0;
    content.clear();
    state.slots().for_each_at(shard, block, [&](const SlotKey& key, const PackedSlot& value) {
      put_raw(content, key);
      put_raw(content, value);
      ++count;
    });
    out.section(kSlots, count, content);
    slots += count;
  }
  Bytes totals;
  ByteWriter t(totals);
  t.put_u64(accounts);
  t.put_u64(slots);
  out.section(kEnd, 0, totals);
  out.sync();
  rename_file(temporary, path);
  sync_directory(directory);
  return out.size();
}

LoadedSnapshot load_snapshot(const fs::path& path, const ChainIdentity& identity) {
  return Loader(path, identity).load();
}

}  // namespace atlas::storage
