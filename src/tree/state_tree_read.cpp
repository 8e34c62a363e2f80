// Bringing pages into memory, and proofs.
#include <tree/workers.hpp>

#include <base/ensure.hpp>
#include <state/tree/multiproof_writer.hpp>

namespace atlas::tree {
namespace {

constexpr std::size_t kReadsTogether = 64;  // pages an iterator reads before another thread's turn

// The lowest key that shares its first `depth` bits with `key`.
Digest first_below(const Digest& key, unsigned depth) {
  Digest first;
  for (unsigned i = 0; i < depth / 32; ++i) first.word[i] = key.word[i];
  if (depth % 32 != 0) {
    const u32 mask = __builtin_bswap32(~u32{0} << (32 - depth % 32));
    first.word[depth / 32] = key.word[depth / 32] & mask;
  }
  return first;
}

void sort_unique(std::vector<Digest>& keys) {
  std::sort(keys.begin(), keys.end());
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
}

}  // namespace

void StateTree::find_pages(Ref ref, unsigned depth, std::span<const Digest> keys,
                           std::vector<std::pair<u32, Digest>>& out) const {
  if (keys.empty() || ref == kEmpty) return;
  if ((ref & kPageBit) != 0) {
    out.emplace_back(ref & ~kPageBit, keys.front());
    return;
  }
  const auto middle =
      std::partition_point(keys.begin(), keys.end(), [&](const Digest& k) { return k.bit(depth) == 0; });
  const std::size_t mid = static_cast<std::size_t>(middle - keys.begin());
  find_pages(nodes_[ref].child[0], depth + 1, keys.first(mid), out);
  find_pages(nodes_[ref].child[1], depth + 1, keys.subspan(mid), out);
}

void StateTree::load_pages(std::span<const std::pair<u32, Digest>> pages) const {
  std::vector<std::pair<u32, Digest>> missing;
  for (const auto& page : pages) {
    if (pages_[page.first].leaves.load() == nullptr) missing.push_back(page);
  }
  in_parallel(missing.size(), kReadsTogether, [&](std::size_t begin, std::size_t end) {
    LeafDatabase::Reader reader(database_);
    for (std::size_t i = begin; i < end; ++i) {
      const auto& [id, key] = missing[i];
      Page& page = pages_[id];
      auto leaves = PageLeaves::make(page.count);
      reader.seek(first_below(key, page.depth));
      Leaf leaf;
      for (u32 n = 0; n < page.count; ++n) {
        if (!reader.next(leaf) || common_prefix(leaf.key, key) < page.depth) {
          throw TreeError(config_.directory, "is damaged: leaves are absent that were there when it was opened",
                          "remove the folder: the node makes it again from its blocks");
        }
        leaves->set(n, leaf);
      }
      PageLeaves* expected = nullptr;
      const u64 bytes = leaves->bytes();
      if (!page.leaves.compare_exchange_strong(expected, leaves.get())) continue;  // another thread was faster
      leaves.release();
      cached_bytes_ += bytes;
      ++pages_cached_;
      ++pages_read_;
      page.used = true;
    }
  });
}

void StateTree::prefetch(std::vector<Digest> keys) {
  sort_unique(keys);
  {
    const std::shared_lock lock(mutex_);
    ensure_usable();
    std::vector<std::pair<u32, Digest>> pages;
    find_pages(root(), 0, keys, pages);
    load_pages(pages);
    for (const auto& page : pages) pages_[page.first].used = true;
  }
  trim();
}

void StateTree::trim() {
  {
    const std::shared_lock lock(mutex_);
    if (cached_bytes_ + upper_bytes() <= config_.cache_bytes_max) return;
  }
  const std::unique_lock lock(mutex_);
  keep_budget();
}

std::optional<Leaf> StateTree::leaf(const Digest& key) const {
  const std::shared_lock lock(mutex_);
  ensure_usable();
  std::vector<std::pair<u32, Digest>> pages;
  find_pages(root(), 0, std::span(&key, 1), pages);
  if (pages.empty()) return std::nullopt;
  load_pages(pages);
  const PageLeaves& leaves = *pages_[pages.front().first].leaves.load();
  const u32 at = leaves.lower_bound(key);
  if (at == leaves.count() || leaves.entries()[at].key != key) return std::nullopt;
  return leaves.leaf(at);
}

// A walk over upper nodes and, below them, the inner nodes of pages, hashed as they are entered.
class StateTree::Cursor {
 public:
  Cursor(const StateTree& tree, Ref ref, const Digest& hash) : tree_(&tree), ref_(ref), hash_(hash) {}

