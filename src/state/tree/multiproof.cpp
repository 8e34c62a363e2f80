#include <algorithm>

#include <state/tree/multiproof.hpp>

namespace atlas::tree {
namespace {

constexpr std::size_t kWords = 8;  // of a digest

// Reads words up to a limit; what lies beyond reads as a failure that the reader remembers.
class WordReader {
 public:
  explicit WordReader(std::span<const u32> words) : rest_(words) {}
  bool has(std::size_t n) const { return n <= rest_.size(); }
  const u32* take(std::size_t n) {
    const u32* at = rest_.data();
    rest_ = rest_.subspan(n);
    return at;
  }
  std::size_t left() const { return rest_.size(); }
  std::span<const u32> rest() const { return rest_; }

 private:
  std::span<const u32> rest_;
};

Digest digest_at(const u32* words) {
  Digest d;
  std::copy(words, words + kWords, d.word);
  return d;
}
u64 u64_at(const u32* words) {
  return words[0] | static_cast<u64>(words[1]) << 32;
}
void copy(const u32* from, u32* to) {
  std::copy(from, from + kWords, to);
}

// A leaf of a place that gets new neighbours.
struct Placed {
  const Digest* key;
  Digest hash;
};

// The pass over the touched keys. Functions return false once error_ is set; depth of recursion is at most kKeyBits,
// since every level of it goes at least one bit down.
class Pass {
 public:
  Pass(std::span<const TouchedLeaf> leaves, std::span<const u32> paths, u64 next_index)
      : leaves_(leaves), reader_(paths), next_index_(next_index) {}

  // The subtree at `depth` over the keys [first, end), not none: its hash before and after. `changed` says whether they
  // differ.
  bool subtree(unsigned depth, std::size_t first, std::size_t end, u32* old_out, u32* new_out, bool& changed) {
    if (!reader_.has(1)) return fail(ProofError::kTruncated);
    const u32 head = *reader_.take(1);
    const unsigned length = head & ((1u << kStepLengthBits) - 1);
    const u32 kind = head >> kStepLengthBits;
    const Digest& key = leaves_[first].key;
    const unsigned common = common_prefix(key, leaves_[end - 1].key);  // kKeyBits for a single key
    if (length > common - depth) return fail(ProofError::kPathTooLong);
    const unsigned bottom = depth + length;
    if (!reader_.has(std::size_t{length} * kWords)) return fail(ProofError::kTruncated);
    const u32* siblings = reader_.take(std::size_t{length} * kWords);

    if (kind == static_cast<u32>(StepKind::kSplit)) {
      if (!split(bottom, common, first, end, old_out, new_out, changed)) return false;
    } else if (kind == static_cast<u32>(StepKind::kPlace) || kind == static_cast<u32>(StepKind::kForeign)) {
      const bool foreign = kind == static_cast<u32>(StepKind::kForeign);
      if (!place(bottom, foreign, first, end, old_out, new_out, changed)) return false;
    } else {
      return fail(ProofError::kUnknownKind);
    }
    climb(key, bottom, depth, siblings, old_out, new_out, changed);
    return true;
  }

  ProofError error() const { return error_; }
  u64 next_index() const { return next_index_; }
  bool at_end() const { return reader_.left() == 0; }

 private:
  bool fail(ProofError error) {
    error_ = error;
    return false;
  }

  bool split(unsigned depth, unsigned common, std::size_t first, std::size_t end, u32* old_out, u32* new_out,
             bool& changed) {
    if (end - first < 2 || depth != common) return fail(ProofError::kBadSplit);
    // Sorted keys that differ first at `depth`: those with a 0 there come before those with a 1, and both are there.
    const auto middle = std::partition_point(leaves_.begin() + static_cast<std::ptrdiff_t>(first),
                                             leaves_.begin() + static_cast<std::ptrdiff_t>(end),
                                             [&](const TouchedLeaf& leaf) { return leaf.key.bit(depth) == 0; });
    const std::size_t mid = static_cast<std::size_t>(middle - leaves_.begin());
    u32 old_children[2 * kWords];
    u32 new_children[2 * kWords];
    bool left_changed = false;
    bool right_changed = false;
    if (!subtree(depth + 1, first, mid, old_children, new_children, left_changed) ||
        !subtree(depth + 1, mid, end, old_children + kWords, new_children + kWords, right_changed)) {
      return false;
    }
    changed = left_changed || right_changed;
    node_hash(old_children, old_out);
    if (changed) {
      node_hash(new_children, new_out);
    } else {
      copy(old_out, new_out);
    }
    return true;
  }

