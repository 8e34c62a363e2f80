#include <crypto/blake3.hpp>
#include <crypto/blake3_blocks.hpp>
#include <platform/accel_blake3.hpp>

namespace atlas::crypto {

void blake3_blocks_portable(std::span<const u8* const> blocks, const u64* counters, u32 flags, u8* out) {
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    u32 block[16];
    u32 result[8];
    std::memcpy(block, blocks[i], sizeof block);
    blake3_compress(kBlake3Iv, block, counters == nullptr ? 0 : counters[i], kBlake3BlockSize, flags, result);
    std::memcpy(out + i * sizeof result, result, sizeof result);
  }
}

void blake3_blocks(std::span<const u8* const> blocks, const u64* counters, u32 flags, u8* out) {
  if (blocks.empty()) return;
  if (platform::accel::blake3_blocks(blocks.data(), counters, blocks.size(), flags, out)) return;
  blake3_blocks_portable(blocks, counters, flags, out);
}

}  // namespace atlas::crypto
