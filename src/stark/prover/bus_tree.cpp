#include <algorithm>

#include <stark/prover/bus_tree.hpp>
#include <stark/prover/parallel.hpp>

namespace atlas::stark {
namespace {

constexpr u64 kPiece = 1024;

/// Σ eq(rest, x) over kept ≤ x − start < size, for aligned powers of two.
Ext weight_above(std::span<const Ext> rest, u64 start, u64 size, u64 kept) {
  if (kept == size) return Ext::zero();
  const u32 log = log2_ceil(size);
  return eq_at(rest.subspan(log), start >> log) * (Ext::one() - eq_prefix(rest.first(log), kept));
}

}  // namespace

Ext BusTree::Vectors::get(unsigned vector, u64 i) const {
  Ext out;
  for (unsigned c = 0; c < kExtensionDegree; ++c) out.c[c] = BabyBear::from_raw(at(vector, i)[c * stride]);
  return out;
}

void BusTree::Vectors::fill(unsigned vector, u64 from, u64 to, const Ext& value) const {
  for (unsigned c = 0; c < kExtensionDegree; ++c) {
    u32* const plane = at(vector, 0) + c * stride;
    std::fill(plane + from, plane + to, value.c[c].raw);
  }
}

void BusTree::fill_fractions(const Vectors& to, u64 from, u64 end, const Ext& denominator) const {
  to.fill(0, from, end, Ext::zero());
  to.fill(1, from, end, denominator);
}

void BusTree::fill_elements(const Vectors& to, u64 from, u64 end, const Ext& denominator) const {
  to.fill(0, from, end, Ext::zero());
  to.fill(1, from, end, denominator);
  to.fill(2, from, end, denominator);
  to.fill(3, from, end, lambda_ * denominator);
}

const SumcheckKernels& BusTree::kernels(std::size_t count) const {
  return sumcheck_kernels(isa_, count);
}

BusTree::BusTree(const BusStatement& statement, Bus bus, u32 log)
    : isa_(statement.isa),
      log_(log),
      leaves_(statement, bus),
      leaf_count_(statement.layout.buses[static_cast<unsigned>(bus)].leaves),
      runs_(log),
      powers_(log + 1),
      places_(log) {
  powers_[log].assign(leaves_.zero_denominators().begin(), leaves_.zero_denominators().end());
  std::vector<std::size_t> sizes(log);
  for (u32 v = 0; v < log; ++v) {
    runs_[v] = runs_at(leaves_.blocks(), leaf_count_, log, v);
    sizes[v] = 2 * kExtensionDegree * runs_[v].stride();
    if (v > 0) sizes[v] = std::max({sizes[v], sizes[v - 1], 4 * kExtensionDegree * runs_[v - 1].stride()});
  }
  std::size_t total = 0;
  for (u32 v = log; v-- > 0; total += (sizes[v] + 15) / 16 * 16) places_[v] = total;
  buffer_ = WordBuffer(total);
  sum_leaves();
  for (u32 v = log - 1; v > 0; --v) sum_layer(v);
}

/// Work on `from`'s runs, whose results are 2^−shift as many: pieces of a run's results. A piece that is the last of
/// its run and goes to a run of its own in `to` takes on what that run keeps beyond.
std::vector<BusTree::Task> BusTree::tasks(const BusRuns& from, u32 shift, const BusRuns* to) const {
  std::vector<Task> out;
  const auto cut = [&out](u32 block, u64 n) {
    for (u64 first = 0; first < n; first += kPiece) out.push_back({block, first, std::min(kPiece, n - first)});
  };
  for (u32 b = 0; b < from.own.size(); ++b) {
    cut(b, to != nullptr && b < to->own.size() ? to->own[b].kept : from.own[b].kept >> shift);
  }
  cut(static_cast<u32>(leaves_.blocks().size()), from.rest.kept >> shift);
  return out;
}

void BusTree::sum_leaves() {
  const BusRuns& runs = runs_[log_ - 1];
  const Vectors to = layer(log_ - 1);
  for (const Ext& denominator : powers_[log_]) powers_[log_ - 1].push_back(denominator * denominator);
  fill_fractions(to, runs.rest.at, runs.rest.at + runs.rest.kept, Ext::one());
  tbb::parallel_for(std::size_t{0}, leaves_.pieces(), [&](std::size_t i) {
    leaves_.visit(i, [&](const LeafPiece& piece) {
      const BusBlock& block = leaves_.blocks()[piece.block];
      const bool is_own = piece.block < runs.own.size();
      const u64 at = is_own ? runs.own[piece.block].at + piece.first / 2
                            : runs.rest.at + (block.first + piece.first) / 2 - runs.rest.start;
      const u64 n = piece.count / 2;
      kernels(n).leaf_combine(piece.numerators, piece.denominators, piece.stride, to.at(0, at), to.at(1, at), to.stride,
                              n);
      if (piece.first + piece.count != block.height) return;
      const u64 end = is_own ? runs.own[piece.block].at + runs.own[piece.block].kept
                             : runs.rest.at + (block.first + (u64{1} << block.log)) / 2 - runs.rest.start;
      fill_fractions(to, at + n, end, powers_[log_ - 1][piece.block]);
    });
  });
}

void BusTree::sum_layer(u32 log) {
  const BusRuns &from = runs_[log], &to = runs_[log - 1];
  const Vectors source = layer(log), target = layer(log - 1);
  for (const Ext& denominator : powers_[log]) powers_[log - 1].push_back(denominator * denominator);
  fill_fractions(target, to.rest.at, to.rest.at + to.rest.kept, Ext::one());
  const std::vector<Task> work = tasks(from, 1, nullptr);
  tbb::parallel_for(std::size_t{0}, work.size(), [&](std::size_t i) {
    const Task& task = work[i];
    const Run& run = task.block < from.own.size() ? from.own[task.block] : from.rest;
    const bool is_own = task.block < to.own.size();
    const u64 at =
        is_own ? to.own[task.block].at + task.first : to.rest.at + run.start / 2 - to.rest.start + task.first;
    kernels(task.count)
        .bus_combine(source.at(0, run.at + 2 * task.first), source.at(1, run.at + 2 * task.first), source.stride,
                     target.at(0, at), target.at(1, at), target.stride, task.count);
    if (task.block == leaves_.blocks().size() || task.first + task.count != run.kept / 2) return;
    const u64 end = is_own ? to.own[task.block].at + to.own[task.block].kept : at - task.first + run.size / 2;
    fill_fractions(target, at + task.count, end, powers_[log - 1][task.block]);
  });
}

Fraction BusTree::root() const {
  return {layer(0).get(0, 0), layer(0).get(1, 0)};
}

/// What fractions above the heights and outside the blocks add to a round's value at 0: 0·d + d·λ·d each. The pairs are
/// 2^−shift of the runs' fractions; beyond `used` of them there is only 0/1.
Ext BusTree::above(const BusRuns& runs, u32 shift, u64 used, std::span<const Ext> rest) const {
  Ext sum = Ext::one() - eq_prefix(rest, used);
  for (std::size_t b = 0; b < runs.own.size(); ++b) {
    const Run& run = runs.own[b];
    if (run.kept == run.size) continue;
    const Ext& denominator = powers_[source_][b];
    sum += denominator * denominator * weight_above(rest, run.start >> shift, run.size >> shift, run.kept >> shift);
  }
  return lambda_ * sum;
}

BusTree::Sums BusTree::start(u32 layer_log, const Ext& lambda, const SplitEq& eq, std::span<const Ext> rest) {
  source_ = layer_log + 1;
  left_ = layer_log;
  is_bound_ = is_odd_ = false;
  lambda_ = lambda;
  Sums sums;
  const auto weights = [&eq](u64 pair) { return eq.inner().data() + pair % eq.chunk(); };
  if (source_ == log_) {
    sums = parallel_sums<2>(leaves_.pieces(), [&](std::size_t i, Sums& total) {
      leaves_.visit(i, [&](const LeafPiece& piece) {
        const u64 pair = (leaves_.blocks()[piece.block].first + piece.first) / 4, n = piece.count / 4;
        Ext out[2];
        kernels(n).leaf_round(piece.numerators, piece.denominators, piece.stride, lambda_, weights(pair),
                              eq.inner().stride(), n, out);
        for (unsigned k = 0; k < 2; ++k) total[k] += eq.outer(pair / eq.chunk()) * out[k];
      });
    });
    BusRuns whole;
    for (const BusBlock& block : leaves_.blocks()) {
      whole.own.push_back({block.first, u64{1} << block.log, block.height, 0});
    }
    sums[0] += above(whole, 2, leaf_count_ / 4, rest);
    return sums;
  }
  const BusRuns& runs = runs_[source_];
  const Vectors from = layer(source_);
  const std::vector<Task> work = tasks(runs, 2, nullptr);
  sums = parallel_sums<2>(work.size(), [&](std::size_t i, Sums& total) {
    const Task& task = work[i];
    const Run& run = task.block < runs.own.size() ? runs.own[task.block] : runs.rest;
    for (u64 done = 0; done < task.count;) {
      const u64 pair = run.start / 4 + task.first + done;
      const u64 n = std::min<u64>(task.count - done, eq.chunk() - pair % eq.chunk());
      const u64 at = run.at + 4 * (task.first + done);
      Ext out[2];
      kernels(n).children_round(from.at(0, at), from.at(1, at), from.stride, lambda_, weights(pair),
                                eq.inner().stride(), n, out);
      for (unsigned k = 0; k < 2; ++k) total[k] += eq.outer(pair / eq.chunk()) * out[k];
      done += n;
    }
  });
  sums[0] += above(runs, 2, (runs.rest.start + runs.rest.kept) / 4, rest);
  return sums;
}

void BusTree::add_round(const Vectors& from, u64 at, u64 pair, u64 count, const SplitEq& eq, Sums& sums) const {
  for (u64 done = 0; done < count;) {
    const u64 n = std::min<u64>(count - done, eq.chunk() - (pair + done) % eq.chunk());
    const u64 first = at + 2 * done;
    const u32* const arrays[4] = {from.at(0, first), from.at(1, first), from.at(2, first), from.at(3, first)};
    Ext out[2];
    kernels(n).bus_round(arrays, from.stride, eq.inner().data() + (pair + done) % eq.chunk(), eq.inner().stride(), n,
                         out);
    for (unsigned k = 0; k < 2; ++k) sums[k] += eq.outer((pair + done) / eq.chunk()) * out[k];
    done += n;
  }
}

/// Folds by r; with `eq`, the next round's sums of each piece while it is in the cache.
BusTree::Sums BusTree::fold(const Ext& r, const SplitEq* eq, std::span<const Ext> rest) {
  const u32 to_log = left_ - 1;
  const BusRuns& to = runs_[to_log];
  const Vectors target{buffer_.data() + places_[is_odd_ ? source_ - 2 : source_ - 1], to.stride()};
  const std::vector<Ext>& tail = powers_[source_];
  const auto fold_piece = [&](const u32* const p[4], std::size_t stride, u64 at, u64 n) {
    for (unsigned k = 0; k < 4; ++k) kernels(n).fold(p[k], stride, target.at(k, at), target.stride, n, r);
  };
  fill_elements(target, to.rest.at, to.rest.at + to.rest.kept, Ext::one());
  Sums sums{};
  if (!is_bound_ && source_ == log_) {
    sums = parallel_sums<2>(leaves_.pieces(), [&](std::size_t i, Sums& total) {
      leaves_.visit(i, [&](const LeafPiece& piece) {
        const BusBlock& block = leaves_.blocks()[piece.block];
        const bool is_own = piece.block < to.own.size(), is_last = piece.first + piece.count == block.height;
        const u64 at = is_own ? to.own[piece.block].at + piece.first / 4
                              : to.rest.at + (block.first + piece.first) / 4 - to.rest.start;
        const u64 n = piece.count / 4;
        u32* const out[4] = {target.at(0, at), target.at(1, at), target.at(2, at), target.at(3, at)};
        kernels(n).leaf_fold(piece.numerators, piece.denominators, piece.stride, lambda_, r, out, target.stride, n);
        u64 end = at + n;
        if (is_last) {
          end = is_own ? to.own[piece.block].at + to.own[piece.block].kept
                       : to.rest.at + (block.first + (u64{1} << block.log)) / 4 - to.rest.start;
          fill_elements(target, at + n, end, tail[piece.block]);
        }
        if (is_own && eq != nullptr) {
          add_round(target, at, (to.own[piece.block].start + piece.first / 4) / 2, (end - at) / 2, *eq, total);
        }
      });
    });
  } else {
    const u32 shift = is_bound_ ? 1 : 2;
    const BusRuns& from = runs_[is_bound_ ? left_ : source_];
    const Vectors source = is_bound_ ? elements_ : layer(source_);
    const std::vector<Task> work = tasks(from, shift, &to);
    sums = parallel_sums<2>(work.size(), [&](std::size_t i, Sums& total) {
      const Task& task = work[i];
      const Run& run = task.block < from.own.size() ? from.own[task.block] : from.rest;
      const bool is_own = task.block < to.own.size();
      const u64 results = run.kept >> shift;
      const u64 at =
          is_own ? to.own[task.block].at + task.first : to.rest.at + (run.start >> shift) - to.rest.start + task.first;
      const u64 n = std::min(task.count, results - std::min(results, task.first));
      const u64 first = run.at + (task.first << shift);
      if (is_bound_) {
        const u32* const p[4] = {source.at(0, first), source.at(1, first), source.at(2, first), source.at(3, first)};
        fold_piece(p, source.stride, at, n);
      } else {
        u32* const out[4] = {target.at(0, at), target.at(1, at), target.at(2, at), target.at(3, at)};
        kernels(n).children_fold(source.at(0, first), source.at(1, first), source.stride, lambda_, r, out,
                                 target.stride, n);
      }
      if (is_own) {
        fill_elements(target, at + n, at + task.count, tail[task.block]);
        if (eq != nullptr) {
          add_round(target, at, (to.own[task.block].start + task.first) / 2, task.count / 2, *eq, total);
        }
      } else if (task.block < from.own.size() && task.first + task.count == results) {
        fill_elements(target, at + n, at - task.first + (run.size >> shift), tail[task.block]);
      }
    });
  }
  elements_ = target;
  left_ = to_log;
  is_bound_ = true;
  is_odd_ = !is_odd_;
  if (eq == nullptr) return sums;
  const u64 pieces = (to.rest.kept / 2 + kPiece - 1) / kPiece;
  const Sums last = parallel_sums<2>(pieces, [&](std::size_t i, Sums& total) {
    const u64 first = i * kPiece, count = std::min(kPiece, to.rest.kept / 2 - first);
    add_round(target, to.rest.at + 2 * first, to.rest.start / 2 + first, count, *eq, total);
  });
  for (unsigned k = 0; k < 2; ++k) sums[k] += last[k];
  sums[0] += above(to, 1, (to.rest.start + to.rest.kept) / 2, rest);
  return sums;
}

BusTree::Sums BusTree::bind(const Ext& r, const SplitEq& eq, std::span<const Ext> rest) {
  return fold(r, &eq, rest);
}

std::array<Ext, 4> BusTree::finish(const Ext* last) {
  if (last == nullptr) {
    const Vectors from = layer(1);
    return {from.get(0, 0), from.get(0, 1), from.get(1, 0), from.get(1, 1)};
  }
  fold(*last, nullptr, {});
  const Ext q1 = elements_.get(2, 0);
  return {elements_.get(0, 0), elements_.get(3, 0) - lambda_ * q1, elements_.get(1, 0), q1};
}

}  // namespace atlas::stark
