#pragma once
// eq(z, x) for x < 2^m as inner ⊗ outer: a table of the low variables in planes, one scalar for each value of the
// others. No table is longer than a chunk, however many variables there are.
#include <stark/prover/ext_planes.hpp>
#include <stark/verifier/multilinear.hpp>

namespace atlas::stark {

class SplitEq {
 public:
  static constexpr std::size_t kInnerLog = 10;
  explicit SplitEq(std::span<const Ext> z) {
    const std::size_t inner_log = std::min<std::size_t>(z.size(), kInnerLog);
    const std::vector<Ext> table = eq_table(z.first(inner_log));
    inner_ = ExtPlanes(table.size());
    for (std::size_t i = 0; i < table.size(); ++i) inner_.set(i, table[i]);
    outer_ = eq_table(z.subspan(inner_log));
  }
  std::size_t chunk() const { return inner_.size(); }
  const ExtPlanes& inner() const { return inner_; }
  const Ext& outer(std::size_t chunk) const { return outer_[chunk]; }

 private:
  ExtPlanes inner_;
  std::vector<Ext> outer_;
};

}  // namespace atlas::stark
