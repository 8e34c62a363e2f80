#pragma once
#include <cstddef>
#include <cstdint>

namespace atlas::platform {
using Limb = std::uint32_t;
using WideLimb = std::uint64_t;
using SignedWideLimb = std::int64_t;
/// Alignment of byte strings of a fixed length that are whole words. The guest copies and compares them word by word:
/// it has no unaligned access, and a byte costs as much as a word.
inline constexpr std::size_t kFixedBytesAlign = 4;
}  // namespace atlas::platform
