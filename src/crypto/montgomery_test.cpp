// Field axioms on the host's 64-bit limbs and the guest's 32-bit limbs, for moduli with and without spare bits.
#include <random>

#include <gtest/gtest.h>

#include <crypto/montgomery.hpp>

namespace atlas::crypto {
namespace {

struct Bn254Modulus {
  static constexpr std::string_view kModulus = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
};
struct Secp256k1Modulus {
  static constexpr std::string_view kModulus = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
};
struct Bls12381Modulus {
  static constexpr std::string_view kModulus =
      "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
};
struct SmallModulus {
  static constexpr std::string_view kModulus = "7";
};

template <class F>
class MontgomeryTest : public ::testing::Test {};
using Fields =
    ::testing::Types<Montgomery<Bn254Modulus, u64>, Montgomery<Bn254Modulus, u32>, Montgomery<Secp256k1Modulus, u64>,
                     Montgomery<Secp256k1Modulus, u32>, Montgomery<Bls12381Modulus, u64>,
                     Montgomery<Bls12381Modulus, u32>, Montgomery<SmallModulus, u64>, Montgomery<SmallModulus, u32>>;
TYPED_TEST_SUITE(MontgomeryTest, Fields);

/// Edge values (0, 1, 2, p−1, p−2, (p±1)/2) and random ones.
template <class F>
std::vector<F> samples(unsigned count) {
  const F half = F::from_u64(2).inverse();
  std::vector<F> out{F::zero(), F::one(), F::from_u64(2), -F::one(), -F::from_u64(2), half, half - F::one()};
  std::mt19937_64 random(7);
  while (out.size() < count) {
    std::array<u8, F::kBytes> bytes;
    for (u8& b : bytes) b = static_cast<u8>(random());
    out.push_back(F::from_be_reduced(bytes));
  }
  return out;
}

TYPED_TEST(MontgomeryTest, Axioms) {
  using F = TypeParam;
  const auto values = samples<F>(40);
  for (const F& a : values) {
    EXPECT_EQ(a + F::zero(), a);
    EXPECT_EQ(a * F::one(), a);
    EXPECT_EQ(a - a, F::zero());
    EXPECT_EQ(a + (-a), F::zero());
    EXPECT_EQ(a.sqr(), a * a);
    EXPECT_EQ(a.doubled(), a * F::from_u64(2));
    EXPECT_EQ(a.halved().doubled(), a);
    EXPECT_EQ(a * a.inverse(), a.is_zero() ? F::zero() : F::one());
    for (const F& b : values) {
      EXPECT_EQ(a + b, b + a);
      EXPECT_EQ(a * b, b * a);
      EXPECT_EQ((a - b) + b, a);
      const F c = values[values.size() - 1];
      EXPECT_EQ((a + b) * c, a * c + b * c);
      EXPECT_EQ((a * b) * c, a * (b * c));
    }
  }
}

TYPED_TEST(MontgomeryTest, LazyReductionAgrees) {
  using F = TypeParam;
  if constexpr (F::kSpareBits >= 2) {
    const auto values = samples<F>(20);
    for (const F& a : values) {
      for (const F& b : values) {
        EXPECT_EQ(F::from_raw(F::reduce(F::product(a.raw(), b.raw()))), a * b);
        const auto sum = F::add_lazy(a.raw(), b.raw());
        EXPECT_EQ(F::from_raw(F::multiply(sum, sum)), (a + b).sqr());
        EXPECT_EQ(F::from_raw(F::reduce(F::sub_wide(F::product(a.raw(), a.raw()), F::product(b.raw(), b.raw())))),
                  a.sqr() - b.sqr());
      }
    }
  }
}

TYPED_TEST(MontgomeryTest, FermatAndRoots) {
  using F = TypeParam;
  auto exponent = F::kModulus;
  exponent.limb[0] -= 2;
  for (const F& a : samples<F>(20)) {
    EXPECT_EQ(a.pow(exponent), a.inverse());
    if constexpr (F::kModulus.limb[0] % 4 == 3) {
      const auto root = a.sqr().sqrt();
      ASSERT_TRUE(root.has_value());
      EXPECT_TRUE(*root == a || *root == -a);
      EXPECT_EQ((-a.sqr()).sqrt().has_value(), a.is_zero());  // −1 is no square
    }
  }
}

TYPED_TEST(MontgomeryTest, BytesAreCanonical) {
  using F = TypeParam;
  std::array<u8, F::kBytes> bytes{};
  F::kModulus.to_be(bytes);
  EXPECT_FALSE(F::from_be(bytes).has_value());
  EXPECT_TRUE(F::from_be_reduced(bytes).is_zero());
  bytes[F::kBytes - 1]--;
  ASSERT_TRUE(F::from_be(bytes).has_value());
  EXPECT_EQ(*F::from_be(bytes), -F::one());
  for (const F& a : samples<F>(20)) {
    a.to_be(bytes);
    EXPECT_EQ(*F::from_be(bytes), a);
    EXPECT_EQ(a.is_odd(), (bytes[F::kBytes - 1] & 1) != 0);
  }
}

TEST(Montgomery, LimbSizesAgree) {
  std::array<u8, 48> x{}, y{}, wide{}, narrow{};
  std::mt19937_64 random(11);
  for (int round = 0; round < 200; ++round) {
    for (u8& b : x) b = static_cast<u8>(random());
    for (u8& b : y) b = static_cast<u8>(random());
    using F64 = Montgomery<Bls12381Modulus, u64>;
    using F32 = Montgomery<Bls12381Modulus, u32>;
    (F64::from_be_reduced(x) * F64::from_be_reduced(y).inverse()).to_be(wide);
    (F32::from_be_reduced(x) * F32::from_be_reduced(y).inverse()).to_be(narrow);
    ASSERT_EQ(wide, narrow);
  }
}

// Constants are computed by the compiler.
static_assert(Montgomery<Secp256k1Modulus>::from_u64(3).inverse() * Montgomery<Secp256k1Modulus>::from_u64(3) ==
              Montgomery<Secp256k1Modulus>::one());

}  // namespace
}  // namespace atlas::crypto
