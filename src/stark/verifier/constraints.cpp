#include <stark/verifier/constraints.hpp>
#include <stark/verifier/multilinear.hpp>

namespace atlas::stark {

ConstraintWeights constraint_weights(Transcript& transcript, const Machine& machine, const Layout& layout,
                                     const BusClaims& bus) {
  Ext drawn[2];
  transcript.draw(Label::kConstraintBatching, drawn);
  const Ext lambda = drawn[0], mu = drawn[1];
  ConstraintWeights out;
  Ext power = lambda;
  for (u32 i = 0; i < layout.constraint_count; ++i, power *= lambda) out.lambda_powers.push_back(power);

  const LeafWeights leaves = leaf_weights(machine, layout, bus.point);
  Ext factor[kBusCount][2];
  factor[0][0] = Ext::one();
  factor[0][1] = mu;
  factor[1][0] = mu * mu;
  factor[1][1] = mu * mu * mu;
  out.claim = Ext::zero();
  for (unsigned b = 0; b < kBusCount; ++b) {
    out.claim += factor[b][0] * bus.leaf[b].numerator + factor[b][1] * (bus.leaf[b].denominator - leaves.outside[b]);
  }
  out.numerators.resize(machine.chips.size());
  out.denominators.resize(machine.chips.size());
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    for (std::size_t j = 0; j < leaves.of_chip[c].size(); ++j) {
      const auto b = static_cast<unsigned>(machine.chips[c].shape.messages[j].bus);
      out.numerators[c].push_back(leaves.of_chip[c][j] * factor[b][0]);
      out.denominators[c].push_back(leaves.of_chip[c][j] * factor[b][1]);
    }
  }
  return out;
}

std::vector<Ext> claimed_row(const ChipDescription& chip, u32 row_log, std::span<const Ext> claims,
                             std::span<const Ext> low, std::span<const Ext> high) {
  std::vector<Ext> row(claims.begin(), claims.end());
  row.resize(chip.shape.width());
  if (chip.closed_columns != nullptr)
    chip.closed_columns({low.data(), high.data(), row_log}, row.data() + claims.size());
  return row;
}

Result<ColumnClaims, VerifyError> verify_constraints(VerifierChannel& channel, const Machine& machine,
                                                     const Layout& layout, const BusClaims& bus,
                                                     const BusChallenge* challenges) {
  Transcript& transcript = channel.transcript();
  const ConstraintWeights weights = constraint_weights(transcript, machine, layout, bus);
  const std::span<const Ext> xi(bus.point);
  const std::vector<Ext> low_eq = eq_table(xi.first(kSkipLog));

  // The first message is t, where the summand is E·t and E interpolates eq(ξ_low, ·) on H; eq_at(h) at h = w^i is L_i.
  std::vector<Ext> t(kSkipCoefficients);
  if (!channel.receive(Label::kConstraintSkip, t)) return Err(VerifyError::kTruncated);
  const BabyBear root = BabyBear::root_of_unity(kSkipLog);
  Ext sum = Ext::zero();
  BabyBear h = BabyBear::one();
  for (unsigned i = 0; i < kSkip; ++i, h *= root) sum += low_eq[i] * evaluate(t, Ext(h));
  if (!(sum == weights.claim)) return Err(VerifyError::kConstraintSum);
  const Ext r0 = transcript.draw(Label::kConstraintSkip);
  const SkipWeights skip(r0);

  ColumnClaims out;
  out.low.assign(std::begin(skip.at), std::end(skip.at));
  const Ext low_weight = skip.dot(low_eq);
  Ext claim = low_weight * evaluate(t, r0);
  for (u32 i = kSkipLog; i < layout.max_row_log; ++i) {
    Ext s[4];  // coefficients of 1, X^2, X^3, X^4
    if (!channel.receive(Label::kConstraintRound, s)) return Err(VerifyError::kTruncated);
    const Ext linear = claim - s[0] - s[0] - s[1] - s[2] - s[3];  // s(0) + s(1) is the claim
    const Ext coefficients[] = {s[0], linear, s[1], s[2], s[3]};
    const Ext r = transcript.draw(Label::kConstraintRound);
    claim = evaluate(coefficients, r);
    out.high.push_back(r);
  }

  out.values.resize(layout.claim_count);
  if (!channel.receive(Label::kColumnClaims, out.values)) return Err(VerifyError::kTruncated);
  // eq(ξ_<n, r_<n) and Π_{i ≥ n} (1 − r_i) for every n.
  const std::size_t rounds = out.high.size();
  std::vector<Ext> inside(rounds + 1), outside(rounds + 1);
  inside[0] = low_weight;
  for (std::size_t i = 0; i < rounds; ++i) inside[i + 1] = inside[i] * eq(xi[kSkipLog + i], out.high[i]);
  outside[rounds] = Ext::one();
  for (std::size_t i = rounds; i-- > 0;) outside[i] = outside[i + 1] * (Ext::one() - out.high[i]);

  Ext expected = Ext::zero();
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    if (!layout.is_live(c)) continue;
    const ChipDescription& chip = machine.chips[c];
    const auto claims = std::span(out.values).subspan(layout.claim_offset[c], chip.shape.committed());
    const std::vector<Ext> row = claimed_row(chip, layout.row_logs[c], claims, out.low, out.high);
    const u32 n = layout.row_logs[c] - kSkipLog;
    expected += inside[n] * outside[n] * chip.fold(row.data(), weights.of_chip(c, layout, challenges));
  }
  if (!(claim == expected)) return Err(VerifyError::kConstraints);
  return out;
}

}  // namespace atlas::stark
