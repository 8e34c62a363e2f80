#pragma once
// BN254 (alt_bn128): y² = x³ + 3 over Fp, its sextic D-twist y² = x³ + 3/(9 + u) over Fp2, and the pairing of EIP-197.
#include <base/u256.hpp>
#include <crypto/pairing.hpp>

namespace atlas::crypto::bn254 {

struct BaseModulus {
  static constexpr std::string_view kModulus = "30644e72e131a029b85045b68181585d97816a916871ca8d3c208c16d87cfd47";
};
using Fp = Montgomery<BaseModulus>;
using F2 = Fp2<Fp>;
using G1 = Affine<Fp>;
using G2 = Affine<F2>;

/// The prime order r of G1 and G2.
inline constexpr u256 kOrder = u256(0x30644e72e131a029, 0xb85045b68181585d, 0x2833e84879b97091, 0x43e1f593f0000001);
/// The curve parameter: p = 36x⁴ + 36x³ + 24x² + 6x + 1, r = 36x⁴ + 36x³ + 18x² + 6x + 1.
inline constexpr u64 kX = 4965661367192848881;

struct Config {
  using Fp = bn254::Fp;
  static constexpr unsigned kXi = 9;
  static constexpr F2 kGamma = {Fp::from_hex("1284b71c2865a7dfe8b99fdd76e68b605c521e08292f2176d60b35dadcc9e470"),
                                Fp::from_hex("246996f3b4fae7e6a6327cfe12150b8e747992778eeec7e5ca5cf05f80f362ac")};
  static constexpr bool kDTwist = true;
  static constexpr std::string_view kLoopCount = "19d797039be763ba8";  // 6x + 2
  static constexpr F2 kTwistB = F2{Fp::from_u64(3), Fp::zero()} * F2{Fp::from_u64(9), Fp::one()}.inverse();
  static constexpr F2 times_3b(const F2& a) { return a * (kTwistB + kTwistB + kTwistB); }
};
using Pair = Pairing<Config>::Pair;

bool is_on_curve(const G1& p);
bool is_on_curve(const G2& p);
/// Whether a point of the twist has order r (or is infinity).
bool is_in_subgroup(const G2& p);
/// The untwist-Frobenius-twist endomorphism of the twist; multiplication by p on G2.
G2 psi(const G2& p);

/// k·P by the group law of EIP-196; any k.
G1 multiply(const G1& p, const u256& k);
/// Whether ∏ e(P_i, Q_i) = 1. Points must be on their curves and every Q in the subgroup; infinity is allowed.
bool pairing_product_is_one(std::span<const Pair> pairs);
/// ∏ e(P_i, Q_i)^c for a fixed c prime to r (for tests of bilinearity).
Fp12<Config> pairing_product(std::span<const Pair> pairs);

}  // namespace atlas::crypto::bn254
