#pragma once
// Where a platform may run a primitive faster than the portable code in crypto/. Each function says whether it did the
// work; on false nothing was written and the caller runs the portable code. CPU features are looked up at run time.
// All functions are thread-safe.
#include <base/types.hpp>

namespace atlas::platform::accel {

/// crypto::keccak_f1600.
bool keccak_f1600(u64 state[25]);
/// crypto::sha256_compress.
bool sha256_compress(u32 state[8], const u8* data, std::size_t blocks);

/// crypto::blake3_compress.
constexpr bool blake3_compress(const u32*, const u32*, u64, u32, u32, u32*) {
  return false;
}

/// base/u256.hpp: divmod; mulmod and addmod, a·b + c mod m. Numbers are u256's limbs; divisors are not zero.
constexpr bool div_mod(const Limb*, const Limb*, Limb*, Limb*) {
  return false;
}
constexpr bool mul_add_mod(const Limb*, const Limb*, const Limb*, const Limb*, Limb*) {
  return false;
}
/// Does mul_add_mod() always do the work? Then fields of 256 bits keep plain integers.
inline constexpr bool kHasModularProducts = false;

/// What a curve operation came to. Numbers are 32 big-endian bytes, public keys x ‖ y; contracts as in
/// crypto/secp256k1.hpp.
enum class Outcome : u8 { kNotAccelerated, kDone, kInvalid };
Outcome secp256k1_recover(const u8* digest, u8 y_parity, const u8* r, const u8* s, u8* public_key);
Outcome secp256k1_sign(const u8* digest, const u8* private_key, u8* r, u8* s, u8& y_parity);
Outcome secp256k1_public_key(const u8* private_key, u8* public_key);

}  // namespace atlas::platform::accel
