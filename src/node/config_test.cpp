#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include <node/config.hpp>
#include <node/genesis.hpp>
#include <node/genesis_alloc.hpp>

namespace atlas::node {
namespace {

std::vector<std::string> mistakes(std::string_view text) {
  const auto config = parse_config(text, "a.toml", "/etc/atlas");
  std::vector<std::string> out;
  if (!config) {
    for (const ConfigError& error : config.error()) out.push_back(error.text());
  }
  return out;
}

std::vector<std::string> genesis_mistakes(std::string_view text) {
  const auto genesis = parse_genesis(text, "g.toml");
  std::vector<std::string> out;
  if (!genesis) {
    for (const ConfigError& error : genesis.error()) out.push_back(error.text());
  }
  return out;
}

using Texts = std::vector<std::string>;

TEST(Config, EmptyFileIsTheDefaults) {
  const auto config = parse_config("", "a.toml", "");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->rpc.port, 8545);
  EXPECT_EQ(config->sequencer.block_time_ms, 250u);
  EXPECT_EQ(config->data_dir, "atlas-data");
}

TEST(Config, ReadsEveryKindOfKey) {
  const auto config = parse_config(R"(
[node]
data_dir = "chain"
genesis = "/srv/genesis.toml"
[rpc]
host = "0.0.0.0"
port = 0
cors_origins = ["https://a.example", "https://b.example"]
[sequencer]
block_time_ms = 1_000
coinbase = "0x00000000000000000000000000000000000000aa"
[storage]
sync = false
[log]
level = "debug"
format = "json"
)",
                                   "a.toml", "/etc/atlas");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->data_dir, "/etc/atlas/chain");
  EXPECT_EQ(config->genesis, "/srv/genesis.toml");
  EXPECT_EQ(config->rpc.host, "0.0.0.0");
  EXPECT_EQ(config->rpc.port, 0);
  EXPECT_EQ(config->rpc.cors_origins.size(), 2u);
  EXPECT_EQ(config->sequencer.block_time_ms, 1'000u);
  EXPECT_EQ(config->sequencer.coinbase, u256(0xaa).to_address());
  EXPECT_FALSE(config->storage.sync);
  EXPECT_EQ(config->log.level, LogSeverity::kDebug);
  EXPECT_EQ(config->log.format, LogFormat::kJson);
}

TEST(Config, NamesUnknownKeysWithTheNearestKnownOne) {
  EXPECT_EQ(mistakes("[rpc]\nprot = 1"), Texts{"a.toml:2: unknown key rpc.prot; did you mean port?"});
  EXPECT_EQ(mistakes("[rcp]\nport = 1"), Texts{"a.toml:1: unknown section [rcp]; did you mean rpc?"});
  EXPECT_EQ(mistakes("nonsense_without_any_relative = 1"),
            Texts{"a.toml:1: unknown key nonsense_without_any_relative"});
}

TEST(Config, NamesWrongTypesAndRanges) {
  EXPECT_EQ(mistakes("[rpc]\n\nport = \"8545\""), Texts{"a.toml:3: rpc.port: expected an integer, found text"});
  EXPECT_EQ(mistakes("[rpc]\nport = 65536"), Texts{"a.toml:2: rpc.port = 65536 is out of range: 0 to 65535"});
  EXPECT_EQ(mistakes("[rpc]\nport = -1"), Texts{"a.toml:2: rpc.port = -1 is out of range: 0 to 65535"});
  EXPECT_EQ(mistakes("[rpc]\nhost = 1"), Texts{"a.toml:2: rpc.host: expected text in quotes, found an integer"});
  EXPECT_EQ(mistakes("[rpc]\ncors_origins = \"*\""),
            Texts{"a.toml:2: rpc.cors_origins: expected a list of texts, found text"});
  EXPECT_EQ(mistakes("[storage]\nsync = 1"), Texts{"a.toml:2: storage.sync: expected true or false, found an integer"});
  EXPECT_EQ(mistakes("[sequencer]\ncoinbase = \"0x12\"").at(0).substr(0, 60),
            std::string("a.toml:2: sequencer.coinbase = \"0x12\" is not an address: 20 bytes").substr(0, 60));
  EXPECT_EQ(mistakes("[log]\nlevel = \"loud\""),
            Texts{"a.toml:2: log.level = \"loud\" is none of: trace, debug, info, warn, error"});
  EXPECT_EQ(mistakes("rpc = 5"), Texts{"a.toml:1: rpc: expected a table, found an integer"});
}

