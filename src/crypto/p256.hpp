#pragma once
#include <base/u256.hpp>

namespace atlas::crypto {

/// ECDSA over P-256 (FIPS 186-5, SEC 2 secp256r1), rules of EIP-7951: r and s in [1, n−1], qx and qy below p, (qx, qy)
/// on the curve and not (0, 0), R not infinity, and x(R) ≡ r mod n. A high s is valid.
bool p256_verify(const Hash256& digest, const u256& r, const u256& s, const u256& qx, const u256& qy);

/// The portable code, the same on host and guest.
namespace portable {
bool p256_verify(const Hash256& digest, const u256& r, const u256& s, const u256& qx, const u256& qy);
}  // namespace portable

}  // namespace atlas::crypto
