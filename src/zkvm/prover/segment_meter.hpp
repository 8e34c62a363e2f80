#pragma once
// The first pass: executes, counts rows, and says where a segment ends. Nothing is recorded but which words were
// touched.
#include <zkvm/prover/segment_edges.hpp>
#include <zkvm/prover/segment_rows.hpp>

namespace atlas::zkvm {

/// What a segment may hold.
struct SegmentLimits {
  u64 cells = 0;     ///< committed outside the fixed trees, rows rounded up to heights
  u64 messages = 0;  ///< local, of all chips
  u64 rows = 0;      ///< of a chip
  u64 cycles = 0;
};

/// A segment of the default size takes about 5 GiB to prove.
inline constexpr u64 kSegmentMessages = u64{1} << 26;

/// What the key allows, and no more than `messages` and `cycles`.
SegmentLimits segment_limits(const stark::Machine& machine, const stark::Parameters& parameters, u64 messages,
                             u64 cycles);

class SegmentMeter {
 public:
  static constexpr bool kClocked = true;

  SegmentMeter(const Program& program, const stark::Machine& machine, const stark::Parameters& parameters,
               const SegmentLimits& limits, AccessClock& clock);
  AccessClock& clock() { return clock_; }

  void begin_segment(const State& state);
  bool step(const Step& s) {
    ++counts_.of_chip[chip_of_[static_cast<unsigned>(s.instruction->op)]];
    return --sure_ != 0 || find_room();
  }
  /// Must the segment end before this call?
  bool before(const EcallPlan& plan);
  bool ecall(const EcallStep& s);

  /// Rows so far, but for boundary rows.
  const RowCounts& counts() const { return counts_; }
  const SegmentEdges& edges() const { return edges_; }
  /// A function that no chip proves, if the program called one.
  const std::optional<abi::Ecall>& unproved() const { return unproved_; }

 private:
  /// Do these rows and so many boundary rows and ticks fit?
  bool fits(const RowCounts& counts, u64 boundary_rows, u64 ticks) const;
  /// Whatever steps they are?
  bool fits_steps(u64 steps) const;
  bool find_room();
  u64 touched() const { return clock_.touched().size() + clock_.registers_touched().size(); }
  u64 cycles_left() const;

  const stark::Machine& machine_;
  const stark::Parameters& parameters_;
  SegmentLimits limits_;
  AccessClock& clock_;
  SegmentEdges edges_;
  RowCounts counts_;
  RowCounts call_counts_;  // after the call that before() was asked about
  std::optional<abi::Ecall> unproved_;
  u64 sure_ = 0;  ///< steps for which there is room, ecalls apart
  std::array<u8, kOps + 1> chip_of_{};
};

}  // namespace atlas::zkvm
