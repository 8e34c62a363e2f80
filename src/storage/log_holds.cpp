#include <algorithm>
#include <cctype>
#include <charconv>
#include <sstream>

#include <base/ensure.hpp>
#include <storage/file.hpp>
#include <storage/log_holds.hpp>

namespace atlas::storage {
namespace {

constexpr u64 kFileSizeMax = u64{1} << 20;

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](unsigned char c) { return std::isalnum(c) != 0 || c == '-'; });
}

}  // namespace

LogHolds::LogHolds(std::filesystem::path file) : file_(std::move(file)) {
  if (!std::filesystem::exists(file_)) return;
  const File in = File::open(file_, File::Mode::kRead);
  std::string text(std::min(in.size(), kFileSizeMax), '\0');
  in.read_at(0, std::span(reinterpret_cast<u8*>(text.data()), text.size()));
  std::istringstream lines(text);
  unsigned number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    const std::size_t space = line.find(' ');
    const std::string name = line.substr(0, space);
    u64 block = 0;
    const char* begin = space == std::string::npos ? line.data() + line.size() : line.data() + space + 1;
    const auto [end, error] = std::from_chars(begin, line.data() + line.size(), block);
    if (!is_name(name) || error != std::errc() || end != line.data() + line.size()) {
      throw StorageError(StorageErrorKind::kCorrupt, file_, "line " + std::to_string(number) + " is not \"name block\"",
                         "Correct it, or remove the file if nobody works behind the head");
    }
    holds_[name] = block;
  }
}

void LogHolds::set(const std::string& name, u64 first_needed) {
  ENSURE(is_name(name), "a hold's name is letters, digits and dashes");
  const auto known = holds_.find(name);
  if (known != holds_.end() && known->second == first_needed) return;
  holds_[name] = first_needed;
  write();
}

void LogHolds::remove(const std::string& name) {
  if (holds_.erase(name) != 0) write();
}

u64 LogHolds::lowest() const {
  u64 lowest = ~u64{0};
  for (const auto& [name, block] : holds_) lowest = std::min(lowest, block);
  return lowest;
}

void LogHolds::write() const {
  std::string text;
  for (const auto& [name, block] : holds_) text += name + " " + std::to_string(block) + "\n";
  std::filesystem::path temporary = file_;
  temporary += ".tmp";
  const File out = File::open(temporary, File::Mode::kReplace);
  out.write_at(0, as_bytes(text));
  out.sync();
  rename_file(temporary, file_);
  sync_directory(file_.parent_path());
}

}  // namespace atlas::storage
