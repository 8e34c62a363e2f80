#include <crypto/bls12_381.hpp>
#include <crypto/msm.hpp>

namespace atlas::crypto::bls12_381 {
namespace {

using Engine = Pairing<Config>;
using F12 = Fp12<Config>;

// Untwisting divides x by w² and y by w³, and w^(p−1) = γ.
constexpr F2 kPsiX = Config::kGamma.sqr().inverse();
constexpr F2 kPsiY = kPsiX * Config::kGamma.inverse();
/// A cube root of unity: (x, y) → (β·x, y) multiplies G1 by −z².
constexpr Fp kBeta = Fp::from_hex("5f19672fdf76ce51ba69c6076a0f77eaddb3a93be6f89688de17d813620a00022e01fffffffefffe");

constexpr SignedDigits kZDigits = non_adjacent_form(Config::kLoopCount);

G1 phi(const G1& p) {
  return {p.x * kBeta, p.y};
}

struct Group1 {
  using F = Fp;
  static constexpr unsigned kParts = 2;
  static constexpr unsigned kPartBits = 128;
  static constexpr u256 kZSquared = u256(kAbsZ) * u256(kAbsZ);
  static G1 endomorphism(const G1& p) { return -phi(p); }  // z²
  static std::array<u256, 2> split(const u256& k) {        // k < r < z⁴
    const auto [high, low] = divmod(k < kOrder ? k : k % kOrder, kZSquared);
    return {low, high};
  }
};

struct Group2 {
  using F = F2;
  static constexpr unsigned kParts = 4;
  static constexpr unsigned kPartBits = 64;
  static G2 endomorphism(const G2& p) { return -psi(p); }  // |z|
  static std::array<u256, 4> split(const u256& k) {
    std::array<u256, 4> parts;
    u256 rest = k < kOrder ? k : k % kOrder;
    for (u256& part : parts) {
      const auto [quotient, remainder] = divmod(rest, u256(kAbsZ));
      part = remainder;
      rest = quotient;
    }
    return parts;
  }
};

/// f^z in the cyclotomic subgroup; z is negative.
F12 power_z(const F12& f) {
  return Engine::cyclotomic_power(f, kZDigits).conjugate();
}

/// Three times the hard exponent: (z − 1)²(z + p)(z² + p² − 1) + 3 (Hayashida, Hayasaka, Teruya, "Efficient final
/// exponentiation via cyclotomic structure for pairings over families of elliptic curves", 2020). 3 is prime to r.
F12 final_exponentiation(const F12& miller) {
  const F12 f = Engine::easy_exponent(miller);
  F12 t = power_z(f) * f.conjugate();
  t = power_z(t) * t.conjugate();
  t = power_z(t) * t.frobenius();
  t = power_z(power_z(t)) * t.frobenius_squared() * t.conjugate();
  return t * f.cyclotomic_sqr() * f;
}

}  // namespace

bool is_on_curve(const G1& p) {
  return crypto::is_on_curve(p, Fp::from_u64(4));
}
bool is_on_curve(const G2& p) {
  return crypto::is_on_curve(p, F2{Fp::from_u64(4), Fp::from_u64(4)});
}

G2 psi(const G2& p) {
  return {p.x.conjugate() * kPsiX, p.y.conjugate() * kPsiY};
}

// Membership by endomorphisms: Scott, "A note on group membership tests for G1, G2 and GT on BLS pairing-friendly
// curves" (2021), with short proofs that no other point passes.

bool is_in_subgroup(const G1& p) {
  // φ(P) = −[z²]P. φ satisfies X² + X + 1 on the whole curve, so a point that passes has [z⁴ − z² + 1]P = [r]P = 0.
  const Jacobian<Fp> z2 = multiply_small(multiply_small(Jacobian<Fp>(p), kAbsZ), kAbsZ);
  return Jacobian<Fp>(phi(p)) == -z2;
}

bool is_in_subgroup(const G2& p) {
  // ψ(P) = [z]P. ψ satisfies X² − tX + p with t = z + 1 on the whole twist, so a point that passes has
  // [z² − (z + 1)z + p]P = [p − z]P = [r·(z − 1)²/3]P = 0; (z − 1)²/3 is prime to the cofactor, hence [r]P = 0.
  return Jacobian<F2>(psi(p)) == -multiply_small(Jacobian<F2>(p), kAbsZ);
}

G1 multi_scalar_multiply(std::span<const G1> points, std::span<const u256> scalars) {
  return crypto::multi_scalar_multiply<Group1>(points, scalars).to_affine();
}
G2 multi_scalar_multiply(std::span<const G2> points, std::span<const u256> scalars) {
  return crypto::multi_scalar_multiply<Group2>(points, scalars).to_affine();
}

Fp12<Config> pairing_product(std::span<const Pair> pairs) {
  std::vector<Pair> finite;
  finite.reserve(pairs.size());
  for (const Pair& pair : pairs) {
    if (!pair.p.is_infinity() && !pair.q.is_infinity()) finite.push_back(pair);
  }
  if (finite.empty()) return F12::one();
  // z is negative: conjugation stands for the inverse, which the easy exponent makes equal.
  return final_exponentiation(Engine::miller_loop(finite).f.conjugate());
}

bool pairing_product_is_one(std::span<const Pair> pairs) {
  return pairing_product(pairs) == F12::one();
}

}  // namespace atlas::crypto::bls12_381
