#include <stark/verifier/bus.hpp>
#include <stark/verifier/multilinear.hpp>

namespace atlas::stark {

BusChallenge draw_bus_challenge(Transcript& transcript, Label label) {
  Ext drawn[1 + kArityLog];
  transcript.draw(label, drawn);
  BusChallenge out;
  out.alpha = drawn[0];
  const std::vector<Ext> table = eq_table(std::span(drawn).subspan(1));
  std::copy(table.begin(), table.end(), out.beta);
  return out;
}

Ext fingerprint(const BusChallenge& challenge, const PublicMessage& message) {
  Ext out = challenge.alpha - challenge.beta[0] * BabyBear(message.tag->id);
  for (u32 i = 0; i < message.tag->fields; ++i) out -= challenge.beta[i + 1] * BabyBear(message.fields[i]);
  return out;
}

Result<BusClaims, VerifyError> verify_bus(VerifierChannel& channel, u32 log) {
  Transcript& transcript = channel.transcript();
  BusClaims out;
  Ext roots[2 * kBusCount];
  if (!channel.receive(Label::kBusRoots, roots)) return Err(VerifyError::kTruncated);
  for (unsigned b = 0; b < kBusCount; ++b) {
    out.root[b] = out.leaf[b] = {roots[2 * b], roots[2 * b + 1]};
    if (out.root[b].denominator.is_zero()) return Err(VerifyError::kZeroDenominator);
  }
  for (u32 layer = 0; layer < log; ++layer) {
    const Ext lambda = transcript.draw(Label::kBusBatching);
    const Ext square = lambda * lambda;
    Ext claim = out.leaf[0].numerator + lambda * out.leaf[0].denominator +
                square * (out.leaf[1].numerator + lambda * out.leaf[1].denominator);
    std::vector<Ext> next(1);
    for (u32 i = 0; i < layer; ++i) {
      // Σ_x eq(z, x)·g(x) with eq(z_i, ·) factored out: the claim is (1 − z_i)·t(0) + z_i·t(1), t of degree 2.
      Ext t[2];  // coefficients of X and X^2
      if (!channel.receive(Label::kBusRound, t)) return Err(VerifyError::kTruncated);
      const Ext constant = claim - out.point[i] * (t[0] + t[1]);
      const Ext r = transcript.draw(Label::kBusRound);
      claim = constant + r * (t[0] + r * t[1]);
      next.push_back(r);
    }
    Ext children[4 * kBusCount];  // of each bus: numerators of both children, then denominators
    if (!channel.receive(Label::kBusLayer, children)) return Err(VerifyError::kTruncated);
    Ext expected = Ext::zero();
    for (unsigned b = kBusCount; b-- > 0;) {
      const Ext* n = children + 4 * b;
      const Ext* d = n + 2;
      expected = expected * square + n[0] * d[1] + n[1] * d[0] + lambda * d[0] * d[1];
    }
    if (!(claim == expected)) return Err(VerifyError::kBusRound);
    const Ext side = transcript.draw(Label::kBusPoint);
    for (unsigned b = 0; b < kBusCount; ++b) {
      const Ext* n = children + 4 * b;
      const Ext* d = n + 2;
      out.leaf[b] = {n[0] + side * (n[1] - n[0]), d[0] + side * (d[1] - d[0])};
    }
    next[0] = side;
    out.point = std::move(next);
  }
  return out;
}

Result<void, VerifyError> check_local_bus(const Fraction& root, const BusChallenge& challenge,
                                          std::span<const PublicMessage> messages) {
  Fraction sum = root;
  for (const PublicMessage& message : messages) {
    const Ext denominator = fingerprint(challenge, message);
    if (denominator.is_zero()) return Err(VerifyError::kZeroDenominator);
    const Ext term = message.is_send ? sum.denominator : -sum.denominator;
    sum = {sum.numerator * denominator + term, sum.denominator * denominator};
  }
  if (!sum.numerator.is_zero()) return Err(VerifyError::kLocalBus);
  return {};
}

LeafWeights leaf_weights(const Machine& machine, const Layout& layout, std::span<const Ext> point) {
  LeafWeights out;
  for (Ext& outside : out.outside) outside = Ext::one();
  out.of_chip.resize(machine.chips.size());
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    if (!layout.is_live(c)) continue;
    const ChipShape& shape = machine.chips[c].shape;
    u64 next[kBusCount];
    for (unsigned b = 0; b < kBusCount; ++b) next[b] = layout.buses[b].first[c] >> layout.row_logs[c];
    for (u32 j = 0; j < shape.message_count; ++j) {
      const auto bus = static_cast<unsigned>(shape.messages[j].bus);
      out.of_chip[c].push_back(eq_at(point.subspan(layout.row_logs[c]), next[bus]++));
      out.outside[bus] -= out.of_chip[c].back();
    }
  }
  return out;
}

}  // namespace atlas::stark
