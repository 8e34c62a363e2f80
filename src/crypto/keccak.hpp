#pragma once
#include <base/bytes.hpp>

namespace atlas::crypto {

/// Keccak-f[1600] (FIPS 202, 3.2-3.4) on lanes in the order x + 5y.
void keccak_f1600(u64 state[25]);

/// Keccak-256 as Ethereum uses it: rate 136, padding 0x01 (not SHA-3's 0x06).
Hash256 keccak256(ByteView input);

/// The portable code, the same on host and guest.
namespace portable {
void keccak_f1600(u64 state[25]);
}  // namespace portable

}  // namespace atlas::crypto
