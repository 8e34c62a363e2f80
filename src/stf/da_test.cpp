#include <random>

#include <gtest/gtest.h>

#include <crypto/bls12_381.hpp>
#include <crypto/keccak.hpp>
#include <stf/da.hpp>

namespace atlas::stf {
namespace {

const u256& kModulus = crypto::bls12_381::kOrder;

u256 mul(const u256& a, const u256& b) {
  return mulmod(a, b, kModulus);
}
u256 add(const u256& a, const u256& b) {
  return addmod(a, b, kModulus);
}
u256 power(u256 base, u256 exponent) {
  u256 out(1);
  for (; !exponent.is_zero(); exponent >>= 1, base = mul(base, base)) {
    if (exponent.bit(0)) out = mul(out, base);
  }
  return out;
}
std::size_t reversed(std::size_t i) {
  std::size_t out = 0;
  for (int bit = 0; bit < 12; ++bit, i >>= 1) out = out << 1 | (i & 1);
  return out;
}
u256 root(std::size_t i) {
  return power(power(u256(7), (kModulus - u256(1)) >> 12), u256(reversed(i)));
}

Bytes noise(std::size_t size) {
  std::mt19937 random(3);
  Bytes out(size);
  for (u8& b : out) b = static_cast<u8>(random());
  return out;
}

TEST(Blob, ElementsHold31Bytes) {
  const Bytes data = noise(kBlobBytes + 40);
  EXPECT_EQ(blob_count(0), 0u);
  EXPECT_EQ(blob_count(kBlobBytes), 1u);
  EXPECT_EQ(blob_count(data.size()), 2u);
  const Hash256 first = blob_element(data, 0, 0).to_be();
  EXPECT_EQ(first[0], 0);
  EXPECT_TRUE(std::equal(first.begin() + 1, first.end(), data.begin()));
  const Hash256 last = blob_element(data, 1, 1).to_be();  // nine bytes, then zeros
  EXPECT_TRUE(
      std::equal(last.begin() + 1, last.begin() + 10, data.begin() + static_cast<std::ptrdiff_t>(kBlobBytes) + 31));
  EXPECT_TRUE(std::all_of(last.begin() + 10, last.end(), [](u8 b) { return b == 0; }));
  EXPECT_EQ(blob_element(data, 1, 2), u256());
}

// Lagrange by its definition, for a blob of which few elements are not zero.
TEST(Blob, EvaluatesLagrangesPolynomial) {
  const u256 z = u256::from_be(crypto::keccak256(as_bytes("z"))) % kModulus;
  const Bytes data = noise(3 * 31 + 5);
  const u256 n_inverse = power(u256(4096), kModulus - u256(2));
  const u256 vanishing = add(power(z, u256(4096)), kModulus - u256(1));
  u256 expected;
  for (std::size_t i = 0; i < 4; ++i) {
    const u256 w = root(i);
    const u256 term = mul(mul(vanishing, mul(w, n_inverse)), power(add(z, kModulus - w), kModulus - u256(2)));
    expected = add(expected, mul(blob_element(data, 0, i), term));
  }
  EXPECT_EQ(evaluate_blobs(data, z), std::vector{expected});
}

// Where the point is one of the roots, the value is the element that stands there.
TEST(Blob, TakesItsElementsAtTheRoots) {
  const Bytes data = noise(kBlobBytes + 1'000);
  for (const std::size_t i : {0u, 1u, 2u, 77u, 4095u}) {
    const auto values = evaluate_blobs(data, root(i));
    ASSERT_EQ(values.size(), 2u);
    EXPECT_EQ(values[0], blob_element(data, 0, i));
    EXPECT_EQ(values[1], blob_element(data, 1, i));
  }
}

TEST(Blob, IsLinearInItsData) {
  const u256 z(12345);
  const Bytes a = noise(2'000);
  Bytes b = a;
  b[700] ^= 1;
  EXPECT_NE(evaluate_blobs(a, z), evaluate_blobs(b, z));
  EXPECT_EQ(evaluate_blobs(Bytes(100, 0), z), std::vector{u256()});
}

TEST(Da, CommitmentsByScheme) {
  const Bytes data = noise(5'000);
  const std::vector<Hash256> none;
  const std::vector<Hash256> one{Hash256{{1, 2}}};
  EXPECT_EQ(da_commitment(DaScheme::kValidium, data, none), Hash256{});
  EXPECT_EQ(da_commitment(DaScheme::kCalldata, data, none), crypto::keccak256(data));
  EXPECT_EQ(da_commitment(DaScheme::kCalldata, data, one), std::nullopt);
  EXPECT_EQ(da_commitment(DaScheme::kValidium, data, one), std::nullopt);
  EXPECT_EQ(da_commitment(DaScheme::kBlobs, data, none), std::nullopt);

  const u256 z = blob_point(one, crypto::keccak256(data));
  Bytes message;
  append(message, one[0]);
  append(message, z.to_be());
  append(message, evaluate_blobs(data, z)[0].to_be());
  EXPECT_EQ(da_commitment(DaScheme::kBlobs, data, one), crypto::keccak256(message));
}

// Soundness 29: other pubdata, or the blob of another batch, is another commitment.
TEST(Da, BlobCommitmentNamesDataAndBlob) {
  const Bytes data = noise(5'000);
  Bytes other = data;
  other.back() ^= 1;
  const std::vector<Hash256> blob{Hash256{{1}}};
  const std::vector<Hash256> another{Hash256{{2}}};
  const auto good = da_commitment(DaScheme::kBlobs, data, blob);
  EXPECT_NE(da_commitment(DaScheme::kBlobs, other, blob), good);
  EXPECT_NE(da_commitment(DaScheme::kBlobs, data, another), good);
  EXPECT_NE(blob_point(blob, crypto::keccak256(data)), blob_point(another, crypto::keccak256(data)));
}

}  // namespace
}  // namespace atlas::stf
