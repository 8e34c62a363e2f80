#pragma once
// Snapshots of the hot state: files state-N.snap with everything after block N, so that a restart replays only what
// came later.
//
//   file    = header ‖ section … ‖ end section
//   header  = magic 8 ‖ version u32 ‖ chain id u64 ‖ genesis hash 32 ‖ block u64 ‖ block hash 32 ‖ hash seed 8 × u64 ‖
//             CRC-32C u32
//   section = kind u32 ‖ item count u32 ‖ length u64 ‖ content CRC-32C u32 ‖ CRC-32C of the bytes before u32 ‖ content
//
// Accounts (48 bytes each) and slots (84 bytes) stand shard by shard in the table's own layout and under the table's
// own seed: loading fills one cache-sized shard after another, and a section is checked by one pass of CRC.
#include <storage/block_log.hpp>
#include <storage/hot_state.hpp>

namespace atlas::storage {

struct SnapshotFile {
  u64 block = 0;
  std::filesystem::path path;
};

struct LoadedSnapshot {
  std::shared_ptr<HotState> state;
  u64 block = 0;
  Hash256 block_hash;
  u64 bytes = 0;
};

/// Snapshots of a directory, newest first, by name alone.
std::vector<SnapshotFile> list_snapshots(const std::filesystem::path& directory);
/// Removes what an interrupted write_snapshot left.
void remove_unfinished_snapshots(const std::filesystem::path& directory);
/// Writes the state after `block`, of which the caller holds a view: into a temporary file, durable, then renamed.
/// Returns its size in bytes. Any thread; the state may go on meanwhile.
u64 write_snapshot(const std::filesystem::path& directory, const ChainIdentity& identity, const HotState& state,
                   u64 block, const Hash256& block_hash);
/// Throws StorageError: kCorrupt if any byte is damaged, kWrongChain if it is another chain's.
LoadedSnapshot load_snapshot(const std::filesystem::path& path, const ChainIdentity& identity);

}  // namespace atlas::storage