  bool is_empty() const { return open_ == nullptr ? ref_ == kEmpty : at_ == PageHasher::kEmpty; }
  const Leaf* leaf() const {
    if (open_ == nullptr) {
      if ((ref_ & kPageBit) == 0 || tree_->pages_[ref_ & ~kPageBit].count != 1) return nullptr;
      enter();
    }
    return at_ == PageHasher::kEmpty || (at_ & PageHasher::kInner) != 0 ? nullptr : &open_->leaves[at_];
  }
  Cursor child(unsigned side) const {
    if (open_ == nullptr && (ref_ & kPageBit) == 0) {
      const Node& node = tree_->nodes_[ref_];
      return Cursor(*tree_, node.child[side], node.hash[side]);
    }
    enter();
    Cursor below = *this;
    below.at_ = open_->hasher.child(at_, side);
    return below;
  }
  Digest hash() const { return open_ == nullptr ? hash_ : open_->hasher.hash(at_); }

 private:
  struct OpenPage {
    PageHasher hasher;
    std::vector<Leaf> leaves;
  };
  void enter() const {
    if (open_ != nullptr) return;
    const Page& page = tree_->pages_[ref_ & ~kPageBit];
    const PageLeaves* leaves = page.leaves.load();
    ENSURE(leaves != nullptr, "the pages of all keys of a proof are in memory");
    auto open = std::make_shared<OpenPage>();
    at_ = open->hasher.add(*leaves, page.depth);
    open->hasher.run();
    for (u32 i = 0; i < leaves->count(); ++i) open->leaves.push_back(leaves->leaf(i));
    open_ = std::move(open);
  }

  const StateTree* tree_;
  Ref ref_;
  Digest hash_;
  mutable std::shared_ptr<const OpenPage> open_;
  mutable PageHasher::Ref at_ = PageHasher::kEmpty;
};

VersionedProof StateTree::prove(std::vector<Digest> keys) const {
  sort_unique(keys);
  const std::shared_lock lock(mutex_);
  ensure_usable();
  ENSURE(latest_.has_value(), "there is a version to prove something about");
  std::vector<std::pair<u32, Digest>> pages;
  find_pages(root(), 0, keys, pages);
  load_pages(pages);
  return {*latest_, state_, MultiproofWriter<Cursor>::write(Cursor(*this, root(), root_hash()), keys)};
}

AccountProof StateTree::prove_account(const Address& address, std::span<const u256> slots) const {
  AccountProof proof;
  proof.address = address;
  std::vector<Digest> keys = {address_key(Domain::kAccount, address), address_key(Domain::kCodeHash, address)};
  for (const u256& slot : slots) keys.push_back(storage_key(address, slot));
  std::vector<Digest> sorted = keys;
  sort_unique(sorted);
  const std::shared_lock lock(mutex_);
  ensure_usable();
  ENSURE(latest_.has_value(), "there is a version to prove something about");
  std::vector<std::pair<u32, Digest>> pages;
  find_pages(root(), 0, sorted, pages);
  load_pages(pages);
  const auto prove_one = [&](const Digest& key) { return prove_key(Cursor(*this, root(), root_hash()), key); };
  proof.state = state_;
  proof.account = prove_one(keys[0]);
  proof.code_hash = prove_one(keys[1]);
  for (std::size_t i = 0; i < slots.size(); ++i) proof.slots.push_back({slots[i], prove_one(keys[2 + i])});
  return proof;
}

}  // namespace atlas::tree
