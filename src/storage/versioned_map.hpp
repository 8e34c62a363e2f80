#pragma once
// A sharded map that remembers old values for a while: one writer, and readers that see it as it stood after any block
// of a window. Live values lie in flat tables; the values they replaced lie in a queue a shard, each linked to the
// next older one of its key. A read at block N takes the oldest replaced value younger than N, else the live one.
#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <vector>

#include <storage/flat_table.hpp>
#include <storage/shared_spin_lock.hpp>

namespace atlas::storage {

template <class Key, class Value, class Hasher>
class VersionedMap {
 public:
  static constexpr u64 kShards = 256;

  explicit VersionedMap(Hasher hasher) : hasher_(hasher) {
    shards_.reserve(kShards);
    // Bases spread over one growth step: at a steady inflow the shards grow one after another, not in one block.
    for (u64 i = 0; i < kShards; ++i) shards_.push_back(std::make_unique<Shard>(hasher, 64 + 16 * i / kShards));
  }

  // ---- Writer thread.

  /// Sets or (null) removes the value as of `block`. With `keep_old` the replaced value serves views of the blocks
  /// before.
  void set(u64 block, const Key& key, const Value* value, bool keep_old) {
    const u64 hash = hasher_(key);
    Shard& shard = shard_of(hash);
    std::unique_lock lock(shard.lock);
    auto* live = shard.live.find(hash, key);
    if (keep_old) remember(shard, block, hash, key, live == nullptr ? nullptr : &live->value);
    if (value == nullptr) {
      if (live != nullptr) {
        shard.live.erase(hash, key);
        size_.fetch_sub(1, std::memory_order_relaxed);
      }
    } else if (live != nullptr) {
      live->value = *value;
    } else {
      const u64 bytes_before = shard.live.memory_bytes();
      shard.live.insert_or_assign(hash, key, *value);
      table_bytes_.fetch_add(shard.live.memory_bytes() - bytes_before, std::memory_order_relaxed);
      size_.fetch_add(1, std::memory_order_relaxed);
    }
  }

  /// The newest value, without a lock. In place until the next set().
  const Value* newest(const Key& key) const {
    const u64 hash = hasher_(key);
    const auto* entry = shard_of(hash).live.find(hash, key);
    return entry == nullptr ? nullptr : &entry->value;
  }

  /// Forgets old values that only views before block `oldest` would need.
  void prune(u64 oldest) {
    for (auto& shard : shards_) {
      if (shard->undo.empty() || shard->undo.front().block > oldest) continue;
      std::unique_lock lock(shard->lock);
      while (!shard->undo.empty() && shard->undo.front().block <= oldest) {
        const Undo& undo = shard->undo.front();
        const u64 hash = hasher_(undo.key);
        const auto* last = shard->last.find(hash, undo.key);
        if (last != nullptr && last->value == shard->first) shard->last.erase(hash, undo.key);
        shard->undo.pop_front();
        ++shard->first;
        undo_count_.fetch_sub(1, std::memory_order_relaxed);
      }
    }
  }

  /// Room in shard `index` for `count` live entries (loading a snapshot, before any reader).
  void reserve_shard(u64 index, u64 count) {
    Shard& shard = *shards_[index];
    const u64 bytes_before = shard.live.memory_bytes();
    shard.live.reserve(count);
    table_bytes_.fetch_add(shard.live.memory_bytes() - bytes_before, std::memory_order_relaxed);
  }
  u64 shard_index(const Key& key) const { return shard_bits(hasher_(key)); }

  // ---- Any thread.

  /// The value as it stood after `block`, which must not have been pruned.
  std::optional<Value> at(u64 block, const Key& key) const {
    const u64 hash = hasher_(key);
    const Shard& shard = shard_of(hash);
    std::shared_lock lock(shard.lock);
    if (shard.changed > block) {
      if (const Undo* undo = replaced_after(shard, block, hash, key)) {
        return undo->present ? std::optional<Value>(undo->value) : std::nullopt;
      }
    }
    const auto* entry = shard.live.find(hash, key);
    return entry == nullptr ? std::nullopt : std::optional<Value>(entry->value);
  }

