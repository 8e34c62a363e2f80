#pragma once
// `atlas load`: the load generator, for any Ethereum RPC.
#include <load/driver.hpp>

namespace atlas::load {

struct Options {
  std::string url = "http://127.0.0.1:8545";
  WorkloadOptions workload;
  DriveOptions drive;
  bool json = false;
};

/// Prepares, sends, reports to stdout (progress to stderr when it is a terminal). 0: every accepted transaction has
/// a receipt with status 1; 1: some have not; 2: the node or an option is unusable.
int run(const Options& options);

}  // namespace atlas::load
