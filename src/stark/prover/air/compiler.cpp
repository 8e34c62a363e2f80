#include <algorithm>
#include <iterator>
#include <map>
#include <random>

#include <stark/prover/air/compiler.hpp>

namespace atlas::stark {
namespace {

std::vector<bool> join(const std::vector<bool>& a, const std::vector<bool>& b) {
  std::vector<bool> out = a.size() > b.size() ? a : b;
  const std::vector<bool>& shorter = a.size() > b.size() ? b : a;
  for (std::size_t i = 0; i < shorter.size(); ++i) out[i] = out[i] || shorter[i];
  return out;
}

/// Which multiplicities are 0 or 1 wherever a chip's constraints hold? Identities are tried on random rows: a false one
/// passes with probability below 2^-80.
class Flags {
 public:
  Flags(const ChipSource& chip, const Recorded<SymbolicExpr>& recorded)
      : chip_(chip), recorded_(recorded), is_flag_(chip.shape.width(), false) {
    std::mt19937_64 random(1);
    for (Recorded<BabyBear>& trial : trials_) {
      std::vector<BabyBear> row(is_flag_.size());
      for (BabyBear& x : row) x = BabyBear(static_cast<u32>(random()));
      chip.numeric(row.data(), trial);
      rows_.push_back(std::move(row));
    }
    for (std::size_t k = 0; k < recorded.constraints.size(); ++k) {
      const std::vector<u32> columns = columns_of(recorded.constraints[k].value);
      if (columns.size() == 1 && makes_boolean(k, [&](std::size_t t) { return rows_[t][columns[0]]; })) {
        is_flag_[columns[0]] = true;
      }
    }
    for (std::size_t k = 0; k < recorded.constraints.size(); ++k) {
      std::vector<u32> columns = columns_of(recorded.constraints[k].value);
      if (columns.size() > 1 && columns.size() <= kMaxFlags && are_flags(columns)) ties_.emplace_back(k, columns);
    }
  }

  /// Is there a constraint m·(m − 1)? Or does m depend on flags alone, columns that have such a constraint each, and
  /// come to 0 or 1 on all assignments that the constraints between flags allow?
  bool is_boolean(std::size_t message) const {
    for (std::size_t k = 0; k < recorded_.constraints.size(); ++k) {
      if (makes_boolean(k, [&](std::size_t t) { return trials_[t].messages[message].multiplicity; })) return true;
    }
    std::vector<u32> flags = columns_of(recorded_.messages[message].multiplicity);
    if (flags.size() > kMaxFlags || !are_flags(flags)) return false;
    const std::vector<std::size_t> ties = gather(flags);
    for (u32 assignment = 0; assignment < 1u << flags.size(); ++assignment) {
      std::vector<BabyBear> row(is_flag_.size(), BabyBear::zero());
      for (std::size_t i = 0; i < flags.size(); ++i) row[flags[i]] = BabyBear(assignment >> i & 1);
      Recorded<BabyBear> values;
      chip_.numeric(row.data(), values);
      const bool is_allowed =
          std::all_of(ties.begin(), ties.end(), [&](std::size_t k) { return values.constraints[k].value.is_zero(); });
      const BabyBear m = values.messages[message].multiplicity;
      if (is_allowed && !m.is_zero() && !(m == BabyBear::one())) return false;
    }
    return true;
  }

 private:
  static constexpr std::size_t kTrials = 3;
  static constexpr u32 kMaxFlags = 12;

