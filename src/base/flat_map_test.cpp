#include <map>
#include <random>

#include <gtest/gtest.h>

#include <base/flat_map.hpp>

namespace atlas {
namespace {

/// How many of the keys share the most common value of their hash's low `bits`.
template <class Word>
std::size_t largest_bucket(const std::vector<Hash256>& keys, u64 seed, unsigned bits) {
  std::map<u64, std::size_t> buckets;
  std::size_t largest = 0;
  for (const Hash256& key : keys) {
    const u64 tag = static_cast<u32>(keyed_hash<Word>(key, seed));
    largest = std::max(largest, ++buckets[tag & ((u64{1} << bits) - 1)]);
  }
  return largest;
}

/// Keys whose words differ in their highest bits only. Under a multiplier that everybody knows such a difference is
/// cancelled by one in the next word whatever the seed is, since it passes through odd multipliers unchanged.
std::vector<Hash256> keys_of_high_bits(unsigned bits) {
  std::vector<Hash256> keys;
  for (u32 pattern = 0; pattern < 1U << (bits * 4); ++pattern) {
    Hash256 key;
    for (unsigned pair = 0; pair < 4; ++pair) {
      const u32 high = (pattern >> (bits * pair)) << (32 - bits);
      const u32 next = high ^ high >> 15;
      std::memcpy(key.bytes + 8 * pair, &high, 4);
      std::memcpy(key.bytes + 8 * pair + 4, &next, 4);
    }
    keys.push_back(key);
  }
  return keys;
}

template <class Word>
void expect_no_crowds() {
  std::mt19937_64 random(1);
  std::vector<Hash256> counters(4096);
  for (u32 i = 0; i < counters.size(); ++i) std::memcpy(counters[i].bytes + 28, &i, 4);
  std::vector<Hash256> sparse;
  for (unsigned i = 0; i < 256; ++i) {
    for (unsigned j = 0; j < i; j += 7) {
      Hash256 key;
      key[i / 8] ^= static_cast<u8>(1U << (i % 8));
      key[j / 8] ^= static_cast<u8>(1U << (j % 8));
      sparse.push_back(key);
    }
  }
  for (int i = 0; i < 20; ++i) {
    const u64 seed = random();
    // As many buckets as keys: chance alone puts about seven or eight into one.
    EXPECT_LE(largest_bucket<Word>(keys_of_high_bits(3), seed, 12), 24u) << "seed " << seed;
    EXPECT_LE(largest_bucket<Word>(counters, seed, 12), 24u) << "seed " << seed;
    EXPECT_LE(largest_bucket<Word>(sparse, seed, 12), 32u) << "seed " << seed;
  }
}

TEST(KeyedHash, PreparedKeysDoNotCollide32) {
  expect_no_crowds<u32>();
}
TEST(KeyedHash, PreparedKeysDoNotCollide64) {
  expect_no_crowds<u64>();
}

TEST(KeyedHash, DependsOnTheSeedAndEveryByte) {
  const Hash256 zero;
  EXPECT_NE(keyed_hash<u32>(zero, 1), keyed_hash<u32>(zero, 2));
  EXPECT_NE(keyed_hash<u64>(zero, 1), keyed_hash<u64>(zero, 2));
  EXPECT_NE(keyed_hash<u32>(zero, 1), keyed_hash<u32>(zero, u64{1} << 40 | 1));
  for (std::size_t i = 0; i < Hash256::size(); ++i) {
    Hash256 key;
    key[i] = 1;
    EXPECT_NE(keyed_hash<u32>(key, 7), keyed_hash<u32>(zero, 7)) << i;
    EXPECT_NE(keyed_hash<u64>(key, 7), keyed_hash<u64>(zero, 7)) << i;
  }
  FixedBytes<20> address;
  address[19] = 1;
  EXPECT_NE(keyed_hash<u64>(address, 7), keyed_hash<u64>(FixedBytes<20>{}, 7));
}

TEST(FlatMap, FindsWhatWasAddedInOrder) {
  FlatMap<Hash256, u32> map;
  for (u32 i = 0; i < 5000; ++i) {
    Hash256 key;
    std::memcpy(key.bytes, &i, 4);
    bool added = false;
    EXPECT_EQ(map.find_or_add(key, added), i);
    EXPECT_TRUE(added);
    map[i].value = i * 3;
  }
  for (u32 i = 0; i < 5000; ++i) {
    Hash256 key;
    std::memcpy(key.bytes, &i, 4);
    ASSERT_EQ(map.find(key), i);
    EXPECT_EQ(map[i].value, i * 3);
  }
  EXPECT_EQ(map.find(Hash256{{0xff, 0xff, 0xff}}), map.kNone);
  map.clear();
  EXPECT_EQ(map.size(), 0u);
  EXPECT_EQ(map.find(Hash256{}), map.kNone);
}

}  // namespace
}  // namespace atlas
