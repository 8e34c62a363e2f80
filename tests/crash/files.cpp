#include "files.hpp"

#include <algorithm>
#include <cstring>
#include <fstream>
#include <iterator>

#include <storage/byte_io.hpp>
#include <storage/crc32c.hpp>

namespace atlas::crash {
namespace {

constexpr u64 kSegmentHeader = 8 + 4 + 8 + 8 + 32 + 8 + 4;
constexpr u64 kRecordHeader = 4 + 4 + 8 + 8 + 4 + 4 + 4;
constexpr u32 kMagic = 0x4b4c4241;
constexpr u32 kBlock = 1;

Bytes read_all(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return Bytes(std::istreambuf_iterator<char>(in), {});
}

std::vector<fs::path> named(const fs::path& directory, const char* prefix, const char* suffix) {
  std::vector<fs::path> out;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with(prefix) && name.ends_with(suffix)) out.push_back(entry.path());
  }
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace

std::vector<fs::path> segments(const fs::path& data) {
  return named(data / "log", "blocks-", ".log");
}

std::vector<fs::path> snapshots(const fs::path& data) {
  auto out = named(data / "snapshots", "state-", ".snap");
  std::reverse(out.begin(), out.end());
  return out;
}

bool batch_is_being_written(const fs::path& data) {
  return fs::exists(data / "batches" / "pubdata.tmp");
}
bool snapshot_is_being_written(const fs::path& data) {
  return !named(data / "snapshots", "state-", ".snap.tmp").empty();
}

std::vector<RecordAt> records(const fs::path& segment) {
  const Bytes content = read_all(segment);
  std::vector<RecordAt> out;
  if (content.size() < kSegmentHeader) return out;
  storage::ByteReader header(content);
  header.get_bytes(8 + 4);
  const u64 salt = header.get_u64();
  for (u64 at = kSegmentHeader; at + kRecordHeader <= content.size();) {
    storage::ByteReader in(ByteView(content).subspan(at));
    if (in.get_u32() != kMagic) break;
    const u32 kind = in.get_u32();
    const u64 number = in.get_u64();
    in.get_u64();
    const u64 length = in.get_u32();
    if (kind == kBlock) out.push_back({segment, at, number, length, salt});
    at += kRecordHeader + length;
  }
  return out;
}

FlippedByte::FlippedByte(fs::path file, u64 offset) : file_(std::move(file)), offset_(offset) {
  flip();
}
FlippedByte::~FlippedByte() {
  if (!keep_) flip();
}
void FlippedByte::flip() const {
  std::fstream file(file_, std::ios::binary | std::ios::in | std::ios::out);
  file.seekg(static_cast<std::streamoff>(offset_));
  const int was = file.get();
  file.seekp(static_cast<std::streamoff>(offset_));
  file.put(static_cast<char>(was ^ 0x20));
}

void write_bytes(const fs::path& file, u64 offset, ByteView bytes) {
  std::fstream out(file, std::ios::binary | std::ios::in | std::ios::out);
  out.seekp(static_cast<std::streamoff>(offset));
  out.write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
}

std::string tear_tail(const fs::path& data, std::mt19937_64& random) {
  const fs::path segment = segments(data).back();
  const auto known = records(segment);
  if (known.empty()) return "";  // a segment that has just been made: nothing to stand after
  const RecordAt& last = known.back();
  const u64 end = last.offset + kRecordHeader + last.length;

  const u32 length = 200 + static_cast<u32>(random() % 50'000);
  Bytes record;
  storage::ByteWriter w(record);
  w.put_u32(kMagic);
  w.put_u32(kBlock);
  w.put_u64(last.number + 1);
  w.put_u64(last.number);
  w.put_u32(length);
  w.put_u32(0x12345678);  // of a payload that never came whole
  u8 salt[8];
  std::memcpy(salt, &last.salt, 8);
  w.put_u32(storage::crc32c(record, storage::crc32c(salt)));
  const auto noise = [&](u64 n) {
    for (u64 i = 0; i < n; ++i) record.push_back(static_cast<u8>(random()));
  };
  std::string what;
  switch (random() % 3) {
    case 0:
      record.resize(1 + random() % (kRecordHeader - 1));
      what = "part of a record's header";
      break;
    case 1:
      noise(1 + random() % length);
      what = "a header and part of its payload";
      break;
    default:
      record.clear();
      noise(1 + random() % 9'000);
      record[0] |= 1;  // not taken for the preallocated end
      what = "garbage";
  }
  write_bytes(segment, end, record);
  return what;
}

void copy_tree(const fs::path& from, const fs::path& to) {
  fs::remove_all(to);
  fs::copy(from, to, fs::copy_options::recursive);
}

}  // namespace atlas::crash
