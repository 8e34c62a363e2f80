#pragma once
// Files of 32-bit little-endian words that end in the BLAKE3 of the words before.
#include <array>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <vector>

#include <base/bytes.hpp>

namespace atlas::zkvm {

/// A file of a job that is not what it should be. The text names it and says what to do.
class JobError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

inline constexpr u32 kDigestWords = 8;

std::array<u32, kDigestWords> words_of(const Hash256& hash);
/// BLAKE3.
Hash256 hash_of(std::span<const u32> words);

/// Puts words ‖ digest into a file that appears when it is whole.
void write_words(const std::filesystem::path& path, std::span<const u32> words);
/// The words before the digest; nullopt if there is no such file, JobError if the digest is another, if the first word
/// is not `magic`, or if there are fewer than `least` words.
std::optional<std::vector<u32>> read_words(const std::filesystem::path& path, u32 magic, std::size_t least);

}  // namespace atlas::zkvm
