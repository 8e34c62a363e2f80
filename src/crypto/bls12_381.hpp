#pragma once
// BLS12-381: y² = x³ + 4 over Fp, its sextic M-twist y² = x³ + 4(1 + u) over Fp2, and the pairing of EIP-2537.
#include <base/u256.hpp>
#include <crypto/pairing.hpp>

namespace atlas::crypto::bls12_381 {

struct BaseModulus {
  static constexpr std::string_view kModulus =
      "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab";
};
using Fp = Montgomery<BaseModulus>;
using F2 = Fp2<Fp>;
using G1 = Affine<Fp>;
using G2 = Affine<F2>;

/// The prime order r = z⁴ − z² + 1 of G1 and G2.
inline constexpr u256 kOrder = u256(0x73eda753299d7d48, 0x3339d80809a1d805, 0x53bda402fffe5bfe, 0xffffffff00000001);
/// The curve parameter is z = −kAbsZ; p = (z − 1)²·r/3 + z.
inline constexpr u64 kAbsZ = 0xd201000000010000;

struct Config {
  using Fp = bls12_381::Fp;
  static constexpr unsigned kXi = 1;
  static constexpr F2 kGamma = {
      Fp::from_hex("1904d3bf02bb0667c231beb4202c0d1f0fd603fd3cbd5f4f7b2443d784bab9c4f67ea53d63e7813d8d0775ed92235fb8"),
      Fp::from_hex("0fc3e2b36c4e03288e9e902231f9fb854a14787b6c7b36fec0c8ec971f63c5f282d5ac14d6c7ec22cf78a126ddc4af3")};
  static constexpr bool kDTwist = false;
  static constexpr std::string_view kLoopCount = "d201000000010000";  // |z|
  static constexpr F2 times_3b(const F2& a) {                         // 12·(1 + u)·a
    const F2 t = Xi<Config>::times(a.doubled() + a);
    return t.doubled().doubled();
  }
};
using Pair = Pairing<Config>::Pair;

inline constexpr G1 kG1Generator = {
    Fp::from_hex("17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"),
    Fp::from_hex("08b3f481e3aaa0f1a09e30ed741d8ae4fcf5e095d5d00af600db18cb2c04b3edd03cc744a2888ae40caa232946c5e7e1")};
inline constexpr G2 kG2Generator = {
    {Fp::from_hex("024aa2b2f08f0a91260805272dc51051c6e47ad4fa403b02b4510b647ae3d1770bac0326a805bbefd48056c8c121bdb8"),
     Fp::from_hex("13e02b6052719f607dacd3a088274f65596bd0d09920b61ab5da61bbdc7f5049334cf11213945d57e5ac7d055d042b7e")},
    {Fp::from_hex("0ce5d527727d6e118cc9cdc6da2e351aadfd9baa8cbdd3a76d429a695160d12c923ac9cc3baca289e193548608b82801"),
     Fp::from_hex("0606c4a02ea734cc32acd2b02bc28b99cb3e287e85a763af267492ab572e99ab3f370d275cec1da1aaa9075ff05f79be")}};

bool is_on_curve(const G1& p);
bool is_on_curve(const G2& p);
/// Whether a point of the curve has order r (or is infinity).
bool is_in_subgroup(const G1& p);
bool is_in_subgroup(const G2& p);
/// The untwist-Frobenius-twist endomorphism of the twist; multiplication by z on G2.
G2 psi(const G2& p);

/// Σ k_i·P_i for points of the subgroups; as many scalars as points, of any size below 2^256.
G1 multi_scalar_multiply(std::span<const G1> points, std::span<const u256> scalars);
G2 multi_scalar_multiply(std::span<const G2> points, std::span<const u256> scalars);

/// RFC 9380's map_to_curve (simplified SWU, 11-isogeny, section 8.8.1) and clear_cofactor, as EIP-2537 asks.
G1 map_to_g1(const Fp& u);
/// The same for G2 (3-isogeny, section 8.8.2).
G2 map_to_g2(const F2& u);

/// Whether ∏ e(P_i, Q_i) = 1. Points must be in the subgroups; infinity is allowed.
bool pairing_product_is_one(std::span<const Pair> pairs);
/// ∏ e(P_i, Q_i)^3 (for tests of bilinearity).
Fp12<Config> pairing_product(std::span<const Pair> pairs);

}  // namespace atlas::crypto::bls12_381
