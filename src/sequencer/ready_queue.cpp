#include <sequencer/ready_queue.hpp>

namespace atlas::sequencer {

using Place = PoolEntry::Place;

void ReadyQueue::insert(PoolEntry& entry) {
  ENSURE(entry.place == Place::kWaiting, "an entry is in one place of the pool at a time");
  if (entry.fee_cap < base_fee_) {
    entry.place = Place::kParked;
    parked_.insert(entry);
  } else if (entry.tip_bound() >= base_fee_) {
    entry.place = Place::kTipLimited;
    tip_limited_.insert(entry);
    tip_limited_by_bound_.insert(entry);
  } else {
    entry.place = Place::kCapLimited;
    cap_limited_.insert(entry);
    cap_limited_by_bound_.insert(entry);
  }
}

void ReadyQueue::erase(PoolEntry& entry) {
  switch (entry.place) {
    case Place::kTipLimited:
      tip_limited_.erase(tip_limited_.iterator_to(entry));
      tip_limited_by_bound_.erase(tip_limited_by_bound_.iterator_to(entry));
      break;
    case Place::kCapLimited:
      cap_limited_.erase(cap_limited_.iterator_to(entry));
      cap_limited_by_bound_.erase(cap_limited_by_bound_.iterator_to(entry));
      break;
    case Place::kParked:
      parked_.erase(parked_.iterator_to(entry));
      break;
    case Place::kWaiting:
    case Place::kInFlight:
      ENSURE(false, "the entry is not in the ready queue");
  }
  entry.place = Place::kWaiting;
}

PoolEntry* ReadyQueue::best() {
  PoolEntry* by_tip = tip_limited_.empty() ? nullptr : &*tip_limited_.begin();
  PoolEntry* by_cap = cap_limited_.empty() ? nullptr : &*cap_limited_.begin();
  if (by_tip == nullptr || by_cap == nullptr) return by_tip != nullptr ? by_tip : by_cap;
  const u64 tip = by_tip->effective_tip(base_fee_);
  const u64 cap = by_cap->effective_tip(base_fee_);
  if (tip != cap) return tip > cap ? by_tip : by_cap;
  return by_tip->turn < by_cap->turn ? by_tip : by_cap;
}

void ReadyQueue::set_base_fee(u64 base_fee) {
  const auto move = [this](PoolEntry& entry) {
    erase(entry);
    insert(entry);
  };
  const bool rises = base_fee > base_fee_;
  base_fee_ = base_fee;
  if (rises) {
    while (!tip_limited_by_bound_.empty() && tip_limited_by_bound_.begin()->tip_bound() < base_fee) {
      move(*tip_limited_by_bound_.begin());
    }
    while (!cap_limited_.empty() && cap_limited_.rbegin()->fee_cap < base_fee) move(*cap_limited_.rbegin());
  } else {
    while (!parked_.empty() && parked_.begin()->fee_cap >= base_fee) move(*parked_.begin());
    while (!cap_limited_by_bound_.empty() && cap_limited_by_bound_.rbegin()->tip_bound() >= base_fee) {
      move(*cap_limited_by_bound_.rbegin());
    }
  }
}

}  // namespace atlas::sequencer
