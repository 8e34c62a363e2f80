#include <base/u256.hpp>
#include <evm/precompile_vectors.hpp>

namespace atlas::evm {
namespace {

using test::call_precompile;
using test::check_precompile_file;

constexpr unsigned kModexp = 0x05;

Bytes header(const u256& base, const u256& exponent, const u256& modulus) {
  Bytes input;
  for (const u256& size : {base, exponent, modulus}) append(input, size.to_be());
  return input;
}

TEST(PrecompileModexp, GoEthereum) {
  ATLAS_VECTORS_OR_SKIP(root, "precompiles/precompiles/go-ethereum/precompiles");
  EXPECT_EQ(check_precompile_file(root / "modexp_eip2565.json", kModexp, Fork::kCancun), 47u);
  EXPECT_EQ(check_precompile_file(root / "modexp_eip7883.json", kModexp, Fork::kOsaka), 45u);
  // These carry EIP-198's price.
  EXPECT_EQ(check_precompile_file(root / "modexp.json", kModexp, Fork::kPrague, false), 17u);
}

TEST(PrecompileModexp, BoundsOfOsaka) {
  const u256 most(1024), more(1025), one(1);
  for (const Bytes& input : {header(more, one, one), header(one, more, one), header(one, one, more),
                             header(u256::max(), {}, one), header({}, u256::max(), {})}) {
    EXPECT_EQ(call_precompile(kModexp, input, Fork::kOsaka).gas, ~u64{0});
  }
  EXPECT_EQ(call_precompile(kModexp, header(most, {}, most), Fork::kOsaka).gas, 2u * 128 * 128);
  EXPECT_EQ(call_precompile(kModexp, header(more, {}, one), Fork::kPrague).gas, 129u * 129 / 3);
}

TEST(PrecompileModexp, LengthsWithoutData) {
  // Nothing to compute, whatever the exponent's length says.
  const auto empty = call_precompile(kModexp, header({}, u256::max(), {}), Fork::kPrague);
  EXPECT_EQ(empty.gas, 200u);
  EXPECT_TRUE(empty.success);
  EXPECT_TRUE(empty.output.empty());
  EXPECT_TRUE(call_precompile(kModexp, {}, Fork::kOsaka).success);
  EXPECT_EQ(call_precompile(kModexp, {}, Fork::kOsaka).gas, 500u);
  // A modulus that is not there is zero, and so is the result, modulus_size bytes long.
  const auto zeros = call_precompile(kModexp, header(u256(1), u256(1), u256(40)), Fork::kOsaka);
  EXPECT_TRUE(zeros.success);
  EXPECT_EQ(zeros.output, Bytes(40));
  // Lengths that no memory holds are priced out.
  EXPECT_EQ(call_precompile(kModexp, header(u256::max(), u256(1), u256(1)), Fork::kPrague).gas, ~u64{0});
  EXPECT_EQ(call_precompile(kModexp, header(u256(1), u256::max(), u256(1)), Fork::kPrague).gas, ~u64{0});
  EXPECT_EQ(call_precompile(kModexp, header(u256(1), u256(1), u256::power_of_two(70)), Fork::kPrague).gas, ~u64{0});
}

TEST(PrecompileModexp, ExponentIsPaddedOnTheRight) {
  // 3^(2·256) mod 251.
  Bytes input = header(u256(1), u256(2), u256(1));
  append(input, Bytes{3, 2, 0, 251});
  const auto whole = call_precompile(kModexp, input, Fork::kOsaka);
  unsigned expected = 1;
  for (int i = 0; i < 512; ++i) expected = expected * 3 % 251;
  EXPECT_EQ(whole.output, Bytes{static_cast<u8>(expected)});
  // A modulus beyond the input's end is zero.
  input.resize(96 + 2);
  EXPECT_EQ(call_precompile(kModexp, input, Fork::kOsaka).output, Bytes{0});
}

TEST(PrecompileModexp, PriceOfLongExponents) {
  // 33 bytes, the first zero: 8 (Osaka 16) for the byte beyond 32, plus the bits of the first 32 bytes less one.
  Bytes input = header(u256(64), u256(33), u256(64));
  input.resize(96 + 64 + 33 + 64);
  input[96 + 64 + 31] = 0x80;
  EXPECT_EQ(call_precompile(kModexp, input, Fork::kPrague).gas, 64u * (8 + 7) / 3);
  EXPECT_EQ(call_precompile(kModexp, input, Fork::kOsaka).gas, 2u * 64 * (16 + 7));
}

}  // namespace
}  // namespace atlas::evm
