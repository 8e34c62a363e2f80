#pragma once
// An open-addressing hash table of trivially copyable keys and values, for tens of millions of entries: one tag byte
// and one entry a place, linear probing eight tags at a time, deletion without tombstones. The caller brings hashes.
#include <bit>
#include <memory>
#include <type_traits>
#include <utility>

#include <base/bytes.hpp>
#include <base/ensure.hpp>

namespace atlas::storage {

/// `Hasher::operator()(const Key&)` must give well-mixed 64 bits that an attacker cannot predict.
template <class Key, class Value, class Hasher>
class FlatTable {
 public:
  struct Entry {
    Key key;
    Value value;
  };
  static_assert(std::is_trivially_copyable_v<Entry>);

  /// Capacities are `base_capacity` times powers of 5/4; nothing is allocated before the first insertion. Tables of one
  /// shard family take different bases, so that they do not all grow within the same block.
  explicit FlatTable(Hasher hasher, u64 base_capacity = 16)
      : hasher_(hasher), base_(std::max<u64>(base_capacity, 16)) {}

  u64 size() const { return size_; }
  u64 memory_bytes() const { return capacity_ == 0 ? 0 : capacity_ * sizeof(Entry) + capacity_ + kGroup; }

  const Entry* find(u64 hash, const Key& key) const {
    if (size_ == 0) return nullptr;
    const u64 wanted = kOnes * tag_of(hash);
    for (u64 i = home(hash);; i = wrap(i + kGroup)) {
      const u64 tags = load(i);
      // Bytes equal to the tag become zero; the classic zero-byte test may also flag a byte above a match, which the
      // key comparison sorts out, and misses none.
      const u64 x = tags ^ wanted;
      for (u64 hits = (x - kOnes) & ~x & kHighs; hits != 0; hits &= hits - 1) {
        const Entry& entry = entries_[wrap(i + static_cast<u64>(std::countr_zero(hits)) / 8)];
        if (entry.key == key) return &entry;
      }
      if ((~tags & kHighs) != 0) return nullptr;
    }
  }
  Entry* find(u64 hash, const Key& key) { return const_cast<Entry*>(std::as_const(*this).find(hash, key)); }

  void insert_or_assign(u64 hash, const Key& key, const Value& value) {
    if (Entry* entry = find(hash, key)) {
      entry->value = value;
      return;
    }
    if (size_ >= limit_) rebuild(next_capacity(size_ + 1));
    place(hash, Entry{key, value});
    ++size_;
  }

  bool erase(u64 hash, const Key& key) {
    const Entry* entry = find(hash, key);
    if (entry == nullptr) return false;
    u64 hole = static_cast<u64>(entry - entries_.get());
    // Pull later entries of the run back over the hole, except those whose home lies after it.
    for (u64 i = wrap(hole + 1); tags_[i] != 0; i = wrap(i + 1)) {
      const u64 from_home = distance(home(hasher_(entries_[i].key)), i);
      if (from_home < distance(hole, i)) continue;
      entries_[hole] = entries_[i];
      set_tag(hole, tags_[i]);
      hole = i;
    }
    set_tag(hole, 0);
    --size_;
    return true;
  }

  /// Room for `count` entries without growing.
  void reserve(u64 count) {
    if (count > limit_) rebuild(next_capacity(count));
  }

  /// Every entry, in no meaningful order.
  template <class Visit>
  void for_each(Visit&& visit) const {
    for (u64 i = 0; i < capacity_; ++i) {
      if (tags_[i] != 0) visit(entries_[i]);
    }
  }

 private:
  static constexpr u64 kGroup = 8;
  static constexpr u64 kOnes = 0x0101010101010101ULL;
  static constexpr u64 kHighs = 0x8080808080808080ULL;

  // The place comes from the high bits of the hash, the tag from the lowest seven; the high bit of a tag says "taken".
  static u8 tag_of(u64 hash) { return static_cast<u8>(0x80 | (hash & 0x7f)); }
  u64 home(u64 hash) const { return static_cast<u64>((static_cast<WideLimb>(hash) * capacity_) >> 64); }
  u64 wrap(u64 i) const { return i >= capacity_ ? i - capacity_ : i; }
  u64 distance(u64 from, u64 to) const { return to >= from ? to - from : to + capacity_ - from; }
  u64 load(u64 i) const {
    u64 tags;
    std::memcpy(&tags, tags_.get() + i, 8);
    if constexpr (std::endian::native == std::endian::big) tags = __builtin_bswap64(tags);
    return tags;
  }
  void set_tag(u64 i, u8 tag) {
    tags_[i] = tag;
    if (i < kGroup) tags_[capacity_ + i] = tag;  // the first group stands again behind the last place
  }
  void place(u64 hash, const Entry& entry) {
    u64 i = home(hash);
    while (tags_[i] != 0) i = wrap(i + 1);
    entries_[i] = entry;
    set_tag(i, tag_of(hash));
  }
  /// Load at most 7/8: a miss then probes about 32 tags, half a cache line.
  static u64 limit_of(u64 capacity) { return capacity / 8 * 7; }
  u64 next_capacity(u64 count) const {
    u64 capacity = base_;
    while (limit_of(capacity) < count) capacity += capacity / 4;
    return capacity;
  }
  void rebuild(u64 capacity) {
    auto old_entries = std::move(entries_);
    auto old_tags = std::move(tags_);
    const u64 old_capacity = capacity_;
    entries_ = std::make_unique_for_overwrite<Entry[]>(capacity);
    tags_ = std::make_unique<u8[]>(capacity + kGroup);
    capacity_ = capacity;
    limit_ = limit_of(capacity);
    for (u64 i = 0; i < old_capacity; ++i) {
      if (old_tags[i] != 0) place(hasher_(old_entries[i].key), old_entries[i]);
    }
  }

  Hasher hasher_;
  u64 base_;
  u64 capacity_ = 0;
  u64 limit_ = 0;
  u64 size_ = 0;
  std::unique_ptr<Entry[]> entries_;
  std::unique_ptr<u8[]> tags_;
};

}  // namespace atlas::storage
