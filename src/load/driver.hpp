#pragma once
// Sends a workload and watches it land.
#include <load/workload.hpp>

namespace atlas::load {

struct DriveOptions {
  unsigned connections = 8;
  unsigned batch = 1;     ///< transactions a JSON-RPC batch; 1 sends plain requests
  unsigned pipeline = 1;  ///< HTTP requests on a connection before its answers are read
  double rate = 0;  ///< transactions/s of the open loop; 0: closed loop, each connection as fast as it is answered
  double timeout_seconds = 120;  ///< after the last send, for the last confirmation
  int node_pid = 0;              ///< of the node, if it runs on this machine: its CPU time is reported
};

struct Percentiles {
  double p50 = 0, p90 = 0, p99 = 0, max = 0;  ///< milliseconds
};

struct DriveResult {
  u64 offered = 0;                                    ///< transactions sent at least once
  u64 accepted = 0;                                   ///< answered with a hash
  u64 confirmed = 0;                                  ///< seen in a block
  u64 retries = 0;                                    ///< sent again because the pool was full
  std::vector<std::pair<std::string, u64>> refusals;  ///< message and count, most frequent first
  double seconds = 0;                                 ///< first send to last confirmation
  double send_seconds = 0;                            ///< first send to last answer
  double transactions_per_s = 0;
  u64 blocks = 0;
  Percentiles to_answer;          ///< from the (scheduled) send to the RPC answer
  Percentiles to_block;           ///< from the (scheduled) send until the block that holds it is served
  double client_cpu_seconds = 0;  ///< of this process, from the first send to the last confirmation
  double node_cpu_seconds = 0;    ///< of DriveOptions::node_pid, in the same time
  u64 receipts_good = 0;          ///< asked for after the clock stopped: status 1, one for each confirmed transaction
  u64 receipts_failed = 0;        ///< status 0
  u256 base_fee_first;            ///< wei, of the first and the last block with a transaction of the run
  u256 base_fee_last;
  double fullest_block = 0;  ///< gas used as a part of the gas limit
};

/// Closed loop or open loop; in the open loop latencies count from the scheduled time, so that a stalled server is not
/// flattered (coordinated omission). Throws RpcFailure if the node goes away.
DriveResult drive(const Url& url, const Workload& workload, const DriveOptions& options, const Progress& progress);

}  // namespace atlas::load
