#pragma once
// Short names of the fixed-width integers, and the limb that multi-precision code is written over.
#include <cstddef>
#include <cstdint>

#include <platform/limb.hpp>

namespace atlas {

using u8 = std::uint8_t;
using u16 = std::uint16_t;
using u32 = std::uint32_t;
using u64 = std::uint64_t;
using i8 = std::int8_t;
using i16 = std::int16_t;
using i32 = std::int32_t;
using i64 = std::int64_t;

/// Native multi-precision limb: 64 bits on the host, 32 on rv32im. `WideLimb` holds a full limb product.
/// Both platforms are little-endian and store limbs from the lowest, so the memory layout of a number is the same.
using Limb = platform::Limb;
using WideLimb = platform::WideLimb;
using SignedWideLimb = platform::SignedWideLimb;
inline constexpr unsigned kLimbBits = sizeof(Limb) * 8;

}  // namespace atlas
