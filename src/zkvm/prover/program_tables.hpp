#pragma once
// What is the same for all segments of a program, and a segment's fixed tables.
#include <stark/prover/segment_prover.hpp>
#include <zkvm/machine/chips.hpp>
#include <zkvm/machine/program_table.hpp>

namespace atlas::zkvm {

struct ProgramTables {
  MachineShape shape;
  std::vector<Fields<u32>> fields;  ///< by slot
  std::vector<Zone> zones;
  std::vector<ImageWord> image;
  std::vector<stark::TraceTable> fixed;  ///< by chip: the fixed columns
  explicit ProgramTables(const Program& program);

  /// The word's value before the execution.
  u32 first_value(u32 space, u32 index) const;
};

/// Rows that a chip of `used` rows commits to: the least height that a key allows.
u32 height_for(u64 used, const stark::Parameters& parameters);

/// The register to which writes to x0 go, when a segment ends.
struct Discarded {
  u32 value = 0, time = 0;
};

/// The tables of all fixed chips but for multiplicities.
void open_tables(const ProgramTables& tables, stark::SegmentWitness& out);
/// The last step: the segment's number, and every multiplicity.
void close_tables(const ProgramTables& tables, u32 number, const Discarded& discarded, stark::SegmentWitness& out);

}  // namespace atlas::zkvm
