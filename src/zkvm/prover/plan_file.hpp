#pragma once
// A plan on disk, in words: kPlanMagic, version, input (8), execution segments, segments, chips | each segment: cycles
// (2), public values, heights, number of digests in the boundary cap, the digests | BLAKE3 of all of it (8).
#include <zkvm/prover/execution_plan.hpp>
#include <zkvm/prover/word_file.hpp>

namespace atlas::zkvm {

/// Of a proof: its key and its hints.
Hash256 input_of(const stark::Digest& key, ByteView hints);

void write_plan_file(const std::filesystem::path& path, const Hash256& input, const ExecutionPlan& plan);
/// nullopt if there is none. A plan that is read is one that proving can take, under this key, whoever wrote it; a
/// JobError otherwise.
std::optional<ExecutionPlan> read_plan_file(const std::filesystem::path& path, const Hash256& input,
                                            const stark::VerifyingKey& key);

}  // namespace atlas::zkvm
