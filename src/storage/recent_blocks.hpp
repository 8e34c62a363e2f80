#pragma once
#include <deque>
#include <optional>
#include <shared_mutex>

#include <storage/flat_table.hpp>
#include <storage/records.hpp>
#include <storage/state_keys.hpp>

namespace atlas::storage {

/// The newest durable blocks, in memory: the head, what polling clients ask for, and everything that the history has
/// not taken yet. Never empty after reset(). One thread at a time changes it; any thread reads.
class RecentBlocks {
 public:
  RecentBlocks();

  /// Forgets everything; `block` is the head.
  void reset(BlockPtr block);
  void add(BlockPtr block);
  /// Drops the blocks above `number`; false, and nothing done, if none would be left.
  bool rewind(u64 number);
  /// Drops blocks up to `number`, but keeps the newest `keep` ones.
  void evict(u64 number, u64 keep);

  BlockPtr head() const;
  BlockPtr by_number(u64 number) const;
  BlockPtr by_hash(const Hash256& hash) const;
  std::optional<MinedTransaction> transaction(const Hash256& hash) const;
  std::optional<MinedTransaction> transaction(u64 block, u32 index) const;
  /// At most `count` blocks from `first` on; empty if `first` is not (or no longer) here.
  std::vector<BlockPtr> range(u64 first, u64 count) const;
  /// All blocks from `first` on that are here.
  std::vector<BlockPtr> since(u64 first) const;

 private:
  struct Entry {
    BlockPtr block;
    std::vector<u32> first_log;  ///< by transaction: logs before it
  };
  const Entry* find(u64 number) const;
  void insert(BlockPtr block);
  void forget(const Block& block);
  static MinedTransaction mined(const Entry& entry, u32 index);

  HashHasher hasher_;
  mutable std::shared_mutex mutex_;  // over everything below
  std::deque<Entry> blocks_;         // contiguous numbers
  FlatTable<Hash256, TransactionLocation, HashHasher> transactions_;
  FlatTable<Hash256, u64, HashHasher> numbers_;
};

}  // namespace atlas::storage
