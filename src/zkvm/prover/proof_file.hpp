#pragma once
#include <filesystem>

#include <base/bytes.hpp>

namespace atlas::zkvm {

/// A file that appears under its name only when it is whole: until keep() it is PATH.part, and it is deleted unless it
/// was kept. So whoever finds a file at PATH finds all of it, whatever happened on the way; and whether the place can
/// be written to is known before the work that fills the file. All throw std::system_error, which names the path.
class FileDraft {
 public:
  explicit FileDraft(const std::filesystem::path& path);
  ~FileDraft();
  FileDraft(const FileDraft&) = delete;
  FileDraft& operator=(const FileDraft&) = delete;

  void write(ByteView bytes);
  /// Syncs the file and gives it its name.
  void keep();

 private:
  std::filesystem::path path_;
  std::filesystem::path draft_;
  int fd_ = -1;
};

}  // namespace atlas::zkvm
