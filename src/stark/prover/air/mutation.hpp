#pragma once
// Do a machine's constraints and messages suffice, and is each of them needed? Judged row by row with eval() and the
// tables' contents, so a machine of hundreds of columns takes seconds. The execution must hold (check_execution).
#include <stark/prover/air/trace_checker.hpp>

namespace atlas::stark {

/// Every cell of some rows of every chip changed alone, in several ways. A change that breaks no constraint and leaves
/// the row's messages as they were is inert: nothing outside the row can tell. Every other change is caught, by a
/// constraint or, as the honest buses balance, by a bus. Fixed and closed columns are the key's, not the prover's.
struct CellMutation {
  u64 tried = 0;
  u64 caught_by_constraint = 0;
  u64 caught_by_bus = 0;
  /// Inert columns as "chip column": in rows that send or receive something, and in rows that do not.
  std::vector<std::string> inert_in_live_rows;
  std::vector<std::string> inert_in_idle_rows;
};
CellMutation mutate_cells(const Machine& machine, std::span<const ChipSource> chips,
                          std::span<const SegmentWitness> segments, u32 rows_per_chip = 8);

/// A row that a test's author wrote to break one assertion of a chip and no other: the cells that matter; the search
/// may change those not chosen.
struct ForgedRow {
  std::size_t chip = 0;
  std::vector<BabyBear> cells;
  std::vector<u32> chosen;
};

/// Every constraint, message and look-up left out in turn. A message counts as needed when the honest execution does
/// not balance without it. A constraint, and a look-up as a claim about its fields, counts when a row is found that
/// breaks it and nothing else, and that says something on a bus:
///   same    every message as in an honest row, or two halves of that row in its place: the forged trace balances;
///   output  what the row (or each half) receives is honest, what it sends is not: the machine would go on from that;
///   input   no honest row receives that, but the row agrees with all other constraints and look-ups;
///   written likewise, from one of `forged`;
/// or, without a forgery, when the AIR compiler refuses the chip without it (a multiplicity that nothing makes
/// boolean).
struct OmissionScore {
  std::string chip;                                  ///< its name
  u32 constraints = 0, lookups = 0, messages = 0;    ///< how many there are
  u32 same = 0, output = 0, input = 0, written = 0;  ///< constraints and look-ups by the forgery found
  u32 refused = 0;                                   ///< by the AIR compiler
  u32 unbalanced = 0;                                ///< messages without which the honest execution fails
  std::vector<std::string> survivors;                ///< chip, which, source line: nothing found
  u32 all() const { return constraints + lookups + messages; }
  u32 killed() const { return same + output + input + written + refused + unbalanced; }
  double percent() const { return all() == 0 ? 100 : 100.0 * killed() / all(); }
};
struct OmissionSearch {
  std::size_t first_chip = 0, chips = ~std::size_t{0};  ///< those judged
  u32 one_in = 1;                                       ///< of the assertions, for a sample
  u32 rows_per_chip = 12;                               ///< honest rows to begin with
  u32 effort = 1600;  ///< rows tried from one of them, and up to 16 times as many where nothing is found
};
/// A score a chip.
std::vector<OmissionScore> drop_assertions(const Machine& machine, std::span<const ChipSource> chips,
                                           std::span<const SegmentWitness> segments,
                                           std::span<const ForgedRow> forged = {}, OmissionSearch search = {});

/// The messages of a chip alone: for one whose constraints and look-ups are judged by rows that a test wrote.
OmissionScore drop_messages(std::span<const ChipSource> chips, std::span<const SegmentWitness> segments,
                            std::size_t chip);
/// Does the AIR compiler find more to refuse in the chip without that constraint?
bool is_refused_without(const ChipSource& chip, std::size_t constraint);
/// How a survivor is named.
std::string place_of(const ChipSource& chip, const SourceLine& where, const std::string& what);

OmissionScore total(std::span<const OmissionScore> scores);
/// One line to print.
std::string summary(const CellMutation& result);
std::string summary(const OmissionScore& result);
/// A line a chip, and their sum.
std::string table_of(std::span<const OmissionScore> scores);

}  // namespace atlas::stark
