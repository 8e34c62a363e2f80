#pragma once
#include <stark/merkle/merkle.hpp>
#include <stark/prover/vector/kernels.hpp>

namespace atlas::stark {

/// All layers of a tree from its leaves' digests to its cap, the prover's half of stark/merkle.
class MerkleTree {
 public:
  MerkleTree() = default;
  /// `leaves.size()` is a power of two.
  MerkleTree(std::vector<Digest> leaves, unsigned cap_log, Isa isa);

  const MerkleCap& cap() const { return layers_.back(); }
  /// The siblings that verify_openings() wants for `indices`, ascending and each once.
  std::vector<Digest> open(std::span<const u32> indices) const;

 private:
  std::vector<std::vector<Digest>> layers_;  // leaves first
};

}  // namespace atlas::stark
