#include <cstring>
#include <fstream>
#include <optional>

#include <crypto/blake3.hpp>
#include <zkvm/prover/proof_file.hpp>
#include <zkvm/prover/word_file.hpp>

namespace atlas::zkvm {

std::array<u32, kDigestWords> words_of(const Hash256& hash) {
  std::array<u32, kDigestWords> out;
  std::memcpy(out.data(), hash.data(), sizeof out);
  return out;
}

Hash256 hash_of(std::span<const u32> words) {
  return crypto::blake3(ByteView(reinterpret_cast<const u8*>(words.data()), words.size() * sizeof(u32)));
}

void write_words(const std::filesystem::path& path, std::span<const u32> words) {
  FileDraft draft(path);
  draft.write(ByteView(reinterpret_cast<const u8*>(words.data()), words.size() * sizeof(u32)));
  const Hash256 digest = hash_of(words);
  draft.write(digest);
  draft.keep();
}

std::optional<std::vector<u32>> read_words(const std::filesystem::path& path, u32 magic, std::size_t least) {
  std::ifstream in(path, std::ios::binary | std::ios::ate);
  if (!in) {
    if (std::filesystem::exists(path)) throw JobError(path.string() + " cannot be read");
    return std::nullopt;
  }
  const auto bytes = static_cast<u64>(in.tellg());
  const auto damaged = [&](const char* what) {
    throw JobError(path.string() + " is damaged (" + what + "); remove it");
  };
  if (bytes % sizeof(u32) != 0 || bytes < (std::max<std::size_t>(least, 1) + kDigestWords) * sizeof(u32)) {
    damaged("its length");
  }
  std::vector<u32> words(bytes / sizeof(u32));
  in.seekg(0);
  in.read(reinterpret_cast<char*>(words.data()), static_cast<std::streamsize>(bytes));
  if (!in) throw JobError(path.string() + " cannot be read");
  const std::size_t body = words.size() - kDigestWords;
  const auto digest = words_of(hash_of(std::span(words).first(body)));
  if (!std::equal(digest.begin(), digest.end(), words.begin() + static_cast<std::ptrdiff_t>(body))) damaged("checksum");
  if (words[0] != magic) damaged("another kind of file");
  words.resize(body);
  return words;
}

}  // namespace atlas::zkvm
