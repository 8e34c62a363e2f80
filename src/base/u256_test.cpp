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

/// Numbers as they hurt: runs of ones and zeros, few limbs, powers of two and their neighbours.
class Numbers {
 public:
  u64 word() {
    seed_ = seed_ * 6364136223846793005ULL + 1442695040888963407ULL;
    return seed_ ^ (seed_ >> 31);
  }
  u256 next() {
    u256 v;
    switch (word() % 5) {
      case 0:
        v = u256(word(), word(), word(), word());
        break;
      case 1:
        for (int i = 0; i < 4; ++i) v = (v << 64) | u256(word() % 3 == 0 ? 0 : word() % 2 == 0 ? ~u64{0} : word());
        break;
      case 2:
        v = u256::power_of_two(static_cast<unsigned>(word() % 256)) + u256(word() % 3) - u256(1);
        break;
      case 3:
        v = u256::max() << static_cast<unsigned>(word() % 256);
        break;
      default:
        v = u256(word() % 1000);
    }
    return v >> static_cast<unsigned>(word() % 3 == 0 ? word() % 256 : 0);
  }

 private:
  u64 seed_ = 7;
};

// The schoolbook, one bit at a time.
u256 slow_addmod(const u256& a, const u256& b, const u256& m) {  // a, b < m
  bool carry;
  const u256 sum = u256::add(a, b, carry);
  return carry || sum >= m ? sum - m : sum;
}
u256 slow_mod(const u256& a, const u256& m) {
  u256 r;
  for (unsigned i = 256; i-- > 0;) {
    r = slow_addmod(r, r, m);
    if (a.bit(i)) r = slow_addmod(r, u256(1) == m ? u256() : u256(1), m);
  }
  return r;
}

TEST(U256, ModularArithmeticAgreesWithTheSchoolbook) {
  Numbers numbers;
  for (int i = 0; i < 20000; ++i) {
    const u256 a = numbers.next();
    const u256 b = numbers.next();
    const u256 m = numbers.next();
    if (m.is_zero()) {
      EXPECT_TRUE(addmod(a, b, m).is_zero());
      EXPECT_TRUE(mulmod(a, b, m).is_zero());
      continue;
    }
    const u256 x = slow_mod(a, m);
    const u256 y = slow_mod(b, m);
    ASSERT_EQ(a % m, x);
    ASSERT_EQ((a / m) * m + x, a);
    ASSERT_EQ(addmod(a, b, m), slow_addmod(x, y, m));
    u256 product;
    for (unsigned bit = 256; bit-- > 0;) {
      product = slow_addmod(product, product, m);
      if (b.bit(bit)) product = slow_addmod(product, x, m);
    }
    ASSERT_EQ(mulmod(a, b, m), product) << to_quantity(a) << " " << to_quantity(b) << " " << to_quantity(m);
  }
}

TEST(U256, ShiftsAgreeBitByBit) {
  Numbers numbers;
  for (int i = 0; i < 5000; ++i) {
    const u256 a = numbers.next();
    const auto n = static_cast<unsigned>(numbers.word() % 260);
    const u256 left = a << n;
    const u256 right = a >> n;
    const u256 arithmetic = sar(a, u256(n));
    const unsigned sign_byte = n % 32;
    const u256 extended = signextend(u256(sign_byte), a);
    for (unsigned bit = 0; bit < 256; ++bit) {
      ASSERT_EQ(left.bit(bit), bit >= n && a.bit(bit - n));
      ASSERT_EQ(right.bit(bit), bit + n < 256 && a.bit(bit + n));
      ASSERT_EQ(arithmetic.bit(bit), bit + n < 256 ? a.bit(bit + n) : a.bit(255));
      ASSERT_EQ(extended.bit(bit), a.bit(std::min(bit, sign_byte * 8 + 7)));
    }
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
