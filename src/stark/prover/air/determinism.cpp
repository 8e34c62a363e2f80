#include <algorithm>
#include <memory>

#include <stark/prover/air/case_analysis.hpp>

namespace atlas::stark {
namespace {

/// One assignment of the flags under which the row says something.
struct FlagCase {
  std::string name;               ///< columns that are set
  std::vector<Polynomial> cells;  ///< flags are constants
  std::unique_ptr<Recorded<Polynomial>> row;
  std::unique_ptr<CaseAnalysis> analysis;
};

/// A flag is a column that a multiplicity depends on; the values that it may have, none if no constraint bounds them.
using Flags = std::map<u32, std::vector<i64>>;

Flags flags_of(const Recorded<Polynomial>& row, TagKind kind) {
  std::set<Monomial> columns, booleans;
  for (const PolynomialMessage& message : row.messages) {
    if (message.tag->kind != kind) continue;
    for (const auto& [monomial, coefficient] : message.multiplicity.terms()) {
      for_each_column(monomial, [&](u32 c) { columns.insert(c + 1); });
    }
  }
  std::vector<Polynomial> sums;  // those that are boolean
  for (const auto& constraint : row.constraints) {
    const auto factors = constraint.value.factors();
    if (factors.size() != 2 || factors[1].terms() != (factors[0] - 1).terms()) continue;
    if (factors[0].terms().size() == 1) booleans.insert(factors[0].terms().begin()->first);
    sums.push_back(factors[0]);
  }
  Flags out;
  for (const Monomial column : columns) {
    std::vector<i64>& values = out[static_cast<u32>(column) - 1];
    if (booleans.count(column) != 0) values = {0, 1};
    // One of a sum that is boolean, all others being boolean, is at least 1 − their number where the sum is 1.
    for (const Polynomial& sum : sums) {
      const bool is_named = sum.terms().count(column) != 0;
      const bool is_rest_boolean = std::all_of(sum.terms().begin(), sum.terms().end(), [&](const auto& term) {
        return term.second == BabyBear::one() && (term.first == column || booleans.count(term.first) != 0);
      });
      if (!values.empty() || !is_named || !is_rest_boolean) continue;
      for (i64 v = 1, n = std::ssize(sum.terms()); v >= 2 - n || v >= 0; --v) values.push_back(v);
    }
  }
  return out;
}

class ChipAnalysis {
 public:
  ChipAnalysis(const char* chip, u32 width, const PolynomialEval& eval, std::span<const TagRule> rules,
               DeterminismReport& report)
      : chip_(chip), eval_(eval), rules_(rules), report_(report) {
    for (u32 c = 0; c < width; ++c) columns_.push_back(Polynomial::column(c));
  }

  void run() {
    const auto symbols = eval_(columns_);
    const Flags lookups = flags_of(symbols, TagKind::kLookup);
    const Flags flags = flags_of(symbols, TagKind::kPermutation);
    for (const auto& [column, values] : flags) {
      if (values.empty()) report_.open.push_back({chip_, "unbounded [flag " + std::to_string(column) + "]", 0});
    }
    const std::vector<FlagCase> cases = cases_of(columns_, flags, "");
    for (std::size_t a = 0; a < cases.size(); ++a) {
      for (std::size_t b = 0; b < a; ++b) {
        if (!cases[a].analysis->is_told_apart_from(*cases[b].analysis)) {
          report_.open.push_back({chip_, "flags [" + cases[b].name + " or " + cases[a].name + "]", 0});
        }
      }
    }
    for (const FlagCase& one : cases) {
      Flags heard;  // known in the case, so equal in both rows: each of their values is a case of its own
      for (const auto& [column, values] : lookups) {
        if (values.empty() || one.cells[column].is_constant() || !one.analysis->is_known(column)) continue;
        heard[column] = values;
      }
      for (const FlagCase& refined : cases_of(one.cells, heard, one.name)) judge(refined);
    }
  }

 private:
  /// Every assignment of the flags that constraints allow and under which the row says something.
  std::vector<FlagCase> cases_of(std::vector<Polynomial> cells, const Flags& flags, const std::string& prefix) const {
    std::vector<FlagCase> out;
    std::size_t count = 1;
    for (const auto& [column, values] : flags) count *= values.size();
    for (std::size_t choice = 0; choice < count; ++choice) {
      std::string name = prefix;
      std::size_t rest = choice;
      for (const auto& [column, values] : flags) {
        const i64 value = values[rest % values.size()];
        rest /= values.size();
        cells[column] = Polynomial(static_cast<u32>((value + BabyBear::kModulus) % BabyBear::kModulus));
        if (value != 0) name += (name.empty() ? "" : "+") + std::to_string(column);
      }
      FlagCase one{std::move(name), cells, std::make_unique<Recorded<Polynomial>>(eval_(cells)), nullptr};
      const auto& messages = one.row->messages;
      if (std::none_of(messages.begin(), messages.end(),
                       [](const PolynomialMessage& m) { return m.tag->kind == TagKind::kPermutation && is_live(m); })) {
        continue;
      }
      one.analysis = std::make_unique<CaseAnalysis>(*one.row, static_cast<u32>(cells.size()), rules_);
      if (one.analysis->is_possible()) out.push_back(std::move(one));
    }
    return out;
  }

  void judge(const FlagCase& one) {
    ++report_.cases;
    for (const PolynomialMessage& message : one.row->messages) {
      if (!is_live(message) || message.tag->kind != TagKind::kPermutation || &message == one.analysis->anchor())
        continue;
      const std::size_t count = message.is_send ? message.fields.size() : one.analysis->rule_of(*message.tag).names;
      for (std::size_t f = 0; f < count; ++f) {
        ++report_.fields;
        if (one.analysis->is_known(message.fields[f])) continue;
        report_.open.push_back({chip_,
                                std::string(message.is_send ? "sends " : "receives ") + message.tag->name + " [field " +
                                    std::to_string(f) + ", flags " + one.name + "]",
                                message.where.line});
      }
    }
  }

  const char* chip_;
  const PolynomialEval& eval_;
  std::span<const TagRule> rules_;
  DeterminismReport& report_;
  std::vector<Polynomial> columns_;
};

}  // namespace

void check_determinism(const char* chip, u32 width, const PolynomialEval& eval, std::span<const TagRule> rules,
                       DeterminismReport& report) {
  ChipAnalysis(chip, width, eval, rules, report).run();
}

}  // namespace atlas::stark
