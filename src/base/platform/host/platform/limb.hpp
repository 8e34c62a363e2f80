#pragma once
#include <cstddef>
#include <cstdint>

namespace atlas::platform {
using Limb = std::uint64_t;
__extension__ using WideLimb = unsigned __int128;
__extension__ using SignedWideLimb = __int128;
/// Alignment of byte strings of a fixed length that are whole words. The guest copies and compares them word by word:
/// it has no unaligned access, and a byte costs as much as a word.
inline constexpr std::size_t kFixedBytesAlign = 1;
}  // namespace atlas::platform
