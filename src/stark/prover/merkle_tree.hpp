#pragma once
#include <stark/merkle/merkle.hpp>
#include <stark/prover/vector/kernels.hpp>
#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {

/// Uninitialised digests, from the pool of large buffers: a segment's trees have half a GiB of them.
class DigestBuffer {
 public:
  DigestBuffer() = default;
  explicit DigestBuffer(std::size_t size) : words_(size * kWords) {}

  std::size_t size() const { return words_.size() / kWords; }
  Digest* data() { return reinterpret_cast<Digest*>(words_.data()); }
  const Digest* data() const { return reinterpret_cast<const Digest*>(words_.data()); }
  Digest& operator[](std::size_t i) { return data()[i]; }
  const Digest& operator[](std::size_t i) const { return data()[i]; }

 private:
  static constexpr std::size_t kWords = sizeof(Digest) / sizeof(u32);
  WordBuffer words_;
};

/// All layers of a tree from its leaves' digests to its cap, the prover's half of stark/merkle.
class MerkleTree {
 public:
  MerkleTree() = default;
  /// `leaves.size()` is a power of two.
  MerkleTree(DigestBuffer leaves, unsigned cap_log, Isa isa);

  MerkleCap cap() const { return {layers_.back().data(), layers_.back().data() + layers_.back().size()}; }
  /// The siblings that verify_openings() wants for `indices`, ascending and each once.
  std::vector<Digest> open(std::span<const u32> indices) const;

 private:
  std::vector<DigestBuffer> layers_;  // leaves first
};

}  // namespace atlas::stark
