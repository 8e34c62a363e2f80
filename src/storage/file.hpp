#pragma once
// POSIX files whose every failure is a StorageError that names the path and the operation.
#include <filesystem>

#include <base/bytes.hpp>
#include <storage/storage_error.hpp>

namespace atlas::storage {

class File {
 public:
  enum class Mode { kRead, kReadWrite, kCreate /* must not exist */, kReplace /* truncated if it exists */ };

  static File open(const std::filesystem::path& path, Mode mode);
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  ~File();

  const std::filesystem::path& path() const { return path_; }
  int descriptor() const { return descriptor_; }
  u64 size() const;
  void write_at(u64 offset, ByteView bytes) const;
  /// Reads exactly `bytes.size()` bytes; fewer in the file is a kCorrupt error.
  void read_at(u64 offset, std::span<u8> bytes) const;
  /// Makes content durable.
  void sync() const;
  void truncate(u64 size) const;
  /// Reserves disk space up to `size`, zeros beyond the old end. False if the file system cannot, or there is not that
  /// much: a smaller write may still succeed.
  bool preallocate(u64 size) const;

 private:
  File(std::filesystem::path path, int descriptor);
  std::filesystem::path path_;
  int descriptor_ = -1;
};

/// Makes the creation, renaming and removal of entries of `directory` durable.
void sync_directory(const std::filesystem::path& directory);
/// Atomic replacement; durable after sync_directory.
void rename_file(const std::filesystem::path& from, const std::filesystem::path& to);
void remove_file(const std::filesystem::path& path);
void make_directories(const std::filesystem::path& path);

/// Exclusive use of a directory for as long as the object lives (flock on its file LOCK, which names the holder's
/// process). The kernel releases it when the process ends in any way.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::filesystem::path& directory);

 private:
  File file_;
};

}  // namespace atlas::storage
