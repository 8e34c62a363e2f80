#pragma once
// Clients that nobody wants: slow, broken and hostile ones. Each loop runs until `stop` and counts what it did and what
// it was told.
#include <atomic>
#include <map>
#include <mutex>
#include <string>

#include "flood.hpp"

namespace atlas::soak {

/// Thread-safe tally: what was tried, and the answers' words.
class Tally {
 public:
  void add(const std::string& what, u64 count = 1) {
    const std::lock_guard lock(mutex_);
    counts_[what] += count;
  }
  std::map<std::string, u64> counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, u64> counts_;
};

/// Requests of one byte now and then, on many connections.
void be_slow(const load::Url& url, Tally& tally, const std::atomic<bool>& stop);
/// Half requests, resets, replies never read, WebSockets with subscriptions never read.
void be_broken(const load::Url& url, Tally& tally, const std::atomic<bool>& stop);
/// What costs the node most for the least: huge headers and bodies, deep JSON, filters, log queries over everything,
/// endless calls, batches, floods of connections. One after another, each bounded in time.
void be_hostile(const load::Url& url, Tally& tally, const std::atomic<bool>& stop);

}  // namespace atlas::soak
