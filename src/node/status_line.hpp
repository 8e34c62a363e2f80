#pragma once
#include <node/node.hpp>

namespace atlas::node {

/// Rates over the time since the last call, in one line: head, transactions and gas a second, pool, base fee, memory.
class StatusLine {
 public:
  std::string next(Node& node);

 private:
  sequencer::Clock::time_point then_ = sequencer::Clock::now();
  u64 transactions_ = 0;
  u64 gas_ = 0;
  double transactions_per_s_ = 0;
  double gas_per_s_ = 0;
};

}  // namespace atlas::node
