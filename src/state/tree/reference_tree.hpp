#pragma once
// For tests only: the state tree as its specification puts it, recursive and without any cleverness.
#include <map>
#include <memory>

#include <state/tree/multiproof_writer.hpp>

namespace atlas::tree::test {

class ReferenceTree {
 public:
  std::map<Digest, Leaf> leaves;
  u64 next_index = kFirstIndex;

  /// Sets values, as one batch.
  void apply(const std::map<Digest, Digest>& values) {
    for (const auto& [key, value] : values) {
      if (const auto it = leaves.find(key); it != leaves.end()) {
        it->second.value = value;
      } else if (!value.is_zero()) {
        leaves[key] = {key, value, next_index++};
      }
    }
  }
  Digest value(const Digest& key) const {
    const auto it = leaves.find(key);
    return it == leaves.end() ? Digest{} : it->second.value;
  }
  TreeState state() const { return {cursor().hash(), next_index}; }

  class Cursor {
   public:
    explicit Cursor(std::shared_ptr<std::vector<Leaf>> leaves)
        : all_(std::move(leaves)), first_(0), end_(all_->size()), depth_(0) {}
    bool is_empty() const { return first_ == end_; }
    const Leaf* leaf() const { return end_ - first_ == 1 ? &(*all_)[first_] : nullptr; }
    Cursor child(unsigned side) const {
      Cursor c = *this;
      std::size_t mid = first_;
      while (mid < end_ && (*all_)[mid].key.bit(depth_) == 0) ++mid;
      (side == 0 ? c.end_ : c.first_) = mid;
      ++c.depth_;
      return c;
    }
    Digest hash() const {
      if (is_empty()) return {};
      if (const Leaf* l = leaf()) return leaf_hash(l->key, l->value, l->index);
      return node_hash(child(0).hash(), child(1).hash());
    }

   private:
    std::shared_ptr<std::vector<Leaf>> all_;
    std::size_t first_, end_;
    unsigned depth_;
  };
  Cursor cursor() const {
    auto all = std::make_shared<std::vector<Leaf>>();
    for (const auto& [key, leaf] : leaves) all->push_back(leaf);
    return Cursor(std::move(all));
  }
  std::vector<u32> prove(std::span<const Digest> keys) const { return MultiproofWriter<Cursor>::write(cursor(), keys); }
};

}  // namespace atlas::tree::test
