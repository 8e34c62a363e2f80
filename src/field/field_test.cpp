// One property kit for every field: BabyBear and both extensions; then packed lanes against scalars.
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <field/extension.hpp>
#include <field/packed/vector_kernels.hpp>

namespace atlas::field {
namespace {

using Extension4 = Extension<BabyBear, 4>;
using Extension5 = Extension<BabyBear, 5>;

// Raw words where carries and borrows turn.
constexpr u32 kEdges[] = {0,
                          1,
                          2,
                          BabyBear::kModulus - 1,
                          BabyBear::kModulus - 2,
                          BabyBear::kModulus / 2,
                          BabyBear::kModulus / 2 + 1,
                          BabyBear::kMontgomeryOne,
                          BabyBear::kModulus - BabyBear::kMontgomeryOne};

template <class F>
F random_element(std::mt19937_64& random) {
  if constexpr (F::kDegree == 1) {
    const u64 pick = random();
    if (pick % 4 == 0) return BabyBear::from_raw(kEdges[(pick >> 8) % std::size(kEdges)]);
    return BabyBear(static_cast<u32>(random()));
  } else {
    F out;
    for (auto& c : out.c) c = random_element<BabyBear>(random);
    return out;
  }
}

template <class F>
class FieldKit : public testing::Test {};
using Fields = testing::Types<BabyBear, Extension4, Extension5>;
TYPED_TEST_SUITE(FieldKit, Fields);

TYPED_TEST(FieldKit, Axioms) {
  using F = TypeParam;
  std::mt19937_64 random(1);
  for (int i = 0; i < 3000; ++i) {
    const F a = random_element<F>(random), b = random_element<F>(random), c = random_element<F>(random);
    EXPECT_EQ(a + b, b + a);
    EXPECT_EQ((a + b) + c, a + (b + c));
    EXPECT_EQ(a * b, b * a);
    EXPECT_EQ((a * b) * c, a * (b * c));
    EXPECT_EQ(a * (b + c), a * b + a * c);
    EXPECT_EQ(a + F::zero(), a);
    EXPECT_EQ(a * F::one(), a);
    EXPECT_EQ(a - a, F::zero());
    EXPECT_EQ(a - b, a + (-b));
    EXPECT_EQ(a * F::zero(), F::zero());
  }
}

TYPED_TEST(FieldKit, Inverses) {
  using F = TypeParam;
  std::mt19937_64 random(2);
  for (int i = 0; i < 500; ++i) {
    const F a = random_element<F>(random);
    if (a.is_zero()) continue;
    EXPECT_EQ(a * a.inverse(), F::one());
    EXPECT_EQ(a.inverse().inverse(), a);
  }
  EXPECT_TRUE(F::zero().inverse().is_zero());
}

TYPED_TEST(FieldKit, Powers) {
  using F = TypeParam;
  std::mt19937_64 random(3);
  for (int i = 0; i < 50; ++i) {
    const F a = random_element<F>(random);
    EXPECT_EQ(a.pow(0), F::one());
    EXPECT_EQ(a.pow(5), a * a * a * a * a);
    EXPECT_EQ(a.pow(1000) * a.pow(337), a.pow(1337));
  }
}

template <class F>
class ExtensionKit : public testing::Test {};
using Extensions = testing::Types<Extension4, Extension5>;
TYPED_TEST_SUITE(ExtensionKit, Extensions);

TYPED_TEST(ExtensionKit, Frobenius) {
  using F = TypeParam;
  std::mt19937_64 random(4);
  for (int i = 0; i < 50; ++i) {
    const F a = random_element<F>(random), b = random_element<F>(random);
    EXPECT_EQ(a.frobenius(), a.pow(BabyBear::kModulus));
    EXPECT_EQ((a * b).frobenius(), a.frobenius() * b.frobenius());
    EXPECT_EQ(a.frobenius(F::kDegree), a);
    EXPECT_EQ(a.frobenius(2), a.frobenius().frobenius());
  }
  // X is fixed by no smaller power: its minimal polynomial has full degree, so X^D − w is irreducible.
  F x;
  x.c[1] = BabyBear::one();
  for (unsigned k = 1; k < F::kDegree; ++k) EXPECT_FALSE(x.frobenius(k) == x) << k;
  EXPECT_EQ(x.pow(F::kDegree), F(kExtensionNonResidue<F::kDegree>));
}

TEST(BabyBear, AgainstPlainIntegers) {
  std::mt19937_64 random(5);
  constexpr u64 kP = BabyBear::kModulus;
  for (int i = 0; i < 20000; ++i) {
    const u32 x = static_cast<u32>(random()), y = static_cast<u32>(random());
    EXPECT_EQ(BabyBear(x).canonical(), x % kP);
    EXPECT_EQ((BabyBear(x) * BabyBear(y)).canonical(), (x % kP) * (y % kP) % kP);
    EXPECT_EQ((BabyBear(x) + BabyBear(y)).canonical(), (u64{x} + y) % kP);
    EXPECT_EQ((BabyBear(x) - BabyBear(y)).canonical(), (x % kP + kP - y % kP) % kP);
  }
  for (const u32 a : kEdges) {
    for (const u32 b : kEdges) {
      EXPECT_LT((BabyBear::from_raw(a) * BabyBear::from_raw(b)).raw, kP);
      EXPECT_LT((BabyBear::from_raw(a) + BabyBear::from_raw(b)).raw, kP);
      EXPECT_LT((BabyBear::from_raw(a) - BabyBear::from_raw(b)).raw, kP);
    }
  }
}

TEST(BabyBear, RootsOfUnity) {
  for (unsigned log = 1; log <= BabyBear::kTwoAdicity; ++log) {
    const BabyBear root = BabyBear::root_of_unity(log);
    EXPECT_EQ(root.pow(u64{1} << (log - 1)), -BabyBear::one()) << log;
    EXPECT_EQ(root * root, BabyBear::root_of_unity(log - 1));
  }
  // 31 generates: no power (p − 1)/q for the prime factors q of p − 1 = 2^27·3·5 is one.
  for (const u32 q : {2u, 3u, 5u}) EXPECT_FALSE(BabyBear(31).pow((BabyBear::kModulus - 1) / q) == BabyBear::one());
}

class PackedKit : public testing::TestWithParam<Isa> {
 protected:
  static constexpr std::size_t kN = 4096;
  void SetUp() override {
    if (!is_supported(GetParam())) GTEST_SKIP() << "left out: the processor has no " << name_of(GetParam());
  }
  std::vector<u32> random_words(std::size_t n, u64 seed) {
    std::mt19937_64 random(seed);
    std::vector<u32> out(n);
    for (u32& x : out) x = random_element<BabyBear>(random).raw;
    return out;
  }
};
INSTANTIATE_TEST_SUITE_P(Isas, PackedKit, testing::ValuesIn(kAllIsas),
                         [](const auto& p) { return std::string(name_of(p.param)); });

TEST_P(PackedKit, LanesEqualScalars) {
  const VectorKernels& k = vector_kernels(GetParam());
  std::vector<u32> a = random_words(kN, 6), b = random_words(kN, 7), out(kN);
  std::size_t at = 0;
  for (const u32 x : kEdges) {
    for (const u32 y : kEdges) a[at] = x, b[at++] = y;
  }
  const auto scalar = [](u32 x) { return BabyBear::from_raw(x); };
  k.add(a.data(), b.data(), out.data(), kN);
  for (std::size_t i = 0; i < kN; ++i) ASSERT_EQ(scalar(out[i]), scalar(a[i]) + scalar(b[i])) << a[i] << ' ' << b[i];
  k.sub(a.data(), b.data(), out.data(), kN);
  for (std::size_t i = 0; i < kN; ++i) ASSERT_EQ(scalar(out[i]), scalar(a[i]) - scalar(b[i])) << a[i] << ' ' << b[i];
  k.mul(a.data(), b.data(), out.data(), kN);
  for (std::size_t i = 0; i < kN; ++i) ASSERT_EQ(scalar(out[i]), scalar(a[i]) * scalar(b[i])) << a[i] << ' ' << b[i];
  k.negate(a.data(), out.data(), kN);
  for (std::size_t i = 0; i < kN; ++i) ASSERT_EQ(scalar(out[i]), -scalar(a[i])) << a[i];
  std::vector<u32> even(kN / 2), odd(kN / 2);
  k.deinterleave(a.data(), even.data(), odd.data(), kN / 2);
  for (std::size_t i = 0; i < kN / 2; ++i) {
    ASSERT_EQ(even[i], a[2 * i]);
    ASSERT_EQ(odd[i], a[2 * i + 1]);
  }
}

template <unsigned D>
void check_extension(void (*mul)(const u32*, const u32*, u32*, std::size_t), std::vector<u32> a, std::vector<u32> b) {
  const std::size_t n = a.size() / D;
  // All coefficients at their largest: the sums of products come nearest to their bound.
  for (unsigned k = 0; k < D; ++k) a[k * n] = b[k * n] = BabyBear::kModulus - 1;
  std::vector<u32> out(a.size());
  mul(a.data(), b.data(), out.data(), n);
  for (std::size_t i = 0; i < n; ++i) {
    Extension<BabyBear, D> x, y, z;
    for (unsigned k = 0; k < D; ++k) {
      x.c[k] = BabyBear::from_raw(a[k * n + i]);
      y.c[k] = BabyBear::from_raw(b[k * n + i]);
      z.c[k] = BabyBear::from_raw(out[k * n + i]);
    }
    ASSERT_EQ(z, x * y) << i;
  }
}

TEST_P(PackedKit, ExtensionLanesEqualScalars) {
  const VectorKernels& k = vector_kernels(GetParam());
  check_extension<4>(k.extension4_mul, random_words(4 * kN, 8), random_words(4 * kN, 9));
  check_extension<5>(k.extension5_mul, random_words(5 * kN, 10), random_words(5 * kN, 11));
}

// The scalar product against its definition, written with nothing but base-field operations.
TEST(Extension, ProductAgainstDefinition) {
  std::mt19937_64 random(12);
  for (int n = 0; n < 2000; ++n) {
    Extension5 a = random_element<Extension5>(random), b = random_element<Extension5>(random), expected;
    if (n == 0) {
      for (unsigned i = 0; i < 5; ++i) a.c[i] = b.c[i] = BabyBear::from_raw(BabyBear::kModulus - 1);
    }
    for (unsigned i = 0; i < 5; ++i) {
      for (unsigned j = 0; j < 5; ++j) {
        const BabyBear product = a.c[i] * b.c[j];
        expected.c[(i + j) % 5] += i + j < 5 ? product : product * BabyBear(2);
      }
    }
    EXPECT_EQ(a * b, expected);
  }
}

}  // namespace
}  // namespace atlas::field
