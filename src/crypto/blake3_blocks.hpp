#pragma once
#include <span>

#include <base/bytes.hpp>

namespace atlas::crypto {

/// Compressions that do not depend on each other: out[i] is that of the 64 bytes at blocks[i] with the hash's IV,
/// counter counters[i] (all 0 if null), block length 64 and `flags`. Runs as many side by side as the machine can;
/// `out` does not overlap the blocks.
void blake3_blocks(std::span<const u8* const> blocks, const u64* counters, u32 flags, u8* out);
/// The same one by one, on any machine.
void blake3_blocks_portable(std::span<const u8* const> blocks, const u64* counters, u32 flags, u8* out);

}  // namespace atlas::crypto
