#pragma once
// One bus's fractions, layer by layer, and the sumcheck over each layer.
//
// All layers and all arrays of the sumchecks lie in one buffer: layers are used up from the root down, and the arrays
// of a layer's sumcheck (half, a quarter, … of the layer below) take the places of the layers above it.
#include <array>

#include <stark/prover/bus_leaves.hpp>
#include <stark/prover/split_eq.hpp>
#include <stark/prover/vector/sumcheck_kernels.hpp>

namespace atlas::stark {

class BusTree {
 public:
  /// Sums the fractions up to the root. `log`: variables of the leaves.
  BusTree(const BusStatement& statement, Bus bus, u32 log);

  Fraction root() const;

  // The sumcheck of the layer of 2^layer elements (p0, q0, q1, s1 = p1 + λ·q1), each of two fractions of the layer
  // below. Each round's sums are those of the value at 0 and of the coefficient of X^2 of Σ eq(rest, x)·(p0·q1 +
  // q0·s1), `rest` being the variables above the round's and `eq` their table.
  using Sums = std::array<Ext, 2>;
  Sums start(u32 layer, const Ext& lambda, const SplitEq& eq, std::span<const Ext> rest);
  /// Binds the round's variable and gives the next round's sums.
  Sums bind(const Ext& r, const SplitEq& eq, std::span<const Ext> rest);
  /// Binds the last variable and gives p0, p1, q0, q1. Null: those of the layer of one element, which has no rounds.
  std::array<Ext, 4> finish(const Ext* last);

 private:
  /// Vectors of extension elements in the buffer: plane c of vector k at base[(5k + c)·stride].
  struct Vectors {
    u32* base = nullptr;
    std::size_t stride = 0;
    u32* at(unsigned vector, u64 i) const { return base + vector * kExtensionDegree * stride + i; }
    Ext get(unsigned vector, u64 i) const;
    void fill(unsigned vector, u64 from, u64 to, const Ext& value) const;
  };
  struct Task {
    u32 block;  ///< or blocks().size(): the last run
    u64 first;  ///< of the source run's results
    u64 count;
  };

  Vectors layer(u32 log) const { return {buffer_.data() + places_[log], runs_[log].stride()}; }
  const SumcheckKernels& kernels(std::size_t count) const;
  std::vector<Task> tasks(const BusRuns& from, u32 shift, const BusRuns* to) const;
  void sum_leaves();
  void sum_layer(u32 log);
  Sums fold(const Ext& r, const SplitEq* eq, std::span<const Ext> rest);
  void add_round(const Vectors& from, u64 at, u64 pair, u64 count, const SplitEq& eq, Sums& sums) const;
  Ext above(const BusRuns& runs, u32 shift, u64 used, std::span<const Ext> rest) const;
  void fill_fractions(const Vectors& to, u64 from, u64 end, const Ext& denominator) const;
  void fill_elements(const Vectors& to, u64 from, u64 end, const Ext& denominator) const;

  Isa isa_;
  u32 log_;
  BusLeaves leaves_;
  u64 leaf_count_;
  std::vector<BusRuns> runs_;             // [variables]
  std::vector<std::vector<Ext>> powers_;  // [variables][block]: the denominator above a block's height
  std::vector<std::size_t> places_;       // [variables]: of the layer in the buffer
  mutable WordBuffer buffer_;

  u32 source_ = 0;         // layer of the fractions that the running sumcheck is about
  u32 left_ = 0;           // variables not yet bound
  bool is_bound_ = false;  // elements_ holds the elements; before the first binding the fractions stand for them
  bool is_odd_ = false;    // which of the two places the elements take next
  Ext lambda_;
  Vectors elements_;
};

}  // namespace atlas::stark
