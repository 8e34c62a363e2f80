#pragma once
#include <stark/prover/segment_prover.hpp>
#include <stark/verifier/execution.hpp>

namespace atlas::stark {

/// What the segments of an execution share once their boundary trees are committed: each can then be proved alone, in
/// any order and anywhere.
struct ExecutionHead {
  std::vector<u32> words;  ///< the first of the proof file
  BusChallenge challenge;
};
ExecutionHead make_head(const ProvingKey& key, std::span<const BoundaryStatement> segments, Isa isa);

/// The next segment of a proof file that begins with a head's words.
void append_segment(std::vector<u32>& file, std::span<const u32> public_values, std::span<const u32> proof);
Bytes bytes_of(std::span<const u32> words);

/// Both passes over traces in memory: commits all boundary trees, draws their challenge, proves every segment. The
/// bytes of a proof file.
Bytes prove_execution(const ProvingKey& key, std::span<const SegmentWitness> segments, Isa isa,
                      std::vector<ProverTimes>* times = nullptr, const ProverProgress& progress = {});

}  // namespace atlas::stark
