#pragma once
// Forged rows: rows that break one assertion of a chip and no other, found by search. What drop_assertions() judges by.
#include <array>
#include <map>
#include <random>
#include <unordered_set>

#include <stark/prover/air/trace_checker.hpp>

namespace atlas::stark {

using Row = std::vector<BabyBear>;
using RowValues = Recorded<BabyBear>;

/// Is it a look-up's table, or someone who looks into it?
inline bool is_table_side(const RowValues::Message& message) {
  return message.tag->kind == TagKind::kLookup && !message.is_send;
}
inline bool is_lookup(const RowValues::Message& message) {
  return message.tag->kind == TagKind::kLookup && message.is_send;
}
/// Does a row say anything that others hear? Look-ups alone change nothing: what they find is there.
bool is_live(const RowValues& values);

/// Tuples that the tables receive, by tag: all of them for membership, some of them to choose from.
class TableContents {
 public:
  TableContents(std::span<const ChipSource> chips, std::span<const SegmentWitness> segments);
  bool holds(const Tag& tag, const std::vector<BabyBear>& fields) const;
  /// Of a table of single numbers.
  bool holds(const Tag& tag, BabyBear field) const;
  std::span<const std::vector<BabyBear>> samples(const Tag& tag) const;
  /// Does the key fill the table? Another program's key could hold another tuple.
  bool is_of_key(const Tag& tag) const;
  /// All numbers of a table of single numbers.
  std::span<const BabyBear> numbers(const Tag& tag) const;

 private:
  struct Contents {
    bool is_of_key = false;
    std::vector<bool> is_number;  ///< of single numbers, by canonical value
    std::vector<BabyBear> numbers;
    std::unordered_set<u64> tuples;  ///< of others, hashed
    std::vector<std::vector<BabyBear>> samples;
  };
  const Contents* find(const Tag& tag) const;
  std::map<u32, Contents> of_tag_;
};

/// A chip as the search sees it. Assertions are numbered: constraints, then messages.
struct ChipAnalysis {
  ChipAnalysis(const ChipSource& chip, const TableContents& tables);

  struct RangeCheck {  ///< a look-up of scale·column + offset alone
    const Tag* tag;
    BabyBear scale, offset;
  };
  const ChipSource& chip;
  const TableContents& tables;
  Recorded<SymbolicExpr> symbols;
  std::vector<std::vector<u32>> columns_of;        ///< of each assertion, those of the key left out
  std::vector<std::vector<u32>> near_of;           ///< other columns of constraints that share one of those
  std::vector<std::vector<RangeCheck>> checks_of;  ///< of each column
  std::size_t constraints() const { return symbols.constraints.size(); }
  std::size_t assertions() const { return symbols.constraints.size() + symbols.messages.size(); }
};

/// How much of an honest row a forged one keeps.
enum class Freedom : u8 {
  kSame,         ///< every message
  kHalves,       ///< every message, said by two halves of the row
  kOutput,       ///< what it receives
  kHalfOutputs,  ///< what it receives, by halves
  kInput,        ///< which messages it says
  kRow           ///< nothing but that it says something; the key's tables may be another key's
};

inline constexpr unsigned kForgerDepth = 5;  ///< cells changed after the first

/// Searches for a row that breaks one assertion and no other: changes a cell, then others until all else holds again.
class Forger {
 public:
  Forger(const ChipAnalysis& chip, Row honest, Freedom freedom, u32 effort);
  /// Begins with a cell that the assertion names, or with one that meets such a cell in a constraint, and changes up to
  /// `depth` others.
  bool can_break(std::size_t dropped, unsigned depth, bool from_near);
  /// Goes on from a row whose author chose some cells, which stay.
  bool can_finish(std::size_t dropped, std::span<const u32> chosen);

 private:
  bool is_halved() const { return freedom_ == Freedom::kHalves || freedom_ == Freedom::kHalfOutputs; }
  std::vector<BabyBear> starts(BabyBear old);
  bool is_forgery(const RowValues& values) const;
  void residuals(const RowValues& values, std::size_t assertion, std::vector<BabyBear>& out) const;
  const RowValues& evaluate();
  bool repair(unsigned depth);
  bool repair_pair(std::size_t constraint, unsigned depth);
  std::vector<BabyBear> solutions(std::size_t assertion, std::size_t which, u32 column);
  std::vector<BabyBear> entries(std::size_t message, u32 column);

  const ChipAnalysis& chip_;
  Row row_;
  Freedom freedom_;
  u32 effort_, left_ = 0;
  RowValues honest_, values_;
  std::vector<bool> locked_;
  std::size_t dropped_ = 0;
  std::mt19937 random_{7};
};

/// Roots in the field of the polynomial of degree at most 3 that takes these values at 0, 1, 2, 3; none if it is
/// constant.
std::vector<BabyBear> roots_of(const std::array<BabyBear, 4>& values);

}  // namespace atlas::stark
