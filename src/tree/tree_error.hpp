#pragma once
#include <filesystem>
#include <stdexcept>
#include <string>

namespace atlas::tree {

/// Trouble with the tree's database: names the path, what was attempted, why it failed and what to do. The tree can be
/// made again from the blocks, so no error here loses anything.
class TreeError : public std::runtime_error {
 public:
  TreeError(const std::filesystem::path& path, const std::string& what, const std::string& advice)
      : std::runtime_error("state tree " + path.string() + ": " + what + "; " + advice) {}
};

}  // namespace atlas::tree
