// How a version changes the tree: the writes go down to their pages, pages that grow too large are split, then all that
// changed is hashed, level by level, and leaves and record are written as one.
#include <algorithm>

#include <tree/workers.hpp>

#include <base/ensure.hpp>
#include <crypto/blake3_blocks.hpp>

namespace atlas::tree {

struct StateTree::Changes {
  explicit Changes(LeafDatabase& database, u64 next) : record(database), next_index(next) {}

  LeafDatabase::Version record;
  u64 next_index;
  std::vector<Job> jobs;
  std::vector<Spot> pages;  // to be hashed, but for the first `pages_hashed`
  std::size_t pages_hashed = 0;
  std::vector<std::vector<Spot>> nodes;  // to be hashed, by depth

  std::span<const Spot> pages_left() const { return std::span(pages).subspan(pages_hashed); }

  void add_node(const Spot& node, unsigned depth) {
    if (nodes.size() <= depth) nodes.resize(depth + 1);
    nodes[depth].push_back(node);
  }
};

namespace {

constexpr std::size_t kPagesTogether = 128;  // about 1,500 leaves, which with their hashes fit the second-level cache
constexpr std::size_t kNodesTogether = 1024;
constexpr std::size_t kNodesAhead = 16;
constexpr std::size_t kPrefetchAhead = 6;  // pages, each about 12 cache lines
constexpr std::size_t kCacheLine = 64;

}  // namespace

// Level by level, so that the nodes of a level are fetched from memory side by side.
void StateTree::collect(std::span<const LeafWrite> writes, Changes& changes) const {
  std::vector<Job> level;
  std::vector<Job> next;
  if (!writes.empty()) level.push_back({root(), 0, 0, 0, 0, static_cast<u32>(writes.size())});
  for (u16 depth = 0; !level.empty(); ++depth) {
    next.clear();
    for (std::size_t i = 0; i < level.size(); ++i) {
      if (i + kNodesAhead < level.size()) {
        const Ref ahead = level[i + kNodesAhead].ref;
        if (ahead != kEmpty && (ahead & kPageBit) == 0) {
          const u8* node = reinterpret_cast<const u8*>(&nodes_[ahead]);
          __builtin_prefetch(node);
          __builtin_prefetch(node + kCacheLine);
        }
      }
      const Job& job = level[i];
      if (job.ref == kEmpty || (job.ref & kPageBit) != 0) {
        changes.jobs.push_back(job);
        continue;
      }
      changes.add_node({job.ref, job.parent, job.side}, depth);
      const auto middle = std::partition_point(writes.begin() + job.first, writes.begin() + job.end,
                                               [&](const LeafWrite& w) { return w.key.bit(depth) == 0; });
      const u32 mid = static_cast<u32>(middle - writes.begin());
      const Node& node = nodes_[job.ref];
      const u16 below = static_cast<u16>(depth + 1);
      if (mid > job.first) next.push_back({node.child[0], job.ref, 0, below, job.first, mid});
      if (mid < job.end) next.push_back({node.child[1], job.ref, 1, below, mid, job.end});
    }
    level.swap(next);
  }
  // New leaves get their indices in the order of keys.
  std::sort(changes.jobs.begin(), changes.jobs.end(), [](const Job& a, const Job& b) { return a.first < b.first; });
}

void StateTree::merge(const Job& job, std::span<const LeafWrite> writes, Changes& changes) {
  const u32 id = job.ref & ~kPageBit;
  Page* page = job.ref == kEmpty ? nullptr : &pages_[id];
  PageLeaves* old = page == nullptr ? nullptr : page->leaves.load();
  const u32 old_count = old == nullptr ? 0 : old->count();

  bool changed = false;
  u32 added = 0;
  for (u32 i = job.first; i < job.end; ++i) {
    const LeafWrite& write = writes[i];
    const u32 at = old == nullptr ? 0 : old->lower_bound(write.key);
    if (at == old_count || old->entries()[at].key != write.key) {
      added += !write.value.is_zero();
      continue;
    }
    const Leaf before = old->leaf(at);
    if (before.value == write.value) continue;
    changes.record.put_changed({write.key, write.value, before.index}, before.value);
    old->entries()[at].value = write.value;
    changed = true;
  }
  if (page != nullptr) page->used = true;
  if (added == 0) {
    if (changed) changes.pages.push_back({job.ref, job.parent, job.side});
    return;
  }

  auto leaves = PageLeaves::make(old_count + added);
  u32 from = 0;
  u32 to = 0;
  for (u32 i = job.first; i < job.end; ++i) {
    const LeafWrite& write = writes[i];
    while (from < old_count && old->entries()[from].key < write.key) leaves->set(to++, old->leaf(from++));
    const bool known = from < old_count && old->entries()[from].key == write.key;
    if (known || write.value.is_zero()) continue;
    const Leaf leaf{write.key, write.value, changes.next_index++};
    changes.record.put_new(leaf);
    leaves->set(to++, leaf);
  }
  while (from < old_count) leaves->set(to++, old->leaf(from++));

  if (page != nullptr && leaves->count() <= kPageLeaves) {
    set_leaves(*page, std::move(leaves));
    changes.pages.push_back({job.ref, job.parent, job.side});
    return;
  }
  if (page != nullptr) {
    release_leaves(*page);
    free_pages_.push_back(id);
  }
  split(*leaves, 0, leaves->count(), job.depth, job.parent, job.side, changes);
}

void StateTree::split(const PageLeaves& leaves, u32 first, u32 end, unsigned depth, u32 parent, unsigned side,
                      Changes& changes) {
  if (first == end) return;  // the place is empty already
  if (end - first <= kPageLeaves) {
    auto part = PageLeaves::make(end - first);
    for (u32 i = first; i < end; ++i) part->set(i - first, leaves.leaf(i));
    const Ref page = new_page(std::move(part), depth) | kPageBit;
    nodes_[parent].child[side] = page;
    changes.pages.push_back({page, parent, side});
    return;
  }
  u32 mid = first;
  while (mid < end && leaves.entries()[mid].key.bit(depth) == 0) ++mid;
  const u32 node = new_node();
  nodes_[parent].child[side] = node;
  changes.add_node({node, parent, side}, depth);
  split(leaves, first, mid, depth + 1, node, 0, changes);
  split(leaves, mid, end, depth + 1, node, 1, changes);
}

void StateTree::hash_pages(std::span<const Spot> pages) {
  in_parallel(pages.size(), kPagesTogether, [&](std::size_t first, std::size_t end) {
    thread_local PageHasher hasher;
    std::vector<PageHasher::Ref> roots;
    roots.reserve(end - first);
    hasher.clear();
    for (const Spot& spot : pages.subspan(first, end - first)) {
      const Page& page = pages_[spot.ref & ~kPageBit];
      roots.push_back(hasher.add(*page.leaves.load(), page.depth));
    }
    hasher.run();
    for (std::size_t i = first; i < end; ++i) {
      nodes_[pages[i].parent].hash[pages[i].side] = hasher.hash(roots[i - first]);
    }
  });
}

void StateTree::hash_nodes(std::span<const Spot> nodes) {
  in_parallel(nodes.size(), kNodesTogether, [&](std::size_t first, std::size_t end) {
    std::vector<const u8*> blocks;
    std::vector<Digest> hashes(end - first);
    blocks.reserve(end - first);
    // A node's memory begins with left ‖ right, which is what its hash takes.
    for (const Spot& spot : nodes.subspan(first, end - first)) {
      blocks.push_back(reinterpret_cast<const u8*>(nodes_[spot.ref].hash));
    }
    crypto::blake3_blocks(blocks, nullptr, kNodeFlag, reinterpret_cast<u8*>(hashes.data()));
    for (std::size_t i = first; i < end; ++i) nodes_[nodes[i].parent].hash[nodes[i].side] = hashes[i - first];
  });
}

void StateTree::rehash(Changes& changes) {
  hash_pages(changes.pages_left());
  for (std::size_t depth = changes.nodes.size(); depth-- > 0;) hash_nodes(changes.nodes[depth]);
}

BatchState StateTree::apply(u64 version, std::span<const LeafWrite> writes, const BatchEnd& end) {
  const std::unique_lock lock(mutex_);
  ensure_usable();
  ENSURE(version == (latest_ ? *latest_ + 1 : 0), "versions follow one another, from 0");
  for (std::size_t i = 1; i < writes.size(); ++i) {
    ENSURE(writes[i - 1].key < writes[i].key, "writes ascend strictly by key");
  }

  Changes changes(database_, state_.tree.next_index);
  collect(writes, changes);
  std::vector<std::pair<u32, Digest>> pages;
  for (const Job& job : changes.jobs) {
    if (job.ref != kEmpty) pages.emplace_back(job.ref & ~kPageBit, writes[job.first].key);
  }
  load_pages(pages);  // nothing has changed yet, so an error here leaves the tree as it was

  broken_ = true;  // until memory and disk agree again
  for (std::size_t i = 0; i < changes.jobs.size(); ++i) {
    if (i + 2 * kPrefetchAhead < changes.jobs.size()) {
      const Ref later = changes.jobs[i + 2 * kPrefetchAhead].ref;
      if (later != kEmpty) __builtin_prefetch(&pages_[later & ~kPageBit]);
    }
    if (i + kPrefetchAhead < changes.jobs.size()) {
      const Ref next = changes.jobs[i + kPrefetchAhead].ref;
      if (next != kEmpty) {
        const Page& page = pages_[next & ~kPageBit];
        const u8* leaves = reinterpret_cast<const u8*>(page.leaves.load());
        const std::size_t bytes = PageLeaves::bytes_for_count(page.count);
        for (std::size_t at = 0; at < bytes; at += kCacheLine) __builtin_prefetch(leaves + at);
      }
    }
    merge(changes.jobs[i], writes, changes);
    // A single thread hashes pages while they are in its cache; several share them out at the end.
    if (workers_ == nullptr && changes.pages_left().size() >= kPagesTogether) {
      hash_pages(changes.pages_left());
      changes.pages_hashed = changes.pages.size();
    }
  }
  rehash(changes);

  BatchState state;
  state.tree = {root_hash(), changes.next_index};
  state.last_block_number = end.last_block_number;
  state.last_block_hash = end.last_block_hash;
  state.last_timestamp = end.last_timestamp;
  const std::optional<u64> forget =
      version >= config_.versions_kept ? std::optional(version - config_.versions_kept) : std::nullopt;
  changes.record.commit(version, state, forget, config_.durable);
  latest_ = version;
  state_ = state;
  broken_ = false;
  keep_budget();
  return state;
}

bool StateTree::rewind(u64 version) {
  const std::unique_lock lock(mutex_);
  ensure_usable();
  ENSURE(latest_ && version <= *latest_, "a tree is taken back to one of its versions");
  if (version == *latest_) return true;
  // Versions are forgotten in order, so if the oldest can be taken back, all can.
  if (!database_.can_undo(version + 1)) return false;
  broken_ = true;
  for (u64 v = *latest_; v > version; --v) database_.undo(v);
  build();
  broken_ = false;
  return true;
}

}  // namespace atlas::tree
