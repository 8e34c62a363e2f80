#pragma once
// The second pass: turns a segment's execution into its traces. A sink of the observed loop that writes one row an
// instruction.
#include <zkvm/prover/segment_edges.hpp>
#include <zkvm/prover/segment_rows.hpp>

namespace atlas::zkvm {

class Recorder {
 public:
  static constexpr bool kClocked = true;

  /// `heights`: [chip] of the traces to be, as the plan has them.
  Recorder(const Program& program, const ProgramTables& tables, AccessClock& clock, std::span<const u32> heights)
      : program_(program), tables_(tables), clock_(clock), edges_(program), rows_(heights) {}
  AccessClock& clock() { return clock_; }

  void begin_segment(const State& state);
  bool step(const Step& s);
  bool ecall(const EcallStep& s);
  /// The segment's traces and public values, after the loop stopped. A chip whose rows do not come to its height has no
  /// table.
  stark::SegmentWitness end_segment(const Executor& executor, const stark::Parameters& parameters);

 private:
  const Program& program_;
  const ProgramTables& tables_;
  AccessClock& clock_;
  SegmentEdges edges_;
  SegmentRows rows_;
  Discarded discarded_;
};

}  // namespace atlas::zkvm
