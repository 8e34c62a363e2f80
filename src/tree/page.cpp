#include <algorithm>

#include <tree/page.hpp>

#include <crypto/blake3_blocks.hpp>

namespace atlas::tree {

u32 PageLeaves::lower_bound(const Digest& key) const {
  const Entry* first = entries();
  const Entry* at =
      std::lower_bound(first, first + count_, key, [](const Entry& e, const Digest& k) { return e.key < k; });
  return static_cast<u32>(at - first);
}

void PageHasher::clear() {
  leaf_blocks_.clear();
  leaf_counters_.clear();
  inner_.clear();
  for (auto& nodes : by_height_) nodes.clear();
}

PageHasher::Ref PageHasher::add(const PageLeaves& leaves, unsigned depth) {
  base_ = static_cast<u32>(leaf_blocks_.size());
  const PageLeaves::Entry* entries = leaves.entries();
  for (u32 i = 0; i < leaves.count(); ++i) {
    leaf_blocks_.push_back(reinterpret_cast<const u8*>(entries + i));
    leaf_counters_.push_back(leaves.indices()[i]);
  }
  return build(entries, 0, leaves.count(), depth).ref;
}

// Recursion ends at the depth at which the last two leaves part: at most kKeyBits levels.
PageHasher::Built PageHasher::build(const PageLeaves::Entry* entries, u32 first, u32 end, unsigned depth) {
  if (first == end) return {kEmpty, 0};
  if (end - first == 1) return {base_ + first, 0};
  u32 mid = first;
  while (mid < end && entries[mid].key.bit(depth) == 0) ++mid;
  const Built left = build(entries, first, mid, depth + 1);
  const Built right = build(entries, mid, end, depth + 1);
  const u32 height = std::max(left.height, right.height) + 1;
  const u32 id = static_cast<u32>(inner_.size());
  inner_.push_back({{left.ref, right.ref}});
  if (by_height_.size() < height) by_height_.resize(height);
  by_height_[height - 1].push_back(id);
  return {id | kInner, height};
}

void PageHasher::run() {
  leaf_hashes_.resize(leaf_blocks_.size());
  crypto::blake3_blocks(leaf_blocks_, leaf_counters_.data(), kLeafFlag, reinterpret_cast<u8*>(leaf_hashes_.data()));
  inner_hashes_.resize(inner_.size());
  for (const auto& nodes : by_height_) {
    if (nodes.empty()) continue;
    const std::size_t n = nodes.size();
    scratch_.children.resize(16 * n);
    scratch_.blocks.resize(n);
    scratch_.out.resize(n);
    for (std::size_t i = 0; i < n; ++i) {
      u32* block = scratch_.children.data() + 16 * i;
      for (unsigned side = 0; side < 2; ++side) {
        const Digest h = hash(inner_[nodes[i]].child[side]);
        std::copy(h.word, h.word + 8, block + 8 * side);
      }
      scratch_.blocks[i] = reinterpret_cast<const u8*>(block);
    }
    crypto::blake3_blocks(scratch_.blocks, nullptr, kNodeFlag, reinterpret_cast<u8*>(scratch_.out.data()));
    for (std::size_t i = 0; i < n; ++i) inner_hashes_[nodes[i]] = scratch_.out[i];
  }
}

}  // namespace atlas::tree
