#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>

namespace atlas::storage {

/// What kind of trouble the environment is in, so that the caller can choose between retry, stop and exit code.
enum class StorageErrorKind {
  kIo,          ///< the operating system refused a call
  kDiskFull,    ///< ENOSPC, EDQUOT or a file size limit
  kCorrupt,     ///< a file's content is damaged; nothing was changed
  kWrongChain,  ///< the directory holds another chain, or a format that this program does not know
  kLocked,      ///< another process uses the directory
};

/// Trouble with the environment of the storage: names the path, what was attempted, why it failed and what to do.
class StorageError : public std::runtime_error {
 public:
  StorageError(StorageErrorKind kind, const std::filesystem::path& path, const std::string& what,
               const std::string& advice);
  StorageErrorKind kind() const { return kind_; }
  const std::filesystem::path& path() const { return path_; }

 private:
  StorageErrorKind kind_;
  std::filesystem::path path_;
};

/// A failed system call: `operation` as in "write 512 bytes at offset 64", `error` an errno value.
StorageError system_error(const std::filesystem::path& path, const std::string& operation, int error);

}  // namespace atlas::storage
