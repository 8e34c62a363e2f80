#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <crypto/blake2b.hpp>
#include <crypto/hash_vectors.hpp>

namespace atlas::crypto {
namespace {

// BLAKE2b-512 (RFC 7693, 3.3) around the function under test.
Bytes blake2b_512(ByteView key, ByteView message) {
  constexpr std::size_t kBlock = 128;
  constexpr u32 kRounds = 12;
  u64 h[8] = {0x6a09e667f3bcc908, 0xbb67ae8584caa73b, 0x3c6ef372fe94f82b, 0xa54ff53a5f1d36f1,
              0x510e527fade682d1, 0x9b05688c2b3e6c1f, 0x1f83d9abfb41bd6b, 0x5be0cd19137e2179};
  h[0] ^= 0x01010000 ^ (static_cast<u64>(key.size()) << 8) ^ 64;
  Bytes data(key.begin(), key.end());
  if (!key.empty()) data.resize(kBlock);
  append(data, message);
  const std::size_t size = data.size();
  data.resize(std::max<std::size_t>(1, (size + kBlock - 1) / kBlock) * kBlock);
  for (std::size_t at = 0; at < data.size(); at += kBlock) {
    const bool final = at + kBlock == data.size();
    u64 m[16];
    std::memcpy(m, data.data() + at, sizeof m);
    const u64 t[2] = {final ? size : at + kBlock, 0};
    blake2b_f(kRounds, h, m, t, final);
  }
  const auto* bytes = reinterpret_cast<const u8*>(h);
  return {bytes, bytes + 64};
}

TEST(Blake2b, KnownAnswer) {  // RFC 7693, appendix A
  EXPECT_EQ(to_hex(blake2b_512({}, as_bytes("abc"))),
            "0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1"
            "7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923");
}

TEST(Blake2b, ReferenceVectors) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/blake2/blake2-kat.json");
  std::size_t count = 0;
  for (const auto& c : nlohmann::json::parse(test::read_text(path))) {
    if (c.at("hash") != "blake2b") continue;
    const Bytes key = test::hex_bytes(c.at("key").get<std::string>());
    const Bytes message = test::hex_bytes(c.at("in").get<std::string>());
    EXPECT_EQ(to_hex(blake2b_512(key, message)), "0x" + c.at("out").get<std::string>()) << message.size() << " bytes";
    ++count;
  }
  EXPECT_EQ(count, 512u);
}

TEST(Blake2b, MoreVectors) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/pyca-hash-vectors/blake2b.txt");
  const auto cases = test::read_rsp(path);
  EXPECT_GE(cases.size(), 6u);
  for (const auto& c : cases) EXPECT_EQ(to_hex(blake2b_512({}, c.message)), to_hex(c.digest)) << c.message.size();
}

}  // namespace
}  // namespace atlas::crypto
