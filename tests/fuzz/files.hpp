#pragma once
// For targets that open files of a data directory.
#include <cstring>

#include <unistd.h>

#include <base/ensure.hpp>
#include <storage/crc32c.hpp>
#include <storage/file.hpp>

namespace atlas::fuzz {

using storage::File;
namespace fs = std::filesystem;

/// In memory where there is such a place.
struct Directory {
  fs::path path;
  Directory() {
    const fs::path base = fs::is_directory("/dev/shm") ? fs::path("/dev/shm") : fs::temp_directory_path();
    path = base / ("atlas-fuzz-" + std::to_string(::getpid()));
    fs::create_directories(path);
  }
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
};

inline void write_content(const fs::path& path, ByteView bytes) {
  const File file = File::open(path, File::Mode::kReplace);
  file.write_at(0, bytes);
}

inline Bytes content(const fs::path& path) {
  const File file = File::open(path, File::Mode::kRead);
  Bytes out(file.size());
  file.read_at(0, out);
  return out;
}

template <class T>
T get(const Bytes& bytes, std::size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof(T));
  return value;
}
inline void put_crc(Bytes& bytes, std::size_t at, u32 crc) {
  std::memcpy(bytes.data() + at, &crc, sizeof(crc));
}

/// Drives a function of a folder and a file's content. The first byte says whether checksums are made right first, by
/// `mend`, so that what lies behind them is reached.
template <class Mend, class Drive>
int drive_file(const u8* data, std::size_t size, Mend&& mend, Drive&& drive) {
  static const Directory home;
  constexpr std::size_t kSizeMax = 16'384;
  if (size < 1 || size > kSizeMax) return 0;
  Bytes bytes(data + 1, data + size);
  if ((data[0] & 1) != 0) mend(bytes);
  drive(home.path, bytes);
  for (const auto& entry : fs::directory_iterator(home.path)) fs::remove(entry.path());
  return 0;
}

}  // namespace atlas::fuzz
