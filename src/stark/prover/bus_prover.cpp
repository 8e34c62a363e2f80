#include <algorithm>

#include <stark/prover/bus_prover.hpp>
#include <stark/prover/parallel.hpp>
#include <stark/prover/split_eq.hpp>
#include <stark/prover/vector/sumcheck_kernels.hpp>

namespace atlas::stark {
namespace {

constexpr std::size_t kGrain = std::size_t{1} << 12;

/// How many elements of a layer of 2^log are kept when `used` of them are not neutral.
std::size_t kept(std::size_t used, u32 log) {
  return std::min(std::size_t{1} << log, (used + 31) / 32 * 32);
}

/// The layer above: neighbours added.
FractionLayer combine(const FractionLayer& children, u32 log, Isa isa) {
  const std::size_t n = children.p.size() / 2, length = kept(n, log);
  FractionLayer out{ExtPlanes(length), ExtPlanes(length)};
  const SumcheckKernels& kernels = sumcheck_kernels(isa, n);
  parallel_ranges(n, kGrain, [&](std::size_t first, std::size_t count) {
    kernels.bus_combine(children.p.data() + 2 * first, children.q.data() + 2 * first, children.p.stride(),
                        out.p.data() + first, out.q.data() + first, out.p.stride(), count);
  });
  out.p.fill(n, length, Ext::zero());
  out.q.fill(n, length, Ext::one());
  return out;
}

/// One bus inside one layer's sumcheck: p0, q0, q1, s1 = p1 + λ·q1 over x, beyond their length 0, 1, 1, λ.
struct Arrays {
  ExtPlanes array[4];
  std::size_t size() const { return array[0].size(); }
  std::array<const u32*, 4> from(std::size_t i) const {
    return {array[0].data() + i, array[1].data() + i, array[2].data() + i, array[3].data() + i};
  }
  void pad(std::size_t from, std::size_t to, const Ext& lambda) {
    array[0].fill(from, to, Ext::zero());
    array[1].fill(from, to, Ext::one());
    array[2].fill(from, to, Ext::one());
    array[3].fill(from, to, lambda);
  }
};

Arrays make_arrays(std::size_t length) {
  return {{ExtPlanes(length), ExtPlanes(length), ExtPlanes(length), ExtPlanes(length)}};
}

Arrays split(const FractionLayer& children, u32 log, const Ext& lambda, Isa isa) {
  const std::size_t n = children.p.size() / 2, length = kept(n, log);
  Arrays out = make_arrays(length);
  const SumcheckKernels& kernels = sumcheck_kernels(isa, n);
  parallel_ranges(n, kGrain, [&](std::size_t first, std::size_t count) {
    u32* const targets[4] = {out.array[0].data() + first, out.array[1].data() + first, out.array[2].data() + first,
                             out.array[3].data() + first};
    kernels.bus_split(children.p.data() + 2 * first, children.q.data() + 2 * first, children.p.stride(), lambda,
                      targets, out.array[0].stride(), count);
  });
  out.pad(n, length, lambda);
  return out;
}

Arrays fold(const Arrays& in, u32 log, const Ext& r, const Ext& lambda, Isa isa) {
  const std::size_t n = in.size() / 2, length = kept(n, log);
  Arrays out = make_arrays(length);
  const SumcheckKernels& kernels = sumcheck_kernels(isa, n);
  parallel_ranges(n, kGrain, [&](std::size_t first, std::size_t count) {
    for (unsigned k = 0; k < 4; ++k) {
      kernels.fold(in.array[k].data() + 2 * first, in.array[k].stride(), out.array[k].data() + first,
                   out.array[k].stride(), count, r);
    }
  });
  out.pad(n, length, lambda);
  return out;
}

/// Value at 0 and coefficient of X^2 of the bus's part of t, `rest` being the variables above the round's.
std::array<Ext, 2> round(const Arrays& arrays, const SplitEq& eq, std::span<const Ext> rest, const Ext& lambda,
                         Isa isa) {
  const std::size_t pairs = arrays.size() / 2, chunk = eq.chunk();
  auto sums = parallel_sums<2>((pairs + chunk - 1) / chunk, [&](std::size_t i, std::array<Ext, 2>& total) {
    const std::size_t first = i * chunk, count = std::min(chunk, pairs - first);
    const auto from = arrays.from(2 * first);
    Ext out[2];
    sumcheck_kernels(isa, count)
        .bus_round(from.data(), arrays.array[0].stride(), eq.inner().data(), eq.inner().stride(), count, out);
    for (unsigned k = 0; k < 2; ++k) total[k] += eq.outer(i) * out[k];
  });
  sums[0] += lambda * (Ext::one() - eq_prefix(rest, pairs));  // neutral fractions: 0·1 + 1·λ
  return sums;
}

}  // namespace

FractionLayer make_leaves(Bus bus, const Machine& machine, const MachineKernels& kernels, Isa isa, const Layout& layout,
                          const std::vector<std::vector<const u32*>>& columns, const BusChallenge* challenges) {
  const BusLayout& where = layout.buses[static_cast<unsigned>(bus)];
  const std::size_t length = kept(std::max<u64>(where.leaves, 1), layout.bus_log);
  FractionLayer out{ExtPlanes(length), ExtPlanes(length)};
  out.p.fill(0, length, Ext::zero());
  out.q.fill(where.leaves, length, Ext::one());
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    const ChipShape& shape = machine.chips[c].shape;
    if (!layout.is_live(c) || shape.messages_on(bus) == 0) continue;
    const u32 height = layout.heights[c];
    const std::size_t block = std::size_t{1} << layout.row_logs[c];
    // Messages of the other bus are written to a place of their own and dropped.
    constexpr std::size_t kRows = 4096;
    parallel_ranges(height, kRows, [&](std::size_t first, std::size_t count) {
      ExtPlanes dropped(2 * std::size_t{kRows});
      std::vector<LeafTarget> targets;
      u64 leaf = where.first[c];
      for (u32 j = 0; j < shape.message_count; ++j) {
        if (shape.messages[j].bus != bus) {
          targets.push_back({dropped.data() - first, dropped.data() + kRows - first, dropped.stride()});
        } else {
          targets.push_back({out.p.data() + leaf, out.q.data() + leaf, out.p.stride()});
          leaf += block;
        }
      }
      kernels.of(isa, c).leaves(columns[c].data(), first, count, challenges, targets.data());
    });
    // Rows above the height are zero rows: no numerator, the denominator of a message of zeros.
    std::vector<u32> zero_row(16 * shape.width(), 0);
    std::vector<const u32*> zero_columns(shape.width(), zero_row.data());
    ExtPlanes at_zero(32);
    std::vector<LeafTarget> targets;
    ExtPlanes values(std::size_t{32} * shape.message_count);
    for (u32 j = 0; j < shape.message_count; ++j) {
      targets.push_back({values.data() + 32 * j, values.data() + 32 * j + 16, values.stride()});
    }
    kernels.of(isa, c).leaves(zero_columns.data(), 0, 16, challenges, targets.data());
    u64 leaf = where.first[c];
    for (u32 j = 0; j < shape.message_count; ++j) {
      if (shape.messages[j].bus != bus) continue;
      out.q.fill(leaf + height, leaf + block, values.get(32 * j + 16));
      leaf += block;
    }
  }
  return out;
}

