#pragma once
#include <base/bytes.hpp>

namespace atlas::storage {

/// CRC-32C (Castagnoli, reflected polynomial 0x82f63b78, RFC 3720 B.4). Continues from `crc`, the result of the bytes
/// before. Detects damage, not malice.
u32 crc32c(ByteView bytes, u32 crc = 0);

namespace portable {
u32 crc32c(ByteView bytes, u32 crc = 0);
}

}  // namespace atlas::storage
