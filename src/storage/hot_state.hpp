#pragma once
// The whole state in memory: accounts, slots and codes, with the old values of the last blocks for historical views.
#include <map>

#include <state/diff.hpp>
#include <storage/code_table.hpp>
#include <storage/versioned_map.hpp>

namespace atlas::storage {

/// One writer thread applies diffs; any thread reads through views. Owned by shared_ptr: views keep it alive.
class HotState : public std::enable_shared_from_this<HotState> {
 public:
  using Accounts = VersionedMap<Address, PackedAccount, AddressHasher>;
  using Slots = VersionedMap<SlotKey, PackedSlot, SlotHasher>;

  explicit HotState(const HashSeed& seed);
  ~HotState();

  // ---- Writer thread.

  /// Sets the state of `block` without remembering what was before: genesis and snapshots, before any reader. May be
  /// called repeatedly for parts of one state. Balances must be below 2^128.
  void load(u64 block, const StateDiff& diff);
  /// The state after `block` from the one before it.
  void apply(u64 block, const StateDiff& diff);
  /// Gives up old values outside a window of `window_blocks` before the newest block or over `undo_bytes_max`, but
  /// never those that open views or views from `visible` on need.
  void prune(u64 window_blocks, u64 undo_bytes_max, u64 visible);
  /// The newest state without locks: for the writer, and for others while nothing is applied. Lives as long as this.
  const StateView& newest() const { return *newest_; }
  u64 newest_block() const { return newest_block_; }

  // ---- Any thread.

  /// The state after `block`, which the caller knows to have been applied; null if it has been pruned.
  std::shared_ptr<const StateView> view_at(u64 block) const;
  /// Every account after `block`, of which the caller holds a view, with its slots and the codes: a copy of the state.
  StateDiff whole_at(u64 block) const;
  u64 oldest_view() const;
  u64 views_open() const;
  u64 undo_bytes() const { return accounts_.undo_bytes() + slots_.undo_bytes(); }
  u64 memory_bytes() const { return accounts_.table_bytes() + slots_.table_bytes() + codes_.memory_bytes(); }

  // ---- For snapshots.

  const HashSeed& seed() const { return seed_; }
  Accounts& accounts() { return accounts_; }
  const Accounts& accounts() const { return accounts_; }
  Slots& slots() { return slots_; }
  const Slots& slots() const { return slots_; }
  CodeTable& codes() { return codes_; }
  const CodeTable& codes() const { return codes_; }
  /// After accounts, slots and codes were filled from a snapshot of `block`.
  void finish_load(u64 block);

 private:
  class NewestView;
  class BlockView;
  void write(u64 block, const StateDiff& diff, bool keep_old);
  Account unpack(const PackedAccount& packed) const;
  ByteView code(const Hash256& hash) const;
  void unpin(u64 block) const;

  HashSeed seed_;
  Accounts accounts_;
  Slots slots_;
  CodeTable codes_;
  std::unique_ptr<StateView> newest_;
  u64 newest_block_ = 0;
  std::deque<std::pair<u64, u64>> undo_bytes_by_block_;  // of the blocks in the window, oldest first

  mutable std::mutex pins_mutex_;    // over the two below
  mutable std::map<u64, u32> pins_;  // open views by block
  u64 oldest_view_ = 0;
};

}  // namespace atlas::storage
