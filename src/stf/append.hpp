#pragma once
#include <base/bytes.hpp>

namespace atlas::stf {

/// Eight bytes, highest first.
inline void append_u64(Bytes& out, u64 value) {
  for (unsigned shift = 64; shift > 0; shift -= 8) out.push_back(static_cast<u8>(value >> (shift - 8)));
}

}  // namespace atlas::stf
