#pragma once
// The batch that is being collected: the leaves that its blocks touch, with their values before it and now, and how
// many bytes of pubdata that comes to.
#include <map>
#include <span>

#include <tree/state_tree.hpp>

#include <stf/batch_tally.hpp>
#include <storage/flat_table.hpp>
#include <storage/records.hpp>
#include <storage/state_keys.hpp>

namespace atlas::batch {

/// A block and what it changes; `diff` is the block's.
struct BlockChanges {
  storage::BlockPtr block;
  StateDiff diff;
};

/// What a batch may hold, besides kBatchLogsMax logs to L1.
struct BatchLimits {
  u64 pubdata_bytes = 0;
  u64 native = 0;  ///< cycles of proving, as its receipts have them
};

/// One batch after another over a tree, whose newest version is the state before the open one. Not thread-safe.
class OpenBatch {
 public:
  explicit OpenBatch(tree::StateTree& tree);

  bool empty() const { return blocks_.empty(); }
  u64 block_count() const { return blocks_.size(); }
  u64 first_block() const { return blocks_.front().number; }
  const storage::SealedHeader& last() const { return last_; }
  u64 pubdata_bytes() const { return total_bytes(fixed_bytes_, known_, width_index_); }
  u64 native() const { return native_; }
  u64 touched() const { return leaves_.size(); }

  /// Reads the leaves that the block changes into memory.
  void prefetch(const StateDiff& diff) const;
  /// Adds a block if the batch then stays within `limits` and kBatchLogsMax, and it is not one that begins with an
  /// upgrade, which begins its batch too; false, and nothing changed, if not. The first block always goes in: what no
  /// batch can hold the sequencer does not seal.
  bool add(const BlockChanges& block, const BatchLimits& limits);

  /// What the batch does to the tree: leaves that differ, ascending by key.
  std::vector<tree::LeafWrite> writes() const;
  /// Its pubdata.
  Pubdata pubdata(u64 number) const;
  u64 first_timestamp() const { return blocks_.front().timestamp; }
  const stf::BatchTally& tally() const { return tally_; }
  /// Numbers and hashes of its blocks, ascending.
  struct BlockName {
    u64 number = 0;
    u64 timestamp = 0;
    Hash256 hash;
  };
  std::span<const BlockName> blocks() const { return blocks_; }

  /// Forgets the blocks: the batch was sealed and the tree has moved on, or the chain went back.
  void clear();

 private:
  struct Entry {
    tree::Digest before;
    tree::Digest now;
    u64 index = 0;  ///< 0: no leaf before the batch
    tree::Domain domain = tree::Domain::kStorage;
    u8 change_bytes = 0;  ///< of `before` → `now` in pubdata, without key or index; 0: no change
  };
  struct Hasher {
    storage::HashHasher hash;
    u64 operator()(const tree::Digest& key) const { return hash(key.bytes()); }
  };
  using Table = storage::FlatTable<tree::Digest, Entry, Hasher>;
  class Values;

  Entry& entry(const tree::Digest& key);
  static u8 change_bytes(const Entry& entry, const tree::Digest& now, tree::Domain domain);
  u64 total_bytes(u64 fixed, u64 known, u64 width_index) const;
  std::vector<std::pair<tree::Digest, Entry>> changed() const;

  tree::StateTree& tree_;
  const Hasher hasher_;
  Table leaves_;
  std::vector<BlockName> blocks_;
  storage::SealedHeader last_;
  stf::BatchTally tally_;
  u64 fixed_bytes_ = 0;  ///< changes, keys of new leaves, bytecode
  u64 known_ = 0;        ///< changed leaves that go by index
  u64 native_ = 0;
  u64 width_index_ = 0;             ///< highest index that is known: bounds the index width
  std::map<Hash256, Bytes> codes_;  ///< that the blocks brought; a bound of what is published
};

}  // namespace atlas::batch
