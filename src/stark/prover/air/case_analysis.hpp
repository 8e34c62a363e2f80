#pragma once
// Which columns of a row are known, for determinism.hpp: one chip, one assignment of its flags.
#include <optional>
#include <set>

#include <stark/prover/air/determinism.hpp>

namespace atlas::stark {

using PolynomialMessage = Recorded<Polynomial>::Message;

/// Is it said for sure? A look-up under a condition that no flag decides is not relied on.
inline bool is_live(const PolynomialMessage& message) {
  return message.multiplicity.is_constant() && !message.multiplicity.is_zero();
}

class CaseAnalysis {
 public:
  /// `row` outlives this; flags are constants in it.
  CaseAnalysis(const Recorded<Polynomial>& row, u32 width, std::span<const TagRule> rules);

  /// Do constants alone break nothing?
  bool is_possible() const { return is_possible_; }
  /// The first message that the row receives.
  const PolynomialMessage* anchor() const { return anchor_; }
  const TagRule& rule_of(const Tag& tag) const;
  bool is_known(u32 column) const { return known_[column]; }
  bool is_known(const Polynomial& sum) const;
  /// Do the sides that the row hears say different things in every row of this case and every one of the other?
  bool is_told_apart_from(const CaseAnalysis& other) const;

 private:
  /// One of the factors is zero; or the only one is below `slack`.
  struct Equation {
    std::vector<Polynomial> factors;
    u64 slack = 0;
  };
  /// An unknown of an equation: columns that become known together, times a coefficient.
  struct Digit {
    BabyBear coefficient;
    u64 range;
    std::vector<u32> columns;
  };
  /// A polynomial whose unknown part is linear with constant coefficients.
  struct Linear {
    std::map<u32, BabyBear> unknown;
    Polynomial known;
  };
  /// scale·(Σ booleans + constant) is the column, or 0 if there is none.
  struct BooleanSum {
    std::vector<std::pair<u32, BabyBear>> booleans;
    std::optional<u32> column;
    BabyBear constant, scale = BabyBear::one();
  };

  void add_constraint(const Polynomial& constraint);
  void add_range(const Polynomial& field, u64 range);
  void hear(const PolynomialMessage& message, std::size_t first);
  bool round();

  bool has_unknown(Monomial monomial) const;
  std::optional<Linear> linear(const Polynomial& sum) const;
  bool solve(const Equation& equation);
  static bool is_mixed_radix(const std::vector<Digit>& digits);
  void merge_booleans(std::vector<Digit>& digits) const;
  bool test_for_zero(const Polynomial& sum);
  bool vanishes_with(u32 u, const Polynomial& known) const;

  std::optional<BooleanSum> booleans_in(const Polynomial& sum) const;
  std::set<u32> values_of(const BooleanSum& sum) const;
  std::vector<u32> allowed_masks(const std::vector<u32>& columns) const;
  static bool may_vanish(const Equation& equation, const std::vector<u32>& columns, u32 mask);
  std::map<u32, std::set<u32>> values_of_heard_columns() const;

  const Recorded<Polynomial>& row_;
  std::span<const TagRule> rules_;
  std::vector<bool> known_;
  std::vector<u64> range_;
  std::vector<Equation> equations_;
  std::vector<Polynomial> heard_;                             ///< the same number in both rows
  std::map<const PolynomialMessage*, std::size_t> heard_in_;  ///< messages heard, and from which field on
  const PolynomialMessage* anchor_ = nullptr;
  bool is_possible_ = true;
};

}  // namespace atlas::stark