  static std::vector<u32> columns_of(const SymbolicExpr& e) {
    std::vector<u32> out;
    for (u32 i = 0; i < e.columns.size(); ++i) {
      if (e.columns[i]) out.push_back(i);
    }
    return out;
  }
  bool are_flags(const std::vector<u32>& columns) const {
    return std::all_of(columns.begin(), columns.end(), [this](u32 i) { return is_flag_[i]; });
  }
  template <class Value>
  bool makes_boolean(std::size_t constraint, const Value& value) const {
    for (std::size_t t = 0; t < kTrials; ++t) {
      const BabyBear x = value(t), target = x * (x - BabyBear::one());
      const BabyBear found = trials_[t].constraints[constraint].value;
      if (!(found == target) && !(found == -target)) return false;
    }
    return true;
  }
  /// Constraints between those flags and others, which join them as long as there is room.
  std::vector<std::size_t> gather(std::vector<u32>& flags) const {
    std::vector<std::size_t> out;
    for (bool grows = true; grows;) {
      grows = false;
      for (const auto& [constraint, columns] : ties_) {
        std::vector<u32> joined, common;
        std::set_union(flags.begin(), flags.end(), columns.begin(), columns.end(), std::back_inserter(joined));
        std::set_intersection(flags.begin(), flags.end(), columns.begin(), columns.end(), std::back_inserter(common));
        const bool is_known = std::find(out.begin(), out.end(), constraint) != out.end();
        if (is_known || common.empty() || joined.size() > kMaxFlags) continue;
        flags = std::move(joined);
        out.push_back(constraint);
        grows = true;
      }
    }
    return out;
  }

  const ChipSource& chip_;
  const Recorded<SymbolicExpr>& recorded_;
  std::vector<bool> is_flag_;
  Recorded<BabyBear> trials_[kTrials];
  std::vector<std::vector<BabyBear>> rows_;
  std::vector<std::pair<std::size_t, std::vector<u32>>> ties_;  ///< constraints of flags alone, and those
};

class Compiler {
 public:
  explicit Compiler(std::span<const ChipSource> chips) : chips_(chips) {}

  std::vector<std::string> run() {
    for (const ChipSource& chip : chips_) check(chip);
    for (const auto& [id, use] : tags_) {
      if (use.tag->kind == TagKind::kLookup && !use.received) {
        problems_.push_back("tag '" + std::string(use.tag->name) + "' is looked up, but no table receives it");
      }
    }
    return std::move(problems_);
  }

 private:
  struct TagUse {
    const Tag* tag;
    bool received = false;
  };

