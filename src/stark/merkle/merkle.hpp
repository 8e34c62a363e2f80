#pragma once
// Merkle trees over the BLAKE3 compression (7 rounds): what prover and verifier share, and the verifier's half.
// A leaf is a row of words, a multiple of 16; its digest chains one compression a block of 16 words from the IV under
// the flag kLeafFlag. A node is one compression of its two children from the IV under kNodeFlag. Counter 0, length 64.
// The number of words of a leaf and the height are fixed by the key, so no length is hashed.
#include <base/bytes.hpp>
#include <base/result.hpp>

namespace atlas::stark {

inline constexpr u32 kLeafFlag = 1u << 7;
inline constexpr u32 kNodeFlag = 1u << 8;

struct Digest {
  u32 word[8]{};
  friend bool operator==(const Digest& a, const Digest& b) { return std::memcmp(a.word, b.word, sizeof a.word) == 0; }
};

/// `words.size()` is a positive multiple of 16.
Digest hash_leaf(std::span<const u32> words);
Digest hash_node(const Digest& left, const Digest& right);

/// The digests of the layer with 2^cap_log nodes (or of the leaves, if there are no more), in place of a single root.
using MerkleCap = std::vector<Digest>;

/// Number of sibling digests that opening `indices` (ascending, each once, below 2^height_log) takes.
std::size_t count_siblings(std::span<const u32> indices, unsigned height_log, unsigned cap_log);

/// Do `leaves[i]` stand at `indices[i]` of the tree under `cap`? `indices` is ascending and has no duplicates;
/// `siblings` lists, from the leaves up and from left to right, the digests that cannot be computed; all are used.
bool verify_openings(const MerkleCap& cap, unsigned height_log, std::span<const u32> indices,
                     std::span<const Digest> leaves, std::span<const Digest> siblings);

}  // namespace atlas::stark
