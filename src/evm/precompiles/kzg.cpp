#include <crypto/kzg.hpp>
#include <crypto/sha256.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {
namespace {

// versioned hash (32) ‖ z (32) ‖ y (32) ‖ commitment (48) ‖ proof (48).
constexpr std::size_t kInputSize = 192;
constexpr std::size_t kZAt = 32;
constexpr std::size_t kYAt = 64;
constexpr std::size_t kCommitmentAt = 96;
constexpr std::size_t kProofAt = 144;
constexpr u8 kVersionKzg = 0x01;
constexpr u64 kFieldElementsPerBlob = 4096;

}  // namespace

u64 kzg_point_evaluation_gas(ByteView, Fork) {
  return 50000;
}

bool kzg_point_evaluation_run(ByteView input, Bytes& output) {
  output.clear();
  if (input.size() != kInputSize) return false;
  const auto commitment = std::span<const u8, 48>(input.data() + kCommitmentAt, 48);
  const auto proof = std::span<const u8, 48>(input.data() + kProofAt, 48);
  Hash256 versioned_hash = crypto::sha256(commitment);
  versioned_hash[0] = kVersionKzg;
  if (versioned_hash != Hash256::from(input)) return false;
  if (!crypto::kzg::verify_proof(commitment, u256::from_be(input.data() + kZAt), u256::from_be(input.data() + kYAt),
                                 proof)) {
    return false;
  }
  output.resize(64);
  u256(kFieldElementsPerBlob).to_be(output.data());
  crypto::bls12_381::kOrder.to_be(output.data() + 32);
  return true;
}

}  // namespace atlas::evm::precompiles
