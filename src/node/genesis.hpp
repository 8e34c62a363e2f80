#pragma once
// The chain that a node runs: its rules, and its first block with the state under it.
#include <node/mnemonic.hpp>
#include <node/toml_reader.hpp>
#include <sequencer/chain_rules.hpp>
#include <stf/genesis.hpp>
#include <storage/chain_store.hpp>

namespace atlas::node {

struct ChainGenesis {
  sequencer::ChainRules rules;
  stf::GenesisConfig config;
  bool deterministic_deployment_proxy = true;  ///< at 0x4e59b44847b379578588920cA78FbF26c0B4956C
};

/// Accounts that `atlas dev` funds.
struct DevFunding {
  std::vector<Address> accounts;
  u256 balance_wei;
};

/// The development chain. The same arguments give the same block 0, so that a restart finds its chain again. DA by
/// calldata: there is no L1 whose blobs could be named, and so its batches have witnesses.
ChainGenesis dev_genesis(u64 chain_id, const DevFunding& funding, bool provable = false);

/// Reads a genesis file:
///
///     chain_id = 31337
///     timestamp = 1764798551
///     [[accounts]]
///     address = "0x…"
///     balance = "10000000000000000000000"   # wei
///     storage = { "0x0" = "0x1" }           # with `code` or `nonce`
///     [l1]                                  # a chain that settles on L1; addresses of its contracts there
///     chain_id = 11155111
///     bridgehub = "0x…"                     # also chain, asset_router, nullifier, token_vault
///
/// Further keys: da = "blobs" (default with [l1]) | "calldata" (default without: there is nobody to put blobs before) |
/// "validium"; native_price_cap_wei, pubdata_price_cap_wei.
///
/// and, with `alloc = "FILE"` before the accounts, those of a JSON file (genesis_alloc.hpp), named relative to
/// `folder`.
Result<ChainGenesis, std::vector<ConfigError>> parse_genesis(std::string_view text, const std::string& file_name,
                                                             const std::filesystem::path& folder = {});
Result<ChainGenesis, std::vector<ConfigError>> load_genesis(const std::filesystem::path& file);

/// Block 0 as the storage wants it; the error names the account at fault.
Result<storage::Genesis, std::string> build_genesis(const ChainGenesis& genesis);

}  // namespace atlas::node
