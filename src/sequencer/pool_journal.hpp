#pragma once
// What waits in the mempool, kept across a restart: every accepted transaction is appended to a file, off the hot path,
// and goes through the ordinary checks again at the next start.
//
//   mempool/journal-N.log = header ‖ record …
//   header = magic 8 ‖ version u32 ‖ chain id u64 ‖ genesis hash 32 ‖ CRC-32C u32
//   record = length u32 ‖ CRC-32C of length and transaction u32 ‖ transaction as it was sent
//
// Nothing is synced: a killed process loses at most what came in the last kFlushInterval, a power failure more. A block
// is what promises durability. When the file has grown past twice what still waits, that is written to the next file
// and the old one goes.
#include <condition_variable>
#include <filesystem>
#include <thread>

#include <sequencer/mempool.hpp>
#include <storage/block_log.hpp>
#include <storage/chain_store.hpp>

namespace atlas::sequencer {

class PoolJournal {
 public:
  struct Options {
    std::filesystem::path directory;
    storage::ChainIdentity identity;
    u64 bytes_max = u64{256} << 20;     ///< of the file; what would go beyond is not kept, with a warning
    u64 rewrite_bytes = u64{16} << 20;  ///< a smaller file is not rewritten
  };
  struct Replayed {
    u64 restored = 0;
    u64 refused = 0;        ///< in a block meanwhile, or no longer valid
    u64 bytes_dropped = 0;  ///< of a tail that was cut short or damaged
    double ms = 0;
  };
  static constexpr std::chrono::milliseconds kFlushInterval{50};

  /// Starts the thread, which first puts back what the files hold. `pool` must know the rules for the open block.
  /// Trouble with the files is reported to `log` and ends the journal, never the node.
  PoolJournal(Options options, Mempool& pool, storage::LogSink log);
  /// Writes what still waits. Call it once the pool takes and hands out nothing more.
  ~PoolJournal();
  PoolJournal(const PoolJournal&) = delete;
  PoolJournal& operator=(const PoolJournal&) = delete;

  /// Until everything is back in the pool or `limit` has passed; nullopt in the latter case.
  std::optional<Replayed> wait_replayed(std::chrono::milliseconds limit);

 private:
  struct Generation {
    u64 number = 0;
    std::optional<storage::File> file;
    u64 bytes = 0;
    std::vector<Hash256> hashes;  ///< what it holds
  };

  void run();
  /// False if the pool stopped meanwhile.
  bool replay(const std::vector<std::filesystem::path>& files, Replayed& result);
  void flush();
  void rewrite();
  void append(Generation& to, std::span<const TxPtr> txs);
  Generation start_generation(u64 number) const;
  std::filesystem::path path_of(u64 number) const;

  const Options options_;
  Mempool& pool_;
  const storage::LogSink log_;

  // Owned by the thread.
  Generation current_;
  u64 rewrite_at_ = 0;  ///< file size
  u64 left_out_ = 0;    ///< transactions not kept because the file is full
  std::chrono::steady_clock::time_point next_rewrite_;

  std::mutex mutex_;  // over the two below
  std::condition_variable signal_;
  bool stopping_ = false;
  std::optional<Replayed> replayed_;
  std::thread thread_;
};

}  // namespace atlas::sequencer
