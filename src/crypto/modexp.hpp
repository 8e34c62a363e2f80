#pragma once
#include <base/bytes.hpp>

namespace atlas::crypto {

/// base^exponent mod modulus over big-endian numbers of any length, as EIP-198 defines it: as many bytes as the modulus
/// has; x^0 = 1 (mod m) also for x = 0; all zeros for a modulus of 0. `exponent_zero_bytes` zero bytes follow the
/// exponent's digits, so that the EVM's implicit right padding costs no memory.
/// Time: about 2·n² limb products an exponent bit, n the limbs of the modulus; memory: some 35·n limbs.
Bytes modexp(ByteView base, ByteView exponent, u64 exponent_zero_bytes, ByteView modulus);

}  // namespace atlas::crypto
