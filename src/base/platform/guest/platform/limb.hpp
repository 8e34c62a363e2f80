#pragma once
#include <cstdint>

namespace atlas::platform {
using Limb = std::uint32_t;
using WideLimb = std::uint64_t;
using SignedWideLimb = std::int64_t;
}  // namespace atlas::platform
