#pragma once
// KZG polynomial commitments of EIP-4844, as far as checking an opening goes.
#include <crypto/bls12_381.hpp>

namespace atlas::crypto::kzg {

/// [τ]G2, second of the monomial G2 points of Ethereum's KZG ceremony (2023): "g2_monomial"[1] of
/// consensus-specs/presets/mainnet/trusted_setups/trusted_setup_4096.json, decompressed. An opening check needs no
/// other point of the set-up.
inline constexpr bls12_381::G2 kTauG2 = {
    {bls12_381::Fp::from_hex(
         "185cbfee53492714734429b7b38608e23926c911cceceac9a36851477ba4c60b087041de621000edc98edada20c1def2"),
     bls12_381::Fp::from_hex(
         "15bfd7dd8cdeb128843bc287230af38926187075cbfbefa81009a2ce615ac53d2914e5870cb452d2afaaab24f3499f72")},
    {bls12_381::Fp::from_hex(
         "014353bdb96b626dd7d5ee8599d1fca2131569490e28de18e82451a496a9c9794ce26d105941f383ee689bfbbb832a99"),
     bls12_381::Fp::from_hex(
         "1666c54b0a32529503432fcae0181b4bef79de09fc63671fda5ed1ba9bfa07899495346f3d7ac9cd23048ef30d0a154f")}};

/// A point of G1 from its 48-byte compressed form (ZCash's encoding, as in the consensus specifications): nullopt
/// unless the encoding is canonical, the point on the curve and in the subgroup.
std::optional<bls12_381::G1> decompress_g1(std::span<const u8, 48> bytes);

/// Whether `proof` shows that the polynomial behind `commitment` has the value y at z: verify_kzg_proof of EIP-4844.
/// False also for z or y not below the order of the group, and for points that do not decode.
bool verify_proof(std::span<const u8, 48> commitment, const u256& z, const u256& y, std::span<const u8, 48> proof);

}  // namespace atlas::crypto::kzg
