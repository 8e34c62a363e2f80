#include <fstream>
#include <iterator>

#include <node/genesis.hpp>
#include <node/genesis_alloc.hpp>

namespace atlas::node {
namespace {

/// When Osaka began on Ethereum. A fixed time, because block 0 must come out the same at every start.
constexpr u64 kDefaultTimestamp = 1'764'798'551;

/// Runs init code with CREATE2: call data = salt ‖ init code. The contract that Foundry, viem and others expect at this
/// address on every chain; on chains that take unprotected transactions anybody may deploy it.
constexpr Address kDeploymentProxyAddress{{0x4e, 0x59, 0xb4, 0x48, 0x47, 0xb3, 0x79, 0x57, 0x85, 0x88,
                                           0x92, 0x0c, 0xa7, 0x8f, 0xbf, 0x26, 0xc0, 0xb4, 0x95, 0x6c}};
constexpr std::string_view kDeploymentProxyCode =
    "7fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe03601600081602082378035828234f58015156039578182fd"
    "5b8082525050506014600cf3";

stf::GenesisAccount deployment_proxy() {
  stf::GenesisAccount account;
  account.address = kDeploymentProxyAddress;
  account.nonce = 1;
  account.code = *from_hex(kDeploymentProxyCode);
  return account;
}

void read_account(TomlReader& toml, const toml::table& table, std::size_t index, ChainGenesis& genesis) {
  stf::GenesisAccount account;
  toml.open(table, "accounts[" + std::to_string(index) + "]");
  if (toml.raw("address") == nullptr) toml.fail(&table, "accounts[" + std::to_string(index) + "] has no address");
  toml.address("address", account.address, "");
  toml.integer("nonce", account.nonce, 0, (u64{1} << 63) - 1, "");
  toml.number("balance", account.balance, "");
  toml.bytes("code", account.code, "");
  if (const toml::table* storage = toml.table("storage")) {
    for (const auto& [key, node] : *storage) {
      const auto slot = parse_u256(key.str());
      const auto* text = node.as_string();
      const auto value = text == nullptr ? std::nullopt : parse_u256(text->get());
      if (!slot || !value) {
        toml.fail(&node, "storage holds pairs of numbers in quotes: \"0x0\" = \"0x1\"");
      } else {
        account.storage.emplace_back(*slot, *value);
      }
    }
  }
  toml.close();
  genesis.config.alloc.push_back(std::move(account));
}

// The chain's place on L1: [l1].
void read_l1(TomlReader& toml, const toml::table& table, stf::L1Contracts& l1) {
  toml.open(table, "l1");
  if (toml.raw("chain_id") == nullptr) toml.fail(&table, "l1 has no chain_id: that of the chain it settles on");
  toml.integer("chain_id", l1.chain_id, 1, (u64{1} << 53) - 1, "");
  toml.address("bridgehub", l1.bridgehub, "");
  toml.address("chain", l1.chain, "");
  toml.address("asset_router", l1.asset_router, "");
  toml.address("nullifier", l1.nullifier, "");
  toml.address("token_vault", l1.token_vault, "");
  toml.close();
}

}  // namespace

ChainGenesis dev_genesis(u64 chain_id, const DevFunding& funding, bool provable) {
  ChainGenesis genesis;
  genesis.rules.chain_id = chain_id;
  genesis.rules.contracts_may_send = !provable;  // whom the user impersonates
  genesis.rules.da = stf::DaScheme::kCalldata;
  genesis.config.timestamp = kDefaultTimestamp;
  for (const Address& address : funding.accounts) {
    stf::GenesisAccount account;
    account.address = address;
    account.balance = funding.balance_wei;
    genesis.config.alloc.push_back(std::move(account));
  }
  return genesis;
}

Result<ChainGenesis, std::vector<ConfigError>> parse_genesis(std::string_view text, const std::string& file_name,
                                                             const std::filesystem::path& folder) {
  TomlReader toml(file_name, folder);
  ChainGenesis genesis;
  genesis.config.timestamp = kDefaultTimestamp;
  if (const auto root = toml.parse(text)) {
    auto& rules = genesis.rules;
    toml.open(*root, "");
    if (toml.raw("chain_id") == nullptr) toml.fail(nullptr, "chain_id is missing: a number that no other chain has");
    toml.integer("chain_id", rules.chain_id, 1, (u64{1} << 53) - 1, "");  // wallets keep it in a double
    toml.integer("timestamp", genesis.config.timestamp, 0, u64{1} << 40, "");
    toml.integer("gas_limit", rules.gas_limit, 30'000'000, u64{1} << 40, "");
    toml.integer("base_fee_floor_wei", rules.base_fee_floor_wei, 1, u64{1} << 60, "");
    toml.integer("base_fee_denominator", rules.base_fee_denominator, 8, 1'000'000, "");
    toml.address("coinbase", genesis.config.coinbase, "");
    toml.integer("native_price_cap_wei", rules.price_caps.native, 0, u64{1} << 60, "");
    toml.integer("pubdata_price_cap_wei", rules.price_caps.pubdata, 0, u64{1} << 60, "");
    toml.choice("da", rules.da,
                {{"validium", stf::DaScheme::kValidium},
                 {"calldata", stf::DaScheme::kCalldata},
                 {"blobs", stf::DaScheme::kBlobs}},
                "");
    if (const toml::table* l1 = toml.table("l1")) {
      read_l1(toml, *l1, rules.l1);
    } else if (toml.raw("da") == nullptr) {
      rules.da = stf::DaScheme::kCalldata;
    }
    toml.boolean("deterministic_deployment_proxy", genesis.deterministic_deployment_proxy, "");
    std::filesystem::path alloc;
    toml.path("alloc", alloc, "");
    const auto accounts = toml.tables("accounts");
    for (std::size_t i = 0; i < accounts.size(); ++i) read_account(toml, *accounts[i], i, genesis);
    toml.close();
    if (!alloc.empty() && toml.errors().empty()) {
      if (auto wrong = load_alloc(alloc, genesis.config.alloc)) return Err(std::vector{std::move(*wrong)});
    }
  }
  if (toml.errors().empty()) {
    // What only shows in the whole: duplicates, sums, reserved addresses.
    if (const auto built = build_genesis(genesis); !built) toml.fail(nullptr, built.error());
  }
  if (!toml.errors().empty()) return Err(toml.errors());
  return genesis;
}

Result<ChainGenesis, std::vector<ConfigError>> load_genesis(const std::filesystem::path& file) {
  std::error_code ignored;
  std::ifstream in(file, std::ios::binary);
  if (!in || std::filesystem::is_directory(file, ignored)) {
    return Err(std::vector<ConfigError>{{file.string(), 0, "cannot be read: no such file, or no permission"}});
  }
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_genesis(text, file.string(), file.parent_path());
}

Result<storage::Genesis, std::string> build_genesis(const ChainGenesis& genesis) {
  stf::GenesisConfig config = genesis.config;
  config.gas_limit = genesis.rules.gas_limit;
  config.base_fee = genesis.rules.base_fee_floor_wei;
  config.rules = genesis.rules;
  if (genesis.deterministic_deployment_proxy) config.alloc.push_back(deployment_proxy());
  auto built = stf::build_genesis(config);
  if (!built) {
    return Err("account " + to_hex(built.error().address.view()) + ": " + stf::describe(built.error().error));
  }
  return storage::Genesis{genesis.rules.chain_id, std::move(built->block), std::move(built->diff)};
}

}  // namespace atlas::node
