#pragma once
#include <filesystem>
#include <map>
#include <string>

#include <base/types.hpp>

namespace atlas::storage {

/// Who needs the block log from which block on: a text file with a line "name block" for each. Every change is durable
/// when the call returns. Not thread-safe.
class LogHolds {
 public:
  /// Reads the file if there is one. Throws StorageError: kCorrupt names the line.
  explicit LogHolds(std::filesystem::path file);
  void set(const std::string& name, u64 first_needed);
  void remove(const std::string& name);
  /// The first block that anybody needs; 2^64 − 1 if nobody does.
  u64 lowest() const;
  const std::map<std::string, u64>& all() const { return holds_; }

 private:
  void write() const;
  std::filesystem::path file_;
  std::map<std::string, u64> holds_;
};

}  // namespace atlas::storage
