#include <gtest/gtest.h>

#include <crypto/hash_vectors.hpp>
#include <crypto/rfc6979.hpp>
#include <crypto/sha256.hpp>

namespace atlas::crypto {
namespace {

TEST(Sha256, KnownAnswers) {
  EXPECT_EQ(to_hex(sha256({})), "0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  EXPECT_EQ(to_hex(sha256(as_bytes("abc"))), "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256, NistMessages) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/pyca-hash-vectors");
  std::size_t count = 0;
  for (const char* file : {"SHA256ShortMsg.rsp", "SHA256LongMsg.rsp"}) {
    for (const auto& c : test::read_rsp(root / file)) {
      EXPECT_EQ(to_hex(sha256(c.message)), to_hex(c.digest)) << file << ", " << c.message.size() << " bytes";
      ++count;
    }
  }
  EXPECT_EQ(count, 65u + 64u);
}

// SHAVS, 6.4: each checkpoint hashes the last three digests a thousand times.
TEST(Sha256, NistMonteCarlo) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/pyca-hash-vectors/SHA256Monte.rsp");
  std::istringstream in(test::read_text(path));
  std::string line;
  Hash256 seed;
  int checkpoints = 0;
  while (std::getline(in, line)) {
    while (!line.empty() && line.back() == '\r') line.pop_back();
    if (line.starts_with("Seed = ")) seed = Hash256::from(test::hex_bytes(line.substr(7)));
    if (!line.starts_with("MD = ")) continue;
    Hash256 last[3] = {seed, seed, seed};
    for (int i = 0; i < 1000; ++i) {
      Bytes message;
      for (const Hash256& h : last) append(message, h);
      last[0] = last[1];
      last[1] = last[2];
      last[2] = sha256(message);
    }
    seed = last[2];
    EXPECT_EQ(to_hex(seed), "0x" + line.substr(5)) << "checkpoint " << checkpoints;
    ++checkpoints;
  }
  EXPECT_EQ(checkpoints, 100);
}

TEST(Sha256, AcceleratedEqualsPortable) {
  for (std::size_t blocks = 1; blocks < 40; ++blocks) {
    const Bytes data = test::sample_bytes(64 * blocks + 1, blocks);
    u32 accelerated[8] = {1, 2, 3, 4, 5, 6, 7, 0xffffffff};
    u32 plain[8] = {1, 2, 3, 4, 5, 6, 7, 0xffffffff};
    sha256_compress(accelerated, data.data() + 1, blocks);  // not aligned
    portable::sha256_compress(plain, data.data() + 1, blocks);
    ASSERT_EQ(std::memcmp(accelerated, plain, sizeof plain), 0) << blocks << " blocks";
  }
}

// RFC 4231, test case 1 with its 20-byte key: HMAC pads keys with zeros, so a key of 32 bytes says the same.
TEST(Hmac, Rfc4231Case1) {
  Hash256 key;
  std::fill_n(key.begin(), 20, u8{0x0b});
  EXPECT_EQ(to_hex(hmac_sha256(key, as_bytes("Hi There"))),
            "0xb0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
}

}  // namespace
}  // namespace atlas::crypto
