#include <stark/prover/execution_prover.hpp>
#include <stark/prover/opening_prover.hpp>

namespace atlas::stark {

Bytes prove_execution(const ProvingKey& key, std::span<const SegmentWitness> segments, Isa isa,
                      std::vector<ProverTimes>* times, const ProverProgress& progress) {
  const VerifyingKey& verifying = key.verifying;
  std::vector<BoundaryCommitment> commitments;
  std::vector<BoundaryStatement> statements;
  for (const SegmentWitness& segment : segments) {
    commitments.push_back(commit_boundary(key, segment, isa));
    const BoundaryCommitment& c = commitments.back();
    statements.push_back({segment.public_values, boundary_heights(*verifying.machine, c.heights),
                          c.tree.empty() ? MerkleCap{} : c.tree.tree.cap()});
  }
  ProverChannel channel(boundary_transcript(verifying, statements));
  channel.open_word(kProofMagic);
  channel.open_word(version_word(verifying.parameters));
  channel.open(verifying.digest);
  channel.open_word(static_cast<u32>(segments.size()));
  grind(channel, Label::kBoundaryGrinding, verifying.parameters.boundary_grinding, isa);
  const BusChallenge challenge = draw_bus_challenge(channel.transcript(), Label::kBoundaryChallenge);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    ProverTimes measured;
    const std::vector<u32> proof = prove_segment(key, segments[s], commitments[s], challenge, isa, &measured, progress);
    if (times != nullptr) times->push_back(measured);
    channel.open(segments[s].public_values);
    channel.open_word(static_cast<u32>(proof.size()));
    channel.open(proof);
  }
  const std::vector<u32> words = channel.take();
  const auto* bytes = reinterpret_cast<const u8*>(words.data());
  return Bytes(bytes, bytes + words.size() * sizeof(u32));
}

}  // namespace atlas::stark
