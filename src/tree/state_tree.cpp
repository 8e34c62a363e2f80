#include <deque>
#include <thread>

#include <tree/workers.hpp>

#include <base/ensure.hpp>

namespace atlas::tree {

// ---- Building the upper tree from the leaves.

// Cuts the sorted leaves into pages as they come: a subtree is a page as soon as it is known to have few enough leaves.
class StateTree::Builder {
 public:
  explicit Builder(StateTree& tree) : tree_(tree), reader_(tree.database_) { reader_.seek(Digest{}); }

  void run() {
    subtree(Digest{}, 0, 0, 0);
    flush_pages();
    for (std::size_t depth = levels_.size(); depth-- > 0;) tree_.hash_nodes(levels_[depth]);
  }

 private:
  static constexpr std::size_t kFlush = 4096;  // pages hashed together

  void fill() {
    Leaf leaf;
    while (ahead_.size() <= kPageLeaves && reader_.next(leaf)) ahead_.push_back(leaf);
  }

  // Leaves in view that lie below the node at `depth`; one more than a page holds means "too many".
  u32 count_below(const Digest& prefix, unsigned depth) {
    fill();
    u32 n = 0;
    while (n < ahead_.size() && common_prefix(ahead_[n].key, prefix) >= depth) ++n;
    return n;
  }

  void subtree(Digest prefix, unsigned depth, u32 parent, unsigned side) {
    const u32 count = count_below(prefix, depth);
    if (count == 0) return;
    if (count <= kPageLeaves) {
      auto leaves = PageLeaves::make(count);
      for (u32 i = 0; i < count; ++i) {
        leaves->set(i, ahead_.front());
        ahead_.pop_front();
      }
      const Ref page = tree_.new_page(std::move(leaves), depth) | kPageBit;
      tree_.nodes_[parent].child[side] = page;
      pages_.push_back({page, parent, side});
      if (pages_.size() == kFlush) flush_pages();
      return;
    }
    const u32 node = tree_.new_node();
    tree_.nodes_[parent].child[side] = node;
    if (levels_.size() <= depth) levels_.resize(depth + 1);
    levels_[depth].push_back({node, parent, side});
    subtree(prefix, depth + 1, node, 0);
    prefix.word[depth / 32] |= 1u << ((depth & 24) + 7 - (depth & 7));
    subtree(prefix, depth + 1, node, 1);
  }

  // Hashes the new pages, and leaves in memory what the budget allows.
  void flush_pages() {
    tree_.hash_pages(pages_);
    for (const Spot& page : pages_) {
      if (tree_.cached_bytes_ + tree_.upper_bytes() > tree_.config_.cache_bytes_max) {
        tree_.release_leaves(tree_.pages_[page.ref & ~kPageBit]);
      }
    }
    pages_.clear();
  }

  StateTree& tree_;
  LeafDatabase::Reader reader_;
  std::deque<Leaf> ahead_;
  std::vector<Spot> pages_;
  std::vector<std::vector<Spot>> levels_;
};

void StateTree::build() {
  drop();
  latest_ = database_.latest();
  state_ = latest_ ? *database_.state_at(*latest_) : BatchState{};
  Builder(*this).run();
  if (root_hash() != state_.tree.root) {
    throw TreeError(config_.directory, "is damaged: its leaves do not hash to the root of its newest version",
                    "remove the folder: the node makes it again from its blocks");
  }
}

void StateTree::drop() {
  for (std::size_t i = 0; i < pages_.size(); ++i) release_leaves(pages_[i]);
  nodes_.clear();
  nodes_.push();
  pages_.clear();
  free_pages_.clear();
  clock_hand_ = 0;
}

StateTree::StateTree(TreeConfig config) : config_(std::move(config)), database_(config_.directory) {
  const unsigned threads = config_.threads != 0 ? config_.threads : std::max(1u, std::thread::hardware_concurrency());
  if (threads > 1) workers_ = std::make_unique<Workers>(static_cast<int>(threads));
  try {
    build();
  } catch (...) {
    drop();  // the destructor does not run
    throw;
  }
}

StateTree::~StateTree() {
  for (std::size_t i = 0; i < pages_.size(); ++i) release_leaves(pages_[i]);
}

// ---- Nodes and pages.

u32 StateTree::new_node() {
  ENSURE(nodes_.size() < kPageBit, "the tree has fewer than 2^31 upper nodes");
  nodes_.push();
  return static_cast<u32>(nodes_.size() - 1);
}

u32 StateTree::new_page(std::unique_ptr<PageLeaves> leaves, unsigned depth) {
  u32 id;
  if (free_pages_.empty()) {
    ENSURE(pages_.size() < kPageBit, "the tree has fewer than 2^31 pages");
    id = static_cast<u32>(pages_.size());
    pages_.push();
  } else {
    id = free_pages_.back();
    free_pages_.pop_back();
  }
  pages_[id].depth = static_cast<u16>(depth);
  set_leaves(pages_[id], std::move(leaves));
  return id;
}

void StateTree::set_leaves(Page& page, std::unique_ptr<PageLeaves> leaves) {
  release_leaves(page);
  page.count = leaves->count();
  cached_bytes_ += leaves->bytes();
  ++pages_cached_;
  page.leaves = leaves.release();
  page.used = true;
}

void StateTree::release_leaves(Page& page) {
  const std::unique_ptr<PageLeaves> leaves(page.leaves.exchange(nullptr));
  if (leaves == nullptr) return;
  cached_bytes_ -= leaves->bytes();
  --pages_cached_;
}

u64 StateTree::upper_bytes() const {
  return nodes_.size() * sizeof(Node) + pages_.size() * sizeof(Page);
}

// A clock: pages used since the hand last passed get a second chance.
void StateTree::evict(u64 bytes_max) {
  for (std::size_t left = 2 * pages_.size(); left > 0 && cached_bytes_ > bytes_max; --left) {
    if (clock_hand_ >= pages_.size()) clock_hand_ = 0;
    Page& page = pages_[clock_hand_++];
    if (page.leaves.load() == nullptr || page.used.exchange(false)) continue;
    release_leaves(page);
  }
}

void StateTree::keep_budget() {
  const u64 upper = upper_bytes();
  const u64 room = config_.cache_bytes_max > upper ? config_.cache_bytes_max - upper : 0;
  if (cached_bytes_ > room) evict(room - room / 16);  // some room for the next, so that this is rare
}

void StateTree::drop_cache() {
  const std::unique_lock lock(mutex_);
  for (std::size_t i = 0; i < pages_.size(); ++i) release_leaves(pages_[i]);
}

// ---- Queries.

void StateTree::ensure_usable() const {
  if (!broken_) return;
  throw TreeError(config_.directory, "stopped after an error", "start the node again");
}

std::optional<u64> StateTree::latest() const {
  const std::shared_lock lock(mutex_);
  return latest_;
}

std::optional<BatchState> StateTree::state_at(u64 version) const {
  const std::shared_lock lock(mutex_);
  return database_.state_at(version);
}

std::optional<Digest> StateTree::key_of(u64 index) const {
  return database_.key_of(index);
}

TreeStats StateTree::stats() const {
  const std::shared_lock lock(mutex_);
  return {.leaves = state_.tree.next_index - kFirstIndex,
          .pages = pages_.size() - free_pages_.size(),
          .pages_cached = pages_cached_,
          .upper_bytes = upper_bytes(),
          .cached_bytes = cached_bytes_,
          .pages_read = pages_read_};
}

void StateTree::sync() {
  database_.sync();
}

}  // namespace atlas::tree
