#include <gtest/gtest.h>

#include <crypto/hash_vectors.hpp>
#include <crypto/montgomery.hpp>
#include <crypto/secp256k1_field.hpp>

namespace atlas::crypto {
namespace {

struct Params {
  static constexpr std::string_view kModulus = "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f";
};

// Against the Montgomery field of the same modulus, on the host's limbs and the guest's.
template <class L>
class Secp256k1FieldTest : public testing::Test {
 protected:
  using Field = Secp256k1Field<L>;
  using Reference = Montgomery<Params, L>;
  using Number = typename Field::Number;

  // Numbers that carry, borrow and fold at every limb, and random ones. All are below 2^256, some are above p.
  static std::vector<Number> samples() {
    std::vector<Number> out;
    for (const char* digits : {"0",
                               "1",
                               "2",
                               "3d0",
                               "3d1",
                               "3d2",
                               "1000003d0",
                               "1000003d1",
                               "1000003d2",
                               "ffffffff",
                               "100000000",
                               "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2e",
                               "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2f",
                               "fffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc30",
                               "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
                               "fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe",
                               "8000000000000000000000000000000000000000000000000000000000000000",
                               "7fffffffffffffffffffffffffffffffffffffffffffffffffffffff7ffffe18",
                               "ffffffffffffffffffffffffffffffff00000000000000000000000000000000",
                               "00000000ffffffff00000000ffffffff00000000ffffffff00000000ffffffff"}) {
      out.push_back(limbs_from_hex<Field::kLimbs, L>(digits));
    }
    for (u64 i = 0; i < 60; ++i) out.push_back(Number::from_be(test::sample_bytes(32, i)));
    return out;
  }
  static void expect_same(const Field& a, const Reference& b) { EXPECT_TRUE(a.to_number() == b.to_number()); }
};

using LimbTypes = testing::Types<u64, u32>;
TYPED_TEST_SUITE(Secp256k1FieldTest, LimbTypes);

TYPED_TEST(Secp256k1FieldTest, AgreesWithMontgomery) {
  using F = typename TestFixture::Field;
  using R = typename TestFixture::Reference;
  const auto samples = TestFixture::samples();
  for (const auto& x : samples) {
    const F a = F::from_number(x);
    const R ra = R::from_number(x);
    this->expect_same(a, ra);
    this->expect_same(a.sqr(), ra.sqr());
    this->expect_same(-a, -ra);
    this->expect_same(a.doubled(), ra.doubled());
    this->expect_same(a.halved(), ra.halved());
    this->expect_same(a.inverse(), ra.inverse());
    EXPECT_EQ(a.is_zero(), ra.is_zero());
    EXPECT_EQ(a.is_odd(), ra.is_odd());
    const auto root = a.sqrt();
    const auto reference_root = ra.sqrt();
    ASSERT_EQ(root.has_value(), reference_root.has_value());
    if (root) this->expect_same(*root, *reference_root);
    for (const auto& y : samples) {
      const F b = F::from_number(y);
      const R rb = R::from_number(y);
      this->expect_same(a * b, ra * rb);
      this->expect_same(a + b, ra + rb);
      this->expect_same(a - b, ra - rb);
      EXPECT_EQ(a == b, ra == rb);
      this->expect_same((a - b) * (a + b) - (b - a).sqr(), (ra - rb) * (ra + rb) - (rb - ra).sqr());
    }
  }
}

TYPED_TEST(Secp256k1FieldTest, Bytes) {
  using F = typename TestFixture::Field;
  for (const auto& x : TestFixture::samples()) {
    u8 bytes[32];
    x.to_be(bytes);
    const auto element = F::from_be(bytes);
    ASSERT_EQ(element.has_value(), less(x, F::kModulus));
    if (!element) continue;
    u8 back[32];
    element->to_be(back);
    EXPECT_EQ(std::memcmp(bytes, back, 32), 0);
  }
}

}  // namespace
}  // namespace atlas::crypto