TEST(Config, ReportsAllMistakesAtOnce) {
  EXPECT_EQ(mistakes("[rpc]\nprot = 1\nport = \"x\"\n[log]\nlevel = 3").size(), 3u);
}

TEST(Config, SyntaxErrorsHaveTheirLine) {
  const auto found = mistakes("[rpc]\nport = \n");
  ASSERT_EQ(found.size(), 1u);
  EXPECT_TRUE(found[0].starts_with("a.toml:2: ")) << found[0];
}

TEST(Config, PrintedConfigReadsBackToTheSameText) {
  Config config;
  config.rpc.port = 1'234;
  config.rpc.host = "a \"quoted\" \\ host";
  config.genesis = "/srv/g.toml";
  const std::string text = print_config(config);
  const auto again = parse_config(text, "a.toml", "");
  ASSERT_TRUE(again) << again.error()[0].text();
  EXPECT_EQ(print_config(*again), text);
  EXPECT_EQ(again->rpc.host, config.rpc.host);
}

TEST(Config, DefaultPathsAreRelativeToTheFileToo) {
  const auto config = parse_config("", "a.toml", "/etc/atlas");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->data_dir, "/etc/atlas/atlas-data");
  EXPECT_EQ(print_config(*parse_config(print_config(*config), "b.toml", "/elsewhere")), print_config(*config));
}

/// Every key that is printed is also checked: a value of a type that no key has is refused, each by its own name.
TEST(Config, EveryPrintedKeyIsValidated) {
  std::string section;
  std::size_t keys = 0;
  Config config;
  config.genesis = "g";
  std::istringstream lines(print_config(config));
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("[")) section = line.substr(1, line.find(']') - 1);
    if (line.starts_with("#") || line.find(" = ") == std::string::npos) continue;
    const std::string key = line.substr(0, line.find(' '));
    const auto found = mistakes("[" + section + "]\n" + key + " = 1979-05-27\n");
    ASSERT_EQ(found.size(), 1u) << line;
    EXPECT_TRUE(found[0].starts_with("a.toml:2: " + section + "." + key + ": expected ")) << found[0];
    ++keys;
  }
  EXPECT_GT(keys, 40u);
}

TEST(Config, MissingFileSaysSo) {
  const auto config = load_config("/nonexistent/atlas.toml");
  ASSERT_FALSE(config);
  EXPECT_EQ(config.error()[0].text(), "/nonexistent/atlas.toml: cannot be read: no such file, or no permission");
}

TEST(Genesis, ReadsAccounts) {
  const auto genesis = parse_genesis(R"(
chain_id = 4242
[[accounts]]
address = "0x00000000000000000000000000000000000000aa"
balance = "0xde0b6b3a7640000"
[[accounts]]
address = "0x00000000000000000000000000000000000000bb"
code = "0x6000"
storage = { "0x1" = "2" }
)",
                                     "g.toml");
  ASSERT_TRUE(genesis) << genesis.error()[0].text();
  EXPECT_EQ(genesis->rules.chain_id, 4242u);
  ASSERT_EQ(genesis->config.alloc.size(), 2u);
  EXPECT_EQ(genesis->config.alloc[0].balance, u256(1'000'000'000'000'000'000));
  EXPECT_EQ(genesis->config.alloc[1].storage[0].second, u256(2));
}

TEST(Genesis, NamesMistakes) {
  EXPECT_EQ(genesis_mistakes(""), Texts{"g.toml: chain_id is missing: a number that no other chain has"});
  EXPECT_EQ(genesis_mistakes("chain_id = 1\nchianid = 2").size(), 1u);
  EXPECT_EQ(genesis_mistakes("chain_id = 1\n[[accounts]]\nbalance = 1"), Texts{"g.toml:2: accounts[0] has no address"});
  const std::string account = "[[accounts]]\naddress = \"0x00000000000000000000000000000000000000aa\"\n";
  EXPECT_EQ(genesis_mistakes("chain_id = 1\n" + account + "balance = \"12 ether\""),
            Texts{"g.toml:4: accounts[0].balance = \"12 ether\" is not a number below 2^256 (decimal or 0x-hex)"});
  EXPECT_EQ(genesis_mistakes("chain_id = 1\n" + account + account),
            Texts{"g.toml: account 0x00000000000000000000000000000000000000aa: account given twice"});
}

