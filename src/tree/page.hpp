#pragma once
// The lower part of the tree in memory. A page is a subtree with at most kPageLeaves leaves under a node with more,
// kept as its leaves in order; its inner hashes are computed when they are needed, which costs less than reading them
// would.
#include <memory>
#include <span>
#include <vector>

#include <state/tree/hash.hpp>

namespace atlas::tree {

inline constexpr u32 kPageLeaves = 16;

/// The leaves of a page: one block of memory, key ‖ value together as a leaf's hash takes them.
class PageLeaves {
 public:
  struct Entry {
    Digest key;
    Digest value;
  };
  static_assert(sizeof(Entry) == 64);

  static std::unique_ptr<PageLeaves> make(u32 count) {
    return std::unique_ptr<PageLeaves>(new (bytes_for(count)) PageLeaves(count));
  }
  static std::size_t bytes_for_count(u32 count) { return sizeof(PageLeaves) + count * (sizeof(Entry) + sizeof(u64)); }
  void operator delete(void* p) { ::operator delete(p); }

  u32 count() const { return count_; }
  std::size_t bytes() const { return bytes_for_count(count_); }
  // The entries follow the object, the indices follow them.
  Entry* entries() { return reinterpret_cast<Entry*>(this + 1); }
  const Entry* entries() const { return reinterpret_cast<const Entry*>(this + 1); }
  u64* indices() { return reinterpret_cast<u64*>(entries() + count_); }
  const u64* indices() const { return reinterpret_cast<const u64*>(entries() + count_); }

  void set(u32 i, const Leaf& leaf) {
    entries()[i] = {leaf.key, leaf.value};
    indices()[i] = leaf.index;
  }
  Leaf leaf(u32 i) const { return {entries()[i].key, entries()[i].value, indices()[i]}; }
  /// Place of the first key not below `key`.
  u32 lower_bound(const Digest& key) const;

 private:
  struct Size {
    std::size_t bytes;
  };
  static Size bytes_for(u32 count) { return {bytes_for_count(count)}; }
  static void* operator new(std::size_t, Size size) { return ::operator new(size.bytes); }
  static void operator delete(void* p, Size) { ::operator delete(p); }
  explicit PageLeaves(u32 count) : count_(count) {}

  alignas(u64) u32 count_;
};

/// Computes the hashes of many pages together, so that compressions of one height run side by side. One thread.
class PageHasher {
 public:
  /// A subtree within the pages: a leaf, an inner node or nothing.
  using Ref = u32;
  static constexpr Ref kEmpty = ~u32{0};
  static constexpr Ref kInner = u32{1} << 31;

  void clear();
  /// Takes up a page whose root stands at `depth`. The leaves must stay in place until run() has returned.
  Ref add(const PageLeaves& leaves, unsigned depth);
  void run();
  /// After run(), and of what add() returned or child() gives.
  Digest hash(Ref ref) const {
    if (ref == kEmpty) return {};
    return (ref & kInner) != 0 ? inner_hashes_[ref & ~kInner] : leaf_hashes_[ref];
  }
  Ref child(Ref inner, unsigned side) const { return inner_[inner & ~kInner].child[side]; }

 private:
  struct Inner {
    Ref child[2];
  };
  struct Built {
    Ref ref;
    u32 height;
  };
  Built build(const PageLeaves::Entry* entries, u32 first, u32 end, unsigned depth);

  std::vector<const u8*> leaf_blocks_;
  std::vector<u64> leaf_counters_;
  u32 base_ = 0;  // number of the first leaf of the page that add() is at
  std::vector<Digest> leaf_hashes_;
  std::vector<Inner> inner_;
  std::vector<Digest> inner_hashes_;
  std::vector<std::vector<u32>> by_height_;  // inner nodes of height 1 and up
  struct Scratch {
    std::vector<u32> children;
    std::vector<const u8*> blocks;
    std::vector<Digest> out;
  } scratch_;
};

}  // namespace atlas::tree
