#pragma once
// A whole execution: its segments under one boundary challenge, and what ties them together.
//
// A proof file, in 32-bit little-endian words: kProofMagic, kProofVersion and promised bits, the key's digest (8),
// number of segments, the boundary nonce (2); then of every segment: its public values, the number of words of its
// proof, the proof.
#include <stark/verifier/segment.hpp>

namespace atlas::stark {

inline constexpr u32 kProofMagic = 0x4b525441;  // "ATRK"
inline constexpr u32 kProofVersion = 1;
inline constexpr u32 kMaxSegments = 1u << 16;

/// The file's second word: the version in the low half, the parameter set's promised bits in the high one. The key's
/// digest binds the set itself; this says it to whoever reads the file.
inline u32 version_word(const Parameters& parameters) {
  return kProofVersion | parameters.promised_bits << 16;
}

struct ExecutionOutcome {
  std::vector<std::vector<u32>> public_values;  ///< of every segment
};

/// Total: any bytes give a result, and nothing is allocated beyond what key and input length allow.
Result<ExecutionOutcome, VerifyError> verify_execution(const VerifyingKey& key, ByteView proof);

/// What the boundary challenge is drawn from; grinding comes next.
struct BoundaryStatement {
  std::vector<u32> public_values;
  std::vector<u32> heights;  ///< of the segment's chips with boundary columns, in key order
  MerkleCap cap;
};
/// A segment's leaf in the tree that the boundary challenge is drawn from.
Digest boundary_leaf(const BoundaryStatement& segment);
/// Root over the segments in order, filled up to a power of two with digests of zeros: whoever verified some of the
/// segments can say so with one digest and siblings. Their number is absorbed beside it.
Digest boundary_root(std::vector<Digest> leaves);
Transcript boundary_transcript(const VerifyingKey& key, std::span<const BoundaryStatement> segments);
std::vector<u32> boundary_heights(const Machine& machine, std::span<const u32> heights);

}  // namespace atlas::stark
