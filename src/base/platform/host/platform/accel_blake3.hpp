#pragma once
// Where a platform may run many BLAKE3 compressions side by side; rules as in accel.hpp.
#include <base/types.hpp>

namespace atlas::platform::accel {

/// crypto::blake3_blocks.
bool blake3_blocks(const u8* const* blocks, const u64* counters, std::size_t count, u32 flags, u8* out);

}  // namespace atlas::platform::accel
