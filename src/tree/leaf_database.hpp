#pragma once
// What of the tree lies on disk: its leaves, and a record a version. Inner nodes are not kept: they follow from the
// leaves.
//
//   leaves    key                     → index u64 ‖ value
//   indices   index u64               → key
//   versions  version u64             → the version's batch state (state/tree/commitment.hpp)
//   undo      version u64             → (0 ‖ key | 1 ‖ key ‖ value before)*: leaves made, leaves changed by the version
//
// Integers are big-endian. A version is one atomic write, so a crash leaves it there or not.
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <tree/tree_error.hpp>

#include <state/tree/commitment.hpp>

namespace rocksdb {
class DB;
class Iterator;
class Status;
class ColumnFamilyHandle;
class WriteBatch;
}  // namespace rocksdb

namespace atlas::tree {

class LeafDatabase {
 public:
  enum Family { kMeta, kLeaves, kIndices, kVersions, kUndo, kFamilies };

  /// Opens or creates. Throws TreeError.
  explicit LeafDatabase(std::filesystem::path directory);
  ~LeafDatabase();
  LeafDatabase(const LeafDatabase&) = delete;
  LeafDatabase& operator=(const LeafDatabase&) = delete;

  /// Reads leaves in ascending order of keys. One thread each.
  class Reader {
   public:
    explicit Reader(const LeafDatabase& database);
    ~Reader();
    void seek(const Digest& from);
    /// The leaf here, moving on to the next; false at the end.
    bool next(Leaf& leaf);

   private:
    const LeafDatabase& database_;
    std::unique_ptr<rocksdb::Iterator> it_;
  };

  /// Everything that one version changes.
  class Version {
   public:
    explicit Version(LeafDatabase& database);
    ~Version();
    void put_new(const Leaf& leaf);
    void put_changed(const Leaf& leaf, const Digest& value_before);
    /// Writes it all with the version's record, and forgets how to undo version `forget`, if there is one. `durable`:
    /// survives a power loss, not only the end of the process.
    void commit(u64 version, const BatchState& state, std::optional<u64> forget, bool durable);

   private:
    LeafDatabase& database_;
    std::unique_ptr<rocksdb::WriteBatch> writes_;
    Bytes undo_;
  };

  std::optional<u64> latest() const;
  std::optional<BatchState> state_at(u64 version) const;
  std::optional<Digest> key_of(u64 index) const;
  bool can_undo(u64 version) const;
  /// Takes back the newest version, which can_undo().
  void undo(u64 version);
  void sync();
  const std::filesystem::path& directory() const { return directory_; }

 private:
  friend class Reader;
  friend class Version;
  bool get(Family from, ByteView key, std::string& value) const;
  void check(const rocksdb::Status& status, const char* operation) const;
  [[noreturn]] void corrupt(const char* what) const;

  std::filesystem::path directory_;
  std::unique_ptr<rocksdb::DB> db_;
  std::vector<rocksdb::ColumnFamilyHandle*> family_;
};

}  // namespace atlas::tree
