#pragma once
// The seam of platform/guest, with the machine's primitives behind it. A guest is built with this one by standing
// before platform/guest on the include path, or with the portable twin by leaving it out (tools/guest build
// --portable).
#include <cstring>

#include <platform/ecall.hpp>

namespace atlas::platform::accel {

inline bool keccak_f1600(u64* state) {
  ecall(abi::Ecall::kKeccakF, word_of(state));
  return true;
}

inline bool sha256_compress(u32* state, const u8* data, std::size_t blocks) {
  constexpr std::size_t kBlock = 64;
  if (word_of(data) % 4 == 0) {
    while (blocks > 0) {
      const std::size_t part = blocks < abi::kHashBlocksMax ? blocks : abi::kHashBlocksMax;
      ecall(abi::Ecall::kSha256, word_of(state), word_of(data), static_cast<u32>(part));
      data += part * kBlock;
      blocks -= part;
    }
    return true;
  }
  u32 aligned[kBlock / 4];
  for (; blocks > 0; --blocks, data += kBlock) {
    std::memcpy(aligned, data, kBlock);
    ecall(abi::Ecall::kSha256, word_of(state), word_of(aligned), 1);
  }
  return true;
}

/// The machine's counter has 24 bits; a larger one (a leaf's index, in a tree past 16 million leaves) is hashed in
/// plain instructions.
inline bool blake3_compress(const u32* chaining_value, const u32* block, u64 counter, u32 block_length, u32 flags,
                            u32* out) {
  if (counter >= u64{1} << abi::kBlake3CounterBits) return false;
  // The primitive works in place, so the result's place takes the chaining value, unless the block lies there.
  const u32 at = word_of(out);
  const u32 from = word_of(block);
  u32 aside[8];
  u32* state = at + 32 <= from || from + 64 <= at ? out : aside;
  for (unsigned i = 0; i < 8; ++i) state[i] = chaining_value[i];
  ecall(abi::Ecall::kBlake3, word_of(state), word_of(block), 1, flags, block_length | static_cast<u32>(counter) << 8);
  if (state == aside) {
    for (unsigned i = 0; i < 8; ++i) out[i] = aside[i];
  }
  return true;
}

// The primitives want a factor below the modulus: 1 is, but for modulus 1, whose rest is zero.
inline constexpr u32 kZero[8] = {};
inline constexpr u32 kOne[8] = {1};
inline bool is_one(const u32* a) {
  return a[0] == 1 && (a[1] | a[2] | a[3] | a[4] | a[5] | a[6] | a[7]) == 0;
}
inline bool is_below(const u32* a, const u32* b) {
  for (unsigned i = 8; i-- > 0;) {
    if (a[i] != b[i]) return a[i] < b[i];
  }
  return false;
}

inline bool div_mod(const u32* a, const u32* b, u32* quotient, u32* remainder) {
  if (is_one(b)) {
    for (unsigned i = 0; i < 8; ++i) quotient[i] = a[i];
    for (unsigned i = 0; i < 8; ++i) remainder[i] = 0;
    return true;
  }
  u32 out[16];
  ecall(abi::Ecall::kMulDiv, word_of(a), word_of(kOne), word_of(kZero), word_of(b), word_of(out));
  for (unsigned i = 0; i < 8; ++i) quotient[i] = out[i];
  for (unsigned i = 0; i < 8; ++i) remainder[i] = out[8 + i];
  return true;
}

inline bool mul_add_mod(const u32* a, const u32* b, const u32* c, const u32* m, u32* out) {
  if (is_one(m)) {
    for (unsigned i = 0; i < 8; ++i) out[i] = 0;
    return true;
  }
  u32 reduced[8];
  if (!is_below(a, m) && !is_below(b, m)) {
    ecall(abi::Ecall::kMulMod, word_of(a), word_of(kOne), word_of(kZero), word_of(m), word_of(reduced));
    a = reduced;
  }
  ecall(abi::Ecall::kMulMod, word_of(a), word_of(b), word_of(c), word_of(m), word_of(out));
  return true;
}
inline constexpr bool kHasModularProducts = true;

/// What a curve operation came to.
enum class Outcome : u8 { kNotAccelerated, kDone, kInvalid };
Outcome secp256k1_recover(const u8* digest, u8 y_parity, const u8* r, const u8* s, u8* public_key);
constexpr Outcome secp256k1_sign(const u8*, const u8*, u8*, u8*, u8&) {
  return Outcome::kNotAccelerated;
}
constexpr Outcome secp256k1_public_key(const u8*, u8*) {
  return Outcome::kNotAccelerated;
}

}  // namespace atlas::platform::accel
