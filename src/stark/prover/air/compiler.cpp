#include <algorithm>
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
      if (!is_table_side && !is_boolean(chip, recorded, j)) {
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

  /// Is there a constraint c·m·(m − 1), or does m depend on columns alone that have one each, and come to 0 or 1 on all
  /// their assignments? Identities are tried on random rows: a false one passes with probability below 2^-80.
  static bool is_boolean(const ChipSource& chip, const Recorded<SymbolicExpr>& recorded, std::size_t message) {
    constexpr int kTrials = 3;
    constexpr u32 kMaxFlags = 12;
    std::mt19937_64 random(1);
    const u32 width = chip.shape.width();
    std::vector<bool> explicit_match(recorded.constraints.size(), true);
    std::vector<std::vector<bool>> column_match(recorded.constraints.size(), std::vector<bool>(width, true));
    for (int trial = 0; trial < kTrials; ++trial) {
      std::vector<BabyBear> row(width);
      for (BabyBear& x : row) x = BabyBear(static_cast<u32>(random()));
      Recorded<BabyBear> values;
      chip.numeric(row.data(), values);
      const auto matches = [](BabyBear constraint, BabyBear m) {
        const BabyBear target = m * (m - BabyBear::one());
        return constraint == target || constraint == -target;
      };
      for (std::size_t k = 0; k < values.constraints.size(); ++k) {
        const BabyBear value = values.constraints[k].value;
        if (!matches(value, values.messages[message].multiplicity)) explicit_match[k] = false;
        for (u32 i = 0; i < width; ++i) {
          if (!matches(value, row[i])) column_match[k][i] = false;
        }
      }
    }
    if (std::find(explicit_match.begin(), explicit_match.end(), true) != explicit_match.end()) return true;
    std::vector<u32> flags;
    const std::vector<bool>& needed = recorded.messages[message].multiplicity.columns;
    for (u32 i = 0; i < needed.size(); ++i) {
      if (!needed[i]) continue;
      const bool is_flag = std::any_of(column_match.begin(), column_match.end(), [i](const auto& m) { return m[i]; });
      if (!is_flag || flags.size() == kMaxFlags) return false;
      flags.push_back(i);
    }
    for (u32 assignment = 0; assignment < 1u << flags.size(); ++assignment) {
      std::vector<BabyBear> row(width, BabyBear::zero());
      for (std::size_t k = 0; k < flags.size(); ++k) row[flags[k]] = BabyBear(assignment >> k & 1);
      Recorded<BabyBear> values;
      chip.numeric(row.data(), values);
      const BabyBear m = values.messages[message].multiplicity;
      if (!m.is_zero() && !(m == BabyBear::one())) return false;
    }
    return true;
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
