#include <cerrno>
#include <utility>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <storage/file.hpp>

namespace atlas::storage {
namespace {

std::string span_text(const char* verb, u64 size, u64 offset) {
  return std::string(verb) + " of " + std::to_string(size) + " bytes at offset " + std::to_string(offset);
}

File open_lock_file(const std::filesystem::path& directory) {
  const auto path = directory / "LOCK";
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (fd < 0) throw system_error(path, "open", errno);
  ::close(fd);
  return File::open(path, File::Mode::kReadWrite);
}

}  // namespace

File::File(std::filesystem::path path, int descriptor) : path_(std::move(path)), descriptor_(descriptor) {}
File::File(File&& other) noexcept : path_(std::move(other.path_)), descriptor_(std::exchange(other.descriptor_, -1)) {}
File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  return *this;
}
File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

File File::open(const std::filesystem::path& path, Mode mode) {
  int flags = O_CLOEXEC;
  switch (mode) {
    case Mode::kRead:
      flags |= O_RDONLY;
      break;
    case Mode::kReadWrite:
      flags |= O_RDWR;
      break;
    case Mode::kCreate:
      flags |= O_RDWR | O_CREAT | O_EXCL;
      break;
    case Mode::kReplace:
      flags |= O_RDWR | O_CREAT | O_TRUNC;
      break;
  }
  const int fd = ::open(path.c_str(), flags, 0644);
  if (fd < 0) throw system_error(path, "open", errno);
  return File(path, fd);
}

u64 File::size() const {
  struct stat info{};
  if (::fstat(descriptor_, &info) != 0) throw system_error(path_, "fstat", errno);
  return static_cast<u64>(info.st_size);
}

void File::write_at(u64 offset, ByteView bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pwrite(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      throw system_error(path_, span_text("write", bytes.size(), offset), errno);
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<u64>(n);
  }
}

void File::read_at(u64 offset, std::span<u8> bytes) const {
  while (!bytes.empty()) {
    const ssize_t n = ::pread(descriptor_, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (n < 0) {
      if (errno == EINTR) continue;
      throw system_error(path_, span_text("read", bytes.size(), offset), errno);
    }
    if (n == 0) {
      throw StorageError(StorageErrorKind::kCorrupt, path_,
                         span_text("read", bytes.size(), offset) + " met the end of the file",
                         "The file was cut: restore it from a backup");
    }
    bytes = bytes.subspan(static_cast<std::size_t>(n));
    offset += static_cast<u64>(n);
  }
}

void File::sync() const {
  // After a failed fdatasync the kernel may have dropped the dirty pages, so nothing is retried: the caller stops.
  if (::fdatasync(descriptor_) != 0) throw system_error(path_, "fdatasync", errno);
}

void File::truncate(u64 size) const {
  if (::ftruncate(descriptor_, static_cast<off_t>(size)) != 0) {
    throw system_error(path_, "truncate to " + std::to_string(size) + " bytes", errno);
  }
}

bool File::preallocate(u64 size) const {
  while (::fallocate(descriptor_, 0, 0, static_cast<off_t>(size)) != 0) {
    if (errno == EINTR) continue;
    if (errno == EOPNOTSUPP || errno == ENOSYS || errno == ENOSPC || errno == EDQUOT || errno == EFBIG) return false;
    throw system_error(path_, "reserve " + std::to_string(size) + " bytes", errno);
  }
  return true;
}

void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) throw system_error(directory, "open", errno);
  const int result = ::fsync(fd);
  const int error = errno;
  ::close(fd);
  if (result != 0) throw system_error(directory, "fsync", error);
}

void rename_file(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) throw system_error(from, "rename to " + to.string(), errno);
}

void remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) throw system_error(path, "remove", errno);
}

void make_directories(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) throw system_error(path, "create directory", error.value());
}

DirectoryLock::DirectoryLock(const std::filesystem::path& directory) : file_(open_lock_file(directory)) {
  if (::flock(file_.descriptor(), LOCK_EX | LOCK_NB) != 0) {
    const int error = errno;
    if (error != EWOULDBLOCK) throw system_error(file_.path(), "flock", error);
    u8 text[32] = {};
    const u64 n = std::min<u64>(file_.size(), sizeof(text) - 1);
    file_.read_at(0, std::span(text, n));
    throw StorageError(StorageErrorKind::kLocked, directory,
                       "process " + std::string(reinterpret_cast<const char*>(text)) + " is using this data directory",
                       "Stop that process, or give this one another directory");
  }
  file_.truncate(0);
  file_.write_at(0, as_bytes(std::to_string(::getpid())));
}

}  // namespace atlas::storage
