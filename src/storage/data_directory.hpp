#pragma once
#include <storage/block_log.hpp>
#include <storage/chain_store.hpp>

namespace atlas::storage {

/// The data directory of one chain, held exclusively while the object lives.
///
///   LOCK        process that uses it
///   CHAIN       text: format, chain id, genesis hash, checksum of the genesis state
///   HOLDS       text: who needs the log from which block on; absent if nobody does
///   log/        the block log
///   snapshots/  states
///   history/    RocksDB
class DataDirectory {
 public:
  /// Creates or opens. kLocked if another process has it, kWrongChain if it holds another chain or a format that this
  /// program does not know.
  DataDirectory(std::filesystem::path path, const Genesis& genesis);

  const ChainIdentity& identity() const { return identity_; }
  std::filesystem::path log() const { return path_ / "log"; }
  std::filesystem::path snapshots() const { return path_ / "snapshots"; }
  std::filesystem::path history() const { return path_ / "history"; }
  std::filesystem::path holds() const { return path_ / "HOLDS"; }

 private:
  std::filesystem::path path_;
  ChainIdentity identity_;
  DirectoryLock lock_;
};

}  // namespace atlas::storage
