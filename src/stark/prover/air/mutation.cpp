#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <tbb/parallel_for.h>

#include <stark/prover/air/mutation.hpp>

namespace atlas::stark {
namespace {

using Row = std::vector<BabyBear>;
using Values = Recorded<BabyBear>;

/// Tuples that the tables receive, by tag: all of them for membership, some of them to choose from.
class TableContents {
 public:
  TableContents(std::span<const ChipSource> chips, std::span<const SegmentWitness> segments) {
    for (std::size_t c = 0; c < chips.size(); ++c) {
      if (chips[c].fixed_height == 0) continue;
      const TraceTable& table = segments[0].tables[c];
      Values values;
      Row row(table.width);
      for (u32 r = 0; r < table.height; ++r) {
        for (u32 i = 0; i < table.width; ++i) row[i] = table.get(r, i);
        values.constraints.clear();
        values.messages.clear();
        chips[c].numeric(row.data(), values);
        for (const auto& message : values.messages) {
          if (message.is_send || message.tag->kind != TagKind::kLookup) continue;
          Contents& contents = of_tag_[message.tag->id];
          const std::vector<u32> tuple = key(message.fields);
          if (contents.all.insert(tuple).second && r % (1 + table.height / kSamples) == 0) {
            contents.samples.push_back(message.fields);
          }
        }
      }
    }
  }
  bool holds(const Tag& tag, const std::vector<BabyBear>& fields) const {
    const auto found = of_tag_.find(tag.id);
    return found != of_tag_.end() && found->second.all.contains(key(fields));
  }
  std::span<const std::vector<BabyBear>> samples(const Tag& tag) const {
    const auto found = of_tag_.find(tag.id);
    if (found == of_tag_.end()) return {};
    return found->second.samples;
  }

 private:
  static constexpr u32 kSamples = 512;
  struct Contents {
    std::set<std::vector<u32>> all;
    std::vector<std::vector<BabyBear>> samples;
  };
  static std::vector<u32> key(const std::vector<BabyBear>& fields) {
    std::vector<u32> out;
    for (const BabyBear& field : fields) out.push_back(field.raw);
    return out;
  }
  std::map<u32, Contents> of_tag_;
};

Row row_of(const TraceTable& table, u32 r) {
  Row out(table.width);
  for (u32 i = 0; i < table.width; ++i) out[i] = table.get(r, i);
  return out;
}

/// Rows as unlike each other as possible: one for each pattern of zeros and ones, over all segments.
std::vector<Row> typical_rows(std::span<const SegmentWitness> segments, std::size_t chip, u32 count) {
  std::map<std::vector<u8>, Row> by_pattern;
  std::vector<Row> out;
  for (const SegmentWitness& segment : segments) {
    const TraceTable& table = segment.tables[chip];
    const u32 step = 1 + table.height / 65536;
    for (u32 r = 0; r < table.height; r += step) {
      Row row = row_of(table, r);
      std::vector<u8> pattern;
      for (const BabyBear& x : row) pattern.push_back(x.is_zero() ? 0 : x == BabyBear::one() ? 1 : 2);
      by_pattern.try_emplace(std::move(pattern), std::move(row));
    }
  }
  // Evenly over the patterns, which are in order: every kind of row has its turn.
  std::vector<const Row*> all;
  for (const auto& [pattern, row] : by_pattern) all.push_back(&row);
  const std::size_t wanted = std::min<std::size_t>(all.size(), count);
  for (std::size_t i = 0; i < wanted; ++i) out.push_back(*all[i * all.size() / wanted]);
  return out;
}

bool is_key_column(const ChipShape& shape, u32 column) {
  return column >= shape.columns[0] + shape.columns[1];
}

bool is_table_side(const Values::Message& message) {
  return message.tag->kind == TagKind::kLookup && !message.is_send;
}
bool is_lookup(const Values::Message& message) {
  return message.tag->kind == TagKind::kLookup && message.is_send;
}

std::map<std::vector<u32>, BabyBear> contribution(const Values& values) {
  std::map<std::vector<u32>, BabyBear> out;
  for (const auto& message : values.messages) {
    if (message.multiplicity.is_zero()) continue;
    std::vector<u32> key = {message.tag->id};
    for (const BabyBear& field : message.fields) key.push_back(field.raw);
    BabyBear& sum = out[key];
    sum += message.is_send ? message.multiplicity : -message.multiplicity;
    if (sum.is_zero()) out.erase(key);
  }
  return out;
}

/// Searches for a row that breaks one assertion and no other, from an honest row.
class Forger {
 public:
  enum class Freedom { kSame, kHalves, kOutput, kHalfOutputs, kInput };

