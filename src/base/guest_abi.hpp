#pragma once
// The door of the machine: numbers of its ecalls and their bounds, for the executor, the chips and the guest's
// platform. What each one reads, writes and refuses stands in docs/guest-abi.md.
#include <base/types.hpp>

namespace atlas::abi {

/// a7 of an ecall; arguments in a0 to a5. Pointers are word-aligned.
enum class Ecall : u32 {
  kHalt = 0,               ///< (code)
  kHintRead = 1,           ///< (destination, words)
  kCommit = 2,             ///< (8 words)
  kLog = 3,                ///< (text, bytes): no effect on the machine
  kPhase = 4,              ///< (name, bytes): begins a phase of the report; no bytes: ends it. No effect on the machine
  kAdviseInverse = 5,      ///< (destination, x, m)
  kAdviseRoot = 6,         ///< (destination, x)
  kKeccakF = 16,           ///< (state)
  kBlake3 = 17,            ///< (chaining value, blocks, count, flags, length and counter)
  kMerklePath = 18,        ///< (digest, index, levels, flags)
  kMerkleUpdate = 19,      ///< (two digests, index, levels, flags)
  kMulMod = 20,            ///< (a, b, c, m, r)
  kMulDiv = 21,            ///< (a, b, c, m, q and r)
  kSecp256k1Add = 22,      ///< (P, Q)
  kSecp256k1Double = 23,   ///< (P)
  kExtensionDotBase = 24,  ///< (sum, base elements, extension elements, count)
  kExtensionDot = 25,      ///< (sum, extension elements, extension elements, count)
  kEqExpand = 26,          ///< (table, r, count)
  kSha256 = 27,            ///< (state, blocks, count)
};
inline constexpr u32 kEcallEnd = 28;

/// Most words, blocks, levels or elements that one ecall takes: an ecall never spans two segments.
inline constexpr u32 kHintWordsMax = 4096;
inline constexpr u32 kHashBlocksMax = 4096;
inline constexpr u32 kBlake3CounterBits = 24;
inline constexpr u32 kMerkleLevelsMax = 32;
inline constexpr u32 kExtensionRunMax = 4096;

/// BabyBear and the degree of its extension X^5 − 2; an element is five canonical words, lowest coefficient first.
inline constexpr u32 kBabyBearPrime = 15U * (1U << 27) + 1;
inline constexpr u32 kExtensionDegree = 5;
inline constexpr u32 kExtensionNonResidue = 2;

}  // namespace atlas::abi
