#pragma once
// What a segment says to the rest of its execution: public values and boundary rows. The same in both passes.
#include <zkvm/executor/observe.hpp>
#include <zkvm/prover/program_tables.hpp>

namespace atlas::zkvm {

/// Follows a segment from its first step.
class SegmentEdges {
 public:
  explicit SegmentEdges(const Program& program) : program_(program) {}

  void begin(const State& state);
  void ecall(const EcallPlan& plan);
  u32 calls() const { return calls_; }
  /// Of the segment that ends here.
  PublicValues values(const Executor& executor, const AccessClock& clock) const;
  u32 slot_of(u32 pc) const { return (pc - program_.text_begin) / 4; }

 private:
  const Program& program_;
  u32 slot_in_ = 0, calls_ = 0;
  bool is_halted_ = false, is_committed_ = false;
};

/// A row for each word that the clock's segment touched; no rows, no table.
stark::TraceTable boundary_table(const Executor& executor, const AccessClock& clock,
                                 const stark::Parameters& parameters);

}  // namespace atlas::zkvm
