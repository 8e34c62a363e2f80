// The two pairing-friendly curves: tower fields, groups, endomorphisms, pairings.
#include <random>

#include <gtest/gtest.h>

#include <crypto/bls12_381.hpp>
#include <crypto/bn254.hpp>

namespace atlas::crypto {
namespace {

struct BnTraits {
  using Config = bn254::Config;
  static constexpr u256 kOrder = bn254::kOrder;
  static bn254::G1 g1() { return {bn254::Fp::one(), bn254::Fp::from_u64(2)}; }
  static bn254::G2 g2() {  // EIP-197
    using bn254::Fp;
    return {{Fp::from_hex("1800deef121f1e76426a00665e5c4479674322d4f75edadd46debd5cd992f6ed"),
             Fp::from_hex("198e9393920d483a7260bfb731fb5d25f1aa493335a9e71297e485b7aef312c2")},
            {Fp::from_hex("12c85ea5db8c6deb4aab71808dcb408fe3d1e7690c43d37b4ce6cc0166fa7daa"),
             Fp::from_hex("090689d0585ff075ec9e99ad690c3395bc4b313370b38ef355acdadcd122975b")}};
  }
  static auto curve_b1() { return bn254::Fp::from_u64(3); }
  static auto curve_b2() { return bn254::Config::kTwistB; }
  static bool in_group(const bn254::G2& p) { return bn254::is_in_subgroup(p); }
  static auto psi(const bn254::G2& p) { return bn254::psi(p); }
  /// ψ acts on G2 as p mod r = 6x².
  static Jacobian<bn254::F2> times_p(const bn254::G2& p) {
    return multiply_small(multiply_small(multiply_small(Jacobian<bn254::F2>(p), bn254::kX), bn254::kX), 6);
  }
  static auto product(std::span<const bn254::Pair> pairs) { return bn254::pairing_product(pairs); }
};
struct BlsTraits {
  using Config = bls12_381::Config;
  static constexpr u256 kOrder = bls12_381::kOrder;
  static bls12_381::G1 g1() { return bls12_381::kG1Generator; }
  static bls12_381::G2 g2() { return bls12_381::kG2Generator; }
  static auto curve_b1() { return bls12_381::Fp::from_u64(4); }
  static auto curve_b2() { return bls12_381::F2{bls12_381::Fp::from_u64(4), bls12_381::Fp::from_u64(4)}; }
  static bool in_group(const bls12_381::G2& p) { return bls12_381::is_in_subgroup(p); }
  static auto psi(const bls12_381::G2& p) { return bls12_381::psi(p); }
  static Jacobian<bls12_381::F2> times_p(const bls12_381::G2& p) {
    return -multiply_small(Jacobian<bls12_381::F2>(p), bls12_381::kAbsZ);
  }
  static auto product(std::span<const bls12_381::Pair> pairs) { return bls12_381::pairing_product(pairs); }
};

template <class F>
Jacobian<F> multiply_plain(const Affine<F>& p, const u256& k) {
  Jacobian<F> r;
  for (unsigned i = k.bit_length(); i-- > 0;) {
    r = r.doubled();
    if (k.bit(i)) r = r + p;
  }
  return r;
}

std::mt19937_64 random_source(23);

template <class Fp>
Fp random_fp() {
  std::array<u8, Fp::kBytes> bytes;
  for (u8& b : bytes) b = static_cast<u8>(random_source());
  return Fp::from_be_reduced(bytes);
}
template <class Fp>
Fp2<Fp> random_fp2() {
  return {random_fp<Fp>(), random_fp<Fp>()};
}
template <class Config>
Fp12<Config> random_fp12() {
  using Fp = typename Config::Fp;
  const auto f6 = [] { return Fp6<Config>{random_fp2<Fp>(), random_fp2<Fp>(), random_fp2<Fp>()}; };
  return {f6(), f6()};
}
u256 random_scalar() {
  return u256(random_source(), random_source(), random_source(), random_source());
}
/// A point of the curve (not of the subgroup, except by accident).
template <class F>
Affine<F> random_point(const F& b, F (*random_element)()) {
  for (;;) {
    const F x = random_element();
    if (const auto y = (x.sqr() * x + b).sqrt()) return {x, *y};
  }
}

template <class T>
class PairingTest : public ::testing::Test {};
using Curves = ::testing::Types<BnTraits, BlsTraits>;
TYPED_TEST_SUITE(PairingTest, Curves);

TYPED_TEST(PairingTest, TowerAxioms) {
  using Config = typename TypeParam::Config;
  using Fp = typename Config::Fp;
  using F2 = Fp2<Fp>;
  const F2 xi{Fp::from_u64(Config::kXi), Fp::one()};
  for (int round = 0; round < 20; ++round) {
    const F2 s = random_fp2<Fp>(), t = random_fp2<Fp>();
    EXPECT_EQ(s * s, s.sqr());
    EXPECT_EQ((s + t).sqr(), s.sqr() + (s * t).doubled() + t.sqr());
    EXPECT_EQ(s * s.inverse(), F2::one());
    EXPECT_EQ(Xi<Config>::times(s), s * xi);
    EXPECT_EQ(Xi<Config>::times(F2::product(s, t)).reduce(), s * t * xi);
    const auto root = s.sqr().sqrt();
    ASSERT_TRUE(root.has_value());
    EXPECT_TRUE(*root == s || *root == -s);
    EXPECT_FALSE((s.sqr() * xi).sqrt().has_value());  // ξ is no square (nor a cube)

    const auto a = random_fp12<Config>(), b = random_fp12<Config>(), c = random_fp12<Config>();
    EXPECT_EQ(a * b, b * a);
    EXPECT_EQ((a * b) * c, a * (b * c));
    EXPECT_EQ(a.sqr(), a * a);
    EXPECT_EQ(a * a.inverse(), Fp12<Config>::one());
    const auto sparse = Fp6<Config>{b.c0.a0, b.c0.a1, {}};
    EXPECT_EQ(a.c0.times_sparse(b.c0.a0, b.c0.a1), a.c0 * sparse);
    EXPECT_EQ(a.c0.times_v(), (a.c0 * Fp6<Config>{{}, F2::one(), {}}));
  }
}

TYPED_TEST(PairingTest, FrobeniusIsThePPowerMap) {
  using Config = typename TypeParam::Config;
  const auto a = random_fp12<Config>(), b = random_fp12<Config>();
  auto power = Fp12<Config>::one();
  for (unsigned i = Config::Fp::kBits; i-- > 0;) {
    power = power.sqr();
    if (Config::Fp::kModulus.bit(i)) power = power * a;
  }
  EXPECT_EQ(a.frobenius(), power);
  EXPECT_EQ((a * b).frobenius(), a.frobenius() * b.frobenius());
  EXPECT_EQ(a.frobenius().frobenius(), a.frobenius_squared());
  EXPECT_EQ(a.frobenius_squared().frobenius_squared().frobenius_squared(), a.conjugate());
}

TYPED_TEST(PairingTest, CyclotomicSquaring) {
  using Config = typename TypeParam::Config;
  const auto f = Pairing<Config>::easy_exponent(random_fp12<Config>());
  EXPECT_EQ(f.cyclotomic_sqr(), f.sqr());
  EXPECT_EQ(f * f.conjugate(), Fp12<Config>::one());
  auto fifth = Pairing<Config>::cyclotomic_power(f, non_adjacent_form("17"));  // 23
  auto expected = f;
  for (int i = 1; i < 23; ++i) expected = expected * f;
  EXPECT_EQ(fifth, expected);
}

TYPED_TEST(PairingTest, GroupLaw) {
  using Config = typename TypeParam::Config;
  using Fp = typename Config::Fp;
  const auto check = [](const auto& p, const auto& q, const auto& b) {
    using F = std::decay_t<decltype(p.x)>;
    const Jacobian<F> jp = p, jq = q;
    const auto sum = add_affine(p, q);
    EXPECT_TRUE(is_on_curve(sum, b));
    EXPECT_EQ((jp + q).to_affine(), sum);
    EXPECT_EQ((jp + jq).to_affine(), sum);
    EXPECT_EQ(jp + p, jp.doubled());
    EXPECT_EQ(jp + jp, jp.doubled());
    EXPECT_EQ(add_affine(p, p), jp.doubled().to_affine());
    EXPECT_TRUE((jp + -p).is_infinity());
    EXPECT_TRUE((jp + -jp).is_infinity());
    EXPECT_TRUE(add_affine(p, -p).is_infinity());
    EXPECT_EQ(add_affine(p, Affine<F>{}), p);
    EXPECT_EQ(add_affine(Affine<F>{}, p), p);
    EXPECT_EQ((jp + jq) + jq.doubled(), (jp.doubled() + q) + (jq + (jq + -jp)));
    const std::vector<Jacobian<F>> points{jp.doubled(), Jacobian<F>(), jp + jq};
    const auto affine = to_affine<F>(points);
    for (std::size_t i = 0; i < points.size(); ++i) EXPECT_EQ(affine[i], points[i].to_affine());
  };
  for (int round = 0; round < 5; ++round) {
    check(random_point(TypeParam::curve_b1(), random_fp<Fp>), random_point(TypeParam::curve_b1(), random_fp<Fp>),
          TypeParam::curve_b1());
    check(random_point(TypeParam::curve_b2(), random_fp2<Fp>), random_point(TypeParam::curve_b2(), random_fp2<Fp>),
          TypeParam::curve_b2());
  }
}

TYPED_TEST(PairingTest, GeneratorsAndPsi) {
  const auto g1 = TypeParam::g1();
  const auto g2 = TypeParam::g2();
  EXPECT_TRUE(is_on_curve(g1, TypeParam::curve_b1()));
  EXPECT_TRUE(is_on_curve(g2, TypeParam::curve_b2()));
  EXPECT_TRUE(multiply_plain(g1, TypeParam::kOrder).is_infinity());
  EXPECT_TRUE(multiply_plain(g2, TypeParam::kOrder).is_infinity());
  EXPECT_EQ(Jacobian(TypeParam::psi(g2)), TypeParam::times_p(g2));
  EXPECT_TRUE(TypeParam::in_group(g2));
}

TYPED_TEST(PairingTest, SubgroupCheckOfTheTwist) {
  using Fp = typename TypeParam::Config::Fp;
  for (int round = 0; round < 10; ++round) {
    const auto p = random_point(TypeParam::curve_b2(), random_fp2<Fp>);
    EXPECT_EQ(TypeParam::in_group(p), multiply_plain(p, TypeParam::kOrder).is_infinity());
    EXPECT_FALSE(TypeParam::in_group(p));  // chance 1/cofactor
    const auto good = multiply_plain(TypeParam::g2(), random_scalar()).to_affine();
    EXPECT_TRUE(TypeParam::in_group(good));
    // A point of order dividing the cofactor, and its sum with a good one.
    const auto bad = multiply_plain(p, TypeParam::kOrder).to_affine();
    EXPECT_FALSE(TypeParam::in_group(bad));
    EXPECT_FALSE(TypeParam::in_group(add_affine(bad, good)));
  }
}

TYPED_TEST(PairingTest, Bilinear) {
  using Config = typename TypeParam::Config;
  using Pair = typename Pairing<Config>::Pair;
  const auto g1 = TypeParam::g1();
  const auto g2 = TypeParam::g2();
  const auto product = [](std::initializer_list<Pair> pairs) { return TypeParam::product(std::vector<Pair>(pairs)); };
  const auto base = product({{g1, g2}});
  EXPECT_NE(base, Fp12<Config>::one());
  EXPECT_EQ(product({{g1, g2}, {-g1, g2}}), Fp12<Config>::one());
  EXPECT_EQ(product({{{}, g2}, {g1, {}}}), Fp12<Config>::one());
  EXPECT_EQ(product({{g1, g2}, {{}, g2}, {g1, {}}}), base);
  for (int round = 0; round < 3; ++round) {
    const u256 a = random_scalar(), b = random_scalar();
    const auto ag1 = multiply_plain(g1, a).to_affine();
    const auto bg2 = multiply_plain(g2, b).to_affine();
    const auto left = product({{ag1, bg2}});
    EXPECT_EQ(left, product({{multiply_plain(ag1, b).to_affine(), g2}}));
    EXPECT_EQ(left, product({{g1, multiply_plain(bg2, a).to_affine()}}));
    auto power = Fp12<Config>::one();
    const u256 ab = mulmod(a, b, TypeParam::kOrder);
    for (unsigned i = ab.bit_length(); i-- > 0;) {
      power = power.cyclotomic_sqr();
      if (ab.bit(i)) power = power * base;
    }
    EXPECT_EQ(left, power);
    EXPECT_EQ(product({{ag1, g2}, {g1, bg2}}),
              product({{multiply_plain(g1, addmod(a, b, TypeParam::kOrder)).to_affine(), g2}}));
  }
}

TEST(Bn254, Multiply) {
  const auto g = BnTraits::g1();
  EXPECT_TRUE(bn254::multiply(g, bn254::kOrder).is_infinity());
  EXPECT_TRUE(bn254::multiply({}, u256(5)).is_infinity());
  EXPECT_EQ(bn254::multiply(g, bn254::kOrder - u256(1)), -g);
  for (const u256& k : {u256(0), u256(1), u256(2), u256(31), u256(33), u256::max(), bn254::kOrder - u256(2),
                        bn254::kOrder + u256(1), u256::power_of_two(126), u256::power_of_two(253)}) {
    EXPECT_EQ(bn254::multiply(g, k), multiply_plain(g, k).to_affine());
  }
  for (int round = 0; round < 500; ++round) {
    const u256 k = random_scalar() >> static_cast<unsigned>(random_source() % 256);
    EXPECT_EQ(bn254::multiply(g, k), multiply_plain(g, k).to_affine());
  }
}

TEST(Bls12, SubgroupCheckOfG1) {
  using namespace bls12_381;
  EXPECT_TRUE(is_in_subgroup(kG1Generator));
  EXPECT_TRUE(is_in_subgroup(G1{}));
  for (int round = 0; round < 10; ++round) {
    const G1 p = random_point(BlsTraits::curve_b1(), random_fp<Fp>);
    const auto bad = multiply_plain(p, kOrder).to_affine();
    EXPECT_FALSE(is_in_subgroup(p));
    EXPECT_FALSE(is_in_subgroup(bad));
    EXPECT_TRUE(is_in_subgroup(multiply_plain(kG1Generator, random_scalar()).to_affine()));
  }
  // (0, 2) has order three.
  EXPECT_FALSE(is_in_subgroup(G1{Fp::zero(), Fp::from_u64(2)}));
}

/// Sizes on both sides of the change from Straus to Pippenger; scalars with edges; repeated, opposite, absent points.
template <class Point>
void check_multi_scalar(const Point& generator, std::initializer_list<std::size_t> sizes) {
  using F = std::decay_t<decltype(generator.x)>;
  for (const std::size_t n : sizes) {
    std::vector<Point> points;
    std::vector<u256> scalars;
    Jacobian<F> expected;
    for (std::size_t i = 0; i < n; ++i) {
      points.push_back(i == 1   ? Point{}
                       : i == 3 ? points[2]
                       : i == 5 ? -points[2]
                                : multiply_plain(generator, u256(random_source())).to_affine());
      scalars.push_back(i == 4   ? u256(0)
                        : i == 5 ? scalars[2]
                        : i == 6 ? u256::max()
                        : i == 7 ? bls12_381::kOrder
                        : i == 8 ? bls12_381::kOrder - u256(1)
                                 : random_scalar());
      expected = expected + multiply_plain(points[i], scalars[i]);
    }
    EXPECT_EQ(bls12_381::multi_scalar_multiply(points, scalars), expected.to_affine()) << n;
  }
}

TEST(Bls12, MultiScalarMultiply) {
  check_multi_scalar(bls12_381::kG1Generator, {0, 1, 2, 9, 40, 96, 97, 300});
  check_multi_scalar(bls12_381::kG2Generator, {0, 1, 2, 9, 40, 96, 97, 200});
}

}  // namespace
}  // namespace atlas::crypto
