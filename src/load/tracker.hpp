#pragma once
#include <atomic>
#include <chrono>
#include <thread>
#include <unordered_map>

#include <load/workload.hpp>

namespace atlas::load {

using Clock = std::chrono::steady_clock;

/// Follows the chain's head on its own connection and notes when each transaction's block was first served.
class Tracker {
 public:
  Tracker(const Url& url, const Workload& workload);
  ~Tracker();
  u64 confirmed() const { return confirmed_.load(std::memory_order_relaxed); }
  u64 blocks() const { return blocks_.load(std::memory_order_relaxed); }
  /// Stops following. Afterwards seen_at() may be read.
  void stop();
  /// When transaction i was seen in a block; the epoch if it was not.
  Clock::time_point seen_at(std::size_t i) const { return seen_[i]; }
  Clock::time_point last_seen() const { return last_; }
  bool failed() const { return failed_; }
  /// After stop(): empty if all was well; otherwise why following ended.
  const std::string& failure() const { return failure_; }

 private:
  void follow(const Url& url);
  std::unordered_map<Hash256, u32> index_;
  std::vector<Clock::time_point> seen_;
  Clock::time_point last_{};
  std::atomic<u64> confirmed_{0};
  std::atomic<u64> blocks_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::string failure_;
  u64 next_block_ = 0;
  std::thread thread_;
};

}  // namespace atlas::load
