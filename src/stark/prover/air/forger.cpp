#include <algorithm>

#include <stark/prover/air/forger.hpp>

namespace atlas::stark {
namespace {

constexpr u32 kNumbersMax = 1u << 21;  ///< tables of single numbers hold only numbers below
constexpr std::size_t kSamples = 512, kEntries = 6, kPairs = 4;

/// A tuple's hash, by which tables know their tuples: two of different hash are told apart, and of 2^20 tuples another
/// one has the hash of one with probability 2^-44.
u64 key(const std::vector<BabyBear>& fields) {
  u64 out = fields.size();
  for (const BabyBear& field : fields) {
    out = (out ^ field.raw) * 0x9e3779b97f4a7c15;
    out ^= out >> 29;
  }
  return out * 0xd6e8feb86659fd93 ^ out >> 32;
}

/// Without freeing what the lists hold would be better still; a row has a hundred entries.
void run(const ChipSource& chip, const Row& row, RowValues& out) {
  out.constraints.clear();
  out.messages.clear();
  chip.numeric(row.data(), out);
}

}  // namespace

bool is_live(const RowValues& values) {
  return std::any_of(values.messages.begin(), values.messages.end(),
                     [](const auto& m) { return !is_lookup(m) && !m.multiplicity.is_zero(); });
}

TableContents::TableContents(std::span<const ChipSource> chips, std::span<const SegmentWitness> segments) {
  for (std::size_t c = 0; c < chips.size(); ++c) {
    if (chips[c].fixed_height == 0) continue;
    const TraceTable& table = segments[0].tables[c];
    RowValues values;
    Row row(table.width);
    for (u32 r = 0; r < table.height; ++r) {
      for (u32 i = 0; i < table.width; ++i) row[i] = table.get(r, i);
      run(chips[c], row, values);
      for (const auto& message : values.messages) {
        if (!is_table_side(message)) continue;
        Contents& contents = of_tag_[message.tag->id];
        contents.is_of_key = chips[c].shape.columns[2] != 0;
        bool is_new = false;
        const u32 number = message.fields[0].canonical();
        if (message.fields.size() == 1 && number < kNumbersMax) {
          if (contents.is_number.size() <= number) contents.is_number.resize(number + 1);
          is_new = !contents.is_number[number];
          contents.is_number[number] = true;
          if (is_new) contents.numbers.push_back(message.fields[0]);
        } else {
          is_new = contents.tuples.insert(key(message.fields)).second;
        }
        if (is_new && r % (1 + table.height / kSamples) == 0) contents.samples.push_back(message.fields);
      }
    }
  }
}
const TableContents::Contents* TableContents::find(const Tag& tag) const {
  const auto found = of_tag_.find(tag.id);
  return found == of_tag_.end() ? nullptr : &found->second;
}
bool TableContents::holds(const Tag& tag, BabyBear field) const {
  const Contents* contents = find(tag);
  if (contents == nullptr) return false;
  const u32 number = field.canonical();
  return number < contents->is_number.size() ? contents->is_number[number]
                                             : !contents->tuples.empty() && contents->tuples.contains(key({field}));
}
bool TableContents::holds(const Tag& tag, const std::vector<BabyBear>& fields) const {
  if (fields.size() == 1) return holds(tag, fields[0]);
  const Contents* contents = find(tag);
  return contents != nullptr && contents->tuples.contains(key(fields));
}
std::span<const std::vector<BabyBear>> TableContents::samples(const Tag& tag) const {
  const Contents* contents = find(tag);
  if (contents == nullptr) return {};
  return contents->samples;
}
bool TableContents::is_of_key(const Tag& tag) const {
  const Contents* contents = find(tag);
  return contents != nullptr && contents->is_of_key;
}
std::span<const BabyBear> TableContents::numbers(const Tag& tag) const {
  const Contents* contents = find(tag);
  if (contents == nullptr) return {};
  return contents->numbers;
}

ChipAnalysis::ChipAnalysis(const ChipSource& source, const TableContents& contents)
    : chip(source), tables(contents), symbols(symbols_of(source)) {
  const u32 committed = chip.shape.columns[0] + chip.shape.columns[1];
  checks_of.resize(chip.shape.width());
  const auto columns = [committed](const std::vector<bool>& set) {
    std::vector<u32> out;
    for (u32 i = 0; i < set.size() && i < committed; ++i) {
      if (set[i]) out.push_back(i);
    }
    return out;
  };
  for (const auto& constraint : symbols.constraints) columns_of.push_back(columns(constraint.value.columns));
  // Look-ups of one column alone, as linear functions: from two rows.
  RowValues at[2];
  for (u32 t = 0; t < 2; ++t) run(chip, Row(chip.shape.width(), BabyBear(t)), at[t]);
  for (std::size_t j = 0; j < symbols.messages.size(); ++j) {
    const auto& message = symbols.messages[j];
    std::vector<bool> named(chip.shape.width(), false);
    const auto join = [&named](const SymbolicExpr& e) {
      for (std::size_t i = 0; i < e.columns.size(); ++i) named[i] = named[i] || e.columns[i];
    };
    join(message.multiplicity);
    for (const SymbolicExpr& field : message.fields) join(field);
    columns_of.push_back(columns(named));
    if (message.tag->kind != TagKind::kLookup || !message.is_send || message.fields.size() != 1) continue;
    const std::vector<u32> checked = columns(message.fields[0].columns);
    if (checked.size() != 1 || message.fields[0].degree != 1) continue;
    const BabyBear offset = at[0].messages[j].fields[0];
    checks_of[checked[0]].push_back({message.tag, at[1].messages[j].fields[0] - offset, offset});
  }
  // What little else depends on is changed first: carries before operands.
  std::vector<u32> uses(chip.shape.width(), 0);
  for (const auto& list : columns_of) {
    for (const u32 column : list) ++uses[column];
  }
  const auto by_uses = [&uses](u32 a, u32 b) { return uses[a] != uses[b] ? uses[a] < uses[b] : a < b; };
  for (auto& list : columns_of) {
    std::sort(list.begin(), list.end(), by_uses);
  }
  std::vector<std::vector<bool>> met(chip.shape.width());  // [column] those that share a constraint with it
  for (std::size_t k = 0; k < constraints(); ++k) {
    for (const u32 a : columns_of[k]) {
      met[a].resize(chip.shape.width());
      for (const u32 other : columns_of[k]) met[a][other] = true;
    }
  }
  for (std::size_t k = 0; k < assertions(); ++k) {
    std::vector<bool> near(chip.shape.width(), false);
    for (const u32 column : columns_of[k]) {
      for (std::size_t i = 0; i < met[column].size(); ++i) near[i] = near[i] || met[column][i];
    }
    for (const u32 column : columns_of[k]) near[column] = false;
    near_of.push_back(columns(near));
    std::sort(near_of[k].begin(), near_of[k].end(), by_uses);
  }
}

Forger::Forger(const ChipAnalysis& chip, Row honest, Freedom freedom, u32 effort)
    : chip_(chip), row_(std::move(honest)), freedom_(freedom), effort_(effort) {
  run(chip_.chip, row_, honest_);
  locked_.assign(row_.size(), false);
}

bool Forger::can_break(std::size_t dropped, unsigned depth, bool from_near) {
  dropped_ = dropped;
  const std::vector<u32>& columns = from_near ? chip_.near_of[dropped] : chip_.columns_of[dropped];
  if (columns.empty()) return false;
  const u32 share = std::max<u32>(effort_ / static_cast<u32>(columns.size() * starts(BabyBear::one()).size()), 16);
  u32 budget = effort_;  // of a wide chip not all columns have their turn
  for (const u32 column : columns) {
    const BabyBear old = row_[column];
    locked_[column] = true;
    for (const BabyBear& value : starts(old)) {
      if (value == old || budget == 0) continue;
      left_ = share;
      row_[column] = value;
      if (repair(depth)) return true;
      budget -= std::min(budget, share - left_);
    }
    row_[column] = old;
    locked_[column] = false;
  }
  return false;
}

bool Forger::can_finish(std::size_t dropped, std::span<const u32> chosen) {
  dropped_ = dropped;
  for (const u32 column : chosen) locked_[column] = true;
  for (unsigned depth = 0; depth <= kForgerDepth; ++depth) {
    left_ = effort_;
    if (repair(depth)) return true;
  }
  return false;
}

std::vector<BabyBear> Forger::starts(BabyBear old) {
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
          old + BabyBear(1u << 20),
          old - BabyBear(1u << 20),
          old * half,
          BabyBear(static_cast<u32>(random_()))};
}