  /// Every entry of shard `index` as it stood after `block`, in no meaningful order, under the shard's lock.
  template <class Visit>
  void for_each_at(u64 index, u64 block, Visit&& visit) const {
    const Shard& shard = *shards_[index];
    std::shared_lock lock(shard.lock);
    if (shard.changed <= block) {
      shard.live.for_each([&](const auto& entry) { visit(entry.key, entry.value); });
      return;
    }
    shard.live.for_each([&](const auto& entry) {
      const Undo* undo = replaced_after(shard, block, hasher_(entry.key), entry.key);
      if (undo == nullptr) {
        visit(entry.key, entry.value);
      } else if (undo->present) {
        visit(entry.key, undo->value);
      }
    });
    // What was there at `block` and is not live any more.
    shard.last.for_each([&](const auto& entry) {
      const u64 hash = hasher_(entry.key);
      if (shard.live.find(hash, entry.key) != nullptr) return;
      const Undo* undo = replaced_after(shard, block, hash, entry.key);
      if (undo != nullptr && undo->present) visit(entry.key, undo->value);
    });
  }

  u64 size() const { return size_.load(std::memory_order_relaxed); }
  u64 table_bytes() const { return table_bytes_.load(std::memory_order_relaxed); }
  u64 undo_count() const { return undo_count_.load(std::memory_order_relaxed); }
  u64 undo_bytes() const { return undo_count() * kUndoRecordBytes; }

 private:
  static constexpr u64 kNone = ~u64{0};
  /// A value that was replaced (or created, then `present` is false) in `block`.
  struct Undo {
    u64 block;
    u64 previous;  ///< sequence number of the key's next older record, which may have been pruned; or kNone
    Key key;
    Value value;
    bool present;
  };
  struct alignas(64) Shard {
    Shard(Hasher hasher, u64 base_capacity) : live(hasher, base_capacity), last(hasher) {}
    mutable SharedSpinLock lock;
    u64 changed = 0;  ///< last block with a record here
    u64 first = 0;    ///< sequence number of undo.front()
    FlatTable<Key, Value, Hasher> live;
    FlatTable<Key, u64, Hasher> last;  ///< sequence number of a key's newest record
    std::deque<Undo> undo;             ///< in order of block
  };

  /// A record and about one entry of `last` for it.
  static constexpr u64 kUndoRecordBytes = sizeof(Undo) + sizeof(Key) + 2 * sizeof(u64);

  // Bits that neither the tag (0-6) nor, in a table of less than 2^49 places, the place (from the top) depends on.
  static u64 shard_bits(u64 hash) { return (hash >> 7) % kShards; }
  Shard& shard_of(u64 hash) { return *shards_[shard_bits(hash)]; }
  const Shard& shard_of(u64 hash) const { return *shards_[shard_bits(hash)]; }

  void remember(Shard& shard, u64 block, u64 hash, const Key& key, const Value* old) {
    auto* last = shard.last.find(hash, key);
    const u64 previous = last == nullptr ? kNone : last->value;
    if (previous != kNone && shard.undo[previous - shard.first].block == block)
      return;  // the block's first change counts
    const u64 sequence = shard.first + shard.undo.size();
    shard.undo.push_back(Undo{block, previous, key, old == nullptr ? Value{} : *old, old != nullptr});
    if (last != nullptr) {
      last->value = sequence;
    } else {
      shard.last.insert_or_assign(hash, key, sequence);
    }
    shard.changed = block;
    undo_count_.fetch_add(1, std::memory_order_relaxed);
  }

  static const Undo* replaced_after(const Shard& shard, u64 block, u64 hash, const Key& key) {
    const auto* last = shard.last.find(hash, key);
    const Undo* found = nullptr;
    for (u64 s = last == nullptr ? kNone : last->value; s != kNone && s >= shard.first;) {
      const Undo& undo = shard.undo[s - shard.first];
      if (undo.block <= block) break;
      found = &undo;
      s = undo.previous;
    }
    return found;
  }

  Hasher hasher_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::atomic<u64> size_{0};
  std::atomic<u64> table_bytes_{0};
  std::atomic<u64> undo_count_{0};
};

}  // namespace atlas::storage
