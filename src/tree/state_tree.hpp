#pragma once
// The node's state tree: every leaf on disk, all hashes above the pages and as many pages as the budget allows in
// memory. It runs behind the chain, off the sequencing path. One version a batch, numbered from 0 (genesis) without
// gaps.
//
// One thread calls apply() and rewind(); any thread calls the rest. Throws TreeError for trouble with the database;
// after that in apply() or rewind() the tree refuses everything and must be opened again.
#include <atomic>
#include <memory>
#include <optional>

#include <tree/chunked_array.hpp>
#include <tree/leaf_database.hpp>
#include <tree/page.hpp>
#include <tree/writer_first_mutex.hpp>

#include <state/tree/changes.hpp>
#include <state/tree/key_proof.hpp>

namespace atlas::tree {

struct TreeConfig {
  std::filesystem::path directory;
  u64 cache_bytes_max = u64{1} << 30;  ///< upper hashes and cached pages together
  unsigned threads = 0;                ///< that hash and read; 0: as many as the machine has
  u64 versions_kept = 128;             ///< newest versions that rewind() can take back
  bool durable = false;                ///< a version survives a power loss when apply() returns
};

/// Where a batch ends on the chain.
struct BatchEnd {
  u64 last_block_number = 0;
  Hash256 last_block_hash;
  u64 last_timestamp = 0;  ///< seconds
};

/// Words of a multiproof and the version that they prove something about.
struct VersionedProof {
  u64 version = 0;
  BatchState state;
  std::vector<u32> words;
};

struct TreeStats {
  u64 leaves = 0;
  u64 pages = 0;
  u64 pages_cached = 0;
  u64 upper_bytes = 0;   ///< hashes above the pages, and the pages' own
  u64 cached_bytes = 0;  ///< leaves of cached pages
  u64 pages_read = 0;    ///< since the tree was opened
};

class StateTree {
 public:
  /// Opens or creates. Hashes all leaves, so it takes about a second for three million of them.
  explicit StateTree(TreeConfig config);
  ~StateTree();
  StateTree(const StateTree&) = delete;
  StateTree& operator=(const StateTree&) = delete;

  // ---- Writing thread.

  /// Adds the version after the newest. `writes` ascend strictly by key; one that changes nothing is left out. On
  /// return the version survives the end of the process.
  BatchState apply(u64 version, std::span<const LeafWrite> writes, const BatchEnd& end);
  /// Takes back every version above `version`; false, and nothing changed, if that is further than versions_kept.
  bool rewind(u64 version);

  // ---- Any thread.

  std::optional<u64> latest() const;
  /// State of any version up to the newest.
  std::optional<BatchState> state_at(u64 version) const;
  /// The newest version's leaf of a key.
  std::optional<Leaf> leaf(const Digest& key) const;
  std::optional<Digest> key_of(u64 index) const;
  /// A multiproof of `keys`, in any order, repeated or not, over the newest version, which must exist.
  VersionedProof prove(std::vector<Digest> keys) const;
  /// Everything about an account for atlas_getProof, over the newest version, which must exist.
  AccountProof prove_account(const Address& address, std::span<const u256> slots) const;
  /// Brings the pages of `keys`, in any order, into memory.
  void prefetch(std::vector<Digest> keys);
  /// Gives back pages beyond cache_bytes_max: what proofs brought into memory since a version was added.
  void trim();
  /// Gives back all cached pages, as a measurement of reads wants.
  void drop_cache();
  TreeStats stats() const;
  void sync();

 private:
  using Ref = u32;  // kEmpty, a node, or a page with kPageBit
  static constexpr Ref kEmpty = 0;
  static constexpr Ref kPageBit = u32{1} << 31;

  /// An upper node. It holds its children's hashes, so that hashing it and proving beside it touch nothing else.
  struct Node {
    Digest hash[2];
    Ref child[2] = {kEmpty, kEmpty};
  };
  struct Page {
    std::atomic<PageLeaves*> leaves{
        nullptr};  // null: on disk only. Set under any lock, taken away under the unique one
    u32 count = 0;
    u16 depth = 0;
    std::atomic<bool> used{false};  // since the clock hand passed
  };
  /// A subtree and the place that its hash goes to.
  struct Spot {
    Ref ref;
    u32 parent;  // node
    u32 side;
  };
  /// What one page, or an empty place, gets from a version: writes [first, end).
  struct Job {
    Ref ref;
    u32 parent;  // node
    u16 side;
    u16 depth;
    u32 first, end;
  };
  struct Changes;
  class Cursor;

  class Builder;
  void build();
  void drop();
  void ensure_usable() const;
  u32 new_node();
  u32 new_page(std::unique_ptr<PageLeaves> leaves, unsigned depth);
  void set_leaves(Page& page, std::unique_ptr<PageLeaves> leaves);
  void release_leaves(Page& page);
  Ref root() const { return nodes_[0].child[0]; }
  const Digest& root_hash() const { return nodes_[0].hash[0]; }

  void collect(std::span<const LeafWrite> writes, Changes& changes) const;
  void merge(const Job& job, std::span<const LeafWrite> writes, Changes& changes);
  void split(const PageLeaves& leaves, u32 first, u32 end, unsigned depth, u32 parent, unsigned side, Changes& changes);
  void rehash(Changes& changes);
  void hash_pages(std::span<const Spot> pages);
  void hash_nodes(std::span<const Spot> nodes);
  /// body(first, end) over [0, count) in pieces of `grain`, on the workers if there is more than one.
  void in_parallel(std::size_t count, std::size_t grain,
                   const std::function<void(std::size_t, std::size_t)>& body) const;

  /// Pages on the way of sorted keys, ascending, without repetition.
  void find_pages(Ref ref, unsigned depth, std::span<const Digest> keys,
                  std::vector<std::pair<u32, Digest>>& out) const;
  /// Reads those of the pages that are not in memory; each comes with a key below it.
  void load_pages(std::span<const std::pair<u32, Digest>> pages) const;
  void evict(u64 bytes_max);
  void keep_budget();
  u64 upper_bytes() const;

  const TreeConfig config_;
  LeafDatabase database_;
  struct Workers;
  std::unique_ptr<Workers> workers_;  // null: one thread

  mutable WriterFirstMutex mutex_;  // over everything below; see Page::leaves
  std::optional<u64> latest_;
  BatchState state_;
  ChunkedArray<Node> nodes_;  // the first is the root's place: its left child is the tree
  mutable ChunkedArray<Page> pages_;
  std::vector<u32> free_pages_;
  u32 clock_hand_ = 0;
  bool broken_ = false;
  mutable std::atomic<u64> cached_bytes_{0};
  mutable std::atomic<u64> pages_cached_{0};
  mutable std::atomic<u64> pages_read_{0};
};

}  // namespace atlas::tree
