#include <crypto/blake3.hpp>
#include <stark/merkle/merkle.hpp>

namespace atlas::stark {

Digest hash_leaf(std::span<const u32> words) {
  ENSURE(!words.empty() && words.size() % 16 == 0, "a leaf is whole blocks");
  Digest out;
  std::memcpy(out.word, crypto::kBlake3Iv, sizeof out.word);
  for (std::size_t at = 0; at < words.size(); at += 16) {
    crypto::blake3_compress(out.word, words.data() + at, 0, crypto::kBlake3BlockSize, kLeafFlag, out.word);
  }
  return out;
}

Digest hash_node(const Digest& left, const Digest& right) {
  u32 block[16];
  std::memcpy(block, left.word, sizeof left.word);
  std::memcpy(block + 8, right.word, sizeof right.word);
  Digest out;
  crypto::blake3_compress(crypto::kBlake3Iv, block, 0, crypto::kBlake3BlockSize, kNodeFlag, out.word);
  return out;
}

std::size_t count_siblings(std::span<const u32> indices, unsigned height_log, unsigned cap_log) {
  std::vector<u32> level(indices.begin(), indices.end());
  std::size_t count = 0;
  for (unsigned log = height_log; log > cap_log; --log) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < level.size(); ++i) {
      const bool has_pair = level[i] % 2 == 0 && i + 1 < level.size() && level[i + 1] == level[i] + 1;
      const u32 parent = level[i] / 2;
      if (has_pair) {
        ++i;
      } else {
        ++count;
      }
      level[out++] = parent;
    }
    level.resize(out);
  }
  return count;
}

bool verify_openings(const MerkleCap& cap, unsigned height_log, std::span<const u32> indices,
                     std::span<const Digest> leaves, std::span<const Digest> siblings) {
  if (leaves.size() != indices.size()) return false;
  std::vector<u32> level(indices.begin(), indices.end());
  std::vector<Digest> digests(leaves.begin(), leaves.end());
  std::size_t used = 0;
  std::size_t width = std::size_t{1} << height_log;
  for (; width > cap.size(); width /= 2) {
    std::size_t out = 0;
    for (std::size_t i = 0; i < level.size(); ++i) {
      const u32 index = level[i];
      const bool has_pair = index % 2 == 0 && i + 1 < level.size() && level[i + 1] == index + 1;
      Digest parent;
      if (has_pair) {
        parent = hash_node(digests[i], digests[i + 1]);
        ++i;
      } else {
        if (used == siblings.size()) return false;
        const Digest& sibling = siblings[used++];
        parent = index % 2 == 0 ? hash_node(digests[i], sibling) : hash_node(sibling, digests[i]);
      }
      level[out] = index / 2;
      digests[out++] = parent;
    }
    level.resize(out);
    digests.resize(out);
  }
  if (width != cap.size() || used != siblings.size()) return false;
  for (std::size_t i = 0; i < level.size(); ++i) {
    if (level[i] >= width || !(digests[i] == cap[level[i]])) return false;
  }
  return true;
}

}  // namespace atlas::stark
