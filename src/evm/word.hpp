#pragma once
// Copying words so that loads can take their data from the store buffer. A processor forwards a recent store to a load
// only if that one store covers all of the load; else the load waits until the store has reached the cache, which costs
// as much as ten EVM instructions (12 ns measured). Instructions write results limb by limb, so words that may be fresh
// are also read limb by limb.
#include <base/u256.hpp>

namespace atlas::evm {

/// The limb as a value in a general register: keeps compilers from merging neighbouring loads into a vector load.
inline Limb lone_limb(const Limb& from) {
  Limb value = from;
  __asm__("" : "+r"(value));
  return value;
}

inline void copy_word(u256& to, const u256& from) {
  Limb limbs[u256::kLimbs];
  for (unsigned i = 0; i < u256::kLimbs; ++i) limbs[i] = lone_limb(from.limb[i]);
  for (unsigned i = 0; i < u256::kLimbs; ++i) to.limb[i] = limbs[i];
}

inline void swap_words(u256& a, u256& b) {
  Limb limbs[u256::kLimbs];
  for (unsigned i = 0; i < u256::kLimbs; ++i) limbs[i] = lone_limb(a.limb[i]);
  for (unsigned i = 0; i < u256::kLimbs; ++i) a.limb[i] = lone_limb(b.limb[i]);
  for (unsigned i = 0; i < u256::kLimbs; ++i) b.limb[i] = limbs[i];
}

/// A copy written in pieces of 16 bytes: whatever code it is passed to may read it by limbs or by vectors.
inline u256 settled(const u256& from) {
  using Half = Limb __attribute__((vector_size(16)));
  constexpr unsigned kPerHalf = u256::kLimbs / 2;
  u256 to;
  for (unsigned h = 0; h < 2; ++h) {
    Half half{};
    for (unsigned i = 0; i < kPerHalf; ++i) half[i] = lone_limb(from.limb[h * kPerHalf + i]);
    std::memcpy(&to.limb[h * kPerHalf], &half, sizeof half);
  }
  return to;
}

}  // namespace atlas::evm
