#pragma once
// One segment's proof: commit, one bus argument, one constraint sumcheck, one opening.
#include <stark/verifier/opening.hpp>

namespace atlas::stark {

/// What a segment's proof says before any challenge.
struct SegmentHeader {
  std::vector<u32> heights;
  MerkleCap boundary_cap;
};

/// Reads heights and boundary cap without looking at the rest.
Result<SegmentHeader, VerifyError> read_segment_header(const VerifyingKey& key, std::span<const u32> proof);

/// `boundary`: the execution's boundary challenge. Gives the segment's boundary remainder, numerator over denominator.
Result<Fraction, VerifyError> verify_segment(const VerifyingKey& key, std::span<const u32> public_values,
                                             const BusChallenge& boundary, std::span<const u32> proof);

/// The transcript's beginning, shared with the prover.
Transcript segment_transcript(const VerifyingKey& key, std::span<const u32> public_values,
                              const BusChallenge& boundary);

}  // namespace atlas::stark
