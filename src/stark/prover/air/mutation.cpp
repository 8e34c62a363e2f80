#include <algorithm>
#include <map>
#include <random>
#include <set>

#include <tbb/parallel_for.h>

#include <stark/prover/air/forger.hpp>
#include <stark/prover/air/mutation.hpp>

namespace atlas::stark {
namespace {

using Values = RowValues;

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

/// Only what names no column but some multiplicity's makes it boolean.
static bool concerns_multiplicities(const Recorded<SymbolicExpr>& symbols, std::size_t constraint) {
  const std::vector<bool>& columns = symbols.constraints[constraint].value.columns;
  return std::any_of(symbols.messages.begin(), symbols.messages.end(), [&columns](const auto& message) {
    const std::vector<bool>& named = message.multiplicity.columns;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i] && (i >= named.size() || !named[i])) return false;
    }
    return true;
  });
}

bool is_refused_without(const ChipSource& chip, std::size_t constraint) {
  if (!concerns_multiplicities(symbols_of(chip), constraint)) return false;
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

std::string place_of(const ChipSource& chip, const SourceLine& where, const std::string& what) {
  return std::string(chip.name) + ", " + what + ", " + where.file + ":" + std::to_string(where.line);
}
static std::string name_of(const Recorded<SymbolicExpr>& symbols, std::size_t message) {
  return "message " + std::to_string(message) + " '" + symbols.messages[message].tag->name + "'";
}

OmissionScore drop_messages(std::span<const ChipSource> chips, std::span<const SegmentWitness> segments,
                            std::size_t chip) {
  const Recorded<SymbolicExpr> symbols = symbols_of(chips[chip]);
  std::vector<bool> is_sent(symbols.messages.size(), false);
  Values values;
  for (const Row& row : typical_rows(segments, chip, ~u32{0})) {
    values.constraints.clear();
    values.messages.clear();
    chips[chip].numeric(row.data(), values);
    for (std::size_t j = 0; j < is_sent.size(); ++j) {
      is_sent[j] = is_sent[j] || !values.messages[j].multiplicity.is_zero();
    }
  }
  OmissionScore out;
  out.chip = chips[chip].name;
  out.messages = static_cast<u32>(is_sent.size());
  for (std::size_t j = 0; j < is_sent.size(); ++j) {
    // Said once or more, and never the other way round: without it there is too little of what it says.
    out.unbalanced += is_sent[j];
    if (!is_sent[j]) {
      out.survivors.push_back(place_of(chips[chip], symbols.messages[j].where, name_of(symbols, j) + " is never sent"));
    }
  }
  return out;
}

std::vector<OmissionScore> drop_assertions(const Machine&, std::span<const ChipSource> chips,
                                           std::span<const SegmentWitness> segments, std::span<const ForgedRow> forged,
                                           OmissionSearch search) {
  enum class Verdict : u8 { kSurvives, kSame, kOutput, kInput, kWritten, kRefused };
  std::vector<OmissionScore> scores;
  const TableContents tables(chips, segments);
  for (std::size_t c = search.first_chip; c < chips.size() && c - search.first_chip < search.chips; ++c) {
    const ChipAnalysis chip(chips[c], tables);
    const Recorded<SymbolicExpr>& symbols = chip.symbols;
    const std::size_t constraints = chip.constraints();
    OmissionScore& out = scores.emplace_back(drop_messages(chips, segments, c));
    std::vector<Row> live, idle;
    for (const Row& row : typical_rows(segments, c, ~u32{0})) {
      Values values;
      chips[c].numeric(row.data(), values);
      (is_live(values) ? live : idle).push_back(row);
    }
    // Evenly over the patterns, which are in order: every kind of row has its turn.
    std::vector<const Row*> rows;
    const std::size_t wanted = std::min<std::size_t>(live.size(), search.rows_per_chip);
    for (std::size_t i = 0; i < wanted; ++i) rows.push_back(&live[i * live.size() / wanted]);
    if (!idle.empty()) rows.push_back(&idle[0]);
    const auto judge = [&](std::size_t assertion) {
      using enum Freedom;
      for (const ForgedRow& row : forged) {
        if (row.chip == c && Forger(chip, row.cells, kRow, search.effort).can_finish(assertion, row.chosen)) {
          return Verdict::kWritten;
        }
      }
      // Short repairs first, and little effort: most forgeries need neither. What the compiler would refuse is searched
      // for no longer than that.
      for (const u32 share : {search.effort / 16, search.effort, 16 * search.effort}) {
        const bool is_first = share == search.effort / 16;
        if (!is_first && assertion < constraints && is_refused_without(chips[c], assertion)) return Verdict::kRefused;
        for (unsigned step = 0; step <= 2 * kForgerDepth; ++step) {
          for (const Freedom freedom : {kSame, kHalves, kOutput, kHalfOutputs, kInput, kRow}) {
            for (const Row* row : rows) {
              const bool from_near = step % 2 == 0 && step != 0;
              if (!Forger(chip, *row, freedom, share).can_break(assertion, (step + 1) / 2, from_near)) continue;
              return freedom <= kHalves ? Verdict::kSame : freedom <= kHalfOutputs ? Verdict::kOutput : Verdict::kInput;
            }
          }
        }
      }
      return Verdict::kSurvives;
    };
    const auto is_claim = [&](std::size_t assertion) {
      if (assertion % search.one_in != 0) return false;
      if (assertion < constraints) return true;
      const auto& message = symbols.messages[assertion - constraints];
      return message.tag->kind == TagKind::kLookup && message.is_send;
    };
    std::vector<Verdict> verdicts(chip.assertions());
    tbb::parallel_for(std::size_t{0}, verdicts.size(), [&](std::size_t k) {
      if (is_claim(k)) verdicts[k] = judge(k);
    });
    for (std::size_t k = 0; k < verdicts.size(); ++k) {
      if (!is_claim(k)) continue;
      const bool is_constraint = k < constraints;
      ++(is_constraint ? out.constraints : out.lookups);
      out.same += verdicts[k] == Verdict::kSame;
      out.output += verdicts[k] == Verdict::kOutput;
      out.input += verdicts[k] == Verdict::kInput;
      out.written += verdicts[k] == Verdict::kWritten;
      out.refused += verdicts[k] == Verdict::kRefused;
      if (verdicts[k] != Verdict::kSurvives) continue;
      const SourceLine& where = is_constraint ? symbols.constraints[k].where : symbols.messages[k - constraints].where;
      const std::string what =
          is_constraint ? "constraint " + std::to_string(k) : name_of(symbols, k - constraints) + " as a look-up";
      out.survivors.push_back(place_of(chips[c], where, what));
    }
  }
  return scores;
}

OmissionScore total(std::span<const OmissionScore> scores) {
  OmissionScore out;
  out.chip = std::to_string(scores.size()) + " chips";
  for (const OmissionScore& s : scores) {
    u32 OmissionScore::* const counts[] = {
        &OmissionScore::constraints, &OmissionScore::lookups, &OmissionScore::messages,
        &OmissionScore::same,        &OmissionScore::output,  &OmissionScore::input,
        &OmissionScore::written,     &OmissionScore::refused, &OmissionScore::unbalanced};
    for (const auto count : counts) out.*count += s.*count;
    out.survivors.insert(out.survivors.end(), s.survivors.begin(), s.survivors.end());
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
         " other input, " + std::to_string(result.written) + " written by hand, " + std::to_string(result.refused) +
         " refused by the compiler), " + std::to_string(result.unbalanced) + " of " + std::to_string(result.messages) +
         " messages unbalance when dropped";
}

std::string table_of(std::span<const OmissionScore> scores) {
  char line[128];
  std::snprintf(line, sizeof line, "mutation | %-18s %11s %8s %8s %7s %8s\n", "chip", "constraints", "look-ups",
                "messages", "killed", "score");
  std::string out = line;
  const auto add = [&](const OmissionScore& s) {
    std::snprintf(line, sizeof line, "mutation | %-18s %11u %8u %8u %7u %7.1f%%\n", s.chip.c_str(), s.constraints,
                  s.lookups, s.messages, s.killed(), s.percent());
    out += line;
  };
  for (const OmissionScore& s : scores) add(s);
  add(total(scores));
  return out;
}

}  // namespace atlas::stark
