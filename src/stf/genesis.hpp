#pragma once
// Block 0 and the state that it stands on.
#include <string>

#include <state/diff.hpp>
#include <stf/chain_rules.hpp>

namespace atlas::stf {

struct GenesisAccount {
  Address address;
  u64 nonce = 0;
  u256 balance;
  Bytes code;
  std::vector<std::pair<u256, u256>> storage;  ///< slot and value; zero values are ignored
};

struct GenesisConfig {
  u64 timestamp = 0;
  u64 gas_limit = 0;
  u256 base_fee;
  Address coinbase;
  BlockPrices prices;
  ChainRules rules;  ///< their hash goes into the state, so that proofs are of them
  std::vector<GenesisAccount> alloc;
};

enum class GenesisError : u8 {
  kDuplicateAccount,
  kDuplicateSlot,
  kStorageWithoutCode,  ///< storage needs code or a nonce: the chain relies on it (EIP-7610)
  kBalanceTooLarge,  ///< the sum of the balances is 2^127 or more: leaves hold 128 bits, deposits take the other half
  kCodeTooLarge,     ///< EIP-170
  kReservedAddress,  ///< an account where a system contract belongs, with other code
};
const char* describe(GenesisError error);

struct GenesisFailure {
  GenesisError error;
  Address address;  ///< the account at fault
};

struct Genesis {
  Block block;     ///< number 0, sealed
  StateDiff diff;  ///< against the empty state
};

/// The accounts of `config.alloc` and the system contracts (stf/system_contracts.hpp), with block 0.
Result<Genesis, GenesisFailure> build_genesis(const GenesisConfig& config);

}  // namespace atlas::stf
