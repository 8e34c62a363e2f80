#pragma once
#include <storage/block_log.hpp>
#include <storage/chain_store.hpp>
#include <storage/hot_state.hpp>
#include <storage/snapshot.hpp>

namespace atlas::storage {

/// A state made from disk, and how.
struct RestoredState {
  std::shared_ptr<HotState> state;  ///< after block `target`
  u64 snapshot_number = 0;          ///< 0: genesis
  u64 snapshot_bytes = 0;
  u64 blocks_replayed = 0;
  double snapshot_ms = 0;
  double replay_ms = 0;
};

/// What restore_state needs to know.
struct RestorePlan {
  const StorageConfig& config;
  const Genesis* genesis;  ///< null: only snapshots may be the base
  const ChainIdentity& identity;
  std::filesystem::path snapshots;
  const BlockLog& log;
  const LogSink& sink;
};

/// The state after block `target` (at most log.last()): the newest sound snapshot that leaves the window of historical
/// views to be replayed, unless that were much, and then the log. A damaged snapshot is set aside, loudly. Throws
/// StorageError if what is left does not reach.
RestoredState restore_state(const RestorePlan& plan, u64 target);

/// Whether restore_state has a base for block `target` without the genesis state.
bool can_restore(const RestorePlan& plan, u64 target);

/// Block `number` from the log; null if it is not there. kCorrupt if it cannot be decoded.
BlockPtr read_block(const BlockLog& log, u64 number);

}  // namespace atlas::storage