  Forger(const ChipSource& chip, const TableContents& tables, const Recorded<SymbolicExpr>& symbols, Row honest,
         Freedom freedom, u32 effort)
      : chip_(chip), tables_(tables), symbols_(symbols), row_(std::move(honest)), freedom_(freedom), effort_(effort) {
    chip_.numeric(row_.data(), honest_);
    locked_.assign(row_.size(), false);
    for (u32 i = 0; i < row_.size(); ++i) locked_[i] = is_key_column(chip_.shape, i);
  }

  /// Assertions are numbered: constraints, then messages (only look-ups may be dropped).
  bool can_break(std::size_t dropped) {
    dropped_ = dropped;
    const std::vector<bool> support = support_of(dropped);
    for (u32 column = 0; column < support.size(); ++column) {
      if (!support[column] || locked_[column]) continue;
      const BabyBear old = row_[column];
      locked_[column] = true;
      for (const BabyBear& value : starts(old)) {
        if (value == old) continue;
        row_[column] = value;
        if (repair(kDepth)) return true;
      }
      row_[column] = old;
      locked_[column] = false;
    }
    return false;
  }

 private:
  static constexpr unsigned kDepth = 5;

  bool is_halved() const { return freedom_ == Freedom::kHalves || freedom_ == Freedom::kHalfOutputs; }

  std::vector<BabyBear> starts(BabyBear old) {
    const BabyBear one = BabyBear::one(), half = BabyBear(2).inverse();
    if (is_halved()) return {old * half};
    return {BabyBear::zero(),
            one,
            old + one,
            old - one,
            -one,
            BabyBear(2),
            old + BabyBear(256),
            old + BabyBear(65536),
            old - BabyBear(65536),
            old * half,
            BabyBear(static_cast<u32>(random_()))};
  }

  std::vector<bool> support_of(std::size_t assertion) const {
    std::vector<bool> out(row_.size(), false);
    const auto join = [&out](const SymbolicExpr& e) {
      for (std::size_t i = 0; i < e.columns.size(); ++i) out[i] = out[i] || e.columns[i];
    };
    const std::size_t constraints = symbols_.constraints.size();
    if (assertion < constraints) {
      join(symbols_.constraints[assertion].value);
    } else {
      const auto& message = symbols_.messages[assertion - constraints];
      join(message.multiplicity);
      for (const SymbolicExpr& field : message.fields) join(field);
    }
    return out;
  }

  /// What must be zero for an assertion to hold; a look-up that fails gives one.
  void residuals(const Values& values, std::size_t assertion, std::vector<BabyBear>& out) const {
    out.clear();
    const std::size_t constraints = values.constraints.size();
    if (assertion < constraints) {
      out.push_back(values.constraints[assertion].value);
      return;
    }
    const auto& message = values.messages[assertion - constraints];
    const auto& honest = honest_.messages[assertion - constraints];
    if (is_table_side(message)) return;
    const BabyBear half = BabyBear(2).inverse();
    out.push_back(message.multiplicity - (is_halved() ? honest.multiplicity * half : honest.multiplicity));
    if (message.multiplicity.is_zero()) return;
    if (is_lookup(message)) {
      if (assertion == dropped_) return;  // only its multiplicity must stay
      out.push_back(tables_.holds(*message.tag, message.fields) ? BabyBear::zero() : BabyBear::one());
      return;
    }
    const bool is_output_free = freedom_ == Freedom::kOutput || freedom_ == Freedom::kHalfOutputs;
    const bool is_free = freedom_ == Freedom::kInput || (is_output_free && message.is_send);
    if (is_free) return;
    for (std::size_t i = 0; i < message.fields.size(); ++i) out.push_back(message.fields[i] - honest.fields[i]);
  }