  void check(const ChipSource& chip) {
    const u32 width = chip.shape.width();
    const Recorded<SymbolicExpr> recorded = symbols_of(chip);
    const auto refuse = [&](const SourceLine& where, const std::string& what) {
      problems_.push_back("chip '" + std::string(chip.name) + "', " + where.file + ":" + std::to_string(where.line) +
                          ": " + what);
    };
    const auto bound_degree = [&](const SymbolicExpr& e, const SourceLine& where, const char* what) {
      if (e.degree > kMaxDegree) {
        refuse(where, std::string(what) + " has degree " + std::to_string(e.degree) + ", at most " +
                          std::to_string(kMaxDegree) + " is allowed");
      }
    };
    const Flags flags(chip, recorded);
    std::vector<bool> used(width, false);
    for (const auto& constraint : recorded.constraints) {
      bound_degree(constraint.value, constraint.where, "the constraint");
      if (!constraint.value.at_zero.is_zero())
        refuse(constraint.where, "the constraint does not vanish on the zero row");
      used = join(used, constraint.value.columns);
    }
    for (std::size_t j = 0; j < recorded.messages.size(); ++j) {
      const auto& message = recorded.messages[j];
      const Tag& tag = *message.tag;
      const std::string name = "message '" + std::string(tag.name) + "'";
      const auto [known, is_new] = tags_.try_emplace(tag.id, TagUse{&tag});
      if (tag.id == 0 || tag.id >= BabyBear::kModulus) refuse(message.where, name + ": a tag's id is in [1, p)");
      if (!is_new &&
          (known->second.tag->kind != tag.kind || known->second.tag->bus != tag.bus ||
           known->second.tag->fields != tag.fields || std::string_view(known->second.tag->name) != tag.name)) {
        refuse(message.where, name + " shares its id with the different tag '" + known->second.tag->name + "'");
      }
      known->second.received = known->second.received || !message.is_send;
      bound_degree(message.multiplicity, message.where, "the multiplicity");
      if (!message.multiplicity.at_zero.is_zero())
        refuse(message.where, "the multiplicity does not vanish on the zero row");
      std::vector<bool> named = message.multiplicity.columns;
      for (const SymbolicExpr& field : message.fields) {
        bound_degree(field, message.where, "a field");
        named = join(named, field.columns);
      }
      used = join(used, named);
      if (tag.bus == Bus::kBoundary) {
        if (tag.kind == TagKind::kLookup) refuse(message.where, name + ": look-ups are local");
        for (u32 i = chip.shape.columns[0]; i < named.size(); ++i) {
          if (named[i]) {
            refuse(message.where, name + " names column " + std::to_string(i) + ", which is not in the boundary tree");
          }
        }
      }
      const bool is_table_side = tag.kind == TagKind::kLookup && !message.is_send;
      if (is_table_side && chip.fixed_height == 0) {
        refuse(message.where, name + " is a look-up: only a chip of fixed height may receive it");
      }
      if (!is_table_side && !flags.is_boolean(j)) {
        refuse(message.where, name + ": no constraint makes the multiplicity 0 or 1");
      }
    }
    for (u32 i = 0; i < width; ++i) {
      if (i >= used.size() || !used[i]) {
        problems_.push_back("chip '" + std::string(chip.name) + "': column " + std::to_string(i) + " is never used");
      }
    }
    if (chip.fixed_height == 0 && chip.shape.columns[2] + chip.shape.columns[3] != 0) {
      problems_.push_back("chip '" + std::string(chip.name) + "' has fixed or closed columns, but no fixed height");
    }
  }

  std::span<const ChipSource> chips_;
  std::map<u32, TagUse> tags_;
  std::vector<std::string> problems_;
};

SymbolicExpr scalar(u32 k) {
  return {0, BabyBear(k), {}};
}

}  // namespace

SymbolicExpr operator+(const SymbolicExpr& a, const SymbolicExpr& b) {
  return {std::max(a.degree, b.degree), a.at_zero + b.at_zero, join(a.columns, b.columns)};
}
SymbolicExpr operator-(const SymbolicExpr& a, const SymbolicExpr& b) {
  return {std::max(a.degree, b.degree), a.at_zero - b.at_zero, join(a.columns, b.columns)};
}
SymbolicExpr operator*(const SymbolicExpr& a, const SymbolicExpr& b) {
  // Times the constant zero: depends on nothing, so a column is not "used" by it.
  if ((a.degree == 0 && a.at_zero.is_zero()) || (b.degree == 0 && b.at_zero.is_zero())) return {};
  return {a.degree + b.degree, a.at_zero * b.at_zero, join(a.columns, b.columns)};
}
SymbolicExpr operator+(const SymbolicExpr& a, u32 k) {
  return a + scalar(k);
}
SymbolicExpr operator-(const SymbolicExpr& a, u32 k) {
  return a - scalar(k);
}
SymbolicExpr operator*(const SymbolicExpr& a, u32 k) {
  return a * scalar(k);
}
SymbolicExpr operator+(u32 k, const SymbolicExpr& a) {
  return scalar(k) + a;
}
SymbolicExpr operator-(u32 k, const SymbolicExpr& a) {
  return scalar(k) - a;
}
SymbolicExpr operator*(u32 k, const SymbolicExpr& a) {
  return scalar(k) * a;
}
SymbolicExpr operator-(const SymbolicExpr& a) {
  return {a.degree, -a.at_zero, a.columns};
}

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

std::vector<std::string> compile(std::span<const ChipSource> chips) {
  return Compiler(chips).run();
}

}  // namespace atlas::stark
