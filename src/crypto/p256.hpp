#pragma once
#include <base/u256.hpp>

namespace atlas::crypto {

/// ECDSA over P-256 (FIPS 186-5; SEC 2: secp256r1) by the rules of EIP-7951: r and s in [1, n−1], qx and qy below p,
/// (qx, qy) on the curve, R not infinity and x(R) ≡ r mod n. A high s is valid. Portable code on host and guest.
bool p256_verify(const Hash256& digest, const u256& r, const u256& s, const u256& qx, const u256& qy);

}  // namespace atlas::crypto
