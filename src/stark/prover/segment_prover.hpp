#pragma once
#include <functional>

#include <stark/prover/chip_kernels.hpp>
#include <stark/prover/stacked_tree.hpp>
#include <stark/verifier/segment.hpp>

namespace atlas::stark {

/// The verifying key and what the prover keeps beside it.
struct ProvingKey {
  VerifyingKey verifying;
  const MachineKernels* kernels = nullptr;
  StackedTree fixed;
  std::vector<TraceTable> fixed_tables;  ///< [chip] the fixed columns; empty for chips without
};

/// `fixed_tables[chip]`: the fixed columns of chips that have any, of the chip's fixed height.
ProvingKey make_proving_key(const Machine& machine, const MachineKernels& kernels, const Parameters& parameters,
                            std::vector<TraceTable> fixed_tables, Isa isa);

/// Phase times of one segment, in seconds.
struct ProverTimes {
  double commit = 0, leaves = 0, bus = 0, constraints = 0, opening = 0;
};

/// Told of each phase of a segment as it begins.
enum class ProverPhase : u8 { kCommit, kBus, kConstraints, kOpening };
using ProverProgress = std::function<void(ProverPhase phase)>;

/// A segment's traces and, after the first pass, its boundary tree.
struct SegmentWitness {
  std::vector<u32> public_values;
  std::vector<TraceTable> tables;  ///< [chip], every column of the chip's Row
};
struct BoundaryCommitment {
  std::vector<u32> heights;
  StackedTree tree;
  MerkleCap cap() const { return tree.empty() ? MerkleCap{} : tree.tree.cap(); }
};

/// Looks at heights and boundary columns alone: other tables may have a height and no words.
BoundaryCommitment commit_boundary(const ProvingKey& key, const SegmentWitness& witness, Isa isa);

/// The proof's words, as verify_segment() takes them. The witness must satisfy the machine, or the proof will not
/// verify.
std::vector<u32> prove_segment(const ProvingKey& key, const SegmentWitness& witness, const BoundaryCommitment& boundary,
                               const BusChallenge& boundary_challenge, Isa isa, ProverTimes* times = nullptr,
                               const ProverProgress& progress = {});

}  // namespace atlas::stark
