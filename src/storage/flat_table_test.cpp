#include <map>
#include <random>

#include <gtest/gtest.h>

#include <storage/crc32c.hpp>
#include <storage/flat_table.hpp>
#include <storage/state_keys.hpp>

namespace atlas::storage {
namespace {

struct GoodHasher {
  u64 operator()(u64 key) const { return detail::fold(key ^ 0x1234567890abcdefULL, 0x9e3779b97f4a7c15ULL); }
};
/// Few homes and few tags: long runs over the end of the table.
struct BadHasher {
  u64 operator()(u64 key) const { return ~u64{0} - (key % 3) - ((key % 2) << 62); }
};

template <class Hasher>
void compare_with_map(u64 keys, u64 steps) {
  Hasher hasher;
  FlatTable<u64, u64, Hasher> table(hasher, 16);
  std::map<u64, u64> model;
  std::mt19937_64 random(7);
  for (u64 i = 0; i < steps; ++i) {
    const u64 key = random() % keys;
    if (random() % 3 != 0) {
      table.insert_or_assign(hasher(key), key, i);
      model[key] = i;
    } else {
      EXPECT_EQ(table.erase(hasher(key), key), model.erase(key) == 1);
    }
    if (i % 64 == 0 || keys < 100) {
      ASSERT_EQ(table.size(), model.size());
      for (u64 k = 0; k < keys; ++k) {
        const auto* found = table.find(hasher(k), k);
        const auto expected = model.find(k);
        ASSERT_EQ(found != nullptr, expected != model.end()) << k << " step " << i;
        if (found != nullptr) {
          ASSERT_EQ(found->value, expected->second);
        }
      }
    }
  }
  std::map<u64, u64> seen;
  table.for_each([&](const auto& entry) { EXPECT_TRUE(seen.emplace(entry.key, entry.value).second); });
  EXPECT_EQ(seen, model);
}

TEST(FlatTable, EqualsMapUnderRandomWork) {
  compare_with_map<GoodHasher>(500, 20'000);
}
TEST(FlatTable, EqualsMapWhenEverythingCollides) {
  compare_with_map<BadHasher>(60, 5'000);
}

TEST(FlatTable, ReserveKeepsEntriesAndAvoidsGrowth) {
  GoodHasher hasher;
  FlatTable<u64, u64, GoodHasher> table(hasher, 24);
  for (u64 i = 0; i < 10; ++i) table.insert_or_assign(hasher(i), i, i);
  table.reserve(10'000);
  const u64 bytes = table.memory_bytes();
  for (u64 i = 0; i < 10'000; ++i) table.insert_or_assign(hasher(i), i, i + 1);
  EXPECT_EQ(table.memory_bytes(), bytes);
  for (u64 i = 0; i < 10'000; ++i) EXPECT_EQ(table.find(hasher(i), i)->value, i + 1);
}

TEST(Crc32c, KnownAnswersAndPortableTwin) {
  // RFC 3720, B.4, and the customary check value.
  EXPECT_EQ(crc32c(as_bytes("123456789")), 0xe3069283u);
  EXPECT_EQ(crc32c(Bytes(32, 0x00)), 0x8a9136aau);
  EXPECT_EQ(crc32c(Bytes(32, 0xff)), 0x62a8ab43u);
  std::mt19937_64 random(3);
  for (std::size_t n = 0; n < 100; ++n) {
    Bytes bytes(n);
    for (u8& b : bytes) b = static_cast<u8>(random());
    EXPECT_EQ(crc32c(bytes), portable::crc32c(bytes));
    const ByteView view(bytes);
    EXPECT_EQ(crc32c(view.subspan(n / 3), crc32c(view.first(n / 3))), crc32c(bytes));
  }
}

TEST(Hashers, EveryByteCounts) {
  const HashSeed seed = HashSeed::random();
  SlotKey key = SlotKey::of(Address{}, u256(5));
  const u64 base = SlotHasher{seed}(key);
  for (std::size_t i = 0; i < 52; ++i) {
    SlotKey other = key;
    (i < 20 ? other.address.bytes[i] : other.slot.bytes[i - 20]) ^= 1;
    EXPECT_NE(SlotHasher{seed}(other), base) << "byte " << i;
    if (i < 20) {
      EXPECT_NE(AddressHasher{seed}(other.address), AddressHasher{seed}(key.address));
    }
  }
  EXPECT_NE(SlotHasher{HashSeed::random()}(key), base);
}

}  // namespace
}  // namespace atlas::storage
