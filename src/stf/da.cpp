#include <crypto/bls12_381.hpp>
#include <crypto/keccak.hpp>
#include <stf/da.hpp>

namespace atlas::stf {
namespace {

constexpr const u256& kModulus = crypto::bls12_381::kOrder;
constexpr unsigned kElementsLog2 = 12;
static_assert(kBlobElements == std::size_t{1} << kElementsLog2);
constexpr u64 kPrimitiveRoot = 7;  // PRIMITIVE_ROOT_OF_UNITY of EIP-4844

u256 mul(const u256& a, const u256& b) {
  return mulmod(a, b, kModulus);
}
u256 sub(const u256& a, const u256& b) {
  return a < b ? a + kModulus - b : a - b;  // kModulus < 2^255
}
u256 add(const u256& a, const u256& b) {
  const u256 sum = a + b;
  return sum < kModulus ? sum : sum - kModulus;
}
u256 pow(const u256& base, const u256& exponent) {
  u256 result(1);
  for (unsigned i = exponent.bit_length(); i-- > 0;) {
    result = mul(result, result);
    if (exponent.bit(i)) result = mul(result, base);
  }
  return result;
}
u256 inverse(const u256& a) {
  return pow(a, kModulus - u256(2));
}

// The first `count` roots of unity in the order of a blob's elements: the exponent of the i-th is i's bits reversed, so
// that setting bit k of i multiplies by the root to the power 2^(11−k).
std::vector<u256> roots(std::size_t count) {
  u256 powers[kElementsLog2];
  powers[kElementsLog2 - 1] = pow(u256(kPrimitiveRoot), (kModulus - u256(1)) >> kElementsLog2);
  for (unsigned k = kElementsLog2 - 1; k > 0; --k) powers[k - 1] = mul(powers[k], powers[k]);
  std::vector<u256> out(count);
  out[0] = u256(1);
  std::size_t half = 1;
  for (unsigned k = 0; half < count; ++k, half *= 2) {
    for (std::size_t i = half; i < std::min(2 * half, count); ++i) out[i] = mul(out[i - half], powers[k]);
  }
  return out;
}

// The first `count` of Lagrange's polynomials at z: (z^n − 1) / n · w_i / (z − w_i). With them each further blob costs
// one product an element.
std::vector<u256> lagrange_at(const u256& z, std::size_t count) {
  std::vector<u256> weights = roots(count);
  // One inversion for all: products of the differences up to each, then back.
  std::vector<u256> prefix(count);
  u256 product(1);
  for (std::size_t i = 0; i < count; ++i) {
    if (weights[i] == z) {
      weights.assign(count, u256());  // the value there is the element itself
      weights[i] = u256(1);
      return weights;
    }
    prefix[i] = product;
    product = mul(product, sub(z, weights[i]));
  }
  const u256 top = sub(pow(z, u256(kBlobElements)), u256(1));
  const u256 scale = mul(top, inverse(u256(kBlobElements)));
  u256 rest = inverse(product);
  for (std::size_t i = count; i-- > 0;) {
    const u256 difference = sub(z, weights[i]);
    weights[i] = mul(mul(weights[i], scale), mul(rest, prefix[i]));
    rest = mul(rest, difference);
  }
  return weights;
}

}  // namespace

u256 blob_element(ByteView pubdata, std::size_t blob, std::size_t index) {
  const std::size_t at = (blob * kBlobElements + index) * kBlobElementBytes;
  if (at >= pubdata.size()) return {};
  u8 word[32] = {};
  const std::size_t size = std::min(kBlobElementBytes, pubdata.size() - at);
  std::memcpy(word + 1, pubdata.data() + at, size);
  return u256::from_be(word);
}

u256 blob_point(std::span<const Hash256> versioned_hashes, const Hash256& pubdata_hash) {
  Bytes message;
  for (const Hash256& hash : versioned_hashes) append(message, hash);
  append(message, pubdata_hash);
  return u256::from_be(crypto::keccak256(message)) % kModulus;
}

std::vector<u256> evaluate_blobs(ByteView pubdata, const u256& z) {
  const std::size_t blobs = blob_count(pubdata.size());
  std::vector<u256> values(blobs);
  if (blobs == 0) return values;
  // Elements behind the end are zero. Where z is one of their roots all other weights are zero too, as top is.
  const std::size_t count = blobs > 1 ? kBlobElements : (pubdata.size() + kBlobElementBytes - 1) / kBlobElementBytes;
  const std::vector<u256> weights = lagrange_at(z, count);
  for (std::size_t blob = 0; blob < blobs; ++blob) {
    for (std::size_t i = 0; i < count; ++i) {
      const u256 element = blob_element(pubdata, blob, i);
      if (!element.is_zero()) values[blob] = add(values[blob], mul(element, weights[i]));
    }
  }
  return values;
}

std::optional<Hash256> da_commitment(DaScheme scheme, ByteView pubdata, std::span<const Hash256> versioned_hashes) {
  if (versioned_hashes.size() != (scheme == DaScheme::kBlobs ? blob_count(pubdata.size()) : 0)) return std::nullopt;
  switch (scheme) {
    case DaScheme::kValidium:
      return Hash256{};
    case DaScheme::kCalldata:
      return crypto::keccak256(pubdata);
    case DaScheme::kBlobs:
      break;
  }
  const u256 z = blob_point(versioned_hashes, crypto::keccak256(pubdata));
  const std::vector<u256> values = evaluate_blobs(pubdata, z);
  Bytes message;
  for (std::size_t i = 0; i < values.size(); ++i) {
    append(message, versioned_hashes[i]);
    append(message, z.to_be());
    append(message, values[i].to_be());
  }
  return crypto::keccak256(message);
}

}  // namespace atlas::stf
