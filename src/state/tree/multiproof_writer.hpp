#pragma once
// Writes multiproofs from any tree that can be walked: the host's, or the reference tree of the tests.
#include <algorithm>
#include <concepts>

#include <state/tree/multiproof.hpp>

namespace atlas::tree {

/// A subtree of a tree that is walked from its root. `leaf()` is null unless the subtree is one leaf; `child()` may be
/// asked only of subtrees that are neither empty nor one leaf.
template <class T>
concept TreeCursor = std::copyable<T> && requires(const T& at, unsigned side) {
  { at.is_empty() } -> std::convertible_to<bool>;
  { at.leaf() } -> std::convertible_to<const Leaf*>;
  { at.child(side) } -> std::same_as<T>;
  { at.hash() } -> std::convertible_to<Digest>;
};

template <TreeCursor Cursor>
class MultiproofWriter {
 public:
  /// A proof of `keys`, strictly ascending, in the tree under `root`.
  static std::vector<u32> write(const Cursor& root, std::span<const Digest> keys) {
    MultiproofWriter writer(keys);
    if (!keys.empty()) writer.step(root, 0, 0, keys.size());
    std::vector<u32> out{kMultiproofVersion, static_cast<u32>(keys.size())};
    for (std::size_t i = 0; i < keys.size(); ++i) {
      put(out, keys[i]);
      put(out, writer.found_[i].index);
      if (writer.found_[i].index != 0) put(out, writer.found_[i].value);
    }
    out.insert(out.end(), writer.paths_.begin(), writer.paths_.end());
    return out;
  }

 private:
  explicit MultiproofWriter(std::span<const Digest> keys) : keys_(keys), found_(keys.size()) {}

  static void put(std::vector<u32>& out, const Digest& d) { out.insert(out.end(), d.word, d.word + 8); }
  static void put(std::vector<u32>& out, u64 v) {
    out.push_back(static_cast<u32>(v));
    out.push_back(static_cast<u32>(v >> 32));
  }

  void step(Cursor at, unsigned depth, std::size_t first, std::size_t end) {
    const Digest& key = keys_[first];
    const Digest& last = keys_[end - 1];
    std::vector<Digest> siblings;
    while (!at.is_empty() && at.leaf() == nullptr && key.bit(depth) == last.bit(depth)) {
      const unsigned side = key.bit(depth++);
      siblings.push_back(at.child(1 - side).hash());
      at = at.child(side);
    }
    if (at.is_empty() || at.leaf() != nullptr) return end_step(at.leaf(), first, end, siblings);
    head(StepKind::kSplit, siblings);
    const auto middle = std::partition_point(keys_.begin() + static_cast<std::ptrdiff_t>(first),
                                             keys_.begin() + static_cast<std::ptrdiff_t>(end),
                                             [&](const Digest& k) { return k.bit(depth) == 0; });
    const std::size_t mid = static_cast<std::size_t>(middle - keys_.begin());
    step(at.child(0), depth + 1, first, mid);
    step(at.child(1), depth + 1, mid, end);
  }

  void end_step(const Leaf* leaf, std::size_t first, std::size_t end, const std::vector<Digest>& siblings) {
    if (leaf == nullptr) return head(StepKind::kPlace, siblings);
    for (std::size_t i = first; i < end; ++i) {
      if (keys_[i] == leaf->key) {
        found_[i] = *leaf;
        return head(StepKind::kPlace, siblings);
      }
    }
    head(StepKind::kForeign, siblings);
    put(paths_, leaf->key);
    put(paths_, leaf->index);
    put(paths_, leaf->value);
  }

  void head(StepKind kind, const std::vector<Digest>& siblings) {
    paths_.push_back(static_cast<u32>(siblings.size()) | static_cast<u32>(kind) << kStepLengthBits);
    for (std::size_t i = siblings.size(); i-- > 0;) put(paths_, siblings[i]);
  }

  std::span<const Digest> keys_;
  std::vector<Leaf> found_;  // index 0: no leaf
  std::vector<u32> paths_;
};

}  // namespace atlas::tree
