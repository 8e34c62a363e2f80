#pragma once
// What a chain's genesis fixes for every block, under the names of this room.
#include <stf/chain_rules.hpp>

namespace atlas::sequencer {

using stf::ChainRules;
using stf::stf_config;

}  // namespace atlas::sequencer
