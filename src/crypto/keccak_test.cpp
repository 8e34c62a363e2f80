#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <crypto/hash_vectors.hpp>
#include <crypto/keccak.hpp>

namespace atlas::crypto {
namespace {

TEST(Keccak, KnownAnswers) {
  EXPECT_EQ(to_hex(keccak256({})), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  EXPECT_EQ(to_hex(keccak256(as_bytes("abc"))), "0x4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45");
}

TEST(Keccak, GeneratedVectors) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/keccak256-generated/keccak256.json");
  const auto cases = nlohmann::json::parse(test::read_text(path));
  EXPECT_EQ(cases.size(), 423u);
  for (const auto& c : cases) {
    const Bytes message = test::hex_bytes(c.at("msg").get<std::string>());
    EXPECT_EQ(to_hex(keccak256(message)), "0x" + c.at("keccak256").get<std::string>()) << message.size() << " bytes";
  }
}

// SHA3-256 differs from Keccak-256 in the first padding byte only, so its many vectors test the permutation.
Hash256 sha3_256(ByteView input) {
  constexpr std::size_t kRate = 136;
  Bytes padded(input.begin(), input.end());
  padded.push_back(0x06);
  padded.resize((padded.size() + kRate - 1) / kRate * kRate);
  padded.back() |= 0x80;
  u64 state[25] = {};
  for (std::size_t at = 0; at < padded.size(); at += kRate) {
    for (std::size_t i = 0; i < kRate / 8; ++i) {
      u64 lane;
      std::memcpy(&lane, padded.data() + at + 8 * i, 8);
      state[i] ^= lane;
    }
    keccak_f1600(state);
  }
  return Hash256::from(ByteView(reinterpret_cast<const u8*>(state), 32));
}

TEST(Keccak, PermutationAgainstSha3Vectors) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles");
  std::size_t count = 0;
  for (const char* file : {"pyca-hash-vectors/SHA3_256ShortMsg.rsp", "pyca-hash-vectors/SHA3_256LongMsg.rsp",
                           "xkcp/ShortMsgKAT_SHA3-256.txt"}) {
    for (const auto& c : test::read_rsp(root / file)) {
      EXPECT_EQ(to_hex(sha3_256(c.message)), to_hex(c.digest)) << file << ", " << c.message.size() << " bytes";
      ++count;
    }
  }
  EXPECT_GT(count, 400u);
}

TEST(Keccak, PermutationAgainstXkcpIntermediateValues) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/xkcp/KeccakF-1600-IntermediateValues.txt");
  // The file runs the permutation twice from zero; each run closes with its state in lanes after the last iota.
  std::vector<std::vector<u64>> results;
  std::istringstream in(test::read_text(path));
  std::string line;
  int round = -1;
  while (std::getline(in, line)) {
    if (line.starts_with("--- Round ")) round = std::stoi(line.substr(10));
    if (!line.starts_with("After iota:") || round != 23) continue;
    std::vector<u64> lanes(25);
    for (u64& lane : lanes) in >> std::hex >> lane;
    results.push_back(lanes);
  }
  ASSERT_EQ(results.size(), 2u);
  u64 accelerated[25] = {};
  u64 plain[25] = {};
  for (const auto& expected : results) {
    keccak_f1600(accelerated);
    portable::keccak_f1600(plain);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), accelerated));
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), plain));
  }
}

TEST(Keccak, AcceleratedEqualsPortable) {
  const Bytes seed = test::sample_bytes(200, 1);
  u64 accelerated[25];
  u64 plain[25];
  std::memcpy(accelerated, seed.data(), sizeof accelerated);
  std::memcpy(plain, seed.data(), sizeof plain);
  for (int i = 0; i < 1000; ++i) {
    keccak_f1600(accelerated);
    portable::keccak_f1600(plain);
    ASSERT_EQ(std::memcmp(accelerated, plain, sizeof plain), 0) << "after " << i + 1 << " permutations";
  }
}

}  // namespace
}  // namespace atlas::crypto
