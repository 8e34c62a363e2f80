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
  /// Of each register, the last segment that touched it.
  const std::array<u32, 32>& register_segments() const { return register_segments_; }
  std::size_t pages() const { return pages_.size(); }

  /// Words of memory, with the last segment that touched each (0: none did, and the value does not matter).
  static constexpr u32 kPageWords = 1024;
  struct Page {
    u32 value[kPageWords];
    u32 segment[kPageWords];
    u32 newest;  ///< the last segment that touched any of them
  };
  /// By number: page k begins at word k·kPageWords of the window.
  using Pages = std::map<u32, std::shared_ptr<const Page>>;
  const Pages& page_map() const { return pages_; }
  /// From its parts, as they were read from a file: nothing is checked, and restore() of pages outside of memory
  /// is an error of the caller.
  Snapshot(const State& state, u32 segment, const std::array<u32, 32>& register_segments, Pages pages)
      : state_(state), segment_(segment), register_segments_(register_segments), pages_(std::move(pages)) {}

  /// visit(index, value, last segment) for each register or each word of memory that any segment touched, by rising
  /// index from `from` on, until visit returns false.
  template <class Visit>
  void for_each_register(u32 from, const Visit& visit) const {
    for (u32 r = from; r < register_segments_.size(); ++r) {
      if (register_segments_[r] != 0 && !visit(r, state_.x[r], register_segments_[r])) return;
    }
  }
  template <class Visit>
  void for_each_word(u32 from, const Visit& visit) const {
    for (auto at = pages_.lower_bound(from / kPageWords); at != pages_.end(); ++at) {
      for (u32 k = 0; k < kPageWords; ++k) {
        const u32 index = at->first * kPageWords + k;
        if (index < from || at->second->segment[k] == 0) continue;
        if (!visit(index, at->second->value[k], at->second->segment[k])) return;
      }
    }
  }

 private:
  State state_;
  u32 segment_ = 0;
  std::array<u32, 32> register_segments_{};
  Pages pages_;
};

}  // namespace atlas::zkvm