/// What must be zero for an assertion to hold; a look-up that fails gives one.
void Forger::residuals(const RowValues& values, std::size_t assertion, std::vector<BabyBear>& out) const {
  out.clear();
  const std::size_t constraints = values.constraints.size();
  if (assertion < constraints) {
    out.push_back(values.constraints[assertion].value);
    return;
  }
  const auto& message = values.messages[assertion - constraints];
  const auto& honest = honest_.messages[assertion - constraints];
  if (is_table_side(message)) return;
  if (freedom_ == Freedom::kRow) {
    out.push_back(BabyBear::zero());
  } else {
    out.push_back(message.multiplicity -
                  (is_halved() ? honest.multiplicity * BabyBear(2).inverse() : honest.multiplicity));
  }
  if (message.multiplicity.is_zero()) return;
  if (is_lookup(message)) {
    if (assertion == dropped_) return;  // only its multiplicity must stay
    if (freedom_ == Freedom::kRow && chip_.tables.is_of_key(*message.tag)) return;
    out.push_back(chip_.tables.holds(*message.tag, message.fields) ? BabyBear::zero() : BabyBear::one());
    return;
  }
  const bool is_output_free = freedom_ == Freedom::kOutput || freedom_ == Freedom::kHalfOutputs;
  const bool is_free = freedom_ == Freedom::kInput || freedom_ == Freedom::kRow || (is_output_free && message.is_send);
  if (is_free) return;
  for (std::size_t i = 0; i < message.fields.size(); ++i) out.push_back(message.fields[i] - honest.fields[i]);
}

