#pragma once
// Where a platform may run many BLAKE3 compressions side by side; rules as in accel.hpp. The guest runs them one by
// one.
#include <base/types.hpp>

namespace atlas::platform::accel {

constexpr bool blake3_blocks(const u8* const*, const u64*, std::size_t, u32, u8*) {
  return false;
}

}  // namespace atlas::platform::accel
