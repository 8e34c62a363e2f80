#pragma once
// The accounts of a large genesis, in a JSON file of their own: geth's `alloc`, which many tools write. A million
// accounts take well under a second here and most of a minute as TOML.
#include <filesystem>

#include <node/toml_reader.hpp>
#include <stf/genesis.hpp>

namespace atlas::node {

/// Appends the accounts of `json`:
///
///     { "0x…": { "balance": "0x…" | "10000", "nonce": 1, "code": "0x…", "storage": { "0x0": "0x1" } }, … }
///
/// or of its member "alloc", so that geth's whole genesis.json will do (the rest of it is not read). The first mistake
/// ends it; the error names account and field.
std::optional<ConfigError> parse_alloc(std::string_view json, const std::string& file_name,
                                       std::vector<stf::GenesisAccount>& out);
/// The same from a file.
std::optional<ConfigError> load_alloc(const std::filesystem::path& file, std::vector<stf::GenesisAccount>& out);

}  // namespace atlas::node
