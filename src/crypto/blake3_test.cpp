#include <cstdio>
#include <memory>

#include <gtest/gtest.h>
#include <unistd.h>

#include <crypto/blake3.hpp>
#include <crypto/hash_vectors.hpp>

namespace atlas::crypto {
namespace {

// The reference's own test input: bytes 0, 1, …, 250, 0, 1, …
Bytes counting(std::size_t size) {
  Bytes out(size);
  for (std::size_t i = 0; i < size; ++i) out[i] = static_cast<u8>(i % 251);
  return out;
}

// Around the block (64), the chunk (1024) and trees of several shapes.
constexpr std::size_t kLengths[] = {0,    1,    2,     3,     31,    32,    63,    64,     65,    127,
                                    128,  129,  1023,  1024,  1025,  2047,  2048,  2049,   3072,  3073,
                                    4096, 4097, 5120,  5121,  6144,  6145,  7168,  7169,   8192,  8193,
                                    9216, 9217, 16384, 16385, 31744, 31745, 65536, 102400, 300001};

struct KnownAnswer {
  std::size_t size;
  const char* hash;
};
constexpr KnownAnswer kKnownAnswers[] = {
    {0, "0xaf1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"},
    {1, "0x2d3adedff11b61f14c886e35afa036736dcd87a74d27b5c1510225d0f592e213"},
    {64, "0x4eed7141ea4a5cd4b788606bd23f46e212af9cacebacdc7d1f4c6dc7f2511b98"},
    {65, "0xde1e5fa0be70df6d2be8fffd0e99ceaa8eb6e8c93a63f2d8d1c30ecb6b263dee"},
    {1023, "0x10108970eeda3eb932baac1428c7a2163b0e924c9a9e25b35bba72b28f70bd11"},
    {1024, "0x42214739f095a406f3fc83deb889744ac00df831c10daa55189b5d121c855af7"},
    {1025, "0xd00278ae47eb27b34faecf67b4fe263f82d5412916c1ffd97c8cb7fb814b8444"},
    {2048, "0xe776b6028c7cd22a4d0ba182a8bf62205d2ef576467e838ed6f2529b85fba24a"},
    {2049, "0x5f4d72f40d7a5f82b15ca2b2e44b1de3c2ef86c426c95c1af0b6879522563030"},
    {3072, "0xb98cb0ff3623be03326b373de6b9095218513e64f1ee2edd2525c7ad1e5cffd2"},
    {3073, "0x7124b49501012f81cc7f11ca069ec9226cecb8a2c850cfe644e327d22d3e1cd3"},
    {8192, "0xaae792484c8efe4f19e2ca7d371d8c467ffb10748d8a5a1ae579948f718a2a63"},
    {8193, "0xbab6c09cb8ce8cf459261398d2e7aef35700bf488116ceb94a36d0f5f1b7bc3b"},
    {31744, "0x62b6960e1a44bcc1eb1a611a8d6235b6b4b78f32e7abc4fb4c6cdcce94895c47"},
    {102400, "0xbc3e3d41a1146b069abffad3c0d44860cf664390afce4d9661f7902e7943e085"},
};

TEST(Blake3, KnownAnswers) {
  for (const auto& c : kKnownAnswers) EXPECT_EQ(to_hex(blake3(counting(c.size))), c.hash) << c.size << " bytes";
}

TEST(Blake3, AgainstB3sum) {
  if (std::system("command -v b3sum >/dev/null 2>&1") != 0) GTEST_SKIP() << "left out: b3sum is not installed";
  const auto folder = std::filesystem::temp_directory_path() / ("atlas-blake3-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto check = [&folder](const Bytes& data) {
    const auto file = folder / "input";
    std::ofstream(file, std::ios::binary)
        .write(reinterpret_cast<const char*>(data.data()), static_cast<std::streamsize>(data.size()));
    const std::string command = "b3sum --no-names " + file.string();
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    char line[65] = {};
    ASSERT_NE(pipe, nullptr);
    ASSERT_NE(std::fgets(line, sizeof line, pipe.get()), nullptr);
    EXPECT_EQ(to_hex(blake3(data)), "0x" + std::string(line)) << data.size() << " bytes";
  };
  for (const std::size_t size : kLengths) check(test::sample_bytes(size, size));
  for (std::size_t i = 0; i < 40; ++i) check(test::sample_bytes(i * i * 17 + i, i));
  std::filesystem::remove_all(folder);
}

// The hash of one chunk and of one parent, built from the exposed compression.
TEST(Blake3, CompressionBuildsTheHash) {
  const Bytes data = counting(2048);
  const auto chunk = [&data](u64 index) {
    std::array<u32, 8> value;
    std::copy(std::begin(kBlake3Iv), std::end(kBlake3Iv), value.begin());
    for (u32 block = 0; block < 16; ++block) {
      u32 words[16];
      std::memcpy(words, data.data() + index * kBlake3ChunkSize + block * kBlake3BlockSize, sizeof words);
      const u32 flags = (block == 0 ? kBlake3ChunkStart : 0u) | (block == 15 ? kBlake3ChunkEnd : 0u);
      blake3_compress(value.data(), words, index, kBlake3BlockSize, flags, value.data());
    }
    return value;
  };
  u32 children[16];
  const auto left = chunk(0);
  const auto right = chunk(1);
  std::copy(left.begin(), left.end(), children);
  std::copy(right.begin(), right.end(), children + 8);
  u32 root[8];
  blake3_compress(kBlake3Iv, children, 0, kBlake3BlockSize, kBlake3Parent | kBlake3Root, root);
  EXPECT_EQ(Hash256::from(ByteView(reinterpret_cast<const u8*>(root), 32)), blake3(data));
}

}  // namespace
}  // namespace atlas::crypto
