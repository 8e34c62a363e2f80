#pragma once
// Clients as one wants them: valid, well-priced transactions at a modest rate, each waiting for its receipt.
#include <atomic>

#include "flood.hpp"
#include <nlohmann/json.hpp>

namespace atlas::soak {

struct HonestResult {
  u64 sent = 0;
  u64 confirmed = 0;
  u64 refused_tries = 0;  ///< tried again until taken; the time counts
  std::map<std::string, u64> reasons;
  std::vector<double> milliseconds;             ///< due until the receipt was there, ascending
  std::map<std::string, std::string> receipts;  ///< by hash, as first seen
};

/// One connection a client; client k sends the transactions of sender k of `workload`, `rate` a second together.
HonestResult be_honest(const load::Url& url, const load::Workload& workload, unsigned clients, double rate,
                       const std::atomic<bool>& stop);

}  // namespace atlas::soak
