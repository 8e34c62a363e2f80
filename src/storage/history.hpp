#pragma once
// Everything that was ever sealed, in RocksDB, for lookups: filled from the block log behind the head, so its content
// can always be made again from there. One thread writes; any thread reads.
//
//   headers  block u64                              → header entry
//   bodies   block u64 ‖ group u16                  → first log index u32 ‖ (transaction entry ‖ receipt entry) ≤ 64
//   hashes   transaction hash | block hash          → block u64 ‖ index u32 | block u64
//   logs     kind u8 ‖ fingerprint u64 ‖ block u64 ‖ group u16 → nothing
//
// Keys are big-endian. Kind 0 is a log's address, 1 to 4 its topics by position: a posting says that a group of 64
// transactions holds a log with a value of this fingerprint there. Kind 5 is an address that takes part in one of
// them (takes_part in records.hpp), kind 6 a contract that one of them created. A query intersects the postings of its
// conditions and reads only groups that have them all; what the fingerprint confuses, the exact filter sorts out.
#include <span>

#include <storage/block_log.hpp>
#include <storage/records.hpp>

namespace atlas::storage {

class History {
 public:
  /// Opens or creates the database. Throws StorageError.
  History(std::filesystem::path directory, const ChainIdentity& identity);
  ~History();
  History(const History&) = delete;
  History& operator=(const History&) = delete;

  // ---- Writing thread.

  /// Adds the blocks after last(), atomically.
  void add(std::span<const BlockPtr> blocks);
  /// Removes every block above `number`.
  void rewind(u64 number);
  /// Forgets every block below `number`, which is at most last(): lookups at once and durably, space as files are
  /// compacted.
  void prune_below(u64 number);
  /// Rewrites the files now, so that nothing forgotten takes space; otherwise that happens as blocks come.
  void compact();
  /// Makes every added block survive a power loss (they survive the end of the process without it).
  void sync();

  // ---- Any thread.

  u64 last() const;   ///< newest block; 0 if there is none (block 0 is never stored)
  u64 first() const;  ///< oldest block that is kept
  std::optional<SealedHeader> header(u64 number) const;
  BlockPtr block(u64 number) const;
  std::optional<u64> number_of(const Hash256& block_hash) const;
  std::optional<TransactionLocation> locate(const Hash256& transaction_hash) const;
  std::optional<MinedTransaction> transaction(TransactionLocation location) const;
  /// Searches blocks query.from_block to the lesser of query.to_block and `last_block`, which is at most last().
  LogQueryOutcome for_each_log(const LogQuery& query, u64 last_block, const LogVisitor& visit) const;
  /// The same for the transactions of an address.
  LogQueryOutcome for_each_transaction(const AddressQuery& query, u64 last_block,
                                       const TransactionVisitor& visit) const;
  /// The newest creation of `contract`.
  std::optional<ContractCreation> creation(const Address& contract) const;
  /// First block whose addresses are indexed: later than 1 if an older version of the program wrote the ones before.
  u64 first_indexed() const;

 private:
  struct Database;
  class LogSearch;
  struct AccountSearch;
  std::unique_ptr<Database> db_;
};

}  // namespace atlas::storage
