#pragma once
// What a chain's genesis fixes for every block, under the names of this room.
#include <stf/chain_rules.hpp>

namespace atlas::sequencer {

using stf::ChainRules;
using stf::kBlobBaseFeeWei;

/// What the checks of a transaction must know of the rules; blocks have prices besides (stf::stf_config).
inline stf::StfConfig stf_config(const ChainRules& rules) {
  return stf::stf_config(rules, {});
}

}  // namespace atlas::sequencer
