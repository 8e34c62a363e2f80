#pragma once
#include <stark/prover/segment_prover.hpp>
#include <stark/verifier/execution.hpp>

namespace atlas::stark {

/// Both passes: commits all boundary trees, draws their challenge, proves every segment. The bytes of a proof file.
Bytes prove_execution(const ProvingKey& key, std::span<const SegmentWitness> segments, Isa isa,
                      std::vector<ProverTimes>* times = nullptr, const ProverProgress& progress = {});

}  // namespace atlas::stark