  bool is_dropped_broken(const Values& values) const {
    const std::size_t constraints = values.constraints.size();
    if (dropped_ < constraints) return !values.constraints[dropped_].value.is_zero();
    const auto& message = values.messages[dropped_ - constraints];
    return !message.multiplicity.is_zero() && !tables_.holds(*message.tag, message.fields);
  }

  const Values& evaluate() {
    values_.constraints.clear();
    values_.messages.clear();
    chip_.numeric(row_.data(), values_);
    if (effort_ != 0) --effort_;
    return values_;
  }

  bool repair(unsigned depth) {
    if (effort_ == 0) return false;
    const Values& values = evaluate();
    const std::size_t count = values.constraints.size() + values.messages.size();
    std::vector<BabyBear> broken;
    std::size_t assertion = 0, which = 0;
    for (bool is_found = false; assertion < count; ++assertion) {
      if (assertion == dropped_ && assertion < values.constraints.size()) continue;
      residuals(values, assertion, broken);
      for (which = 0; which < broken.size() && !is_found; ++which) is_found = !broken[which].is_zero();
      if (is_found) {
        --which;
        break;
      }
    }
    if (assertion == count) return is_dropped_broken(values);
    if (depth == 0) return false;
    const std::vector<bool> support = support_of(assertion);
    for (u32 column = 0; column < row_.size(); ++column) {
      if (!support[column] || locked_[column]) continue;
      const BabyBear old = row_[column];
      locked_[column] = true;
      for (const BabyBear& value : solutions(assertion, which, column)) {
        if (value == old) continue;
        row_[column] = value;
        if (repair(depth - 1)) return true;
      }
      row_[column] = old;
      locked_[column] = false;
    }
    return false;
  }

  /// Values of a column at which one residual of an assertion is zero.
  std::vector<BabyBear> solutions(std::size_t assertion, std::size_t which, u32 column) {
    const BabyBear old = row_[column];
    const std::size_t constraints = symbols_.constraints.size();
    if (assertion >= constraints && which == 1 && is_lookup(honest_.messages[assertion - constraints])) {
      return entries(assertion - constraints, column);
    }
    BabyBear y[4];
    std::vector<BabyBear> out, found;
    for (u32 t = 0; t < 4; ++t) {
      row_[column] = BabyBear(t);
      residuals(evaluate(), assertion, found);
      y[t] = which < found.size() ? found[which] : BabyBear::zero();
      if (y[t].is_zero()) out.push_back(BabyBear(t));
    }
    row_[column] = old;
    const BabyBear d1 = y[1] - y[0], d2 = y[2] - y[1] - d1, d3 = (y[3] - y[2]) - (y[2] - y[1]) - d2;
    if (d3.is_zero() && d2.is_zero()) {
      if (!d1.is_zero()) out.push_back(-y[0] * d1.inverse());
    } else if (d3.is_zero() && !out.empty()) {
      // y0 + (d1 − d2/2)·t + d2/2·t^2: the roots' sum is 1 − 2·d1/d2.
      out.push_back(BabyBear::one() - BabyBear(2) * d1 * d2.inverse() - out[0]);
    }
    return out;
  }

  /// Values of a column that make a look-up's fields one of the table's entries.
  std::vector<BabyBear> entries(std::size_t message, u32 column) {
    const BabyBear old = row_[column];
    std::vector<BabyBear> at[2];
    for (u32 t = 0; t < 2; ++t) {
      row_[column] = BabyBear(t);
      at[t] = evaluate().messages[message].fields;
    }
    row_[column] = old;
    std::vector<BabyBear> out;
    std::size_t moving = at[0].size();
    for (std::size_t i = 0; i < at[0].size(); ++i) {
      if (!(at[0][i] == at[1][i])) moving = i;
    }
    if (moving == at[0].size()) return out;
    const BabyBear scale = (at[1][moving] - at[0][moving]).inverse();
    const Tag& tag = *symbols_.messages[message].tag;
    for (const auto& entry : tables_.samples(tag)) {
      const BabyBear value = (entry[moving] - at[0][moving]) * scale;
      std::vector<BabyBear> fields = at[0];
      for (std::size_t i = 0; i < fields.size(); ++i) fields[i] += (at[1][i] - at[0][i]) * value;
      if (tables_.holds(tag, fields)) out.push_back(value);
      if (out.size() == 6) break;
    }
    return out;
  }

