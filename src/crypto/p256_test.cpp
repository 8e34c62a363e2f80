#include <gtest/gtest.h>

#include <crypto/ecdsa_vectors.hpp>
#include <crypto/p256.hpp>

namespace atlas::crypto {
namespace {

const u256 kOrder{0xffffffff00000000, 0xffffffffffffffff, 0xbce6faada7179e84, 0xf3b9cac2fc632551};
const u256 kFieldModulus{0xffffffff00000001, 0, 0x00000000ffffffff, 0xffffffffffffffff};

struct Signed {
  Hash256 digest;
  u256 r, s, qx, qy;
  bool verify() const { return p256_verify(digest, r, s, qx, qy); }
};

// RFC 6979, A.2.5: P-256, SHA-256, message "sample".
Signed rfc6979_sample() {
  return {sha256(as_bytes("sample")), *parse_u256("0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"),
          *parse_u256("0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"),
          *parse_u256("0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
          *parse_u256("0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299")};
}

TEST(P256, AcceptsAndRefuses) {
  const Signed good = rfc6979_sample();
  EXPECT_TRUE(good.verify());
  Signed c = good;
  c.s = kOrder - c.s;
  EXPECT_TRUE(c.verify()) << "the mirrored signature is as good";

  const auto refused = [&good](auto change, const char* what) {
    Signed changed = good;
    change(changed);
    EXPECT_FALSE(changed.verify()) << what;
  };
  refused([](Signed& x) { x.digest[31] ^= 1; }, "digest");
  refused([](Signed& x) { x.r = x.r + u256(1); }, "r");
  refused([](Signed& x) { x.s = x.s + u256(1); }, "s");
  refused([](Signed& x) { x.r = u256(0); }, "r = 0");
  refused([](Signed& x) { x.s = u256(0); }, "s = 0");
  refused([](Signed& x) { x.r = kOrder; }, "r = n");
  refused([](Signed& x) { x.s = kOrder; }, "s = n");
  refused([](Signed& x) { x.qy = kFieldModulus - x.qy; }, "−Q");
  refused([](Signed& x) { x.qx = x.qx + u256(1); }, "off the curve");
  refused([](Signed& x) { x.qx = x.qy = u256(0); }, "infinity");
  refused([](Signed& x) { x.qx = kFieldModulus; }, "qx = p");
  refused([](Signed& x) { x.qy = u256::max(); }, "qy above p");
}

void check_wycheproof(const std::filesystem::path& path, bool p1363, std::size_t expected_count) {
  const auto cases = test::read_wycheproof(path, p1363);
  EXPECT_EQ(cases.size(), expected_count);
  for (const auto& c : cases) {
    const bool valid = c.encoding_ok && p256_verify(c.digest, c.r, c.s, u256::from_be(c.public_key.data()),
                                                    u256::from_be(c.public_key.data() + 32));
    EXPECT_EQ(valid, c.valid) << path.filename() << " " << c.name;
  }
}

TEST(P256, Wycheproof) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/wycheproof");
  check_wycheproof(root / "ecdsa_secp256r1_sha256_p1363_test.json", true, 262);
  check_wycheproof(root / "ecdsa_secp256r1_sha256_test.json", false, 484);
}

TEST(P256, Daimo) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/daimo-p256");
  std::size_t count = 0;
  for (const char* file : {"vectors_random_valid.jsonl", "vectors_wycheproof.jsonl"}) {
    std::istringstream in(test::read_text(root / file));
    std::string line;
    while (std::getline(in, line)) {
      if (line.empty()) continue;
      const auto c = nlohmann::json::parse(line);
      const auto number = [&c](const char* key) {
        return u256::from_be_short(test::hex_bytes(c.at(key).get<std::string>()));
      };
      EXPECT_EQ(p256_verify(number("hash").to_be(), number("r"), number("s"), number("x"), number("y")),
                c.at("valid").get<bool>())
          << c.at("comment");
      ++count;
    }
  }
  EXPECT_GT(count, 300u);
}

// Keys that BoringSSL recovered from signatures verify them; signatures out of range verify with no key.
TEST(P256, BesuRecoveredKeys) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/besu-native/boringssl/secp256r1ecrecover.csv");
  std::istringstream in(test::read_text(path));
  std::string line;
  std::getline(in, line);  // input, result, status, error, notes
  int recovered = 0;
  int out_of_range = 0;
  while (std::getline(in, line)) {
    std::vector<std::string> column(1);
    for (const char c : line) {
      if (c == ',') {
        column.emplace_back();
      } else {
        column.back().push_back(c);
      }
    }
    if (column.size() < 4 || column[0].size() != 256) continue;
    const bool bad_signature = column[3].starts_with("invalid signature");
    if (column[2] != "0" && !bad_signature) continue;  // bad recovery ids
    const Bytes input = test::hex_bytes(column[0]);
    const Bytes key = test::hex_bytes(column[1]);
    EXPECT_EQ(p256_verify(Hash256::from(input), u256::from_be(input.data() + 64), u256::from_be(input.data() + 96),
                          u256::from_be(key.data() + 1), u256::from_be(key.data() + 33)),
              !bad_signature)
        << line;
    ++(bad_signature ? out_of_range : recovered);
  }
  EXPECT_EQ(recovered, 41);
  EXPECT_EQ(out_of_range, 6);
}

}  // namespace
}  // namespace atlas::crypto
