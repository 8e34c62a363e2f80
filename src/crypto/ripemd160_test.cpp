#include <gtest/gtest.h>

#include <crypto/hash_vectors.hpp>
#include <crypto/ripemd160.hpp>

namespace atlas::crypto {
namespace {

TEST(Ripemd160, KnownAnswers) {
  EXPECT_EQ(to_hex(ripemd160({})), "0x9c1185a5c5e9fc54612808977ee8f548b2258d31");
  EXPECT_EQ(to_hex(ripemd160(as_bytes("abc"))), "0x8eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  // The authors' page: one million times "a".
  EXPECT_EQ(to_hex(ripemd160(Bytes(1'000'000, 'a'))), "0x52783243c1697bdbe16d37f97f68f08325dc1528");
}

TEST(Ripemd160, AuthorsVectors) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/pyca-hash-vectors/ripevectors.txt");
  const auto cases = test::read_rsp(path);
  EXPECT_EQ(cases.size(), 8u);
  for (const auto& c : cases) EXPECT_EQ(to_hex(ripemd160(c.message)), to_hex(c.digest)) << c.message.size();
}

}  // namespace
}  // namespace atlas::crypto