/// All else holds; is the assertion broken, by a row that says something?
bool Forger::is_forgery(const RowValues& values) const {
  if (!is_live(values)) return false;
  const std::size_t constraints = values.constraints.size();
  if (dropped_ < constraints) return !values.constraints[dropped_].value.is_zero();
  const auto& message = values.messages[dropped_ - constraints];
  return !message.multiplicity.is_zero() && !chip_.tables.holds(*message.tag, message.fields);
}

const RowValues& Forger::evaluate() {
  run(chip_.chip, row_, values_);
  if (left_ != 0) --left_;
  return values_;
}

bool Forger::repair(unsigned depth) {
  if (left_ == 0) return false;
  const RowValues& values = evaluate();
  const std::size_t count = chip_.assertions();
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
  if (assertion == count) return is_forgery(values);
  if (depth == 0) return false;
  for (const u32 column : chip_.columns_of[assertion]) {
    if (locked_[column]) continue;
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
  return depth > 1 && assertion < chip_.constraints() && repair_pair(assertion, depth);
}

/// Two cells at once, each looked up in a table of numbers: what no cell alone can mend, as a limb and its carry.
bool Forger::repair_pair(std::size_t constraint, unsigned depth) {
  using RangeCheck = ChipAnalysis::RangeCheck;
  const std::vector<u32>& columns = chip_.columns_of[constraint];
  for (const u32 x : columns) {
    if (left_ == 0) break;
    if (locked_[x] || chip_.checks_of[x].empty()) continue;
    for (const u32 y : columns) {
      if (x == y || locked_[y] || chip_.checks_of[y].empty()) continue;
      const RangeCheck &of_x = chip_.checks_of[x][0], &of_y = chip_.checks_of[y][0];
      const std::span<const BabyBear> numbers = chip_.tables.numbers(*of_y.tag);
      // The shorter table is gone through; equal ones once.
      const std::size_t other = chip_.tables.numbers(*of_x.tag).size();
      if (numbers.size() > other || (numbers.size() == other && x < y)) continue;
      const BabyBear old_x = row_[x], old_y = row_[y];
      const auto at = [&](u32 a, u32 b) {
        row_[x] = BabyBear(a);
        row_[y] = BabyBear(b);
        return evaluate().constraints[constraint].value;
      };
      const BabyBear r0 = at(0, 0), rx = at(1, 0) - r0, ry = at(0, 1) - r0;
      const bool is_linear = at(1, 1) == r0 + rx + ry && at(2, 2) == r0 + rx * 2 + ry * 2;
      row_[x] = old_x;
      row_[y] = old_y;
      if (!is_linear || rx.is_zero() || ry.is_zero()) continue;
      locked_[x] = locked_[y] = true;
      left_ -= std::min<u32>(left_, static_cast<u32>(numbers.size() / 512));
      const BabyBear x_scale = -rx.inverse(), y_scale = of_y.scale.inverse();
      std::size_t found = 0;
      for (std::size_t i = 0; i < numbers.size() && found < kPairs; ++i) {
        const BabyBear value_y = (numbers[i] - of_y.offset) * y_scale;
        const BabyBear value_x = (r0 + ry * value_y) * x_scale;
        if (!chip_.tables.holds(*of_x.tag, of_x.scale * value_x + of_x.offset)) continue;
        ++found;
        row_[x] = value_x;
        row_[y] = value_y;
        if (repair(depth - 2)) return true;
      }
      row_[x] = old_x;
      row_[y] = old_y;
      locked_[x] = locked_[y] = false;
    }
  }
  return false;
}

/// Values of a column at which one residual of an assertion is zero.
std::vector<BabyBear> Forger::solutions(std::size_t assertion, std::size_t which, u32 column) {
  const BabyBear old = row_[column];
  const std::size_t constraints = chip_.constraints();
  if (assertion >= constraints && which == 1 && is_lookup(honest_.messages[assertion - constraints])) {
    return entries(assertion - constraints, column);
  }
  std::array<BabyBear, 4> y;
  std::vector<BabyBear> found;
  for (u32 t = 0; t < 4; ++t) {
    row_[column] = BabyBear(t);
    residuals(evaluate(), assertion, found);
    y[t] = which < found.size() ? found[which] : BabyBear::zero();
  }
  row_[column] = old;
  return roots_of(y);
}

/// Values of a column that make a look-up's fields one of the table's entries.
std::vector<BabyBear> Forger::entries(std::size_t message, u32 column) {
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
  left_ -= std::min<u32>(left_, kSamples / 64);
  const Tag& tag = *chip_.symbols.messages[message].tag;
  for (const auto& entry : chip_.tables.samples(tag)) {
    const BabyBear value = (entry[moving] - at[0][moving]) * scale;
    std::vector<BabyBear> fields = at[0];
    for (std::size_t i = 0; i < fields.size(); ++i) fields[i] += (at[1][i] - at[0][i]) * value;
    if (chip_.tables.holds(tag, fields)) out.push_back(value);
    if (out.size() == kEntries) break;
  }
  return out;
}

}  // namespace atlas::stark