std::string alloc_mistake(std::string_view json) {
  std::vector<stf::GenesisAccount> out;
  const auto wrong = parse_alloc(json, "a.json", out);
  return wrong ? wrong->text() : "";
}

TEST(Genesis, TakesAccountsFromGethsFile) {
  const auto folder = std::filesystem::temp_directory_path() / ("atlas-alloc-" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const auto write = [&](const char* name, std::string_view text) { std::ofstream(folder / name) << text; };
  write("genesis.toml", "chain_id = 7\nalloc = \"alloc.json\"\n[[accounts]]\naddress = \"0x" + std::string(38, '0') +
                            "cc\"\nnonce = 3\n");
  write("alloc.json", R"({"config": {}, "alloc": {
    "00000000000000000000000000000000000000aa": {"balance": "1000"},
    "0x00000000000000000000000000000000000000bb": {"balance": "0x5", "nonce": "0x2", "code": "0x6000",
                                                   "storage": {"0x1": "0x2"}}}})");
  const auto genesis = load_genesis(folder / "genesis.toml");
  ASSERT_TRUE(genesis) << genesis.error()[0].text();
  const auto& alloc = genesis->config.alloc;
  ASSERT_EQ(alloc.size(), 3u);
  EXPECT_EQ(alloc[0].nonce, 3u);
  EXPECT_EQ(alloc[1].balance, u256(1'000));
  EXPECT_EQ(alloc[2].nonce, 2u);
  EXPECT_EQ(alloc[2].code, (Bytes{0x60, 0x00}));
  EXPECT_EQ(alloc[2].storage, (std::vector<std::pair<u256, u256>>{{u256(1), u256(2)}}));
  std::filesystem::remove(folder / "alloc.json");
  const auto gone = load_genesis(folder / "genesis.toml");
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.error()[0].text(),
            (folder / "alloc.json").string() + ": cannot be read: no such file, or no permission");
  std::filesystem::remove_all(folder);
}

TEST(Genesis, NamesMistakesOfGethsFile) {
  const std::string aa = "0x00000000000000000000000000000000000000aa";
  EXPECT_EQ(alloc_mistake("{}"), "");
  EXPECT_EQ(alloc_mistake("{").substr(0, 17), "a.json: not JSON:");
  EXPECT_EQ(alloc_mistake("[]"), "a.json: expected an object of accounts by address");
  EXPECT_EQ(alloc_mistake(R"({"0x12": {}})"), "a.json: \"0x12\" is not an address: 20 bytes of hex");
  const auto account = [&](const std::string& fields) { return alloc_mistake("{\"" + aa + "\": {" + fields + "}}"); };
  const std::string at = "a.json: account " + aa + ": ";
  EXPECT_EQ(account(R"("balance": "1 ether")"), at + "balance: not a number below 2^256 (decimal or 0x-hex)");
  EXPECT_EQ(account(R"("nonce": -1)"), at + "nonce: not a number below 2^63");
  EXPECT_EQ(account(R"("code": "0x1")"), at + "code: not hex with an even number of digits");
  EXPECT_EQ(account(R"("storage": {"0x1": []})"),
            at + "storage: expected pairs of numbers as in \"0x0\": \"0x1\", got slot \"0x1\"");
  EXPECT_EQ(account(R"("balanec": 1)"),
            at + "unknown key \"balanec\": an account has balance, nonce, code and storage");
}

TEST(Genesis, SameArgumentsGiveTheSameBlock) {
  const DevFunding funding{{u256(1).to_address()}, u256(5)};
  const auto a = build_genesis(dev_genesis(1, funding));
  const auto b = build_genesis(dev_genesis(1, funding));
  ASSERT_TRUE(a);
  EXPECT_EQ(a->block.hash, b->block.hash);
  EXPECT_EQ(a->state.accounts.size(), 7u);  // one funded, five system contracts, the deployment proxy
}

}  // namespace
}  // namespace atlas::node
