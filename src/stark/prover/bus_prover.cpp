#include <chrono>

#include <stark/prover/bus_tree.hpp>

namespace atlas::stark {

BusClaims prove_bus(ProverChannel& channel, const BusStatement& statement, double* seconds_of_layers) {
  Transcript& transcript = channel.transcript();
  const u32 log = statement.layout.bus_log;
  const auto before = std::chrono::steady_clock::now();
  BusTree trees[kBusCount] = {{statement, Bus::kLocal, log}, {statement, Bus::kBoundary, log}};
  if (seconds_of_layers != nullptr) {
    *seconds_of_layers = std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  }
  BusClaims out;
  Ext roots[2 * kBusCount];
  for (unsigned b = 0; b < kBusCount; ++b) {
    out.root[b] = out.leaf[b] = trees[b].root();
    roots[2 * b] = out.root[b].numerator;
    roots[2 * b + 1] = out.root[b].denominator;
  }
  channel.send(Label::kBusRoots, roots);

  for (u32 layer = 0; layer < log; ++layer) {
    const Ext lambda = transcript.draw(Label::kBusBatching);
    const Ext square = lambda * lambda;
    Ext claim = out.leaf[0].numerator + lambda * out.leaf[0].denominator +
                square * (out.leaf[1].numerator + lambda * out.leaf[1].denominator);
    const std::span<const Ext> point(out.point);
    std::vector<Ext> next(1);
    BusTree::Sums sums[kBusCount];
    if (layer != 0) {
      const auto rest = point.subspan(1);
      const SplitEq eq(rest);
      for (unsigned b = 0; b < kBusCount; ++b) sums[b] = trees[b].start(layer, lambda, eq, rest);
    }
    for (u32 i = 0; i < layer; ++i) {
      const Ext constant = sums[0][0] + square * sums[1][0], quadratic = sums[0][1] + square * sums[1][1];
      // (1 − z)·t(0) + z·t(1) is the claim, so z·(t1 + t2) = claim − t0.
      const Ext& z = point[i];
      ENSURE(!z.is_zero(), "a challenge of 155 bits is zero");
      const Ext t[2] = {(claim - constant) * z.inverse() - quadratic, quadratic};
      channel.send(Label::kBusRound, t);
      const Ext r = transcript.draw(Label::kBusRound);
      claim = constant + r * (t[0] + r * t[1]);
      next.push_back(r);
      if (i + 1 == layer) break;
      const auto rest = point.subspan(i + 2);
      const SplitEq eq(rest);
      for (unsigned b = 0; b < kBusCount; ++b) sums[b] = trees[b].bind(r, eq, rest);
    }
    std::vector<Ext> children;
    for (BusTree& tree : trees) {
      const auto four = tree.finish(layer == 0 ? nullptr : &next.back());
      children.insert(children.end(), four.begin(), four.end());
    }
    channel.send(Label::kBusLayer, children);
    const Ext side = transcript.draw(Label::kBusPoint);
    for (unsigned b = 0; b < kBusCount; ++b) {
      const Ext* n = children.data() + 4 * b;
      const Ext* d = n + 2;
      out.leaf[b] = {n[0] + side * (n[1] - n[0]), d[0] + side * (d[1] - d[0])};
    }
    next[0] = side;
    out.point = std::move(next);
  }
  return out;
}

}  // namespace atlas::stark
