#include <thread>

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <nlohmann/json.hpp>
#include <sys/socket.h>
#include <unistd.h>

#include <crypto/secp256k1.hpp>
#include <node/node.hpp>

namespace atlas::node {
namespace {

using Json = nlohmann::json;
using namespace std::chrono_literals;

/// One HTTP request on its own connection; the body of the answer.
std::string http(u16 port, const std::string& request) {
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 &&
      ::send(fd, request.data(), request.size(), 0) == static_cast<ssize_t>(request.size())) {
    char buffer[4096];
    for (ssize_t n; (n = ::recv(fd, buffer, sizeof buffer, 0)) > 0;) answer.append(buffer, static_cast<std::size_t>(n));
  }
  ::close(fd);
  const auto body = answer.find("\r\n\r\n");
  return body == std::string::npos ? "" : answer.substr(body + 4);
}

std::string get(u16 port, const std::string& path) {
  return http(port, "GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
}

class NodeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "atlas-node-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    config.data_dir = pattern;
    config.rpc.port = 0;
    config.log.level = LogSeverity::kError;
    accounts = derive_accounts(kDevMnemonic, 2);
    start();
  }
  void TearDown() override {
    node.reset();
    std::filesystem::remove_all(config.data_dir);
  }
  void start() {
    node = make();
    node->start();
  }
  std::unique_ptr<Node> make() {
    const DevFunding funding{{accounts[0].address, accounts[1].address}, u256(1) << 80};
    return std::make_unique<Node>(config, dev_genesis(31'337, funding, provable), log, DevSetup{accounts, provable});
  }
  Json call(const std::string& method, const Json& params = Json::array()) {
    const std::string body = Json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", method}, {"params", params}}.dump();
    const std::string answer =
        http(node->port(),
             "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: "
             "close\r\nContent-Length: " +
                 std::to_string(body.size()) + "\r\n\r\n" + body);
    const Json parsed = Json::parse(answer, nullptr, false);
    return parsed.is_discarded() ? Json(answer) : parsed;
  }
  Json result(const std::string& method, const Json& params = Json::array()) {
    const Json answer = call(method, params);
    EXPECT_TRUE(answer.contains("result")) << method << ": " << answer.dump();
    return answer.value("result", Json());
  }
  std::string send(const Json& transaction) { return result("eth_sendTransaction", Json::array({transaction})); }
  Json receipt(const std::string& hash) {
    for (int i = 0; i < 12'000; ++i) {
      const Json found = result("eth_getTransactionReceipt", Json::array({hash}));
      if (!found.is_null()) return found;
      std::this_thread::sleep_for(5ms);
    }
    return nullptr;
  }
  std::string hex(const Address& address) { return to_hex(address.view()); }

  bool provable = false;
  Config config;
  Log log{LogConfig{LogSeverity::kError, LogFormat::kText}};
  std::vector<DevAccount> accounts;
  std::unique_ptr<Node> node;
};

TEST_F(NodeTest, TransferOverRpcIsConfirmedAndSurvivesARestart) {
  node.reset();
  config.sequencer.block_time_ms = 3'600'000;  // under load; a quiet chain seals at once, however long that is
  start();
  const std::string hash =
      send({{"from", hex(accounts[0].address)}, {"to", hex(accounts[1].address)}, {"value", "0x7"}});
  const Json found = receipt(hash);
  ASSERT_FALSE(found.is_null());
  EXPECT_EQ(found["status"], "0x1");
  const Json head = result("eth_getBlockByNumber", Json::array({"latest", false}))["hash"];
  const Json balance = result("eth_getBalance", Json::array({hex(accounts[1].address), "latest"}));
  node.reset();
  start();
  EXPECT_EQ(result("eth_getBlockByNumber", Json::array({"latest", false}))["hash"], head);
  EXPECT_EQ(result("eth_getBalance", Json::array({hex(accounts[1].address), "latest"})), balance);
  EXPECT_EQ(receipt(hash), found);
}

TEST_F(NodeTest, AProvableChainChangesByTransactionsAlone) {
  provable = true;
  config.batch.witness_batches = 100;
  config.batch.time_ms = 10;
  node.reset();
  start();
  const std::string who = hex(accounts[1].address);
  const std::pair<const char*, Json> by_hand[] = {
      {"anvil_setBalance", {who, "0x1"}},      {"anvil_setNonce", {who, "0x9"}},
      {"anvil_setCode", {who, "0x00"}},        {"anvil_setStorageAt", {who, "0x0", "0x1"}},
      {"anvil_impersonateAccount", {who}},     {"anvil_autoImpersonateAccount", {true}},
      {"evm_setBlockGasLimit", {"0x1000000"}}, {"anvil_setNextBlockBaseFeePerGas", {"0x1"}}};
  for (const auto& [method, params] : by_hand) {
    const Json answer = call(method, params);
    ASSERT_TRUE(answer.contains("error")) << method;
    EXPECT_NE(answer["error"]["message"].get<std::string>().find("--provable"), std::string::npos) << answer;
  }
  // What a sequencer may choose stays; so do the keys of the accounts.
  result("evm_increaseTime", Json::array({1'000}));
  result("evm_mine");
  const std::string hash = send({{"from", hex(accounts[0].address)}, {"to", who}, {"value", "0x7"}});
  EXPECT_EQ(receipt(hash)["status"], "0x1");
  for (int i = 0; i < 12'000 && !node->batches()->witness(1); ++i) std::this_thread::sleep_for(5ms);
  EXPECT_TRUE(node->batches()->witness(1));
}

TEST_F(NodeTest, PricesStayWithinTheCapsOfGenesis) {
  node.reset();
  config.sequencer.prices.native = stf::ChainRules{}.price_caps.native + 1;
  try {
    make()->start();
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("native_price_wei"), std::string::npos) << error.what();
  }
  config.sequencer.prices = {.native = 3, .pubdata = 5};
  start();
  result("evm_mine");
  EXPECT_EQ(result("eth_getBlockByNumber", Json::array({"latest", false}))["extraData"],
            to_hex(stf::encode_extra_data({.native = 3, .pubdata = 5})));
}

TEST_F(NodeTest, DeploymentProxyDeploysWhereCreate2Says) {
  // Init code that returns the one byte 0x00 as code: PUSH1 1 PUSH1 0 RETURN.
  const std::string init = "60016000f3";
  const std::string salt(64, '0');
  const std::string hash = send({{"from", hex(accounts[0].address)},
                                 {"to", "0x4e59b44847b379578588920ca78fbf26c0b4956c"},
                                 {"data", "0x" + salt + init},
                                 {"gas", "0x30d40"}});
  EXPECT_EQ(receipt(hash)["status"], "0x1");
  const Address created =
      stf::create2_address(*fixed_from_hex<20>("0x4e59b44847b379578588920cA78FbF26c0B4956C"), u256(), *from_hex(init));
  EXPECT_EQ(result("eth_getCode", Json::array({hex(created), "latest"})), "0x00");
}

TEST_F(NodeTest, HistoryContractKnowsTheParent) {
  result("evm_mine");
  result("evm_mine");
  const Json parent = result("eth_getBlockByNumber", Json::array({"0x1", false}));
  const Json answer = result(
      "eth_call",
      Json::array({{{"to", "0x0000f90827f1c53a10cb7a02335b175320002935"}, {"data", "0x" + std::string(63, '0') + "1"}},
                   "latest"}));
  EXPECT_EQ(answer, parent["hash"]);
}

TEST_F(NodeTest, HealthAndMetrics) {
  const Json health = Json::parse(get(node->port(), "/health"), nullptr, false);
  ASSERT_FALSE(health.is_discarded());
  EXPECT_EQ(health["status"], "ok");
  EXPECT_EQ(health["chain_id"], 31'337);
  receipt(send({{"from", hex(accounts[0].address)}, {"to", hex(accounts[1].address)}}));
  std::string metrics;
  const auto has = [&](const char* line) { return metrics.find(line) != std::string::npos; };
  for (int i = 0; i < 12'000 && !has("atlas_transactions_total 1\n"); ++i) {  // counted a moment after it is visible
    metrics = get(node->port(), "/metrics");
    std::this_thread::sleep_for(5ms);
  }
  EXPECT_TRUE(has("atlas_transactions_total 1\n")) << metrics;
  EXPECT_NE(metrics.find("atlas_block_durable_seconds_count"), std::string::npos);
  EXPECT_NE(metrics.find("atlas_resident_bytes"), std::string::npos);
}

TEST_F(NodeTest, DevHelpersChangeStateTimeAndHead) {
  const std::string other = "0x00000000000000000000000000000000000000aa";
  result("anvil_setBalance", Json::array({other, "0xde0b6b3a7640000"}));
  EXPECT_EQ(result("eth_getBalance", Json::array({other, "latest"})), "0xde0b6b3a7640000");
  EXPECT_TRUE(call("anvil_setBalance", Json::array({other, "0x1" + std::string(32, '0')})).contains("error"));
  result("anvil_setCode", Json::array({other, "0x6001"}));
  EXPECT_EQ(result("eth_getCode", Json::array({other, "latest"})), "0x6001");
  result("anvil_setStorageAt", Json::array({other, "0x1", "0x" + std::string(62, '0') + "2a"}));
  EXPECT_EQ(result("eth_getStorageAt", Json::array({other, "0x1", "latest"})), "0x" + std::string(62, '0') + "2a");

  const Json snapshot = result("evm_snapshot");
  result("anvil_setBalance", Json::array({other, "0x1"}));
  EXPECT_EQ(result("evm_revert", Json::array({snapshot})), true);
  EXPECT_EQ(result("eth_getBalance", Json::array({other, "latest"})), "0xde0b6b3a7640000");
  EXPECT_EQ(result("evm_revert", Json::array({snapshot})), false);  // used up

  const std::string eoa = "0x00000000000000000000000000000000000000bb";
  result("anvil_setBalance", Json::array({eoa, "0xde0b6b3a7640000"}));
  result("anvil_impersonateAccount", Json::array({eoa}));
  const Json found = receipt(send({{"from", eoa}, {"to", hex(accounts[1].address)}, {"value", "0x5"}}));
  EXPECT_EQ(found["from"], eoa);
  node.reset();
  start();  // the log keeps the sender, which no signature tells
  EXPECT_EQ(receipt(found["transactionHash"])["from"], eoa);
  EXPECT_EQ(result("eth_getCode", Json::array({other, "latest"})), "0x6001");
}

TEST_F(NodeTest, ManualMiningLeavesTransactionsWaiting) {
  result("evm_setAutomine", Json::array({false}));
  const std::string hash = send({{"from", hex(accounts[0].address)}, {"to", hex(accounts[1].address)}});
  std::this_thread::sleep_for(50ms);
  EXPECT_TRUE(result("eth_getTransactionReceipt", Json::array({hash})).is_null());
  EXPECT_EQ(result("eth_getTransactionCount", Json::array({hex(accounts[0].address), "pending"})), "0x1");
  result("evm_mine");
  EXPECT_FALSE(result("eth_getTransactionReceipt", Json::array({hash})).is_null());
}

TEST_F(NodeTest, PortInUseIsAnErrorThatNamesIt) {
  Config other = config;
  other.rpc.port = node->port();
  other.data_dir = config.data_dir / "other";
  Node second(other, dev_genesis(1, {}), log);
  try {
    second.start();
    FAIL() << "two nodes on one port";
  } catch (const std::exception& error) {
    EXPECT_NE(std::string(error.what()).find(std::to_string(node->port())), std::string::npos) << error.what();
  }
}

TEST_F(NodeTest, DirectoryOfAnotherChainIsRefused) {
  node.reset();
  Node other(config, dev_genesis(1, {}), log);
  try {
    other.start();
    FAIL() << "the directory holds another chain";
  } catch (const storage::StorageError& error) {
    EXPECT_EQ(error.kind(), storage::StorageErrorKind::kWrongChain) << error.what();
  }
}

TEST_F(NodeTest, StoppedNodeRefusesTransactions) {
  node->mempool().stop();
  const auto result = node->backend().submit(*from_hex("0x02c0"));
  ASSERT_FALSE(result);
  const Json answer = call("eth_sendTransaction",
                           Json::array({{{"from", hex(accounts[0].address)}, {"to", hex(accounts[1].address)}}}));
  ASSERT_TRUE(answer.contains("error")) << answer.dump();
  EXPECT_NE(answer["error"]["message"].get<std::string>().find("shutting down"), std::string::npos) << answer.dump();
}

TEST_F(NodeTest, TransactionsAreFoundByAddressAndContractsMaySend) {
  const std::string me = hex(accounts[0].address);
  const std::string factory = "0x00000000000000000000000000000000000fac70";
  // create(8 bytes of init code that deploys 0x01), return its address
  result("anvil_setCode", Json::array({factory, "0x6760015f5360015ff35f52600860185ff05f5260205ff3"}));
  const std::string child = "0x" + result("eth_call", Json::array({{{"to", factory}}})).get<std::string>().substr(26);
  const std::string made = send({{"from", me}, {"to", factory}});
  ASSERT_EQ(receipt(made)["status"], "0x1");
  const Json expected{{"hash", made}, {"creator", factory}};
  EXPECT_EQ(result("ots_getContractCreator", Json::array({child})), expected);
  EXPECT_EQ(result("ots_searchTransactionsBefore", Json::array({child, 0, 25}))["txs"][0]["hash"], made);

  result("anvil_setBalance", Json::array({child, "0xde0b6b3a7640000"}));
  result("anvil_impersonateAccount", Json::array({child}));
  const std::string paid = send({{"from", child}, {"to", hex(accounts[1].address)}, {"value", "0x1"}});
  const Json found = receipt(paid);
  EXPECT_EQ(found["status"], "0x1");
  EXPECT_EQ(found["from"], child);

  node.reset();
  start();  // the index is there again, whether from the history or from the log
  EXPECT_EQ(result("ots_getContractCreator", Json::array({child})), expected);
  const Json page = result("ots_searchTransactionsAfter", Json::array({child, 0, 25}));
  ASSERT_EQ(page["txs"].size(), 2u) << page;
  EXPECT_EQ(page["txs"][0]["hash"], paid);
  EXPECT_EQ(page["txs"][1]["hash"], made);
}

TEST_F(NodeTest, ResetGoesBackToGenesis) {
  const Json genesis = result("eth_getBlockByNumber", Json::array({"latest", false}))["hash"];
  const std::string hash =
      send({{"from", hex(accounts[0].address)}, {"to", hex(accounts[1].address)}, {"value", "0x7"}});
  ASSERT_FALSE(receipt(hash).is_null());
  result("evm_increaseTime", Json::array({1'000}));
  EXPECT_EQ(result("hardhat_reset"), true);
  EXPECT_EQ(result("eth_getBlockByNumber", Json::array({"earliest", false}))["hash"], genesis);
  EXPECT_EQ(result("eth_getTransactionReceipt", Json::array({hash})), nullptr);
  EXPECT_EQ(result("eth_getTransactionCount", Json::array({hex(accounts[0].address), "pending"})), "0x0");
  const std::string again =
      send({{"from", hex(accounts[0].address)}, {"to", hex(accounts[1].address)}, {"value", "0x7"}});
  EXPECT_EQ(receipt(again)["status"], "0x1");
}

}  // namespace
}  // namespace atlas::node
