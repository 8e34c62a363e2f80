#pragma once
// How far a proof is, by the cells of its segments and the time that phases usually take.
#include <zkvm/prover/prove.hpp>

namespace atlas::zkvm {

class SegmentProgress {
 public:
  using Say = std::function<void(const ProveProgress&)>;

  SegmentProgress(const ExecutionPlan& plan, const stark::Machine& machine, Say say)
      : say_(std::move(say)), cycles_(plan.claim().cycles) {
    for (const PlannedSegment& segment : plan.segments) {
      double cells = 0;
      for (std::size_t c = 0; c < machine.chips.size(); ++c) {
        cells += static_cast<double>(segment.heights[c]) * machine.chips[c].shape.committed();
      }
      cells_.push_back(cells);
      total_ += cells;
    }
  }

  void begin(std::size_t segment, stark::ProverPhase phase) const {
    // As measured.
    constexpr double kBegins[] = {0, 0.2, 0.6, 0.85};
    constexpr const char* kPhases[] = {"committing", "balancing buses", "checking constraints", "opening"};
    const auto k = static_cast<std::size_t>(phase);
    report(done_ + cells_[segment] * kBegins[k], kPhases[k]);
  }
  /// By this process or another.
  void done(std::size_t segment) {
    done_ += cells_[segment];
    ++segments_done_;
    report(done_, "proving");
  }
  void report(const char* phase) const { report(done_, phase); }

 private:
  void report(double cells, const char* phase) const {
    constexpr double kExecution = 0.03;
    if (say_) {
      say_({kExecution + (1 - kExecution) * cells / total_, cycles_, phase, segments_done_,
            static_cast<u32>(cells_.size())});
    }
  }

  Say say_;
  u64 cycles_;
  std::vector<double> cells_;
  double total_ = 0, done_ = 0;
  u32 segments_done_ = 0;
};

}  // namespace atlas::zkvm
