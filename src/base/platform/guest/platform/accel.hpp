#pragma once
// Where a platform may run a primitive faster than the portable code in crypto/. Each function says whether it did the
// work; on false nothing was written and the caller runs the portable code. The guest has no accelerators.
#include <base/types.hpp>

namespace atlas::platform::accel {

constexpr bool keccak_f1600(u64*) {
  return false;
}
constexpr bool sha256_compress(u32*, const u8*, std::size_t) {
  return false;
}

constexpr bool blake3_compress(const u32*, const u32*, u64, u32, u32, u32*) {
  return false;
}

constexpr bool div_mod(const Limb*, const Limb*, Limb*, Limb*) {
  return false;
}
constexpr bool mul_add_mod(const Limb*, const Limb*, const Limb*, const Limb*, Limb*) {
  return false;
}
/// Does mul_add_mod() always do the work? Then fields of 256 bits keep plain integers.
inline constexpr bool kHasModularProducts = false;

/// What a curve operation came to.
enum class Outcome : u8 { kNotAccelerated, kDone, kInvalid };
constexpr Outcome secp256k1_recover(const u8*, u8, const u8*, const u8*, u8*) {
  return Outcome::kNotAccelerated;
}
constexpr Outcome secp256k1_sign(const u8*, const u8*, u8*, u8*, u8&) {
  return Outcome::kNotAccelerated;
}
constexpr Outcome secp256k1_public_key(const u8*, u8*) {
  return Outcome::kNotAccelerated;
}

}  // namespace atlas::platform::accel
