#include <algorithm>
#include <cstdlib>
#include <numeric>

#include <stark/prover/air/case_analysis.hpp>

namespace atlas::stark {
namespace {

constexpr i64 kModulus = BabyBear::kModulus;
constexpr std::size_t kBooleansMax = 4;  ///< whose assignments are tried one by one

/// Between −p/2 and p/2.
i64 signed_of(BabyBear x) {
  const i64 value = x.canonical();
  return value > kModulus / 2 ? value - kModulus : value;
}
bool is_column(Monomial monomial) {
  return monomial != 0 && monomial <= 0xffff;
}
u32 column_of(Monomial monomial) {
  return static_cast<u32>(monomial) - 1;
}
/// Does the other side fix fields: a table, or whoever sent what is received here?
bool is_answer(const PolynomialMessage& message) {
  return message.tag->kind == TagKind::kLookup ? message.is_send : !message.is_send;
}
bool is_disjoint(const std::set<u32>& a, const std::set<u32>& b) {
  return std::none_of(a.begin(), a.end(), [&](u32 v) { return b.count(v) != 0; });
}

}  // namespace

CaseAnalysis::CaseAnalysis(const Recorded<Polynomial>& row, u32 width, std::span<const TagRule> rules)
    : row_(row), rules_(rules), known_(width, false), range_(width, BabyBear::kModulus) {
  for (const auto& constraint : row.constraints) add_constraint(constraint.value);
  for (const PolynomialMessage& message : row.messages) {
    if (!is_live(message)) continue;
    if (message.tag->kind == TagKind::kLookup) {
      const auto& ranges = rule_of(*message.tag).ranges;
      for (std::size_t f = 0; f < ranges.size(); ++f) add_range(message.fields[f], ranges[f]);
    } else if (!message.is_send && anchor_ == nullptr) {
      anchor_ = &message;
    }
  }
  if (anchor_ != nullptr) hear(*anchor_, 0);
  while (round()) {
  }
}

const TagRule& CaseAnalysis::rule_of(const Tag& tag) const {
  const auto it = std::find_if(rules_.begin(), rules_.end(), [&](const TagRule& r) { return r.tag == &tag; });
  ENSURE(it != rules_.end(), "every tag has a rule");
  return *it;
}

bool CaseAnalysis::is_known(const Polynomial& sum) const {
  return std::none_of(sum.terms().begin(), sum.terms().end(),
                      [&](const auto& term) { return has_unknown(term.first); });
}

bool CaseAnalysis::has_unknown(Monomial monomial) const {
  bool out = false;
  for_each_column(monomial, [&](u32 c) { out = out || !known_[c]; });
  return out;
}

void CaseAnalysis::add_constraint(const Polynomial& constraint) {
  Equation equation;
  for (Polynomial& factor : constraint.factors()) {
    if (factor.is_zero()) return;
    if (!factor.is_constant()) equation.factors.push_back(std::move(factor));
  }
  if (equation.factors.empty()) {
    is_possible_ = false;
    return;
  }
  // Zeros of one column bound it.
  std::set<Monomial> columns;
  u64 bound = 0;
  bool is_linear = true;
  for (const Polynomial& factor : equation.factors) {
    const auto& [monomial, coefficient] = *factor.terms().rbegin();
    is_linear = is_linear && is_column(monomial) && factor.terms().size() == 1 + factor.terms().count(0);
    columns.insert(monomial);
    bound = std::max<u64>(bound, (-factor.constant() * coefficient.inverse()).canonical() + u64{1});
  }
  if (is_linear && columns.size() == 1) {
    u64& range = range_[column_of(*columns.begin())];
    range = std::min(range, bound);
  }
  equations_.push_back(std::move(equation));
}

void CaseAnalysis::add_range(const Polynomial& field, u64 range) {
  if (field.is_constant()) {
    is_possible_ = is_possible_ && field.constant().canonical() < range;
    return;
  }
  const auto& [monomial, coefficient] = *field.terms().begin();
  if (field.terms().size() == 1 && is_column(monomial) && coefficient == BabyBear::one()) {
    range_[column_of(monomial)] = std::min(range_[column_of(monomial)], range);
  } else {
    equations_.push_back({{field}, range});
  }
}

/// Its fields from `first` on are known.
void CaseAnalysis::hear(const PolynomialMessage& message, std::size_t first) {
  heard_in_[&message] = first;
  heard_.insert(heard_.end(), message.fields.begin() + static_cast<std::ptrdiff_t>(first), message.fields.end());
}

bool CaseAnalysis::round() {
  const auto count = [&] { return std::count(known_.begin(), known_.end(), true) + std::ssize(heard_); };
  const auto before = count();
  for (const Equation& equation : equations_) {
    if (!solve(equation) && equation.factors.size() == 1 && equation.slack == 0) test_for_zero(equation.factors[0]);
  }
  for (const PolynomialMessage& message : row_.messages) {
    if (!is_live(message) || !is_answer(message) || heard_in_.count(&message) != 0) continue;
    const u32 names = rule_of(*message.tag).names;
    if (std::all_of(message.fields.begin(), message.fields.begin() + names,
                    [&](const Polynomial& field) { return is_known(field); })) {
      hear(message, names);
    }
  }
  for (const Polynomial& field : heard_) solve({{field}});
  return count() != before;
}

std::optional<CaseAnalysis::Linear> CaseAnalysis::linear(const Polynomial& sum) const {
  Linear out;
  for (const auto& [monomial, coefficient] : sum.terms()) {
    if (!has_unknown(monomial)) {
      Polynomial term(coefficient);
      for_each_column(monomial, [&](u32 c) { term = term * Polynomial::column(c); });
      out.known = out.known + term;
    } else if (is_column(monomial)) {
      out.unknown[column_of(monomial)] = coefficient;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

bool CaseAnalysis::solve(const Equation& equation) {
  const auto first = linear(equation.factors[0]);
  if (!first || first->unknown.empty()) return false;
  std::vector<Digit> digits;
  for (const auto& [column, coefficient] : first->unknown) digits.push_back({coefficient, range_[column], {column}});
  if (equation.slack != 0) digits.push_back({BabyBear::one(), equation.slack, {}});
  // Further factors say that the sum may be off by constants.
  std::vector<BabyBear> distances;
  for (std::size_t i = 1; i < equation.factors.size(); ++i) {
    const auto other = linear(equation.factors[i]);
    if (!other || other->unknown.size() != first->unknown.size()) return false;
    const BabyBear scale = other->unknown.begin()->second * first->unknown.begin()->second.inverse();
    for (const auto& [column, coefficient] : first->unknown) {
      const auto it = other->unknown.find(column);
      if (it == other->unknown.end() || !(it->second == coefficient * scale)) return false;
    }
    const Polynomial distance = other->known * Polynomial(scale.inverse()) - first->known;
    if (!distance.is_constant()) return false;
    if (!distance.is_zero()) distances.push_back(distance.constant());
  }
  if (!distances.empty()) {
    i64 least = 0, most = 0;
    for (const BabyBear d : distances) {
      const i64 times = signed_of(d * distances[0].inverse());
      least = std::min(least, times);
      most = std::max(most, times);
    }
    digits.push_back({distances[0], static_cast<u64>(most - least + 1), {}});
  }
  if (digits.size() > 1 && !is_mixed_radix(digits)) {
    merge_booleans(digits);
    if (!is_mixed_radix(digits)) return false;
  }
  for (const Digit& digit : digits) {
    for (const u32 column : digit.columns) known_[column] = true;
  }
  return true;
}

/// Do equal sums mean equal digits? Σ a_i·δ_i = 0 modulo p, each |δ_i| below its range: over the integers if the
/// largest sum is below p; then modulo the second place δ_0 is 0, and so on.
bool CaseAnalysis::is_mixed_radix(const std::vector<Digit>& digits) {
  for (const Digit& unit : digits) {
    const BabyBear scale = unit.coefficient.inverse();
    std::vector<std::pair<i64, i64>> places;  // |a_i|, largest |δ_i|
    i64 left = kModulus - 1;
    for (const Digit& digit : digits) {
      const i64 weight = std::abs(signed_of(digit.coefficient * scale));
      const auto most = static_cast<i64>(digit.range - 1);
      places.emplace_back(weight, most);
      left = most != 0 && weight > left / most ? -1 : left - weight * most;
      if (left < 0) break;
    }
    if (left < 0) continue;
    std::sort(places.begin(), places.end());
    bool fits = true;
    for (std::size_t i = 0; i + 1 < places.size(); ++i) {
      fits = fits && places[i].first * places[i].second < places[i + 1].first;
      fits = fits && (i == 0 || places[i + 1].first % places[i].first == 0);
    }
    if (fits) return true;
  }
  return false;
}

/// Booleans of which constraints leave few assignments, such as flags of which one is set, become one digit.
void CaseAnalysis::merge_booleans(std::vector<Digit>& digits) const {
  std::vector<Digit> booleans, others;
  for (const Digit& d : digits) (d.range == 2 && !d.columns.empty() ? booleans : others).push_back(d);
  if (booleans.size() < 2 || booleans.size() > kBooleansMax) return;
  std::vector<u32> columns;
  for (const Digit& d : booleans) columns.push_back(d.columns[0]);
  std::vector<i64> sums;
  i64 step = 0;
  for (const u32 mask : allowed_masks(columns)) {
    BabyBear sum = BabyBear::zero();
    for (std::size_t i = 0; i < booleans.size(); ++i) {
      if (mask >> i & 1) sum += booleans[i].coefficient * booleans[0].coefficient.inverse();
    }
    sums.push_back(signed_of(sum));
    step = std::gcd(step, sums.back());
  }
  std::sort(sums.begin(), sums.end());
  if (step == 0 || std::adjacent_find(sums.begin(), sums.end()) != sums.end()) return;
  const auto range = static_cast<u64>((sums.back() - sums.front()) / step + 1);
  others.push_back({booleans[0].coefficient * BabyBear(static_cast<u32>(step)), range, std::move(columns)});
  digits = std::move(others);
}

/// u·k = 0 for each k of a list, and Σ k·v + c·u + known = 0: either all k are zero, and the sum gives u, or u is zero.
bool CaseAnalysis::test_for_zero(const Polynomial& sum) {
  std::map<u32, Polynomial> coefficients;
  for (const auto& [monomial, coefficient] : sum.terms()) {
    if (!has_unknown(monomial)) continue;
    Polynomial known(coefficient);
    u32 unknowns = 0, unknown = 0;
    for_each_column(monomial, [&](u32 c) {
      if (known_[c]) {
        known = known * Polynomial::column(c);
      } else {
        unknown = c;
        ++unknowns;
      }
    });
    if (unknowns != 1) return false;
    coefficients[unknown] = coefficients[unknown] + known;
  }
  for (const auto& [u, of_u] : coefficients) {
    if (!of_u.is_constant() || of_u.is_zero()) continue;
    const bool is_test = std::all_of(coefficients.begin(), coefficients.end(), [&](const auto& entry) {
      return entry.first == u || vanishes_with(u, entry.second);
    });
    if (is_test) return known_[u] = true;
  }
  return false;
}

/// Is there a constraint u·k = 0, k a multiple of `known`?
bool CaseAnalysis::vanishes_with(u32 u, const Polynomial& known) const {
  for (const Equation& equation : equations_) {
    if (equation.slack != 0 || equation.factors.size() != 2) continue;
    for (unsigned side = 0; side < 2; ++side) {
      const auto& factor = equation.factors[side].terms();
      const auto& k = equation.factors[1 - side].terms();
      if (factor.size() != 1 || factor.begin()->first != Monomial{u} + 1 || k.size() != known.terms().size()) continue;
      const BabyBear scale = k.begin()->second * known.terms().begin()->second.inverse();
      if ((known * Polynomial(scale)).terms() == k) return true;
    }
  }
  return false;
}

std::optional<CaseAnalysis::BooleanSum> CaseAnalysis::booleans_in(const Polynomial& sum) const {
  BooleanSum out;
  out.constant = sum.constant();
  for (const auto& [monomial, coefficient] : sum.terms()) {
    if (monomial == 0) continue;
    if (!is_column(monomial)) return std::nullopt;
    const u32 c = column_of(monomial);
    if (range_[c] <= 2 && out.booleans.size() < kBooleansMax) {
      out.booleans.emplace_back(c, coefficient);
    } else if (!out.column) {
      out.column = c;
      out.scale = -coefficient.inverse();
    } else {
      return std::nullopt;
    }
  }
  return out;
}

std::set<u32> CaseAnalysis::values_of(const BooleanSum& sum) const {
  std::vector<u32> columns;
  for (const auto& [column, coefficient] : sum.booleans) columns.push_back(column);
  std::set<u32> out;
  for (const u32 mask : allowed_masks(columns)) {
    BabyBear value = sum.constant;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (mask >> i & 1) value += sum.booleans[i].second;
    }
    out.insert((value * sum.scale).canonical());
  }
  return out;
}

/// Assignments of booleans that no constraint on them alone forbids.
std::vector<u32> CaseAnalysis::allowed_masks(const std::vector<u32>& columns) const {
  std::vector<u32> out;
  for (u32 mask = 0; mask < 1u << columns.size(); ++mask) {
    if (std::all_of(equations_.begin(), equations_.end(),
                    [&](const Equation& e) { return e.slack != 0 || may_vanish(e, columns, mask); })) {
      out.push_back(mask);
    }
  }
  return out;
}

bool CaseAnalysis::may_vanish(const Equation& equation, const std::vector<u32>& columns, u32 mask) {
  for (const Polynomial& factor : equation.factors) {
    BabyBear value = BabyBear::zero();
    bool is_judged = true;
    for (const auto& [monomial, coefficient] : factor.terms()) {
      BabyBear term = coefficient;
      for_each_column(monomial, [&](u32 c) {
        const auto it = std::find(columns.begin(), columns.end(), c);
        is_judged = is_judged && it != columns.end();
        if (it != columns.end() && (mask >> (it - columns.begin()) & 1) == 0) term = BabyBear::zero();
      });
      value += term;
    }
    if (!is_judged || value.is_zero()) return true;
  }
  return false;
}

/// Of columns that are heard, those to which an equation with booleans leaves few values.
std::map<u32, std::set<u32>> CaseAnalysis::values_of_heard_columns() const {
  std::set<u32> heard;
  for (const Polynomial& field : heard_) {
    const auto& terms = field.terms();
    if (terms.size() == 1 && is_column(terms.begin()->first)) heard.insert(column_of(terms.begin()->first));
  }
  std::map<u32, std::set<u32>> out;
  for (const Equation& equation : equations_) {
    if (equation.slack != 0 || equation.factors.size() != 1) continue;
    const auto sum = booleans_in(equation.factors[0]);
    if (sum && sum->column && heard.count(*sum->column) != 0) out[*sum->column] = values_of(*sum);
  }
  return out;
}

bool CaseAnalysis::is_told_apart_from(const CaseAnalysis& other) const {
  for (std::size_t m = 0; m < row_.messages.size(); ++m) {
    const PolynomialMessage &x = row_.messages[m], &y = other.row_.messages[m];
    const auto from_x = heard_in_.find(&x), from_y = other.heard_in_.find(&y);
    if (from_x == heard_in_.end() || from_y == other.heard_in_.end()) continue;
    for (std::size_t f = std::max(from_x->second, from_y->second); f < x.fields.size(); ++f) {
      const auto v = booleans_in(x.fields[f]), w = other.booleans_in(y.fields[f]);
      if (v && w && !v->column && !w->column && is_disjoint(values_of(*v), other.values_of(*w))) return true;
    }
  }
  const auto others = other.values_of_heard_columns();
  for (const auto& [column, values] : values_of_heard_columns()) {
    const auto it = others.find(column);
    if (it != others.end() && is_disjoint(values, it->second)) return true;
  }
  return false;
}

}  // namespace atlas::stark
