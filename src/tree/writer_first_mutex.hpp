#pragma once
#include <mutex>
#include <shared_mutex>

namespace atlas::tree {

/// A shared mutex at which a waiting writer keeps new readers out. The standard library's lets readers in as long as
/// there are any (glibc's default), so that clients who ask for proofs without pause could keep batches from being
/// sealed for ever. A thread must not take it twice, not even shared.
class WriterFirstMutex {
 public:
  void lock() {
    const std::lock_guard turn(turn_);
    mutex_.lock();
  }
  void unlock() { mutex_.unlock(); }
  void lock_shared() {
    const std::lock_guard turn(turn_);
    mutex_.lock_shared();
  }
  void unlock_shared() { mutex_.unlock_shared(); }

 private:
  std::mutex turn_;  // held while waiting for the other
  std::shared_mutex mutex_;
};

}  // namespace atlas::tree
