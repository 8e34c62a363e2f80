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
  /// After stop(): numbers of the blocks followed, first and last; empty if first > last.
  u64 first_block() const { return first_block_; }
  u64 last_block() const { return next_block_ - 1; }
  /// After stop(): of those blocks with transactions of the workload. Zero on chains without EIP-1559.
  const u256& base_fee_first() const { return base_fee_first_; }
  const u256& base_fee_last() const { return base_fee_last_; }
  /// After stop(): the fullest block's gas used as a part of its limit.
  double fullest() const { return fullest_; }
  /// When transaction i was seen in a block; the epoch if it was not.
  Clock::time_point seen_at(std::size_t i) const { return seen_[i]; }
  Clock::time_point last_seen() const { return last_; }
  bool failed() const { return failed_; }
  /// After stop(): empty if all was well; otherwise why following ended.
  const std::string& failure() const { return failure_; }

 private:
  void follow(const Url& url);
  void note_fees(const nlohmann::json& block);
  std::unordered_map<Hash256, u32> index_;
  std::vector<Clock::time_point> seen_;
  Clock::time_point last_{};
  std::atomic<u64> confirmed_{0};
  std::atomic<u64> blocks_{0};
  std::atomic<bool> stop_{false};
  std::atomic<bool> failed_{false};
  std::string failure_;
  u64 first_block_ = 0;
  u64 next_block_ = 0;
  u256 base_fee_first_;
  u256 base_fee_last_;
  double fullest_ = 0;
  std::thread thread_;
};

}  // namespace atlas::load
