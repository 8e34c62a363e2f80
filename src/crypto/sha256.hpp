#pragma once
#include <base/bytes.hpp>

namespace atlas::crypto {

/// SHA-256 (FIPS 180-4).
Hash256 sha256(ByteView input);

/// The compression function over `blocks` consecutive 64-byte blocks.
void sha256_compress(u32 state[8], const u8* data, std::size_t blocks);

/// The portable code, the same on host and guest.
namespace portable {
void sha256_compress(u32 state[8], const u8* data, std::size_t blocks);
}  // namespace portable

}  // namespace atlas::crypto
