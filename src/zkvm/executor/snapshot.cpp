#include <zkvm/executor/snapshot.hpp>

namespace atlas::zkvm {

Snapshot::Snapshot(const Snapshot& before, const Executor& executor, const AccessClock& clock)
    : state_(executor.state()), segment_(clock.segment()), pages_(before.pages_) {
  for (unsigned r = 0; r < register_segments_.size(); ++r) register_segments_[r] = clock.last_segment_of_register(r);
  const GuestMemory& memory = executor.memory();
  std::map<u32, std::shared_ptr<Page>> fresh;
  for (const BoundaryWord& touched : clock.touched()) {
    std::shared_ptr<Page>& page = fresh[touched.index / kPageWords];
    if (page != nullptr) continue;
    page = std::make_shared<Page>();
    page->newest = segment_;
    const u32 first = touched.index / kPageWords * kPageWords;
    const u32 count = std::min(kPageWords, memory.words() - first);
    std::memcpy(page->value, memory.word(first), u64{4} * count);
    for (u32 k = 0; k < count; ++k) page->segment[k] = clock.last_segment(first + k);
  }
  for (auto& [index, page] : fresh) pages_[index] = std::move(page);
}

void Snapshot::restore(Executor& executor, AccessClock& clock) const {
  if (segment_ == 0) return;
  executor.mutable_state() = state_;
  GuestMemory& memory = executor.mutable_memory();
  for (const auto& [index, page] : pages_) {
    const u32 first = index * kPageWords;
    const u32 count = std::min(kPageWords, memory.words() - first);
    for (u32 k = 0; k < count; ++k) {
      if (page->segment[k] == 0) continue;  // as it was at the begin
      *memory.word(first + k) = page->value[k];
      clock.restore(first + k, page->segment[k]);
    }
  }
  for (unsigned r = 0; r < register_segments_.size(); ++r) clock.restore_register(r, register_segments_[r]);
  clock.restore_segment(segment_);
}

}  // namespace atlas::zkvm
