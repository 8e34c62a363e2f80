#include <stark/verifier/key.hpp>

namespace atlas::stark {

Digest VerifyingKey::compute_digest() const {
  Transcript t("atlas verifying key 1");
  const auto text = [&t](const char* s) {
    std::vector<u32> letters;
    for (; *s != 0; ++s) letters.push_back(static_cast<u8>(*s));
    t.absorb(Label::kKey, letters);
  };
  text(machine->name);
  const Parameters& p = parameters;
  const u32 numbers[] = {kExtensionDegree,
                         kSkipLog,
                         kMaxDegree,
                         kTileColumns,
                         kRateLog,
                         kFoldLog,
                         p.stack_log,
                         p.block_log,
                         p.max_width,
                         p.cap_log,
                         p.final_log,
                         p.queries,
                         p.local_grinding,
                         p.boundary_grinding,
                         p.query_grinding,
                         p.promised_bits,
                         static_cast<u32>(machine->chips.size()),
                         machine->public_values};
  t.absorb(Label::kKey, numbers);
  t.absorb(Label::kKey, machine->constants);
  for (const ChipDescription& chip : machine->chips) {
    text(chip.name);
    std::vector<u32> words = {chip.max_height, chip.fixed_height, chip.shape.constraints, chip.shape.message_count};
    words.insert(words.end(), std::begin(chip.shape.columns), std::end(chip.shape.columns));
    for (u32 i = 0; i < chip.shape.message_count; ++i) {
      const MessageShape& m = chip.shape.messages[i];
      words.push_back(m.tag);
      words.push_back(static_cast<u32>(m.bus) << 1 | static_cast<u32>(m.is_send));
    }
    t.absorb(Label::kKey, words);
  }
  t.absorb(Label::kFixedRoot, std::span<const Digest>(fixed_cap));
  return t.grinding_state(Label::kKey);
}

const char* name_of(VerifyError error) {
  switch (error) {
    case VerifyError::kTruncated:
      return "the proof ends early or holds a number that is not canonical";
    case VerifyError::kTrailing:
      return "bytes after the end of the proof";
    case VerifyError::kHeights:
      return "a chip's height is not allowed by the key";
    case VerifyError::kTooManyMessages:
      return "more messages than the field's characteristic allows";
    case VerifyError::kTooManyCells:
      return "more cells than the key allows";
    case VerifyError::kProofOfWork:
      return "a proof of work is missing";
    case VerifyError::kBusRound:
      return "a bus claim does not follow from the one before";
    case VerifyError::kZeroDenominator:
      return "a bus denominator is zero";
    case VerifyError::kLocalBus:
      return "the local bus does not balance";
    case VerifyError::kConstraintSum:
      return "the constraints' first message does not come to its claim";
    case VerifyError::kConstraints:
      return "the constraints do not hold";
    case VerifyError::kStackedClaim:
      return "the stacked columns do not come to the column claims";
    case VerifyError::kFinalPolynomial:
      return "the final polynomial does not come to its claim";
    case VerifyError::kMerkle:
      return "an opening does not lead to its root";
    case VerifyError::kFold:
      return "a fold disagrees with the layer before it";
    case VerifyError::kBoundaryBus:
      return "the boundary bus does not balance over the execution";
    case VerifyError::kSegments:
      return "the segments do not make one execution";
    case VerifyError::kFormat:
      return "not a proof of this format";
  }
  return "unknown";
}

}  // namespace atlas::stark
