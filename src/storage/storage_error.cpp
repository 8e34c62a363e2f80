#include <cerrno>
#include <cstring>

#include <storage/storage_error.hpp>

namespace atlas::storage {

StorageError::StorageError(StorageErrorKind kind, const std::filesystem::path& path, const std::string& what,
                           const std::string& advice)
    : std::runtime_error(path.string() + ": " + what + ". " + advice), kind_(kind), path_(path) {}

StorageError system_error(const std::filesystem::path& path, const std::string& operation, int error) {
  const std::string what = operation + " failed: " + std::strerror(error);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return {StorageErrorKind::kDiskFull, path, what,
              "Free space on this file system or move the data directory, then start again"};
    case EFBIG:
      return {StorageErrorKind::kDiskFull, path, what,
              "A file size limit is in force (ulimit -f): raise it, then start again"};
    case EACCES:
    case EPERM:
    case EROFS:
      return {StorageErrorKind::kIo, path, what, "Give the node's user write access to the data directory"};
    case EMFILE:
    case ENFILE:
      return {StorageErrorKind::kIo, path, what, "Raise the limit of open files (ulimit -n), at least 1024"};
    case ENOENT:
      return {StorageErrorKind::kIo, path, what,
              "A file of the data directory is missing: restore it or use another directory"};
    default:
      return {StorageErrorKind::kIo, path, what, "Check the disk and the kernel log, then start again"};
  }
}

}  // namespace atlas::storage
