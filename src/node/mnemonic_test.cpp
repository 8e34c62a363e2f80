#include <gtest/gtest.h>

#include <node/mnemonic.hpp>

namespace atlas::node {
namespace {

std::string hex(ByteView bytes) {
  return to_hex(bytes);
}

TEST(Mnemonic, GivesTheAccountsThatAnvilPrints) {
  const auto accounts = derive_accounts(kDevMnemonic, 10);
  ASSERT_EQ(accounts.size(), 10u);
  EXPECT_EQ(checksum_address(accounts[0].address), "0xf39Fd6e51aad88F6F4ce6aB8827279cffFb92266");
  EXPECT_EQ(hex(accounts[0].private_key), "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  EXPECT_EQ(checksum_address(accounts[1].address), "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
  EXPECT_EQ(hex(accounts[1].private_key), "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d");
  EXPECT_EQ(checksum_address(accounts[9].address), "0xa0Ee7A142d267C1f36714E4a8F75612F20a79720");
  EXPECT_EQ(hex(accounts[9].private_key), "0x2a871d0798f97d79848a013d4936a73bf4cc922c825d33c1cf7073dff6d409c6");
}

// BIP-39's reference vectors (passphrase TREZOR).
TEST(Mnemonic, SeedMatchesReferenceVectors) {
  EXPECT_EQ(
      hex(mnemonic_seed("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about",
                        "TREZOR")),
      "0xc55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4a"
      "b7c81b2f001698e7463b04");
  EXPECT_EQ(
      hex(mnemonic_seed("legal winner thank year wave sausage worth useful legal winner thank yellow", "TREZOR")),
      "0x2e8905819b8723fe2c1d161860e5ee1830318dbf49a83bd451cfb8440c28bd6fa457fe1296106559a3c80937a1c1069be3a3a5bd38"
      "1ee6260e8d9739fce1f607");
}

// BIP-32, test vector 1.
TEST(Mnemonic, DerivesAsBip32) {
  constexpr u32 kHardened = u32{1} << 31;
  FixedBytes<64> seed;  // the vector's seed has 16 bytes, ours always 64: vector 2's has
  seed = FixedBytes<64>::from(*from_hex(
      "fffcf9f6f3f0edeae7e4e1dedbd8d5d2cfccc9c6c3c0bdbab7b4b1aeaba8a5a29f9c999693908d8a8784817e7b7875726f6c696663605d5a"
      "5754514e4b484542"));
  EXPECT_EQ(hex(derive_key(seed, {})), "0x4b03d6fc340455b363f51020ad3ecca4f0850280cf436c70c727923f6db46c3e");
  EXPECT_EQ(hex(derive_key(seed, {0})), "0xabe74a98f6c7eabee0428f53798f0ab8aa1bd37873999041703c742f15ac7e1e");
  EXPECT_EQ(hex(derive_key(seed, {0, kHardened + 2147483647})),
            "0x877c779ad9687164e9c2f4f0f4ff0340814392330693ce95a58fe18fd52e6e93");
}

TEST(Mnemonic, NamesWhatIsWrong) {
  EXPECT_TRUE(check_mnemonic(kDevMnemonic));
  EXPECT_TRUE(
      check_mnemonic("abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about"));
  EXPECT_EQ(check_mnemonic("test test").error(), "a mnemonic has 12, 15, 18, 21 or 24 words, this one has 2");
  EXPECT_EQ(check_mnemonic("test test test test test test test test test test test jink").error(),
            "word 12 of the mnemonic, \"jink\", is not in BIP-39's list; did you mean \"junk\"?");
  EXPECT_EQ(check_mnemonic("test test test test test test test test test test test test").error(),
            "the mnemonic's checksum does not match: a word is wrong or out of place");
}

// EIP-55's examples.
TEST(Mnemonic, ChecksumsAddresses) {
  for (const std::string text :
       {"0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "0xfB6916095ca1df60bB79Ce92cE3Ea74c37c5d359",
        "0xdbF03B407c01E7cD3CBea99509d93f8DDDC8C6FB", "0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb"}) {
    EXPECT_EQ(checksum_address(*fixed_from_hex<20>(text)), text);
  }
}

}  // namespace
}  // namespace atlas::node
