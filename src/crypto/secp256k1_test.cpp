#include <gtest/gtest.h>

#include <crypto/ecdsa_vectors.hpp>
#include <crypto/hash_vectors.hpp>
#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::crypto {
namespace {

const u256 kFieldModulus{0xffffffffffffffff, 0xffffffffffffffff, 0xffffffffffffffff, 0xfffffffefffffc2f};
const u256 kGeneratorX{0x79be667ef9dcbbac, 0x55a06295ce870b07, 0x029bfcdb2dce28d9, 0x59f2815b16f81798};

Hash256 sample_hash(u64 seed) {
  return Hash256::from(test::sample_bytes(32, seed));
}

// Both implementations; they must agree before a test looks at the result.
std::optional<PublicKey> recover(const Hash256& digest, u8 y_parity, const u256& r, const u256& s) {
  const auto accelerated = recover_public_key(digest, y_parity, r, s);
  const auto plain = portable::recover_public_key(digest, y_parity, r, s);
  EXPECT_EQ(accelerated, plain) << to_hex(digest) << " " << int{y_parity} << " " << to_quantity(r) << " "
                                << to_quantity(s);
  return plain;
}

TEST(Secp256k1, DevelopmentAccounts) {  // the first two keys of the mnemonic "test test … junk"
  const auto key = fixed_from_hex<32>("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  EXPECT_EQ(to_hex(address_of_private_key(*key).value()), "0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266");
  const auto second = fixed_from_hex<32>("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
  EXPECT_EQ(to_hex(address_of_private_key(*second).value()), "0x70997970c51812dc3a010c7d01b50e0d17dc79c8");
}

TEST(Secp256k1, PublicKeys) {
  const auto g = portable::public_key_of(u256(1).to_be());
  EXPECT_EQ(u256::from_be(g->data()), kGeneratorX);
  const auto minus_g = portable::public_key_of((kSecp256k1Order - u256(1)).to_be());
  EXPECT_EQ(u256::from_be(minus_g->data()), kGeneratorX);
  EXPECT_EQ(u256::from_be(minus_g->data() + 32) + u256::from_be(g->data() + 32), kFieldModulus);

  for (const u256& bad : {u256(0), kSecp256k1Order, kSecp256k1Order + u256(1), u256::max()}) {
    EXPECT_FALSE(public_key_of(bad.to_be()));
    EXPECT_FALSE(portable::public_key_of(bad.to_be()));
    EXPECT_FALSE(sign(sample_hash(1), bad.to_be()));
    EXPECT_FALSE(portable::sign(sample_hash(1), bad.to_be()));
  }
  for (unsigned i = 0; i < 256; ++i) {  // powers of two and their neighbours: every window of the tables
    for (const u256& key :
         {u256::power_of_two(i), u256::power_of_two(i) - u256(1), kSecp256k1Order - u256::power_of_two(i)}) {
      EXPECT_EQ(public_key_of(key.to_be()), portable::public_key_of(key.to_be())) << to_quantity(key);
    }
  }
}

TEST(Secp256k1, SignatureOfRfc6979) {
  // Key 1 and SHA-256("Satoshi Nakamoto"): a vector that most libraries carry.
  const Hash256 digest = sha256(as_bytes("Satoshi Nakamoto"));
  for (const auto& signature : {sign(digest, u256(1).to_be()), portable::sign(digest, u256(1).to_be())}) {
    EXPECT_EQ(to_hex(signature->r.to_be()), "0x934b1ea10a4b3c1757e2b0c017d0b6143ce3c9a7e6a4a49860d7a6ab210ee3d8");
    EXPECT_EQ(to_hex(signature->s.to_be()), "0x2442ce9d2b916064108014783e923ec36b49743e2ffa1c4496f01a512aafd9e5");
  }
}

TEST(Secp256k1, SignAndRecover) {
  std::vector<Hash256> digests = {u256(0).to_be(),
                                  u256(1).to_be(),
                                  (kSecp256k1Order - u256(1)).to_be(),
                                  kSecp256k1Order.to_be(),
                                  (kSecp256k1Order + u256(1)).to_be(),
                                  u256::max().to_be()};
  for (u64 i = 0; i < 200; ++i) digests.push_back(sample_hash(i));
  for (std::size_t i = 0; i < digests.size(); ++i) {
    const Hash256 key = sample_hash(1000 + i);
    const auto signature = sign(digests[i], key);
    ASSERT_TRUE(signature);
    EXPECT_EQ(signature, portable::sign(digests[i], key)) << to_hex(digests[i]);
    EXPECT_LE(signature->s, kSecp256k1Order >> 1);
    EXPECT_EQ(recover(digests[i], signature->y_parity, signature->r, signature->s), public_key_of(key));
    // The mirrored signature has high s and is as good here.
    EXPECT_EQ(recover(digests[i], signature->y_parity ^ 1, signature->r, kSecp256k1Order - signature->s),
              public_key_of(key));
    EXPECT_EQ(ecrecover(digests[i], signature->y_parity, signature->r, signature->s), address_of_private_key(key));
  }
}

TEST(Secp256k1, RecoveryAtTheEdges) {
  const std::vector<u256> numbers = {u256(0),
                                     u256(1),
                                     u256(2),
                                     u256(3),
                                     u256(5),
                                     kSecp256k1Order - u256(1),
                                     kSecp256k1Order,
                                     kSecp256k1Order + u256(1),
                                     kFieldModulus - u256(1),
                                     kFieldModulus,
                                     kFieldModulus - kSecp256k1Order - u256(1),
                                     u256::power_of_two(128),
                                     u256::power_of_two(255),
                                     kGeneratorX,
                                     u256::max()};
  std::size_t recovered = 0;
  for (const u256& digest : numbers) {
    for (const u256& r : numbers) {
      for (const u256& s : numbers) {
        for (u8 parity = 0; parity < 4; ++parity) recovered += recover(digest.to_be(), parity, r, s).has_value();
      }
    }
  }
  EXPECT_GT(recovered, 1000u);
}

TEST(Secp256k1, KeyAtInfinityAndDoubling) {
  // R = G, so Q = r⁻¹(s·G − z·G): infinity for s = z, and both terms equal (a doubling) for s = −z.
  const u256 z = u256::from_be(sample_hash(3)) >> 1;
  const auto g = *public_key_of(u256(1).to_be());
  const u8 parity = g[63] & 1;
  EXPECT_FALSE(recover(z.to_be(), parity, kGeneratorX, z));
  EXPECT_TRUE(recover(z.to_be(), parity, kGeneratorX, kSecp256k1Order - z));
  EXPECT_TRUE(recover(z.to_be(), parity ^ 1, kGeneratorX, z));
  EXPECT_TRUE(recover(u256(0).to_be(), parity, kGeneratorX, kGeneratorX));  // Q = G
}

// A signature is valid for a key exactly when one parity recovers that key.
void check_wycheproof(const std::filesystem::path& path, bool p1363, bool low_s_only, std::size_t expected_count) {
  const auto cases = test::read_wycheproof(path, p1363);
  EXPECT_EQ(cases.size(), expected_count);
  for (const auto& c : cases) {
    bool valid = false;
    if (c.encoding_ok && !(low_s_only && c.s > (kSecp256k1Order >> 1))) {
      for (u8 parity = 0; parity < 2; ++parity) {
        const auto key = recover(c.digest, parity, c.r, c.s);
        valid |= key && *key == c.public_key;
      }
    }
    // x(R) = r + n would need recovery id 2 or 3, which Ethereum does not have.
    const bool x_above_order = c.name.find("k*G has a large x-coordinate") != std::string::npos ||
                               c.name.find("x = n + 2 is the smallest possible x") != std::string::npos;
    const bool expected = c.valid && !x_above_order;
    EXPECT_EQ(valid, expected) << path.filename() << " " << c.name;
  }
}

TEST(Secp256k1, Wycheproof) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/wycheproof");
  check_wycheproof(root / "ecdsa_secp256k1_sha256_p1363_test.json", true, false, 252);
  check_wycheproof(root / "ecdsa_secp256k1_sha256_test.json", false, false, 476);
  check_wycheproof(root / "ecdsa_secp256k1_sha256_bitcoin_test.json", false, true, 463);
}

TEST(Secp256k1, BesuRecovery) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/besu-native/secp256k1/secp256k1ecrecover.csv");
  std::istringstream in(test::read_text(path));
  std::string line;
  std::getline(in, line);  // header
  int count = 0;
  while (std::getline(in, line)) {
    const auto comma = line.find(',');
    if (comma == std::string::npos) continue;
    const Bytes input = test::hex_bytes(std::string_view(line).substr(0, comma));
    const auto expected =
        test::hex_bytes(std::string_view(line).substr(comma + 1, line.find(',', comma + 1) - comma - 1));
    ASSERT_EQ(input.size(), 128u);
    const auto key = recover(Hash256::from(input), static_cast<u8>(input[63] - 27), u256::from_be(input.data() + 64),
                             u256::from_be(input.data() + 96));
    EXPECT_EQ(key ? Bytes(key->begin(), key->end()) : Bytes{}, expected) << line.substr(line.rfind(','));
    ++count;
  }
  EXPECT_EQ(count, 36);
}

}  // namespace
}  // namespace atlas::crypto
