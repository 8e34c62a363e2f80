#pragma once
// The open loop: transactions at a fixed rate whether the node keeps up or not.
#include <atomic>
#include <map>
#include <mutex>
#include <vector>

#include "socket.hpp"
#include <load/workload.hpp>

namespace atlas::soak {

using Clock = std::chrono::steady_clock;

struct FloodResult {
  u64 offered = 0;   ///< due by the clock
  u64 sent = 0;      ///< taken by the connection; the rest found it full, since the node reads no faster
  u64 accepted = 0;  ///< answered with a hash
  u64 refused = 0;   ///< answered with an error
  u64 reconnects = 0;
  std::map<std::string, u64> reasons;
  std::vector<bool> acknowledged;  ///< by index in the workload's transactions
};

struct FloodOptions {
  double rate = 50'000;  ///< transactions/s
  double seconds = 20;
  unsigned connections = 16;
};

/// `fresh` are sent once each, evenly over the time, and repeated; `poor` (underpriced) among them. Runs until the time
/// is over or `stop`.
FloodResult flood(const load::Url& url, const load::Workload& fresh, const load::Workload& poor,
                  const FloodOptions& options, const std::atomic<bool>& stop);

/// A refusal's words without what differs from case to case: up to the first colon, digits as #.
std::string reason_of(std::string_view message);

}  // namespace atlas::soak
