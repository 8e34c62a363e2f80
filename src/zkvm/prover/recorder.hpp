#pragma once
// Turns an execution into traces: a sink of the observed loop that writes one row an instruction.
#include <stark/prover/segment_prover.hpp>
#include <zkvm/executor/observe.hpp>
#include <zkvm/machine/chips.hpp>
#include <zkvm/machine/program_table.hpp>
#include <zkvm/prover/row_buffer.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm {

/// What is the same for all segments of a program.
struct ProgramTables {
  std::vector<Fields<u32>> fields;  ///< by slot
  std::vector<Zone> zones;
  std::vector<ImageWord> image;
  std::vector<stark::TraceTable> fixed;  ///< by chip: the fixed columns
  explicit ProgramTables(const Program& program);
};

/// A word's value at the begin of the execution.
struct FirstValue {
  u32 space = 0, index = 0, value = 0;
};

class Recorder {
 public:
  static constexpr bool kClocked = true;

  Recorder(const Program& program, const ProgramTables& tables, AccessClock& clock);
  AccessClock& clock() { return clock_; }

  /// Steps of a segment: its cells and time are bounded.
  void set_limits(u64 cells) { cells_max_ = cells; }
  void begin_segment(const State& state);
  bool step(const Step& s);
  bool ecall(const EcallStep& s);
  /// The segment's traces and public values, after the loop stopped.
  stark::SegmentWitness end_segment(const Executor& executor, const stark::Parameters& parameters);
  /// Words that were touched for the first time, over all segments so far.
  const std::vector<FirstValue>& first_values() const { return first_values_; }

 private:
  template <class Chip>
  void append(const StepView& view);
  void append_cells(std::size_t chip, const void* row) {
    RowBuffer& buffer = rows_[chip];
    buffer.append(static_cast<const u32*>(row));
    cells_ += buffer.width();
  }
  bool has_room() const;
  u32 slot_of(u32 pc) const { return (pc - program_.text_begin) / 4; }

  const Program& program_;
  const ProgramTables& tables_;
  AccessClock& clock_;
  std::vector<RowBuffer> rows_;  // [chip]
  std::vector<FirstValue> first_values_;
  u64 cells_ = 0;
  u64 cells_max_ = ~u64{0};
  u32 discarded_ = 0, discarded_time_ = 0;
  u32 slot_in_ = 0, calls_ = 0;
  bool is_halted_ = false, is_committed_ = false;
};

/// Rows that a chip of `used` rows commits to: the least height that a key allows.
u32 height_for(u32 used, const stark::Parameters& parameters);

/// The initialisation segment of an execution.
stark::SegmentWitness initial_segment(const ProgramTables& tables, const MachineShape& shape,
                                      std::span<const FirstValue> first_values, const Executor& executor,
                                      const AccessClock& clock, const stark::Parameters& parameters);

}  // namespace atlas::zkvm
