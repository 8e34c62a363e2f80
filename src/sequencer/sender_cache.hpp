#pragma once
#include <memory>

#include <base/bytes.hpp>

namespace atlas::sequencer {

/// Senders of transactions seen lately: whoever sends one again, mined or refused, makes nobody recover its signature a
/// second time. A table of fixed size in which a newcomer takes the place of what stood there. Not thread-safe.
class SenderCache {
 public:
  explicit SenderCache(u64 seed) : seed_(seed), slots_(std::make_unique<Slot[]>(kSlots)) {}

  /// Null if the transaction is not known (any more).
  const Address* find(const Hash256& hash) const {
    const Slot& slot = slots_[index(hash)];
    return slot.hash == hash && !hash.is_zero() ? &slot.sender : nullptr;
  }
  void insert(const Hash256& hash, const Address& sender) { slots_[index(hash)] = {hash, sender}; }

 private:
  static constexpr std::size_t kSlots = std::size_t{1} << 16;  ///< 3.3 MiB, some seconds at full speed
  struct Slot {
    Hash256 hash;
    Address sender;
  };
  /// A transaction hash is uniform as it is; the seed keeps others from choosing slots.
  std::size_t index(const Hash256& hash) const {
    u64 low = 0;
    std::memcpy(&low, hash.data(), sizeof low);
    return static_cast<std::size_t>(((low ^ seed_) * 0x9e3779b97f4a7c15ULL) >> 48) % kSlots;
  }
  u64 seed_;
  std::unique_ptr<Slot[]> slots_;
};

}  // namespace atlas::sequencer
