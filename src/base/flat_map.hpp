#pragma once
// Containers of the execution path: entries never move, memory is allocated in chunks, and iteration goes in order of
// insertion, so that nothing depends on hash values.
#include <bit>
#include <cstring>
#include <memory>
#include <type_traits>
#include <vector>

#include <base/u256.hpp>
#include <platform/seed.hpp>

namespace atlas {

/// Grows at the end; elements stay in place. Elements are reused, not destroyed, by clear().
template <class T>
class StableVector {
 public:
  u32 size() const { return size_; }
  T& operator[](u32 i) { return chunks_[i / kChunk][i % kChunk]; }
  const T& operator[](u32 i) const { return chunks_[i / kChunk][i % kChunk]; }
  /// The next element; default-made, or with what it held before the last clear().
  T& push() {
    if (size_ == chunks_.size() * kChunk) chunks_.push_back(std::make_unique<T[]>(kChunk));
    return (*this)[size_++];
  }
  void clear() { size_ = 0; }
  /// Also gives back all memory but the first chunk.
  void clear_and_trim() {
    size_ = 0;
    if (chunks_.size() > 1) chunks_.resize(1);
  }

 private:
  static constexpr u32 kChunk = 64;
  std::vector<std::unique_ptr<T[]>> chunks_;
  u32 size_ = 0;
};

/// a · b, high half folded into the low one.
template <class Word>
constexpr Word folded_product(Word a, Word b) {
  static_assert(sizeof(Word) <= sizeof(Limb));
  using Wide = std::conditional_t<sizeof(Word) == sizeof(u32), u64, WideLimb>;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<Word>(product) ^ static_cast<Word>(product >> (8 * sizeof(Word)));
}

/// Of bytes, a word at a time. Multiplier and start come from the seed: as long as that is secret, nobody can tell what
/// a difference between two keys turns into, and so cannot prepare keys that collide. A multiplier that is known would
/// let the top bits' differences be cancelled in the next word, whatever the seed.
template <class Word, std::size_t N>
Word keyed_hash(const FixedBytes<N>& key, u64 seed) {
  constexpr Word kTopBit = Word{1} << (8 * sizeof(Word) - 1);
  const Word multiplier =
      static_cast<Word>(sizeof(Word) == sizeof(u32) ? seed >> 32 : std::rotl(seed, 32)) | kTopBit | 1;
  Word h = static_cast<Word>(seed);
  std::size_t i = 0;
  for (; i + sizeof(Word) <= N; i += sizeof(Word)) {
    Word w;
    std::memcpy(&w, key.bytes + i, sizeof w);
    h = folded_product<Word>(h ^ w, multiplier);
  }
  if constexpr (N % sizeof(Word) != 0) {
    Word tail = 0;
    std::memcpy(&tail, key.bytes + i, N % sizeof(Word));
    h = folded_product<Word>(h ^ tail, multiplier);
  }
  return h;
}

/// Hash of a key for FlatMap; overload it for other key types.
template <std::size_t N>
u64 flat_hash(const FixedBytes<N>& key, u64 seed) {
  return keyed_hash<Limb>(key, seed);
}
inline u64 flat_hash(const u256& key, u64 seed) {
  return flat_hash(std::bit_cast<FixedBytes<32>>(key), seed);
}

/// An insert-only hash map with linear probing over (hash, index) cells; entries live apart and are numbered in order
/// of insertion. Holds fewer than 2^32 − 1 entries.
template <class Key, class Value>
class FlatMap {
 public:
  struct Entry {
    Key key;
    Value value;
  };
  static constexpr u32 kNone = ~u32{0};

  u32 size() const { return entries_.size(); }
  Entry& operator[](u32 index) { return entries_[index]; }
  const Entry& operator[](u32 index) const { return entries_[index]; }

  /// Number of the key's entry, or kNone.
  u32 find(const Key& key) const {
    if (cells_.empty()) return kNone;
    const u32 tag = tag_of(key);
    for (u32 at = tag & mask_;; at = (at + 1) & mask_) {
      const Cell& cell = cells_[at];
      if (cell.index == kNone) return kNone;
      if (cell.tag == tag && entries_[cell.index].key == key) return cell.index;
    }
  }

  /// Number of the key's entry; a new one has a default value and sets `added`.
  u32 find_or_add(const Key& key, bool& added) {
    if (entries_.size() >= cells_.size() / 4 * 3) grow();
    const u32 tag = tag_of(key);
    u32 at = tag & mask_;
    for (;; at = (at + 1) & mask_) {
      const Cell& cell = cells_[at];
      if (cell.index == kNone) break;
      if (cell.tag == tag && entries_[cell.index].key == key) {
        added = false;
        return cell.index;
      }
    }
    added = true;
    const u32 index = entries_.size();
    cells_[at] = {tag, index};
    Entry& entry = entries_.push();
    entry.key = key;
    entry.value = Value{};
    return index;
  }

  /// Empties the map; a map that was large also gives its memory back, so that clearing costs what was used.
  void clear() {
    if (cells_.size() > kSmall) {
      cells_ = {};
      entries_.clear_and_trim();
    } else {
      std::fill(cells_.begin(), cells_.end(), Cell{});
      entries_.clear();
    }
  }

 private:
  struct Cell {
    u32 tag = 0;
    u32 index = kNone;
  };
  static constexpr std::size_t kInitial = 32;
  static constexpr std::size_t kSmall = 256;

  u32 tag_of(const Key& key) const { return static_cast<u32>(flat_hash(key, seed_)); }

  void grow() {
    const std::vector<Cell> old = std::move(cells_);
    cells_.assign(old.empty() ? kInitial : old.size() * 2, Cell{});
    mask_ = static_cast<u32>(cells_.size() - 1);
    for (const Cell& cell : old) {
      if (cell.index == kNone) continue;
      u32 at = cell.tag & mask_;
      while (cells_[at].index != kNone) at = (at + 1) & mask_;
      cells_[at] = cell;
    }
  }

  u64 seed_ = platform::hash_seed();
  std::vector<Cell> cells_;
  u32 mask_ = 0;
  StableVector<Entry> entries_;
};

}  // namespace atlas
