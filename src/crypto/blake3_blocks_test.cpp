#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <crypto/blake3_blocks.hpp>

namespace atlas::crypto {
namespace {

TEST(Blake3Blocks, the_platforms_way_equals_the_portable_one) {
  std::mt19937_64 random(11);
  for (std::size_t count = 0; count <= 67; ++count) {
    for (const bool counted : {false, true}) {
      std::vector<u8> bytes(64 * count + 1);
      for (u8& b : bytes) b = static_cast<u8>(random());
      std::vector<const u8*> blocks;
      std::vector<u64> counters;
      for (std::size_t i = 0; i < count; ++i) {
        blocks.push_back(bytes.data() + 64 * (count - 1 - i) + 1);  // in any order, unaligned
        counters.push_back(random());
      }
      std::vector<u8> fast(32 * count + 1, 0xee);
      std::vector<u8> plain = fast;
      const u64* c = counted ? counters.data() : nullptr;
      const u32 flags = static_cast<u32>(random());
      blake3_blocks(blocks, c, flags, fast.data());
      blake3_blocks_portable(blocks, c, flags, plain.data());
      EXPECT_EQ(fast, plain) << count << (counted ? " with counters" : "");
    }
  }
}

}  // namespace
}  // namespace atlas::crypto
