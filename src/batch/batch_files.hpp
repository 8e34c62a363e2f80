#pragma once
// The node's batches on disk: their records in one file, and the pubdata of each in a file of its own, as L1 gets it
// and as `atlas rebuild` reads it (batch_folder.hpp).
//
// A batch is there once its record is: its files come first, each step is synced, and files that a crash left without a
// record are removed. One thread writes, any thread reads. Throws storage::StorageError.
#include <atomic>
#include <functional>
#include <shared_mutex>

#include <batch/batch_folder.hpp>

namespace atlas::batch {

class BatchFiles {
 public:
  /// Opens or creates. A last record that cannot be read was torn by a crash: it is cut off, and `warn` hears of it.
  BatchFiles(std::filesystem::path folder, const std::function<void(const std::string&)>& warn);

  /// Batches, genesis included: the next number.
  u64 count() const { return count_.load(std::memory_order_acquire); }
  /// The record of a batch below count().
  std::optional<BatchRecord> record(u64 number) const;
  /// The batch that holds a block; nullopt if none does yet.
  std::optional<BatchRecord> batch_of(u64 block) const;
  /// Its pubdata, checked against the record; nullopt if there are none: batch 0, unknown, or pruned.
  std::optional<Bytes> pubdata(u64 number) const;
  std::filesystem::path pubdata_file(u64 number) const;
  /// The same for the witness.
  std::optional<Bytes> witness(u64 number) const;
  std::filesystem::path witness_file(u64 number) const;

  // ---- Writing thread.

  /// The batch after the last; durable when it returns. An empty witness is not written.
  void add(const BatchRecord& record, ByteView pubdata, ByteView witness = {});
  /// Takes back batches from `count` on, 1 ≤ count.
  void truncate(u64 count);
  /// Removes pubdata, or witnesses, of batches below `number`; goes on where the last call ended.
  void prune_pubdata(u64 number) { prune(kPubdata, number); }
  void prune_witnesses(u64 number) { prune(kWitness, number); }

 private:
  void write_file(BatchFileKind kind, u64 number, ByteView bytes);
  std::optional<Bytes> read_file(BatchFileKind kind, u64 number) const;
  void prune(BatchFileKind kind, u64 number);
  [[noreturn]] void corrupt(const std::string& what) const;

  const BatchFolder folder_;
  storage::File records_;
  std::atomic<u64> count_{0};
  u64 first_[kBatchFileKinds] = {1, 1};  ///< no older file of the kind; 1 also while that is unknown
  mutable std::shared_mutex mutex_;      // unique while truncate() runs
};

}  // namespace atlas::batch
