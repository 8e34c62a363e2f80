#pragma once
// For tests of omissions: rows of a chip, of which each breaks one constraint or look-up and nothing else, and says
// something on a bus: a row that nobody hears forges nothing.
#include <initializer_list>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include <stark/prover/air/forger.hpp>
#include <stark/prover/air/mutation.hpp>
#include <zkvm/prover/row_judge.hpp>

namespace atlas::zkvm::test {

inline constexpr u32 kP = BabyBear::kModulus;
inline constexpr u32 kBit20 = 1u << 20;

inline u32 plus(u32 x, i64 delta) {
  return field_of(x + delta);
}
inline u32 inverse_of(u32 x) {
  return BabyBear(x).inverse().canonical();
}

/// Rows of a chip on trial, and which assertions some row broke alone.
template <class Chip>
class Trial {
 public:
  using Row = RowOf<Chip>;
  static constexpr u32 kColumns = sizeof(Row) / sizeof(u32);

  stark::Recorded<BabyBear> record(const Row& row) const {
    std::vector<BabyBear> values;
    for (u32 i = 0; i < kColumns; ++i) values.push_back(BabyBear(reinterpret_cast<const u32*>(&row)[i]));
    stark::Recorded<BabyBear> out;
    stark::RecordingBuilder<BabyBear> builder(values.data(), out);
    Chip::eval(builder);
    return out;
  }
  static u32& cell(Row& row, u32 column) { return reinterpret_cast<u32*>(&row)[column]; }

  /// Constraints by number, then messages.
  std::vector<std::size_t> broken(const Row& row) const {
    const auto recorded = record(row);
    std::vector<std::size_t> out;
    for (std::size_t i = 0; i < recorded.constraints.size(); ++i) {
      if (!recorded.constraints[i].value.is_zero()) out.push_back(i);
    }
    for (std::size_t j = 0; j < recorded.messages.size(); ++j) {
      const auto& m = recorded.messages[j];
      const bool is_lookup = m.tag->kind == TagKind::kLookup && !m.multiplicity.is_zero();
      if (is_lookup && !is_in_table(*m.tag, m.fields)) out.push_back(recorded.constraints.size() + j);
    }
    return out;
  }
  void add(const Row& row) {
    const auto all = broken(row);
    if (all.size() == 1 && stark::is_live(record(row))) found_.insert(all[0]);
  }
  /// A row that is made to break one thing: an assertion that is dropped leaves it none.
  void expect_one(const Row& row) {
    const auto all = broken(row);
    EXPECT_EQ(all.size(), 1u) << Chip::kName << ": " << testing::PrintToString(all);
    EXPECT_TRUE(stark::is_live(record(row))) << Chip::kName << ": a row for " << testing::PrintToString(all);
    add(row);
  }
  /// Cells of which each, one more than it is, breaks one thing.
  void expect_each(const Row& honest, std::initializer_list<u32> columns) {
    for (const u32 column : columns) {
      Row row = honest;
      cell(row, column) = plus(cell(row, column), 1);
      expect_one(row);
    }
  }
  void expect_honest(const Row& row) const { EXPECT_EQ(broken(row), std::vector<std::size_t>{}) << Chip::kName; }

