#pragma once
// ECDSA over secp256k1 (SEC 2), as Ethereum uses it.
#include <optional>

#include <base/u256.hpp>

namespace atlas::crypto {

/// Uncompressed public key: x ‖ y, 32 big-endian bytes each.
using PublicKey = FixedBytes<64>;

struct Signature {
  u256 r;
  u256 s;  ///< at most n/2 (EIP-2) when made by sign()
  u8 y_parity = 0;
  friend bool operator==(const Signature&, const Signature&) = default;
};

/// Order n of the group.
inline constexpr u256 kSecp256k1Order{0xffffffffffffffffULL, 0xfffffffffffffffeULL, 0xbaaedce6af48a03bULL,
                                      0xbfd25e8cd0364141ULL};

/// The key that signed `digest` (SEC 1, 4.1.6), given that R = (r, y) with y's lowest bit y_parity; r itself is R's x
/// coordinate, since Ethereum has no recovery ids 2 and 3. Nullopt unless r and s are in [1, n−1], y_parity is 0 or 1,
/// R is on the curve and the key is not the point at infinity. s may be high: EIP-2 is the caller's rule.
std::optional<PublicKey> recover_public_key(const Hash256& digest, u8 y_parity, const u256& r, const u256& s);

/// Last 20 bytes of keccak256(public key).
Address address_of_public_key(const PublicKey& key);

/// Address of the key that signed; nullopt as above.
std::optional<Address> ecrecover(const Hash256& digest, u8 y_parity, const u256& r, const u256& s);

/// Deterministic signature (RFC 6979 with HMAC-SHA-256), low s. Nullopt if the key is not in [1, n−1].
/// For development accounts and tests: on the guest and in the portable build it is not constant-time.
std::optional<Signature> sign(const Hash256& digest, const Hash256& private_key);

/// Public key or address of a private key; nullopt if the key is not in [1, n−1].
std::optional<PublicKey> public_key_of(const Hash256& private_key);
std::optional<Address> address_of_private_key(const Hash256& private_key);

/// The portable code, the same on host and guest. The functions above go through the accelerator seam first.
namespace portable {
std::optional<PublicKey> recover_public_key(const Hash256& digest, u8 y_parity, const u256& r, const u256& s);
std::optional<Signature> sign(const Hash256& digest, const Hash256& private_key);
std::optional<PublicKey> public_key_of(const Hash256& private_key);
}  // namespace portable

}  // namespace atlas::crypto