  const ChipSource& chip_;
  const TableContents& tables_;
  const Recorded<SymbolicExpr>& symbols_;
  Row row_;
  Freedom freedom_;
  u32 effort_;
  Values honest_, values_;
  std::vector<bool> locked_;
  std::size_t dropped_ = 0;
  std::mt19937 random_{7};
};

Recorded<SymbolicExpr> symbols_of(const ChipSource& chip) {
  const u32 width = chip.shape.width();
  std::vector<SymbolicExpr> row(width);
  for (u32 i = 0; i < width; ++i) {
    row[i].degree = 1;
    row[i].columns.assign(width, false);
    row[i].columns[i] = true;
  }
  return chip.symbolic(row.data());
}

}  // namespace

CellMutation mutate_cells(const Machine&, std::span<const ChipSource> chips, std::span<const SegmentWitness> segments,
                          u32 rows_per_chip) {
  CellMutation out;
  std::set<std::string> live, idle;
  std::mt19937 random(3);
  for (std::size_t c = 0; c < chips.size(); ++c) {
    for (Row row : typical_rows(segments, c, rows_per_chip)) {
      Values values;
      chips[c].numeric(row.data(), values);
      const auto honest = contribution(values);
      const bool is_idle = std::all_of(values.messages.begin(), values.messages.end(),
                                       [](const auto& m) { return m.multiplicity.is_zero(); });
      for (u32 column = 0; column < row.size(); ++column) {
        if (is_key_column(chips[c].shape, column)) continue;
        const BabyBear old = row[column];
        const BabyBear changes[] = {old + BabyBear::one(), old - BabyBear::one(), old + BabyBear(65536),
                                    BabyBear(static_cast<u32>(random()))};
        for (const BabyBear& value : changes) {
          if (value == old) continue;
          row[column] = value;
          values.constraints.clear();
          values.messages.clear();
          chips[c].numeric(row.data(), values);
          ++out.tried;
          const bool holds = std::all_of(values.constraints.begin(), values.constraints.end(),
                                         [](const auto& constraint) { return constraint.value.is_zero(); });
          if (!holds) {
            ++out.caught_by_constraint;
          } else if (contribution(values) != honest) {
            ++out.caught_by_bus;
          } else {
            (is_idle ? idle : live).insert(std::string(chips[c].name) + " " + std::to_string(column));
          }
        }
        row[column] = old;
      }
    }
  }
  out.inert_in_live_rows.assign(live.begin(), live.end());
  out.inert_in_idle_rows.assign(idle.begin(), idle.end());
  return out;
}

/// Does the compiler find more to refuse in the chip without that constraint?
static bool is_refused_without(const ChipSource& chip, std::size_t constraint) {
  ChipSource without = chip;
  without.symbolic = [&chip, constraint](const SymbolicExpr* row) {
    Recorded<SymbolicExpr> out = chip.symbolic(row);
    out.constraints.erase(out.constraints.begin() + static_cast<std::ptrdiff_t>(constraint));
    return out;
  };
  without.numeric = [&chip, constraint](const BabyBear* row, Recorded<BabyBear>& out) {
    chip.numeric(row, out);
    out.constraints.erase(out.constraints.begin() + static_cast<std::ptrdiff_t>(constraint));
  };
  return compile(std::span(&without, 1)).size() > compile(std::span(&chip, 1)).size();
}

OmissionScore drop_assertions(const Machine&, std::span<const ChipSource> chips,
                              std::span<const SegmentWitness> segments, u32 rows_per_chip, u32 effort) {
  using Freedom = Forger::Freedom;
  enum class Verdict : u8 { kSurvives, kSame, kOutput, kInput, kRefused };
  OmissionScore out;
  const TableContents tables(chips, segments);
  for (std::size_t c = 0; c < chips.size(); ++c) {
    const std::vector<Row> rows = typical_rows(segments, c, rows_per_chip);
    const Recorded<SymbolicExpr> symbols = symbols_of(chips[c]);
    const std::size_t constraints = symbols.constraints.size();
    std::vector<bool> is_sent(symbols.messages.size(), false);
    for (const Row& row : typical_rows(segments, c, ~u32{0})) {
      Values values;
      chips[c].numeric(row.data(), values);
      for (std::size_t j = 0; j < is_sent.size(); ++j) {
        is_sent[j] = is_sent[j] || !values.messages[j].multiplicity.is_zero();
      }
    }
    const auto judge = [&](std::size_t assertion) {
      for (const Freedom freedom :
           {Freedom::kSame, Freedom::kHalves, Freedom::kOutput, Freedom::kHalfOutputs, Freedom::kInput}) {
        for (const Row& row : rows) {
          if (!Forger(chips[c], tables, symbols, row, freedom, effort).can_break(assertion)) continue;
          const bool is_same = freedom == Freedom::kSame || freedom == Freedom::kHalves;
          return is_same ? Verdict::kSame : freedom == Freedom::kInput ? Verdict::kInput : Verdict::kOutput;
        }
      }
      const bool is_refused = assertion < constraints && is_refused_without(chips[c], assertion);
      return is_refused ? Verdict::kRefused : Verdict::kSurvives;
    };
    const auto is_claim = [&](std::size_t assertion) {
      if (assertion < constraints) return true;
      const auto& message = symbols.messages[assertion - constraints];
      return message.tag->kind == TagKind::kLookup && message.is_send;
    };
    std::vector<Verdict> verdicts(constraints + symbols.messages.size());
    tbb::parallel_for(std::size_t{0}, verdicts.size(), [&](std::size_t k) {
      if (is_claim(k)) verdicts[k] = judge(k);
    });
    const auto survives = [&](const SourceLine& where, const std::string& what) {
      out.survivors.push_back(std::string(chips[c].name) + ", " + what + ", " + where.file + ":" +
                              std::to_string(where.line));
    };
    for (std::size_t k = 0; k < verdicts.size(); ++k) {
      const bool is_constraint = k < constraints;
      const SourceLine& where = is_constraint ? symbols.constraints[k].where : symbols.messages[k - constraints].where;
      const std::string name = is_constraint ? "constraint " + std::to_string(k)
                                             : "message " + std::to_string(k - constraints) + " '" +
                                                   symbols.messages[k - constraints].tag->name + "'";
      if (!is_constraint) {
        ++out.messages;
        if (is_sent[k - constraints]) {
          ++out.unbalanced;
        } else {
          survives(where, name + " is never sent");
        }
      }
      if (!is_claim(k)) continue;
      ++(is_constraint ? out.constraints : out.lookups);
      out.same += verdicts[k] == Verdict::kSame;
      out.output += verdicts[k] == Verdict::kOutput;
      out.input += verdicts[k] == Verdict::kInput;
      out.refused += verdicts[k] == Verdict::kRefused;
      if (verdicts[k] == Verdict::kSurvives) survives(where, is_constraint ? name : name + " as a look-up");
    }
  }
  return out;
}

std::string summary(const CellMutation& result) {
  return std::to_string(result.tried) + " cells changed: " + std::to_string(result.caught_by_constraint) +
         " caught by a constraint, " + std::to_string(result.caught_by_bus) + " by a bus, the others inert (" +
         std::to_string(result.inert_in_live_rows.size()) + " columns in live rows, " +
         std::to_string(result.inert_in_idle_rows.size()) + " in idle ones)";
}

std::string summary(const OmissionScore& result) {
  char percent[16];
  std::snprintf(percent, sizeof percent, "%.1f", result.percent());
  return "mutation score " + std::string(percent) + " %: " + std::to_string(result.constraints) + " constraints and " +
         std::to_string(result.lookups) + " look-ups with forgeries (" + std::to_string(result.same) +
         " same messages, " + std::to_string(result.output) + " other output, " + std::to_string(result.input) +
         " other input, " + std::to_string(result.refused) + " refused by the compiler), " +
         std::to_string(result.unbalanced) + " of " + std::to_string(result.messages) +
         " messages unbalance when dropped";
}

}  // namespace atlas::stark
