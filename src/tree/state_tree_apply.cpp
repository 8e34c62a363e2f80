// How a version changes the tree: the writes go down to their pages, pages that grow too large are split, then all that
// changed is hashed, level by level, and leaves and record are written as one.
#include <tree/workers.hpp>

#include <base/ensure.hpp>

namespace atlas::tree {

struct StateTree::Changes {
  explicit Changes(LeafDatabase& database, u64 next) : record(database), next_index(next) {}

  LeafDatabase::Version record;
  u64 next_index;
  std::vector<Job> jobs;
  std::vector<u32> pages;  // to be hashed, but for the first `pages_hashed`
  std::size_t pages_hashed = 0;
  std::vector<std::vector<u32>> nodes;  // to be hashed, by depth

  std::span<const u32> pages_left() const { return std::span(pages).subspan(pages_hashed); }

  void add_node(u32 node, unsigned depth) {
    if (nodes.size() <= depth) nodes.resize(depth + 1);
    nodes[depth].push_back(node);
  }
};

namespace {

constexpr std::size_t kPagesTogether = 128;  // about 1,500 leaves, which with their hashes fit the second-level cache
constexpr std::size_t kNodesTogether = 1024;
constexpr std::size_t kPrefetchAhead = 8;  // pages; each is about 25 cache lines
constexpr std::size_t kCacheLine = 64;

}  // namespace

void StateTree::collect(Ref ref, u32 parent, unsigned side, unsigned depth, std::span<const LeafWrite> writes,
                        u32 first, u32 end, Changes& changes) {
  if (first == end) return;
  if (ref == kEmpty || (ref & kPageBit) != 0) {
    changes.jobs.push_back({ref, parent, static_cast<u16>(side), static_cast<u16>(depth), first, end});
    return;
  }
  const auto middle = std::partition_point(writes.begin() + first, writes.begin() + end,
                                           [&](const LeafWrite& w) { return w.key.bit(depth) == 0; });
  const u32 mid = static_cast<u32>(middle - writes.begin());
  const Node& node = nodes_[ref];
  collect(node.child[0], ref, 0, depth + 1, writes, first, mid, changes);
  collect(node.child[1], ref, 1, depth + 1, writes, mid, end, changes);
  changes.add_node(ref, depth);
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
    if (changed) changes.pages.push_back(id);
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
    changes.pages.push_back(id);
    return;
  }
  if (page != nullptr) {
    release_leaves(*page);
    free_pages_.push_back(id);
  }
  const Ref grown = split(*leaves, 0, leaves->count(), job.depth, changes);
  place(job.parent, job.side) = grown;
}

StateTree::Ref StateTree::split(const PageLeaves& leaves, u32 first, u32 end, unsigned depth, Changes& changes) {
  if (first == end) return kEmpty;
  if (end - first <= kPageLeaves) {
    auto part = PageLeaves::make(end - first);
    for (u32 i = first; i < end; ++i) part->set(i - first, leaves.leaf(i));
    const u32 page = new_page(std::move(part), depth);
    changes.pages.push_back(page);
    return page | kPageBit;
  }
  u32 mid = first;
  while (mid < end && leaves.entries()[mid].key.bit(depth) == 0) ++mid;
  const u32 node = new_node();
  const Ref left = split(leaves, first, mid, depth + 1, changes);
  const Ref right = split(leaves, mid, end, depth + 1, changes);
  nodes_[node].child[0] = left;
  nodes_[node].child[1] = right;
  changes.add_node(node, depth);
  return node;
}

void StateTree::hash_pages(std::span<const u32> pages) {
  in_parallel(pages.size(), kPagesTogether, [&](std::size_t first, std::size_t end) {
    thread_local PageHasher hasher;
    std::vector<PageHasher::Ref> roots;
    hasher.clear();
    for (std::size_t i = first; i < end; ++i) {
      const Page& page = pages_[pages[i]];
      roots.push_back(hasher.add(*page.leaves.load(), page.depth));
    }
    hasher.run();
    for (std::size_t i = first; i < end; ++i) pages_[pages[i]].hash = hasher.hash(roots[i - first]);
  });
}

void StateTree::hash_nodes(std::span<const u32> nodes) {
  in_parallel(nodes.size(), kNodesTogether, [&](std::size_t first, std::size_t end) {
    NodeHasher hasher;
    hasher.run(
        end - first,
        [&](std::size_t i, u32* block) {
          const Node& node = nodes_[nodes[first + i]];
          for (unsigned side = 0; side < 2; ++side) {
            const Digest h = hash_of(node.child[side]);
            std::copy(h.word, h.word + 8, block + 8 * side);
          }
        },
        [&](std::size_t i, const Digest& h) { nodes_[nodes[first + i]].hash = h; });
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
  collect(root_, 0, 0, 0, writes, 0, static_cast<u32>(writes.size()), changes);
  std::vector<std::pair<u32, Digest>> pages;
  for (const Job& job : changes.jobs) {
    if (job.ref != kEmpty) pages.emplace_back(job.ref & ~kPageBit, writes[job.first].key);
  }
  load_pages(pages);  // nothing has changed yet, so an error here leaves the tree as it was

  broken_ = true;  // until memory and disk agree again
  for (std::size_t i = 0; i < changes.jobs.size(); ++i) {
    if (i + kPrefetchAhead < changes.jobs.size()) {
      const Ref next = changes.jobs[i + kPrefetchAhead].ref;
      const PageLeaves* leaves = next == kEmpty ? nullptr : pages_[next & ~kPageBit].leaves.load();
      if (leaves != nullptr) {
        for (std::size_t at = 0; at < leaves->bytes(); at += kCacheLine) {
          __builtin_prefetch(reinterpret_cast<const u8*>(leaves) + at);
        }
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
  state.tree = {hash_of(root_), changes.next_index};
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
