#include <crypto/kzg.hpp>

namespace atlas::crypto::kzg {

using namespace bls12_381;

std::optional<G1> decompress_g1(std::span<const u8, 48> bytes) {
  constexpr u8 kCompressed = 0x80, kInfinity = 0x40, kLargerY = 0x20, kFlags = 0xe0;
  const u8 flags = bytes[0] & kFlags;
  if ((flags & kCompressed) == 0) return std::nullopt;
  std::array<u8, 48> digits;
  std::copy(bytes.begin(), bytes.end(), digits.begin());
  digits[0] &= static_cast<u8>(~kFlags);
  if (flags & kInfinity) {
    const bool rest_zero = std::all_of(digits.begin(), digits.end(), [](u8 b) { return b == 0; });
    if (!rest_zero || (flags & kLargerY)) return std::nullopt;
    return G1{};
  }
  const auto x = Fp::from_be(digits);
  if (!x) return std::nullopt;
  const auto y = (x->sqr() * *x + Fp::from_u64(4)).sqrt();
  if (!y) return std::nullopt;
  const bool is_larger = less((-*y).to_number(), y->to_number());
  const G1 point{*x, is_larger == ((flags & kLargerY) != 0) ? *y : -*y};
  if (!is_in_subgroup(point)) return std::nullopt;
  return point;
}

bool verify_proof(std::span<const u8, 48> commitment, const u256& z, const u256& y, std::span<const u8, 48> proof) {
  if (z >= kOrder || y >= kOrder) return false;
  const auto c = decompress_g1(commitment);
  const auto pi = decompress_g1(proof);
  if (!c || !pi) return false;
  // e(C − [y]G1, G2) = e(π, [τ − z]G2), with z moved to the side where multiplication is cheap:
  // e(C − [y]G1 + [z]π, −G2) · e(π, [τ]G2) = 1.
  const G1 points[] = {kG1Generator, *pi};
  const u256 scalars[] = {kOrder - y, z};
  const G1 left = add_affine(*c, multi_scalar_multiply(points, scalars));
  const Pair pairs[] = {{left, -kG2Generator}, {*pi, kTauG2}};
  return pairing_product_is_one(pairs);
}

}  // namespace atlas::crypto::kzg
