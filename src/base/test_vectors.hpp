#pragma once
// For tests only: finds and reads the conformance data. ATLAS_VECTORS names the folder with the unpacked archives
// (./dev test sets it); a test whose data are absent is skipped, and says so.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

#include <base/bytes.hpp>

namespace atlas::test {

/// Absolute path of a file or folder of the vectors, given below ATLAS_VECTORS; empty if absent.
inline std::filesystem::path find_vectors(const std::string& relative) {
  const char* root = std::getenv("ATLAS_VECTORS");
  if (root == nullptr) return {};
  std::filesystem::path path = std::filesystem::path(root) / relative;
  return std::filesystem::exists(path) ? path : std::filesystem::path{};
}

inline std::string read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + path.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The bytes of a hex string of a test; throws if it is none.
inline Bytes hex_bytes(std::string_view text) {
  auto bytes = from_hex(text);
  if (!bytes) throw std::runtime_error("not hex: " + std::string(text));
  return std::move(*bytes);
}

}  // namespace atlas::test

/// Defines `path`, the place of the vectors `relative` (below ATLAS_VECTORS), or skips the test.
#define ATLAS_VECTORS_OR_SKIP(path, relative)              \
  const auto path = ::atlas::test::find_vectors(relative); \
  if (path.empty()) GTEST_SKIP() << "left out: " << (relative) << " is not under ATLAS_VECTORS"
