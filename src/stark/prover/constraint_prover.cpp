#include <algorithm>

#include <stark/prover/constraint_prover.hpp>
#include <stark/prover/parallel.hpp>
#include <stark/prover/split_eq.hpp>
#include <stark/prover/vector/sumcheck_kernels.hpp>

namespace atlas::stark {
namespace {

/// One chip on its way through the rounds.
struct ChipState {
  std::size_t chip = 0;
  FoldWeights weights;
  Ext zero_row;                    ///< the fold of a row of zeros: what each padding row adds
  std::vector<ExtPlanes> columns;  ///< once the skip variable is bound
  /// The linear messages' part of the fold: linear[i] a column i, and the last one alone.
  std::vector<Ext> linear;
  ExtPlanes linear_part;  ///< of every row, once the skip variable is bound
  std::vector<const u32*> pointers() const {
    std::vector<const u32*> out;
    for (const ExtPlanes& column : columns) out.push_back(column.data());
    return out;
  }
};

/// Coefficients of the polynomial of degree below 32 from its values on w_{32·2^coset}·H, or on H for coset 0.
std::vector<Ext> coefficients_on_coset(std::span<const Ext> values, unsigned coset) {
  const BabyBear root = BabyBear::root_of_unity(kSkipLog).inverse();
  const BabyBear shift = coset == 0 ? BabyBear::one() : BabyBear::root_of_unity(kSkipLog + coset).inverse();
  std::vector<Ext> out;
  for (unsigned j = 0; j < kSkip; ++j) {
    Ext sum = Ext::zero();
    for (unsigned t = 0; t < kSkip; ++t) sum += values[t] * root.pow(u64{j} * t);
    out.push_back(sum * (shift.pow(j) * BabyBear(kSkip).inverse()));
  }
  return out;
}

/// Coefficients of the polynomial of degree below 96 from its values on H, w_64·H and w_128·H. With Y = X^32, which is
/// 1, −1 and i = w_4 there, coefficient j of the three interpolants is u_j(1), u_j(−1), u_j(i) of u_j(Y) = A + B·Y +
/// C·Y^2.
std::vector<Ext> interpolate(std::span<const Ext> values) {
  const BabyBear half = BabyBear(2).inverse();
  const BabyBear i = BabyBear::root_of_unity(2);
  std::vector<Ext> coefficients[kSkipCosets];
  for (unsigned coset = 0; coset < kSkipCosets; ++coset) {
    coefficients[coset] = coefficients_on_coset(values.subspan(coset * kSkip, kSkip), coset);
  }
  std::vector<Ext> out(kSkipPoints);
  for (unsigned j = 0; j < kSkip; ++j) {
    const Ext sum = (coefficients[0][j] + coefficients[1][j]) * half;  // A + C
    const Ext b = (coefficients[0][j] - coefficients[1][j]) * half;
    const Ext difference = coefficients[2][j] - b * i;  // A − C
    out[j] = (sum + difference) * half;
    out[j + kSkip] = b;
    out[j + 2 * kSkip] = (sum - difference) * half;
  }
  for (std::size_t k = kSkipCoefficients; k < out.size(); ++k) {
    ENSURE(out[k].is_zero(), "a constraint's degree is above kMaxDegree");
  }
  out.resize(kSkipCoefficients);
  return out;
}

std::vector<Ext> linear_part(const ChipKernels& kernels, std::size_t width, const FoldWeights& weights) {
  std::vector<Ext> row(width, Ext::zero()), out;
  const Ext constant = kernels.linear(row.data(), weights);
  for (Ext& column : row) {
    column = Ext::one();
    out.push_back(kernels.linear(row.data(), weights) - constant);
    column = Ext::zero();
  }
  out.push_back(constant);
  return out;
}

/// Σ over rows of eq·(the linear part) for each of a block's 32 rows: its values on H.
std::array<Ext, kSkip> linear_skip_sums(const ChipState& state, const std::vector<const u32*>& columns,
                                        std::size_t blocks, std::span<const Ext> xi, Isa isa) {
  const SplitEq eq(xi);
  const std::size_t chunk = eq.chunk(), chunks = (blocks + chunk - 1) / chunk;
  auto sums = parallel_sums<kSkip>(chunks, [&](std::size_t i, auto& total) {
    const std::size_t first = i * chunk, count = std::min(chunk, blocks - first);
    for (std::size_t k = 0; k < columns.size(); ++k) {
      if (state.linear[k].is_zero()) continue;
      Ext out[kSkip];
      linear_kernels(isa).weigh_blocks(columns[k] + first * kSkip, eq.inner().data(), eq.inner().stride(), count, out);
      const Ext factor = eq.outer(i) * state.linear[k];
      for (unsigned t = 0; t < kSkip; ++t) total[t] += factor * out[t];
    }
  });
  const Ext constant = state.linear.back() * eq_prefix(xi, blocks);
  for (Ext& sum : sums) sum += constant;
  return sums;
}

std::array<Ext, kSkipPoints> skip_sums(const ChipState& state, const ChipKernels& kernels,
                                       const std::vector<const u32*>& columns, std::size_t blocks,
                                       std::span<const Ext> xi) {
  const Ext padding = state.zero_row * (Ext::one() - eq_prefix(xi, blocks));
  if (kernels.has_only_linear) {
    std::array<Ext, kSkipPoints> out;
    out.fill(padding);
    return out;
  }
  const SplitEq eq(xi);
  const std::size_t chunk = std::max<std::size_t>(eq.chunk(), 16), width = columns.size();
  ExtPlanes inner(chunk);
  inner.fill(0, chunk, Ext::zero());
  for (std::size_t i = 0; i < eq.chunk(); ++i) inner.set(i, eq.inner().get(i));
  tbb::enumerable_thread_specific<WordBuffer> scratch([&] { return WordBuffer(2 * width * kSkip * 16); });
  auto sums = parallel_sums<kSkipPoints>((blocks + chunk - 1) / chunk, [&](std::size_t i, auto& total) {
    const std::size_t first = i * chunk, count = std::min(chunk, blocks - first);
    std::vector<const u32*> from;
    for (const u32* column : columns) from.push_back(column + first * kSkip);
    Ext out[kSkipPoints];
    kernels.skip(from.data(), 0, count, inner.data(), inner.stride(), state.weights, scratch.local().data(), out);
    for (unsigned k = 0; k < kSkipPoints; ++k) total[k] += eq.outer(i) * out[k];
  });
  for (Ext& sum : sums) sum += padding;
  return sums;
}

std::size_t kept(std::size_t used, u32 log) {
  return std::min(std::size_t{1} << log, (used + 31) / 32 * 32);
}

std::vector<ExtPlanes> skip_fold(const std::vector<const u32*>& columns, std::size_t blocks, u32 log, const Ext* low,
                                 Isa isa) {
  const SumcheckKernels& kernels = sumcheck_kernels(isa);
  std::vector<ExtPlanes> out;
  const std::size_t length = kept(blocks, log);
  for (const u32* column : columns) {
    ExtPlanes folded((length + 15) / 16 * 16);
    parallel_ranges(blocks, 1024, [&](std::size_t first, std::size_t count) {
      kernels.skip_fold(column + first * kSkip, count, low, folded.data() + first, folded.stride());
    });
    folded.fill(blocks, folded.size(), Ext::zero());
    out.push_back(std::move(folded));
  }
  return out;
}

ExtPlanes combine_columns(const ChipState& state, std::size_t length) {
  ExtPlanes out(length);
  tbb::parallel_for(std::size_t{0}, length, [&](std::size_t i) {
    Ext sum = state.linear.back();
    for (std::size_t k = 0; k < state.columns.size(); ++k) sum += state.linear[k] * state.columns[k].get(i);
    out.set(i, sum);
  });
  return out;
}

/// t at 0, 2 and 3, `rest` being the variables above the round's.
std::array<Ext, kRoundPoints> round_sums(const ChipState& state, const MachineKernels& kernels, Isa isa,
                                         std::size_t length, std::span<const Ext> rest) {
  const SplitEq eq(rest);
  const std::size_t pairs = length / 2, chunk = eq.chunk();
  const std::vector<const u32*> columns = state.pointers();
  auto sums = parallel_sums<kRoundPoints>((pairs + chunk - 1) / chunk, [&](std::size_t i, auto& total) {
    const std::size_t first = i * chunk, count = std::min(chunk, pairs - first);
    std::vector<const u32*> from;
    for (const u32* column : columns) from.push_back(column + 2 * first);
    const SumcheckKernels& linear = sumcheck_kernels(isa, count);
    const u32* const rows = state.linear_part.data() + 2 * first;
    const std::size_t stride = state.linear_part.stride();
    const Ext even = linear.even_dot(rows, stride, eq.inner().data(), eq.inner().stride(), count);
    const Ext slope = linear.difference_dot(rows, stride, eq.inner().data(), eq.inner().stride(), count);
    const Ext of_linear[kRoundPoints] = {even, even + slope + slope, even + slope + slope + slope};
    for (unsigned k = 0; k < kRoundPoints; ++k) total[k] += eq.outer(i) * of_linear[k];
    const ChipKernels& others = kernels.of(count % 16 == 0 ? isa : Isa::kPortable, state.chip);
    if (others.has_only_linear) return;
    Ext out[kRoundPoints];
    others.round(from.data(), state.columns[0].stride(), 0, count, eq.inner().data(), eq.inner().stride(),
                 state.weights, out);
    for (unsigned k = 0; k < kRoundPoints; ++k) total[k] += eq.outer(i) * out[k];
  });
  const Ext padding = state.zero_row * (Ext::one() - eq_prefix(rest, pairs));
  for (Ext& sum : sums) sum += padding;
  return sums;
}

/// The coefficients of the cubic with these values at 0, 1, 2, 3.
std::array<Ext, 4> cubic(const Ext& y0, const Ext& y1, const Ext& y2, const Ext& y3) {
  const BabyBear half = BabyBear(2).inverse(), sixth = BabyBear(6).inverse();
  const Ext d1 = y1 - y0, d2 = y2 - y1 - d1, d3 = (y3 - y2) - (y2 - y1) - d2;  // forward differences
  // y0 + d1·x + d2·x(x − 1)/2 + d3·x(x − 1)(x − 2)/6
  const Ext c2 = d2 * half, c3 = d3 * sixth;
  return {y0, d1 - c2 + c3 + c3, c2 - c3 - c3 - c3, c3};
}

}  // namespace

ColumnClaims prove_constraints(ProverChannel& channel, const Machine& machine, const MachineKernels& kernels, Isa isa,
                               const Layout& layout, const BusClaims& bus, const BusChallenge* challenges,
                               const std::vector<std::vector<const u32*>>& columns) {
  Transcript& transcript = channel.transcript();
  const ConstraintWeights weights = constraint_weights(transcript, machine, layout, bus);
  const std::span<const Ext> xi(bus.point);
  const std::vector<Ext> low_eq = eq_table(xi.first(kSkipLog));

  std::vector<ChipState> chips;
  std::array<Ext, kSkipPoints> values{};
  std::array<Ext, kSkip> linear_values{};
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    if (!layout.is_live(c)) continue;
    ChipState state;
    state.chip = c;
    state.weights = weights.of_chip(c, layout, challenges);
    const std::vector<Ext> zeros(machine.chips[c].shape.width(), Ext::zero());
    state.zero_row = machine.chips[c].fold(zeros.data(), state.weights);
    state.linear = linear_part(kernels.of(isa, c), zeros.size(), state.weights);
    const auto of_linear = linear_skip_sums(state, columns[c], layout.heights[c] / kSkip,
                                            xi.subspan(kSkipLog, layout.row_logs[c] - kSkipLog), isa);
    for (unsigned k = 0; k < kSkip; ++k) linear_values[k] += of_linear[k];
    const auto part = skip_sums(state, kernels.of(isa, c), columns[c], layout.heights[c] / kSkip,
                                xi.subspan(kSkipLog, layout.row_logs[c] - kSkipLog));
    for (unsigned k = 0; k < kSkipPoints; ++k) values[k] += part[k];
    chips.push_back(std::move(state));
  }
  std::vector<Ext> t = interpolate(values);
  const std::vector<Ext> linear_t = coefficients_on_coset(linear_values, 0);
  for (unsigned k = 0; k < kSkip; ++k) t[k] += linear_t[k];
  channel.send(Label::kConstraintSkip, t);
  const Ext r0 = transcript.draw(Label::kConstraintSkip);
  const SkipWeights skip(r0);

