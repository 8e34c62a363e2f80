#include <gtest/gtest.h>

#include <base/u256.hpp>

namespace atlas {
namespace {

TEST(U256, DivisionAgreesWithMultiplication) {
  u64 seed = 1;
  const auto next = [&seed] {
    return seed = seed * 6364136223846793005ULL + 1442695040888963407ULL, seed ^ (seed >> 31);
  };
  for (int i = 0; i < 20000; ++i) {
    const u256 a = u256(next(), next(), next(), next()) >> static_cast<unsigned>(next() % 256);
    u256 b = u256(next(), next(), next(), next()) >> static_cast<unsigned>(next() % 256);
    if (i % 3 == 0) b = b | (u256::max() << 192);  // high limbs of ones exercise the quotient correction
    if (b.is_zero()) continue;
    const DivMod d = divmod(a, b);
    EXPECT_LT(d.remainder, b);
    EXPECT_EQ(d.quotient * b + d.remainder, a);
    EXPECT_EQ(mulmod(a, b, u256::max()), addmod(mulmod(a, b - u256(1), u256::max()), a, u256::max()));
  }
}

TEST(U256, EdgeCases) {
  const u256 minimum = u256(1) << 255;
  EXPECT_EQ(sdiv(minimum, u256::max()), minimum);
  EXPECT_EQ(u256(5) / u256(), u256());
  EXPECT_EQ(smod(-u256(7), u256(3)), -u256(1));
  EXPECT_EQ(signextend(u256(0), u256(0x80)), -u256(0x80));
  EXPECT_EQ(sar(-u256(1), u256(255)), u256::max());
  EXPECT_EQ(sar(minimum, u256(1)), u256(3) << 254);
  EXPECT_EQ(to_decimal(u256::max()), "115792089237316195423570985008687907853269984665640564039457584007913129639935");
  EXPECT_EQ(parse_u256(to_decimal(u256::max())), u256::max());
  EXPECT_EQ(parse_u256("115792089237316195423570985008687907853269984665640564039457584007913129639936"), std::nullopt);
  EXPECT_EQ(parse_u256("0x1" + std::string(64, '0')), std::nullopt);
  EXPECT_EQ(to_quantity(u256(255)), "0xff");
  EXPECT_EQ(exp(u256(3), u256(5)), u256(243));
  EXPECT_EQ(u256::from_be(minimum.to_be()), minimum);
}

}  // namespace
}  // namespace atlas
