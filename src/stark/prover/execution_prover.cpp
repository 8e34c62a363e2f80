#include <stark/prover/execution_prover.hpp>
#include <stark/prover/opening_prover.hpp>

namespace atlas::stark {

ExecutionHead make_head(const ProvingKey& key, std::span<const BoundaryStatement> segments, Isa isa) {
  const VerifyingKey& verifying = key.verifying;
  ProverChannel channel(boundary_transcript(verifying, segments));
  channel.open_word(kProofMagic);
  channel.open_word(version_word(verifying.parameters));
  channel.open(verifying.digest);
  channel.open_word(static_cast<u32>(segments.size()));
  grind(channel, Label::kBoundaryGrinding, verifying.parameters.boundary_grinding, isa);
  const BusChallenge challenge = draw_bus_challenge(channel.transcript(), Label::kBoundaryChallenge);
  return {channel.take(), challenge};
}

void append_segment(std::vector<u32>& file, std::span<const u32> public_values, std::span<const u32> proof) {
  file.insert(file.end(), public_values.begin(), public_values.end());
  file.push_back(static_cast<u32>(proof.size()));
  file.insert(file.end(), proof.begin(), proof.end());
}

Bytes bytes_of(std::span<const u32> words) {
  const auto* bytes = reinterpret_cast<const u8*>(words.data());
  return Bytes(bytes, bytes + words.size() * sizeof(u32));
}

Bytes prove_execution(const ProvingKey& key, std::span<const SegmentWitness> segments, Isa isa,
                      std::vector<ProverTimes>* times, const ProverProgress& progress) {
  std::vector<BoundaryCommitment> commitments;
  std::vector<BoundaryStatement> statements;
  for (const SegmentWitness& segment : segments) {
    commitments.push_back(commit_boundary(key, segment, isa));
    const BoundaryCommitment& c = commitments.back();
    statements.push_back({segment.public_values, boundary_heights(*key.verifying.machine, c.heights), c.cap()});
  }
  ExecutionHead head = make_head(key, statements, isa);
  for (std::size_t s = 0; s < segments.size(); ++s) {
    ProverTimes measured;
    const std::vector<u32> proof =
        prove_segment(key, segments[s], commitments[s], head.challenge, isa, &measured, progress);
    if (times != nullptr) times->push_back(measured);
    append_segment(head.words, segments[s].public_values, proof);
  }
  return bytes_of(head.words);
}

}  // namespace atlas::stark
