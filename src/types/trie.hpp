#pragma once
// Roots of Merkle Patricia tries (Yellow Paper, appendix D), computed in one pass over all entries; no node is stored.
#include <span>

#include <base/bytes.hpp>

namespace atlas {

/// Root of the trie without entries: keccak256(0x80).
inline constexpr Hash256 kEmptyTrieRoot{{0x56, 0xe8, 0x1f, 0x17, 0x1b, 0xcc, 0x55, 0xa6, 0xff, 0x83, 0x45,
                                         0xe6, 0x92, 0xc0, 0xf8, 0x6e, 0x5b, 0x48, 0xe0, 0x1b, 0x99, 0x6c,
                                         0xad, 0xc0, 0x01, 0x62, 0x2f, 0xb5, 0xe3, 0x63, 0xb4, 0x21}};

struct TrieEntry {
  ByteView key;    ///< at most 64 bytes
  ByteView value;  ///< not empty
};

/// Root of the trie over `entries`, which are in strictly ascending order of their keys.
Hash256 trie_root(std::span<const TrieEntry> entries);

}  // namespace atlas
