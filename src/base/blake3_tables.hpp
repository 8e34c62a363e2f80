#pragma once
// BLAKE3's constants (specification, 2.2), for the portable compression and the vectorised ones. Data alone: files
// built for a particular instruction set may include it.
#include <base/types.hpp>

namespace atlas {

/// Initial chaining value of the unkeyed hash, as SHA-256's.
inline constexpr u32 kBlake3Iv[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                     0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};

/// Message words of every round: the specification's permutation (table 2) applied again and again.
struct Blake3Schedule {
  u8 word[7][16];
};
consteval Blake3Schedule make_blake3_schedule() {
  constexpr u8 kPermutation[16] = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  Blake3Schedule s{};
  for (u8 i = 0; i < 16; ++i) s.word[0][i] = i;
  for (unsigned r = 1; r < 7; ++r) {
    for (unsigned i = 0; i < 16; ++i) s.word[r][i] = s.word[r - 1][kPermutation[i]];
  }
  return s;
}
inline constexpr Blake3Schedule kBlake3Schedule = make_blake3_schedule();

}  // namespace atlas
