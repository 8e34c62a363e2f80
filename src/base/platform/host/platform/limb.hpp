#pragma once
#include <cstdint>

namespace atlas::platform {
using Limb = std::uint64_t;
__extension__ using WideLimb = unsigned __int128;
__extension__ using SignedWideLimb = __int128;
}  // namespace atlas::platform
