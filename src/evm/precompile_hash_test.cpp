#include <sstream>

#include <evm/precompile_vectors.hpp>

namespace atlas::evm {
namespace {

using test::call_precompile;

TEST(PrecompileRegistry, ForksDecide) {
  const auto exists = [](unsigned number, Fork fork) {
    return find_precompile(test::precompile_address(number), fork) != nullptr;
  };
  EXPECT_FALSE(exists(0x00, Fork::kOsaka));
  for (unsigned n = 0x01; n <= 0x0a; ++n) EXPECT_TRUE(exists(n, Fork::kCancun)) << n;
  for (unsigned n = 0x0b; n <= 0x11; ++n) {
    EXPECT_FALSE(exists(n, Fork::kCancun)) << n;
    EXPECT_TRUE(exists(n, Fork::kPrague)) << n;
    EXPECT_TRUE(exists(n, Fork::kOsaka)) << n;
  }
  for (unsigned n = 0x12; n < 0x300; ++n) EXPECT_EQ(exists(n, Fork::kOsaka), n == 0x100) << n;
  EXPECT_FALSE(exists(0x100, Fork::kPrague));
}

TEST(PrecompileRegistry, EveryOtherAddressByteCounts) {
  for (unsigned i = 0; i < 19; ++i) {
    Address address = test::precompile_address(1);
    address[i] = 1;
    // 0x0101 is none either.
    EXPECT_EQ(find_precompile(address, Fork::kOsaka), nullptr) << "byte " << i;
  }
}

TEST(PrecompileHash, PricesPerWord) {
  struct Price {
    unsigned number;
    u64 base;
    u64 per_word;
  };
  for (const Price& p : {Price{2, 60, 12}, Price{3, 600, 120}, Price{4, 15, 3}}) {
    for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 64u, 1000u}) {
      EXPECT_EQ(call_precompile(p.number, Bytes(size)).gas, p.base + p.per_word * ((size + 31) / 32));
    }
  }
}

TEST(PrecompileHash, Outputs) {
  EXPECT_EQ(to_hex(call_precompile(2, as_bytes("abc")).output),
            "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(call_precompile(3, as_bytes("abc")).output),
            "0x0000000000000000000000008eb208f7e05d987a9b044a8e98c6b087f15a0bfc");
  EXPECT_EQ(call_precompile(4, as_bytes("abc")).output, (Bytes{'a', 'b', 'c'}));
  EXPECT_TRUE(call_precompile(4, {}).output.empty());
}

TEST(PrecompileHash, Blake2f) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/go-ethereum/precompiles");
  EXPECT_EQ(test::check_precompile_file(root / "blake2F.json", 0x09), 5u);
  EXPECT_EQ(test::check_precompile_file(root / "fail-blake2f.json", 0x09), 4u);
}

TEST(PrecompileSignature, EcrecoverGoEthereum) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/go-ethereum/precompiles");
  EXPECT_EQ(test::check_precompile_file(root / "ecRecover.json", 0x01), 5u);
}

TEST(PrecompileSignature, EcrecoverInputForms) {
  const Bytes input = test::hex_bytes(
      "456e9aea5e197a1f1af7a3e85a3212fa4049a3ba34c2289b4c860fc0b0c64ef3"
      "000000000000000000000000000000000000000000000000000000000000001c"
      "9242685bf161793cc25603c231bc2f568eb630ea16aa137d2664ac8038825608"
      "4f8ae3bd7535248d0bd448298cc2e2071e56992d0774dc340c368ae950852ada");
  const auto good = call_precompile(1, input);
  EXPECT_TRUE(good.success);
  EXPECT_EQ(good.gas, 3000u);
  EXPECT_EQ(to_hex(good.output), "0x0000000000000000000000007156526fbd7a3c72969b54f64e42c10fbb768c8a");

  Bytes longer = input;
  longer.push_back(0xff);
  EXPECT_EQ(call_precompile(1, longer).output, good.output) << "what follows 128 bytes is ignored";
  Bytes high_v = input;
  high_v[32] = 1;
  EXPECT_TRUE(call_precompile(1, high_v).success);
  EXPECT_TRUE(call_precompile(1, high_v).output.empty()) << "v is a whole word";
  Bytes cut(input.begin(), input.begin() + 127);
  EXPECT_NE(call_precompile(1, cut).output, good.output) << "a short input is padded with zeros";
  EXPECT_TRUE(call_precompile(1, {}).success);
  EXPECT_TRUE(call_precompile(1, {}).output.empty());
}

TEST(PrecompileSignature, P256Verify) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles");
  EXPECT_EQ(test::check_precompile_file(root / "go-ethereum/precompiles/p256Verify.json", 0x100), 782u);
  // These two carry RIP-7212's price.
  EXPECT_EQ(test::check_precompile_file(root / "eips/eip-7951/test-vectors.json", 0x100, Fork::kOsaka, false), 781u);
  EXPECT_EQ(test::check_precompile_file(root / "besu/p256verify_test_vectors.json", 0x100, Fork::kOsaka, false), 778u);
}

TEST(PrecompileSignature, P256VerifyBesuNative) {
  ATLAS_VECTORS_OR_SKIP(path, "precompiles/precompiles/besu-native/boringssl/p256_verify.csv");
  std::istringstream in(test::read_text(path));
  std::string line;
  std::getline(in, line);  // header: input, expectedStatus, …
  int count = 0;
  while (std::getline(in, line)) {
    const auto comma = line.find(',');
    if (comma == std::string::npos) continue;
    const auto outcome = call_precompile(0x100, test::hex_bytes(std::string_view(line).substr(0, comma)));
    EXPECT_TRUE(outcome.success);
    EXPECT_EQ(outcome.gas, 6900u);
    EXPECT_EQ(outcome.output.size(), line[comma + 1] == '0' ? 32u : 0u) << line.substr(line.rfind(','));
    ++count;
  }
  EXPECT_EQ(count, 55);
}

}  // namespace
}  // namespace atlas::evm
