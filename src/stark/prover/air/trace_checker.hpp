#pragma once
// Runs eval() on every row of a trace and balances the buses, and says in words what does not hold: the judge of chips'
// tests, long before a proof is made.
#include <optional>

#include <stark/prover/air/compiler.hpp>
#include <stark/prover/segment_prover.hpp>

namespace atlas::stark {

/// A constraint or message left out, as if it had never been written: what a mutation run drops.
struct Omission {
  std::size_t chip = 0;
  std::optional<std::size_t> constraint;
  std::optional<std::size_t> message;
};

/// Violations, at most `limit`: chip, row, which constraint and its source line; for a bus the message that does not
/// balance with its multiplicity and who sends or receives it. Empty: the execution holds.
std::vector<std::string> check_execution(const Machine& machine, std::span<const ChipSource> chips,
                                         std::span<const SegmentWitness> segments, std::size_t limit = 10,
                                         const Omission* omission = nullptr);

}  // namespace atlas::stark
