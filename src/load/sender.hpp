#pragma once
// Sends a workload over many connections from one thread.
#include <atomic>
#include <chrono>
#include <map>

#include <load/driver.hpp>
#include <load/wire.hpp>

namespace atlas::load {

using Clock = std::chrono::steady_clock;

/// What was sent and heard.
struct SendReport {
  u64 accepted = 0;
  u64 retries = 0;
  std::vector<double> answer_ms;  ///< one an HTTP request
  std::map<std::string, u64> refusals;
  Clock::time_point last_answer;
};

/// Each connection has one wave under way: `pipeline` requests of `batch` transactions, the next when all of them are
/// answered (and, in the open loop, when it is due).
class Sender {
 public:
  /// sent_at[i] is set to when transaction i was sent or, in the open loop, due; `sent` counts.
  Sender(const Url& url, const Workload& workload, const DriveOptions& options, std::vector<Clock::time_point>& sent_at,
         std::atomic<u64>& sent);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  /// Connects, sends everything, returns when the last answer has come. Throws RpcFailure.
  SendReport run(Clock::time_point start);

 private:
  struct Lane;
  Clock::time_point due(const Lane& lane, std::size_t k) const;
  void schedule(Lane& lane);
  void begin_wave(Lane& lane);
  void transmit(Lane& lane);
  void watch(const Lane& lane, bool writable);
  void take_answers(Lane& lane);
  void take_answer(Lane& lane, std::string_view body);
  void end_wave(Lane& lane);

  const Url& url_;
  const Workload& workload_;
  const DriveOptions& options_;
  std::vector<Clock::time_point>& sent_at_;
  std::atomic<u64>& sent_;
  std::vector<Lane> lanes_;
  std::multimap<Clock::time_point, Lane*> timed_;  ///< what begins later
  std::size_t unfinished_ = 0;
  Clock::time_point start_;
  int epoll_ = -1;
  SendReport report_;
};

}  // namespace atlas::load
