#pragma once
// Brings pages into the tree's cache while a block executes: whoever meets an account or slot says so and goes on.
#include <condition_variable>
#include <mutex>
#include <thread>

#include <tree/state_tree.hpp>

namespace atlas::tree {

/// All functions are thread-safe and never wait for the disk. What does not fit the queue is dropped: apply() will then
/// read it itself.
class Prefetcher {
 public:
  explicit Prefetcher(StateTree& tree);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  void want(const Address& account);
  void want(const Address& account, const u256& slot);
  /// Waits until everything asked for before has been read or dropped.
  void wait();
  /// Message of the error that ended the reading, empty if there was none.
  std::string error() const;

 private:
  struct Item {
    Address account;
    std::optional<u256> slot;
  };
  void add(const Item& item);
  void run();

  StateTree& tree_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Item> queue_;
  bool busy_ = false;
  bool stop_ = false;
  std::string error_;
  std::thread thread_;
};

}  // namespace atlas::tree
