#pragma once
// Times of last access within a segment and segments of last access within an execution: what the buses of the proof
// chain (docs/zkvm.md, time).
#include <array>
#include <vector>

#include <zkvm/executor/memory.hpp>
#include <zkvm/executor/ticks.hpp>

namespace atlas::zkvm {

/// A word's first value in a segment, and the last segment before that touched it (0: none, it is the image's).
struct BoundaryWord {
  u32 index = 0;  ///< register number, or word number in the memory window
  u32 value_in = 0;
  u32 segment_in = 0;
};

class AccessClock {
 public:
  explicit AccessClock(const GuestMemory& memory) : cells_(u64{memory.words()} * sizeof(Cell)) {}

  /// Segments count from 1, since 0 is the image's. Forgets the times; keeps the segments.
  void begin_segment() {
    ++segment_;
    time_ = kFirstTick;
    touched_.clear();
    registers_touched_.clear();
  }
  u32 segment() const { return segment_; }
  u32 time() const { return time_; }
  void advance(u32 ticks) { time_ += ticks; }

  /// Notes an access to a word at time() + tick; returns the time of the access before in this segment, 0 if none.
  /// `value` is the word's before the access.
  u32 touch(u32 word, u32 value, u32 tick) {
    return touch(reinterpret_cast<Cell*>(cells_.data())[word], touched_, word, value, tick);
  }
  u32 touch_register(unsigned index, u32 value, u32 tick) {
    return touch(registers_[index], registers_touched_, index, value, tick);
  }

  /// Words that the segment touched, in order of first access.
  const std::vector<BoundaryWord>& touched() const { return touched_; }
  const std::vector<BoundaryWord>& registers_touched() const { return registers_touched_; }

  /// Time of the last access in this segment; 0 if there was none.
  u32 last_time(u32 word) const { return time_of(reinterpret_cast<const Cell*>(cells_.data())[word]); }
  u32 last_time_of_register(unsigned index) const { return time_of(registers_[index]); }

  /// For snapshots: the last segment that touched a word, and setting it.
  u32 last_segment(u32 word) const { return reinterpret_cast<const Cell*>(cells_.data())[word].segment; }
  u32 last_segment_of_register(unsigned index) const { return registers_[index].segment; }
  void restore(u32 word, u32 segment) { reinterpret_cast<Cell*>(cells_.data())[word] = {segment, 0}; }
  void restore_register(unsigned index, u32 segment) { registers_[index] = {segment, 0}; }
  void restore_segment(u32 segment) { segment_ = segment; }

 private:
  struct Cell {
    u32 segment = 0;  ///< last that touched it
    u32 time = 0;     ///< within that segment
  };
  u32 time_of(const Cell& cell) const { return cell.segment == segment_ ? cell.time : 0; }
  u32 touch(Cell& cell, std::vector<BoundaryWord>& touched, u32 index, u32 value, u32 tick) {
    const u32 before = cell.segment == segment_ ? cell.time : 0;
    if (before == 0) touched.push_back({index, value, cell.segment});
    cell = {segment_, time_ + tick};
    return before;
  }

  Reservation cells_;
  std::array<Cell, 32> registers_{};
  u32 segment_ = 0;
  u32 time_ = kFirstTick;
  std::vector<BoundaryWord> touched_;
  std::vector<BoundaryWord> registers_touched_;
};

}  // namespace atlas::zkvm
