#include <crypto/keccak.hpp>
#include <stf/genesis.hpp>
#include <stf/system_contracts.hpp>
#include <types/l2_to_l1_log.hpp>

namespace atlas::stf {
namespace {

constexpr std::size_t kMaxCodeSize = 24576;  // EIP-170
constexpr unsigned kSupplyBits = 127;        // the other half of an account leaf's 128 is for deposits

GenesisAccount system_contract(const Address& address, Bytes code) {
  GenesisAccount account;
  account.address = address;
  account.nonce = 1;  // EIP-161: as a contract that was created
  account.code = std::move(code);
  return account;
}

// Adds the contract, or accepts the one that the allocation already gives there.
bool add_system_contract(std::vector<GenesisAccount>& accounts, const Address& address, Bytes code) {
  for (const GenesisAccount& account : accounts) {
    if (account.address == address) return account.code == code && account.storage.empty();
  }
  accounts.push_back(system_contract(address, std::move(code)));
  return true;
}

// Fills `change` and says what is wrong with the account, if anything.
std::optional<GenesisError> convert(const GenesisAccount& in, StateDiff& diff, StateDiff::AccountChange& change) {
  Account account;
  account.nonce = in.nonce;
  account.balance = in.balance;
  if (in.code.size() > kMaxCodeSize) return GenesisError::kCodeTooLarge;
  if (!in.code.empty()) {
    account.code_hash = crypto::keccak256(in.code);
    diff.code.emplace_back(account.code_hash, in.code);
  }
  for (const auto& [slot, value] : in.storage) {
    if (!value.is_zero()) change.storage.emplace_back(slot, value);
  }
  if (!change.storage.empty() && !account.has_code() && account.nonce == 0) return GenesisError::kStorageWithoutCode;
  std::sort(change.storage.begin(), change.storage.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 1; i < change.storage.size(); ++i) {
    if (change.storage[i].first == change.storage[i - 1].first) return GenesisError::kDuplicateSlot;
  }
  change.address = in.address;
  change.account = account;
  return std::nullopt;
}

}  // namespace

const char* describe(GenesisError error) {
  switch (error) {
    case GenesisError::kDuplicateAccount:
      return "account given twice";
    case GenesisError::kDuplicateSlot:
      return "storage slot given twice";
    case GenesisError::kStorageWithoutCode:
      return "account has storage but neither code nor nonce: give it one of them (EIP-7610)";
    case GenesisError::kBalanceTooLarge:
      return "the balances add up to 2^127 wei or more";
    case GenesisError::kCodeTooLarge:
      return "code is longer than 24576 bytes (EIP-170)";
    case GenesisError::kReservedAddress:
      return "a system contract belongs at this address: leave it out or give its exact code and no storage";
  }
  return "?";
}

Result<Genesis, GenesisFailure> build_genesis(const GenesisConfig& config) {
  std::vector<GenesisAccount> accounts = config.alloc;
  const std::pair<Address, Bytes> contracts[] = {
      {kHistoryAddress, history_code()},
      {kBeaconRootsAddress, beacon_roots_code()},
      {kBootloaderAddress, Bytes(std::begin(kBootloaderCode), std::end(kBootloaderCode))},
      {kL1MessengerAddress, l1_messenger_code()},
      {kBaseTokenAddress, base_token_code()},
  };
  for (const auto& [address, code] : contracts) {
    if (!add_system_contract(accounts, address, code)) {
      return Err(GenesisFailure{GenesisError::kReservedAddress, address});
    }
  }
  std::sort(accounts.begin(), accounts.end(),
            [](const GenesisAccount& a, const GenesisAccount& b) { return a.address < b.address; });

  const auto bootloader =
      std::find_if(accounts.begin(), accounts.end(), [](const auto& a) { return a.address == kBootloaderAddress; });
  bootloader->storage.emplace_back(u256(kRulesHashSlot), u256::from_be(rules_hash(config.rules)));

  Genesis genesis;
  u256 supply;
  for (std::size_t i = 0; i < accounts.size(); ++i) {
    const GenesisAccount& account = accounts[i];
    const auto fail = [&](GenesisError error) { return Err(GenesisFailure{error, account.address}); };
    if (i > 0 && accounts[i - 1].address == account.address) return fail(GenesisError::kDuplicateAccount);
    // Each is checked before it is added, so the sum of two values below 2^127 cannot wrap.
    if (account.balance.bit_length() > kSupplyBits) return fail(GenesisError::kBalanceTooLarge);
    supply += account.balance;
    if (supply.bit_length() > kSupplyBits) return fail(GenesisError::kBalanceTooLarge);
    StateDiff::AccountChange change;
    if (const auto error = convert(account, genesis.diff, change)) return fail(*error);
    if (!change.account->is_empty()) genesis.diff.accounts.push_back(std::move(change));
  }
  auto& code = genesis.diff.code;
  std::sort(code.begin(), code.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  code.erase(std::unique(code.begin(), code.end(), [](const auto& a, const auto& b) { return a.first == b.first; }),
             code.end());

  BlockHeader& header = genesis.block.header;
  header.beneficiary = config.coinbase;
  header.gas_limit = config.gas_limit;
  header.timestamp = config.timestamp;
  header.base_fee_per_gas = config.base_fee;
  header.extra_data = encode_extra_data(config.prices);
  seal_header(genesis.block);
  return genesis;
}

}  // namespace atlas::stf
