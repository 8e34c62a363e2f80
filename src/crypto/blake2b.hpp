#pragma once
#include <base/types.hpp>

namespace atlas::crypto {

/// BLAKE2b's compression function F (RFC 7693, 3.2) with a free number of rounds (EIP-152; BLAKE2b itself has 12).
/// h is replaced by the next chaining value; t is the 128-bit byte counter, low word first.
void blake2b_f(u32 rounds, u64 h[8], const u64 m[16], const u64 t[2], bool final);

}  // namespace atlas::crypto