  ColumnClaims out;
  out.low.assign(std::begin(skip.at), std::end(skip.at));
  Ext live = skip.dot(low_eq);  // eq(ξ, r) of the variables that are bound
  Ext claim = live * evaluate(t, r0);
  for (ChipState& state : chips) {
    const std::size_t c = state.chip;
    state.columns = skip_fold(columns[c], layout.heights[c] / kSkip, layout.row_logs[c] - kSkipLog, skip.at, isa);
    state.linear_part = combine_columns(state, state.columns[0].size());
  }

  Ext finished = Ext::zero();  // Σ of chips whose variables are all bound, with Π (1 − r_i) since
  const auto finish = [&](u32 bound) {
    for (ChipState& state : chips) {
      if (layout.row_logs[state.chip] != bound) continue;
      std::vector<Ext> row;
      for (const ExtPlanes& column : state.columns) row.push_back(column.get(0));
      finished += live * machine.chips[state.chip].fold(row.data(), state.weights);
    }
  };
  finish(kSkipLog);
  std::vector<std::size_t> lengths(machine.chips.size());
  for (const ChipState& state : chips) {
    lengths[state.chip] = kept(layout.heights[state.chip] / kSkip, layout.row_logs[state.chip] - kSkipLog);
  }
  for (u32 i = kSkipLog; i < layout.max_row_log; ++i) {
    std::array<Ext, kRoundPoints> sums{};
    for (ChipState& state : chips) {
      const u32 log = layout.row_logs[state.chip];
      if (log <= i) continue;
      const auto part = round_sums(state, kernels, isa, lengths[state.chip], xi.subspan(i + 1, log - i - 1));
      for (unsigned k = 0; k < kRoundPoints; ++k) sums[k] += part[k];
    }
    // claim = live·((1 − ξ)·t(0) + ξ·t(1)) + finished
    const Ext factor = live * xi[i];
    ENSURE(!factor.is_zero(), "a challenge of 155 bits is zero");
    const Ext at_one = (claim - finished - live * (Ext::one() - xi[i]) * sums[0]) * factor.inverse();
    const auto c = cubic(sums[0], at_one, sums[1], sums[2]);
    // s(X) = live·((1 − ξ) + (2ξ − 1)·X)·t(X) + (1 − X)·finished
    const Ext base = live * (Ext::one() - xi[i]), slope = factor + factor - live;
    const Ext s[4] = {base * c[0] + finished, base * c[2] + slope * c[1], base * c[3] + slope * c[2], slope * c[3]};
    channel.send(Label::kConstraintRound, s);
    const Ext linear = claim - s[0] - s[0] - s[1] - s[2] - s[3];
    const Ext coefficients[] = {s[0], linear, s[1], s[2], s[3]};
    const Ext r = transcript.draw(Label::kConstraintRound);
    claim = evaluate(coefficients, r);
    out.high.push_back(r);
    live *= eq(xi[i], r);
    finished *= Ext::one() - r;
    for (ChipState& state : chips) {
      const u32 log = layout.row_logs[state.chip];
      if (log <= i) continue;
      const std::size_t n = lengths[state.chip] / 2, length = kept(n, log - i - 1);
      const auto bind = [&](ExtPlanes& column, const Ext& above) {
        ExtPlanes folded((length + 15) / 16 * 16);
        sumcheck_kernels(isa, n).fold(column.data(), column.stride(), folded.data(), folded.stride(), n, r);
        folded.fill(n, folded.size(), above);
        column = std::move(folded);
      };
      bind(state.linear_part, state.linear.back());
      tbb::parallel_for(std::size_t{0}, state.columns.size(),
                        [&](std::size_t k) { bind(state.columns[k], Ext::zero()); });
      lengths[state.chip] = length;
    }
    finish(i + 1);
  }

  for (const ChipState& state : chips) {
    for (u32 k = 0; k < machine.chips[state.chip].shape.committed(); ++k) {
      out.values.push_back(state.columns[k].get(0));
    }
  }
  channel.send(Label::kColumnClaims, out.values);
  return out;
}

}  // namespace atlas::stark
