#pragma once
// Accounts as JSON: geth's `alloc`, which is also what anvil's state dumps hold.
//
//   { "0x…": { "balance": "0x…" | "1000", "nonce": 1 | "0x1", "code": "0x…", "storage": { "0x0": "0x1" } }, … }
#include <span>

#include <rpc/params.hpp>
#include <stf/genesis.hpp>

namespace atlas::rpc {

class JsonWriter;

/// Appends the accounts; false with the first mistake in `why`, which names account and field.
bool decode_accounts(const Json& json, std::vector<stf::GenesisAccount>& out, std::string& why);
/// The object; numbers as anvil has them: nonce plain, slots and values as words.
void write_account(JsonWriter& out, const stf::GenesisAccount& account);

}  // namespace atlas::rpc
