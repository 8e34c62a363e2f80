#include <stark/verifier/execution.hpp>

namespace atlas::stark {

std::vector<u32> boundary_heights(const Machine& machine, std::span<const u32> heights) {
  std::vector<u32> out;
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    if (machine.chips[c].shape.columns[0] != 0) out.push_back(heights[c]);
  }
  return out;
}

Transcript boundary_transcript(const VerifyingKey& key, std::span<const BoundaryStatement> segments) {
  Transcript out("atlas execution proof 1");
  out.absorb(Label::kKey, std::span(&key.digest, 1));
  out.absorb(Label::kSegmentCount, u64{segments.size()});
  std::vector<Digest> leaves;
  for (const BoundaryStatement& segment : segments) leaves.push_back(boundary_leaf(segment));
  const Digest root = boundary_root(std::move(leaves));
  out.absorb(Label::kBoundaryTree, std::span(&root, 1));
  return out;
}

Digest boundary_leaf(const BoundaryStatement& segment) {
  Transcript out("atlas boundary leaf 1");
  out.absorb(Label::kPublicValues, segment.public_values);
  out.absorb(Label::kHeights, segment.heights);
  out.absorb(Label::kBoundaryRoot, std::span<const Digest>(segment.cap));
  return out.grinding_state(Label::kBoundaryTree);
}

Digest boundary_root(std::vector<Digest> leaves) {
  std::size_t count = 1;
  while (count < leaves.size()) count *= 2;
  leaves.resize(count, Digest{});
  for (; count > 1; count /= 2) {
    for (std::size_t i = 0; i < count / 2; ++i) leaves[i] = hash_node(leaves[2 * i], leaves[2 * i + 1]);
  }
  return leaves[0];
}

Result<ExecutionOutcome, VerifyError> verify_execution(const VerifyingKey& key, ByteView proof) {
  const Machine& machine = *key.machine;
  if (proof.size() % sizeof(u32) != 0) return Err(VerifyError::kFormat);
  std::vector<u32> words(proof.size() / sizeof(u32));
  if (!words.empty()) std::memcpy(words.data(), proof.data(), proof.size());
  constexpr std::size_t kHeaderWords = 2 + 8 + 1 + 2;
  if (words.size() < kHeaderWords) return Err(VerifyError::kTruncated);
  if (words[0] != kProofMagic || words[1] != version_word(key.parameters)) return Err(VerifyError::kFormat);
  if (std::memcmp(&words[2], key.digest.word, sizeof key.digest.word) != 0) return Err(VerifyError::kFormat);
  const u32 count = words[10];
  if (count == 0 || count > kMaxSegments) return Err(VerifyError::kSegments);
  const u64 nonce = words[11] | u64{words[12]} << 32;

  ExecutionOutcome out;
  std::vector<std::span<const u32>> proofs;
  std::vector<BoundaryStatement> statements;
  u64 boundary_rows = 0;
  std::span<const u32> rest = std::span<const u32>(words).subspan(kHeaderWords);
  for (u32 s = 0; s < count; ++s) {
    if (rest.size() < std::size_t{machine.public_values} + 1) return Err(VerifyError::kTruncated);
    const auto values = rest.first(machine.public_values);
    const u32 length = rest[machine.public_values];
    rest = rest.subspan(std::size_t{machine.public_values} + 1);
    if (rest.size() < length) return Err(VerifyError::kTruncated);
    proofs.push_back(rest.first(length));
    rest = rest.subspan(length);
    auto header = read_segment_header(key, proofs.back());
    if (!header) return Err(header.error());
    for (std::size_t c = 0; c < machine.chips.size(); ++c) {
      boundary_rows += u64{header->heights[c]} * machine.chips[c].shape.messages_on(Bus::kBoundary);
    }
    out.public_values.emplace_back(values.begin(), values.end());
    statements.push_back(
        {out.public_values.back(), boundary_heights(machine, header->heights), std::move(header->boundary_cap)});
  }
  if (!rest.empty()) return Err(VerifyError::kTrailing);
  if (boundary_rows >= BabyBear::kModulus / 4) return Err(VerifyError::kTooManyMessages);
  if (!machine.is_execution(machine, out.public_values)) return Err(VerifyError::kSegments);

  Transcript transcript = boundary_transcript(key, statements);
  if (!transcript.check_grinding(Label::kBoundaryGrinding, nonce, key.parameters.boundary_grinding)) {
    return Err(VerifyError::kProofOfWork);
  }
  const BusChallenge boundary = draw_bus_challenge(transcript, Label::kBoundaryChallenge);
  Fraction sum{Ext::zero(), Ext::one()};
  for (u32 s = 0; s < count; ++s) {
    const auto remainder = verify_segment(key, out.public_values[s], boundary, proofs[s]);
    if (!remainder) return Err(remainder.error());
    // Denominators are products of non-zero ones: verify_segment() refuses a zero.
    sum = {sum.numerator * remainder->denominator + remainder->numerator * sum.denominator,
           sum.denominator * remainder->denominator};
  }
  if (!sum.numerator.is_zero()) return Err(VerifyError::kBoundaryBus);
  return out;
}

}  // namespace atlas::stark
