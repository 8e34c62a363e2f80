#pragma once
// anvil's state dumps: hex of JSON with the accounts, by anvil compressed with gzip.
#include <rpc/method.hpp>
#include <stf/genesis.hpp>

namespace atlas::rpc {

/// The accounts of a dump of ours or of anvil's. At most `bytes_max` uncompressed.
Result<std::vector<stf::GenesisAccount>, std::string> read_state_dump(ByteView dump, std::size_t bytes_max);
/// What anvil and read_state_dump read: not compressed.
std::string write_state_dump(const std::vector<stf::GenesisAccount>& accounts, u64 block_number);

}  // namespace atlas::rpc
