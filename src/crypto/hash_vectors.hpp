#pragma once
// For tests only: NIST CAVP's response files and a source of reproducible bytes.
#include <sstream>
#include <vector>

#include <base/test_vectors.hpp>

namespace atlas::test {

struct HashCase {
  Bytes message;
  Bytes digest;
};

/// The "Len / Msg / MD" records of a .rsp file, those of whole bytes.
inline std::vector<HashCase> read_rsp(const std::filesystem::path& path) {
  std::vector<HashCase> cases;
  std::istringstream in(read_text(path));
  std::string line;
  std::size_t bits = 0;
  Bytes message;
  while (std::getline(in, line)) {
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
    if (line.starts_with("Len = ")) bits = std::stoul(line.substr(6));
    if (line.starts_with("Msg = ")) message = hex_bytes(line.substr(6));
    if (line.starts_with("MD = ") && bits % 8 == 0) {
      message.resize(bits / 8);
      cases.push_back({message, hex_bytes(line.substr(5))});
    }
  }
  return cases;
}

/// `size` bytes of a linear congruential generator (Knuth's MMIX constants).
inline Bytes sample_bytes(std::size_t size, u64 seed) {
  Bytes out(size);
  for (u8& b : out) {
    seed = seed * 6364136223846793005ULL + 1442695040888963407ULL;
    b = static_cast<u8>(seed >> 56);
  }
  return out;
}

}  // namespace atlas::test
