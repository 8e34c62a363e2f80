#include <cerrno>
#include <string>
#include <system_error>

#include <fcntl.h>
#include <unistd.h>

#include <zkvm/prover/proof_file.hpp>

namespace atlas::zkvm {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path, const char* what) {
  throw std::system_error(errno, std::generic_category(), path.string() + " " + what);
}

}  // namespace

FileDraft::FileDraft(const std::filesystem::path& path) : path_(path), draft_(path.string() + ".part") {
  fd_ = ::open(draft_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd_ < 0) fail(path_, "cannot be created");
}

FileDraft::~FileDraft() {
  if (fd_ >= 0) ::close(fd_);
  if (!draft_.empty()) ::unlink(draft_.c_str());
}

void FileDraft::write(ByteView bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) fail(path_, "cannot be written");
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void FileDraft::keep() {
  if (::fsync(fd_) != 0) fail(path_, "cannot be written to disk");
  const int fd = fd_;
  fd_ = -1;
  if (::close(fd) != 0) fail(path_, "cannot be written to disk");
  if (::rename(draft_.c_str(), path_.c_str()) != 0) fail(path_, "cannot be given its name");
  draft_.clear();
}

}  // namespace atlas::zkvm