  // A subtree that holds one leaf or none before the batch.
  bool place(unsigned depth, bool foreign, std::size_t first, std::size_t end, u32* old_out, u32* new_out,
             bool& changed) {
    const TouchedLeaf* touched = nullptr;
    bool grows = false;
    for (std::size_t i = first; i < end; ++i) {
      const TouchedLeaf& leaf = leaves_[i];
      if (leaf.index != 0) {
        if (foreign || touched != nullptr) return fail(ProofError::kCrowdedPlace);
        touched = &leaf;
      } else {
        grows |= !leaf.after.is_zero();
      }
    }
    Digest old_hash;
    Digest new_hash;
    Digest foreign_key;
    if (foreign) {
      if (!read_foreign(depth, first, end, foreign_key, old_hash)) return false;
      new_hash = old_hash;
    } else if (touched != nullptr) {
      old_hash = leaf_hash(touched->key, touched->before, touched->index);
      changed = touched->after != touched->before;
      new_hash = changed ? leaf_hash(touched->key, touched->after, touched->index) : old_hash;
    }
    if (grows) {
      new_hash = grow(depth, first, end, foreign ? &foreign_key : nullptr, new_hash);
      changed = true;
    }
    copy(old_hash.word, old_out);
    copy(new_hash.word, new_out);
    return true;
  }

  bool read_foreign(unsigned depth, std::size_t first, std::size_t end, Digest& key, Digest& hash) {
    if (!reader_.has(2 * kWords + 2)) return fail(ProofError::kTruncated);
    key = digest_at(reader_.take(kWords));
    const u64 index = u64_at(reader_.take(2));
    const Digest value = digest_at(reader_.take(kWords));
    if (common_prefix(key, leaves_[first].key) < depth) return fail(ProofError::kForeignLeaf);
    for (std::size_t i = first; i < end; ++i) {
      if (leaves_[i].key == key) return fail(ProofError::kTouchedAsForeign);
    }
    hash = leaf_hash(key, value, index);
    return true;
  }

  // The place with its new leaves: those of keys without a leaf and with a value, beside the one that was there.
  Digest grow(unsigned depth, std::size_t first, std::size_t end, const Digest* foreign_key, const Digest& present) {
    std::vector<Placed> placed;
    placed.reserve(end - first + 1);
    for (std::size_t i = first; i < end; ++i) {
      const TouchedLeaf& leaf = leaves_[i];
      if (foreign_key != nullptr && *foreign_key < leaf.key) {
        placed.push_back({foreign_key, present});
        foreign_key = nullptr;
      }
      if (leaf.index != 0) {
        placed.push_back({&leaf.key, present});
      } else if (!leaf.after.is_zero()) {
        placed.push_back({&leaf.key, leaf_hash(leaf.key, leaf.after, next_index_++)});
      }
    }
    if (foreign_key != nullptr) placed.push_back({foreign_key, present});
    return compact(depth, placed);
  }

  // The root of a compact tree whose root stands at `depth`. Recursion as above.
  static Digest compact(unsigned depth, std::span<const Placed> leaves) {
    if (leaves.size() == 1) return leaves.front().hash;
    const unsigned common = common_prefix(*leaves.front().key, *leaves.back().key);
    std::size_t mid = 1;
    while (leaves[mid].key->bit(common) == 0) ++mid;
    u32 children[2 * kWords];
    copy(compact(common + 1, leaves.first(mid)).word, children);
    copy(compact(common + 1, leaves.subspan(mid)).word, children + kWords);
    Digest hash;
    node_hash(children, hash.word);
    for (unsigned d = common; d > depth; --d) {
      hash = leaves.front().key->bit(d - 1) == 0 ? node_hash(hash, Digest{}) : node_hash(Digest{}, hash);
    }
    return hash;
  }

  // From the node at depth `bottom` up to the one at `top`; siblings lie deepest first.
  static void climb(const Digest& key, unsigned bottom, unsigned top, const u32* siblings, u32* old_hash, u32* new_hash,
                    bool changed) {
    u32 children[2 * kWords];
    for (unsigned depth = bottom; depth > top; --depth, siblings += kWords) {
      const unsigned side = key.bit(depth - 1);
      u32* own = children + side * kWords;
      copy(siblings, children + (1 - side) * kWords);
      if (changed) {
        copy(new_hash, own);
        node_hash(children, new_hash);
      }
      copy(old_hash, own);
      node_hash(children, old_hash);
    }
    if (!changed) copy(old_hash, new_hash);
  }

