#pragma once
// eth_simulateV1: blocks that might be, one on another, over a state of the chain (execution-apis; geth's semantics).
#include <optional>

#include <rpc/method.hpp>

namespace atlas::rpc {

Reply simulate(Call& call, const SimulationArgs& args, const std::optional<BlockId>& id);

}  // namespace atlas::rpc