BusClaims prove_bus(ProverChannel& channel, std::vector<FractionLayer> leaves, u32 log, Isa isa) {
  Transcript& transcript = channel.transcript();
  // layers[bus][l] has 2^l fractions.
  std::vector<std::vector<FractionLayer>> layers(kBusCount);
  BusClaims out;
  Ext roots[2 * kBusCount];
  for (unsigned b = 0; b < kBusCount; ++b) {
    layers[b].resize(log + 1);
    layers[b][log] = std::move(leaves[b]);
    for (u32 l = log; l > 0; --l) layers[b][l - 1] = combine(layers[b][l], l - 1, isa);
    out.root[b] = out.leaf[b] = {layers[b][0].p.get(0), layers[b][0].q.get(0)};
    roots[2 * b] = out.root[b].numerator;
    roots[2 * b + 1] = out.root[b].denominator;
  }
  channel.send(Label::kBusRoots, roots);

  for (u32 layer = 0; layer < log; ++layer) {
    const Ext lambda = transcript.draw(Label::kBusBatching);
    const Ext square = lambda * lambda;
    Ext claim = out.leaf[0].numerator + lambda * out.leaf[0].denominator +
                square * (out.leaf[1].numerator + lambda * out.leaf[1].denominator);
    Arrays arrays[kBusCount];
    for (unsigned b = 0; b < kBusCount; ++b) {
      arrays[b] = split(layers[b][layer + 1], layer, lambda, isa);
      layers[b][layer + 1] = {};
    }
    std::vector<Ext> next(1);
    for (u32 i = 0; i < layer; ++i) {
      const auto rest = std::span<const Ext>(out.point).subspan(i + 1);
      const SplitEq eq(rest);
      Ext constant = Ext::zero(), quadratic = Ext::zero();
      for (unsigned b = kBusCount; b-- > 0;) {
        const auto part = round(arrays[b], eq, rest, lambda, isa);
        constant = constant * square + part[0];
        quadratic = quadratic * square + part[1];
      }
      // (1 − z)·t(0) + z·t(1) is the claim, so z·(t1 + t2) = claim − t0.
      const Ext& z = out.point[i];
      ENSURE(!z.is_zero(), "a challenge of 155 bits is zero");
      const Ext t[2] = {(claim - constant) * z.inverse() - quadratic, quadratic};
      channel.send(Label::kBusRound, t);
      const Ext r = transcript.draw(Label::kBusRound);
      claim = constant + r * (t[0] + r * t[1]);
      for (Arrays& bus : arrays) bus = fold(bus, layer - i - 1, r, lambda, isa);
      next.push_back(r);
    }
    Ext children[4 * kBusCount];
    for (unsigned b = 0; b < kBusCount; ++b) {
      const Ext p0 = arrays[b].array[0].get(0), q0 = arrays[b].array[1].get(0), q1 = arrays[b].array[2].get(0);
      const Ext p1 = arrays[b].array[3].get(0) - lambda * q1;
      const Ext four[] = {p0, p1, q0, q1};
      std::copy(std::begin(four), std::end(four), children + 4 * b);
    }
    channel.send(Label::kBusLayer, children);
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

}  // namespace atlas::stark
