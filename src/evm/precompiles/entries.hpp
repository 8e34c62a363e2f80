#pragma once
// One pair of functions a precompile, each defined in a file of its own; registry.cpp puts them at their addresses.
#include <evm/precompile.hpp>

namespace atlas::evm::precompiles {

/// A word count rounded up, as "per word" prices use it.
constexpr u64 words(ByteView input) {
  return (static_cast<u64>(input.size()) + 31) / 32;
}

#define ATLAS_PRECOMPILE(name)               \
  u64 name##_gas(ByteView input, Fork fork); \
  bool name##_run(ByteView input, Bytes& output)

ATLAS_PRECOMPILE(ecrecover);             // 0x01, Yellow Paper appendix E
ATLAS_PRECOMPILE(sha256);                // 0x02, Yellow Paper appendix E
ATLAS_PRECOMPILE(ripemd160);             // 0x03, Yellow Paper appendix E
ATLAS_PRECOMPILE(identity);              // 0x04, Yellow Paper appendix E
ATLAS_PRECOMPILE(modexp);                // 0x05, EIP-198, EIP-2565; Osaka: EIP-7823, EIP-7883
ATLAS_PRECOMPILE(bn254_add);             // 0x06, EIP-196, EIP-1108
ATLAS_PRECOMPILE(bn254_mul);             // 0x07, EIP-196, EIP-1108
ATLAS_PRECOMPILE(bn254_pairing);         // 0x08, EIP-197, EIP-1108
ATLAS_PRECOMPILE(blake2f);               // 0x09, EIP-152
ATLAS_PRECOMPILE(kzg_point_evaluation);  // 0x0a, EIP-4844
ATLAS_PRECOMPILE(bls12_g1_add);          // 0x0b, EIP-2537
ATLAS_PRECOMPILE(bls12_g1_msm);          // 0x0c, EIP-2537
ATLAS_PRECOMPILE(bls12_g2_add);          // 0x0d, EIP-2537
ATLAS_PRECOMPILE(bls12_g2_msm);          // 0x0e, EIP-2537
ATLAS_PRECOMPILE(bls12_pairing);         // 0x0f, EIP-2537
ATLAS_PRECOMPILE(bls12_map_fp_to_g1);    // 0x10, EIP-2537
ATLAS_PRECOMPILE(bls12_map_fp2_to_g2);   // 0x11, EIP-2537
ATLAS_PRECOMPILE(p256verify);            // 0x100, EIP-7951

#undef ATLAS_PRECOMPILE

}  // namespace atlas::evm::precompiles