  /// Every cell alone.
  void add_mutations(const Row& honest) {
    for (u32 i = 0; i < kColumns; ++i) {
      for (const i64 delta : {i64{1}, i64{-1}, i64{2}, i64{-2}, i64{256}, i64{-256}, i64{65536}, i64{-65536},
                              i64{kBit20}, -i64{kBit20}, i64{kP / 3}}) {
        Row row = honest;
        cell(row, i) = plus(cell(row, i), delta);
        add(row);
      }
    }
  }
  /// A gap past its 20 bits, and past all 26. `column`: of a MemoryWord.
  void add_gaps(const Row& honest, u32 column, u32 count, u32 stride = 4) {
    for (u32 k = 0; k < count; ++k, column += stride) {
      Row row = honest;
      u32 &last = cell(row, column + 2), &gap = cell(row, column + 3);
      last = plus(last, -5 * i64{kBit20});
      gap += kBit20;
      expect_one(row);
      row = honest;
      last = plus(last, -64 * i64{kBit20});
      expect_one(row);
    }
  }
  /// Pointers that are not what an argument says. `argument`: column of its limbs.
  void add_pointers(const Row& honest, u32 address, u32 argument, u32 immediate) {
    const auto with = [&](i64 low, i64 high, i64 q, i64 hi) {
      Row row = honest;
      cell(row, argument) = plus(field_of(low), -i64{cell(row, immediate)});
      cell(row, argument + 1) = plus(field_of(high), -i64{cell(row, immediate + 1)});
      cell(row, address) = field_of(q);
      cell(row, address + 1) = field_of(hi);
      expect_one(row);
    };
    with(12, 2, 3 - (1 << 14), 3);   // q below zero
    with(12, 2, 3, 2 - 65536);       // hi below zero
    with(12, 2, 3, 7);               // another hi
    with(11, 2, 3, 2 + (kP >> 16));  // misaligned: the carry is −1/2^16
  }
  /// The first constraint that changes with a cell.
  std::size_t constraint_of(Row row, u32 column) const {
    const auto before = record(row);
    cell(row, column) = plus(cell(row, column), 1);
    const auto after = record(row);
    for (std::size_t i = 0; i < before.constraints.size(); ++i) {
      if (!(before.constraints[i].value == after.constraints[i].value)) return i;
    }
    ADD_FAILURE() << "no constraint depends on the cell";
    return 0;
  }
  /// Sets a cell on which one constraint depends, and linearly, so that it holds.
  void solve(Row& row, u32 column) const {
    const std::size_t constraint = constraint_of(row, column);
    cell(row, column) = 0;
    const BabyBear at_zero = record(row).constraints[constraint].value;
    cell(row, column) = 1;
    const BabyBear slope = record(row).constraints[constraint].value - at_zero;
    cell(row, column) = (-at_zero * slope.inverse()).canonical();
  }

  /// Constraints and look-ups: those that a row broke alone, those without which the AIR compiler refuses the chip, and
  /// the others, which nothing shows to be needed.
  stark::OmissionScore score() const {
    const stark::ChipSource source = sources()[kIndexOf<Chip>];
    const auto recorded = record(Row{});
    stark::OmissionScore out;
    out.chip = Chip::kName;
    for (std::size_t i = 0; i < recorded.constraints.size(); ++i) {
      ++out.constraints;
      if (found_.contains(i)) {
        ++out.written;
      } else if (stark::is_refused_without(source, i)) {
        ++out.refused;
      } else {
        out.survivors.push_back(
            stark::place_of(source, recorded.constraints[i].where, "constraint " + std::to_string(i)));
      }
    }
    for (std::size_t j = 0; j < recorded.messages.size(); ++j) {
      const auto& m = recorded.messages[j];
      if (m.tag->kind != TagKind::kLookup) continue;
      ++out.lookups;
      if (found_.contains(recorded.constraints.size() + j)) {
        ++out.written;
      } else {
        out.survivors.push_back(stark::place_of(source, m.where, std::string("look-up ") + m.tag->name));
      }
    }
    return out;
  }
  /// The equation that a carry leaves: it changes by −2^bits with it.
  std::size_t equation_of(Row row, u32 carry_column, u32 bits) const {
    const auto before = record(row);
    cell(row, carry_column) = plus(cell(row, carry_column), 1);
    const auto after = record(row);
    for (std::size_t i = 0; i < before.constraints.size(); ++i) {
      const u32 change = (before.constraints[i].value - after.constraints[i].value).canonical();
      if (change == u32{1} << bits) return i;
    }
    ADD_FAILURE() << "no equation has this carry";
    return 0;
  }

 private:
  std::set<std::size_t> found_;
};

/// Scores of the primitives' chips: constraints and look-ups, by rows that the tests of hashes and arithmetic make.
std::vector<stark::OmissionScore> hash_omissions();
std::vector<stark::OmissionScore> arithmetic_omissions();

inline i64 centred(BabyBear x) {
  const i64 value = x.canonical();
  return value > kP / 2 ? value - kP : value;
}

/// Rows of a chip of one call.
template <class Chip>
struct RowCatcher {
  std::vector<RowOf<Chip>> rows;
  template <class Other>
  void append(const RowOf<Other>& row) {
    if constexpr (std::is_same_v<Other, Chip>) rows.push_back(row);
  }
};

}  // namespace atlas::zkvm::test
