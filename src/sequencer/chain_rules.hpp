#pragma once
// What a chain's genesis fixes for every block (docs/protocol: Blocks, Fees).
#include <stf/stf.hpp>
#include <types/block.hpp>
#include <types/fork.hpp>

namespace atlas::sequencer {

/// BLOBBASEFEE: EIP-4844's minimum, since no block has blob gas.
inline constexpr u64 kBlobBaseFeeWei = 1;

struct ChainRules {
  u64 chain_id = 31'337;
  Fork fork = Fork::kOsaka;
  /// Twice what 100,000 transfers a second use in 250 ms, rounded up to a power of two: below that load the base fee
  /// stands at its floor (EIP-1559's target is half the limit). A block ends by time long before it.
  u64 gas_limit = u64{1} << 30;
  u64 base_fee_floor_wei = 50'000'000;  ///< 0.05 gwei a gas
  u64 base_fee_denominator = 250;
  /// Development only, where impersonated contracts send transactions: EIP-3607 is waived.
  bool contracts_may_send = false;
};

/// What the state transition must know of them.
inline stf::StfConfig stf_config(const ChainRules& rules) {
  stf::StfConfig config;
  config.contracts_may_send = rules.contracts_may_send;
  return config;
}

}  // namespace atlas::sequencer
