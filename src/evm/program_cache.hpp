#pragma once
// Translated programs by code hash, so that code is analysed once and not once a call. Belongs to one thread: programs
// grow while they run, which is what keeps translation lazy, and an environment a thread costs memory but no locks.
#include <memory>
#include <vector>

#include <evm/program.hpp>

namespace atlas::evm {

class ProgramCache {
 public:
  /// Holds programs of about `max_bytes` in total; those in use are never dropped.
  explicit ProgramCache(std::size_t max_bytes = std::size_t{64} << 20);
  ~ProgramCache();

  /// The program of the code with this Keccak hash under `fork`, empty if it is new. In use until release().
  Program& acquire(const Hash256& code_hash, std::size_t code_size, Fork fork, bool metered);
  void release(Program& program);

  std::size_t size() const { return entries_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry;
  struct Slot {
    u64 key = 0;  // of the hash, the fork and whether it is metered
    Entry* entry = nullptr;
  };

  Entry* find(u64 key, const Hash256& code_hash, Fork fork, bool metered) const;
  void insert(Entry* entry);
  void place(Entry* entry);
  void rebuild(std::size_t capacity);
  void evict();

  std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  std::vector<std::unique_ptr<Entry>> entries_;
  std::vector<Slot> slots_;  // open addressing, a power of two, at most half full
};

}  // namespace atlas::evm
