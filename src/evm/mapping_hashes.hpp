#pragma once
// Keccak-256 of 64 bytes, remembered: Solidity and Vyper hash key ‖ slot for every access to a mapping, and contracts
// come back to the same entries again and again, often twice in a transaction. A look-up costs a thirtieth of a
// permutation.
#include <memory>

#include <base/u256.hpp>
#include <crypto/keccak.hpp>

namespace atlas::evm {

class MappingHashes {
 public:
  static constexpr std::size_t kInputSize = 64;

  /// keccak256 of the kInputSize bytes at `input`, as a word. Good until the next call.
  const u256& hash(const u8* input) {
    u64 words[kWords];
    for (std::size_t i = 0; i < kWords; ++i) words[i] = lone_word(input + 8 * i);
    Entry& entry = entries_[index_of(words)];
    u64 difference = 0;
    for (std::size_t i = 0; i < kWords; ++i) difference |= words[i] ^ entry.input[i];
    if (difference != 0 || !entry.used) {
      std::copy(words, words + kWords, entry.input);
      entry.hash = u256::from_be(crypto::keccak256({input, kInputSize}));
      entry.used = true;
    }
    return entry.hash;
  }

 private:
  static constexpr std::size_t kWords = kInputSize / 8;
  static constexpr unsigned kEntriesLog2 = 9;  // 56 KiB

  struct Entry {
    u64 input[kWords] = {};
    u256 hash;
    bool used = false;
  };

  // Memory was mostly just written by MSTORE in pieces of 8 bytes: see word.hpp.
  static u64 lone_word(const u8* bytes) {
    u64 word;
    std::memcpy(&word, bytes, sizeof word);
    __asm__("" : "+r"(word));
    return word;
  }

  /// Keys and slots differ mostly in the low bytes of the two words that are hashed, which come last in each.
  static std::size_t index_of(const u64 (&w)[kWords]) {
    const u64 key = w[3] ^ w[2] * 0x9e3779b97f4a7c15ULL ^ (w[1] ^ w[0]);
    const u64 slot = w[7] ^ w[6] * 0xc2b2ae3d27d4eb4fULL ^ (w[5] ^ w[4]);
    const u64 mixed = (key ^ (key >> 32) ^ slot * 0xd6e8feb86659fd93ULL) * 0xff51afd7ed558ccdULL;
    return static_cast<std::size_t>(mixed >> (64 - kEntriesLog2));
  }

  std::unique_ptr<Entry[]> entries_ = std::make_unique<Entry[]>(std::size_t{1} << kEntriesLog2);
};

}  // namespace atlas::evm
