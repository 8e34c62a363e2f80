#pragma once
// Where an execution can be taken up again: at the cut between two segments. Pages that a segment did not touch are
// shared with the snapshot before, so that keeping all of them costs what was touched.
#include <map>
#include <memory>

#include <zkvm/executor/access_clock.hpp>
#include <zkvm/executor/executor.hpp>

namespace atlas::zkvm {

class Snapshot {
 public:
  /// The machine before its first instruction.
  Snapshot() = default;
  /// The machine after the segment that `clock` recorded; `before` is the snapshot at that segment's begin.
  Snapshot(const Snapshot& before, const Executor& executor, const AccessClock& clock);

  /// Puts a fresh executor of the same program, and a fresh clock, where this snapshot was taken. What follows is what
  /// followed then, hints being equal.
  void restore(Executor& executor, AccessClock& clock) const;

  const State& state() const { return state_; }
  u32 segment() const { return segment_; }  ///< segments done; 0 at the begin
  std::size_t pages() const { return pages_.size(); }

 private:
  static constexpr u32 kPageWords = 1024;
  struct Page {
    u32 value[kPageWords];
    u32 segment[kPageWords];
  };
  State state_;
  u32 segment_ = 0;
  std::array<u32, 32> register_segments_{};
  std::map<u32, std::shared_ptr<const Page>> pages_;
};

}  // namespace atlas::zkvm