  std::span<const TouchedLeaf> leaves_;
  WordReader reader_;
  u64 next_index_;
  ProofError error_ = ProofError::kTruncated;
};

}  // namespace

const char* describe(ProofError error) {
  switch (error) {
    case ProofError::kTruncated:
      return "the multiproof ends within an item";
    case ProofError::kUnknownVersion:
      return "the multiproof has another version than this program reads";
    case ProofError::kUnorderedKeys:
      return "the touched keys do not ascend strictly";
    case ProofError::kUntouchedLeaf:
      return "the multiproof has a leaf that the batch does not touch";
    case ProofError::kBadIndex:
      return "a touched leaf's index is not below the tree's next index";
    case ProofError::kAbsentWithValue:
      return "a key without a leaf has a value before the batch";
    case ProofError::kUnknownKind:
      return "a step is of an unknown kind";
    case ProofError::kPathTooLong:
      return "a step has more siblings than its keys have bits in common";
    case ProofError::kBadSplit:
      return "a step splits keys that do not part there";
    case ProofError::kForeignLeaf:
      return "the leaf given for absence is not on the path of the absent keys";
    case ProofError::kTouchedAsForeign:
      return "the leaf given for absence is that of a key said to be absent";
    case ProofError::kCrowdedPlace:
      return "two leaves are given for one place";
    case ProofError::kWrongRoot:
      return "leaves and siblings do not hash to the root before the batch";
    case ProofError::kSurplus:
      return "there are words after the end of the multiproof";
    case ProofError::kIndexOverflow:
      return "the enumeration indices run out";
  }
  return "?";
}

Result<Multiproof, ProofError> parse_multiproof(std::span<const u32> words) {
  constexpr std::size_t kAbsentWords = kWords + 2;
  WordReader reader(words);
  if (!reader.has(2)) return Err(ProofError::kTruncated);
  if (*reader.take(1) != kMultiproofVersion) return Err(ProofError::kUnknownVersion);
  const u32 count = *reader.take(1);
  if (count > reader.left() / kAbsentWords) return Err(ProofError::kTruncated);  // before memory is taken for them
  Multiproof proof;
  proof.leaves.resize(count);
  for (u32 i = 0; i < count; ++i) {
    TouchedLeaf& leaf = proof.leaves[i];
    if (!reader.has(kAbsentWords)) return Err(ProofError::kTruncated);
    leaf.key = digest_at(reader.take(kWords));
    leaf.index = u64_at(reader.take(2));
    if (i > 0 && !(proof.leaves[i - 1].key < leaf.key)) return Err(ProofError::kUnorderedKeys);
    if (leaf.index == 0) continue;
    if (!reader.has(kWords)) return Err(ProofError::kTruncated);
    leaf.before = leaf.after = digest_at(reader.take(kWords));
  }
  proof.paths = reader.rest();
  return proof;
}

TouchedLeaf* touch(std::span<TouchedLeaf> leaves, const Digest& key) {
  const auto at = std::lower_bound(leaves.begin(), leaves.end(), key,
                                   [](const TouchedLeaf& leaf, const Digest& k) { return leaf.key < k; });
  if (at == leaves.end() || at->key != key) return nullptr;
  at->touched = true;
  return &*at;
}

Result<TreeState, ProofError> update(std::span<const TouchedLeaf> leaves, std::span<const u32> paths,
                                     const TreeState& before) {
  if (leaves.size() > ~u64{0} - before.next_index) return Err(ProofError::kIndexOverflow);
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    if (i > 0 && !(leaves[i - 1].key < leaves[i].key)) return Err(ProofError::kUnorderedKeys);
    if (!leaves[i].touched) return Err(ProofError::kUntouchedLeaf);
    if (leaves[i].index >= before.next_index) return Err(ProofError::kBadIndex);
    if (leaves[i].index == 0 && !leaves[i].before.is_zero()) return Err(ProofError::kAbsentWithValue);
  }
  if (leaves.empty()) {
    if (!paths.empty()) return Err(ProofError::kSurplus);
    return before;
  }
  Pass pass(leaves, paths, before.next_index);
  Digest old_root;
  TreeState after;
  bool changed = false;
  if (!pass.subtree(0, 0, leaves.size(), old_root.word, after.root.word, changed)) return Err(pass.error());
  if (!pass.at_end()) return Err(ProofError::kSurplus);
  if (old_root != before.root) return Err(ProofError::kWrongRoot);
  after.next_index = pass.next_index();
  return after;
}

}  // namespace atlas::tree
