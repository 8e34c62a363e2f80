// Logs, filters, subscriptions.
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

class Logs : public RpcTest {
 protected:
  u64 nonce_ = 0;
  void emit(u64 value) { send(0, invoke(nonce_++, store(), word_bytes(value))); }
  static std::string topic() { return to_hex(u256(0x42).to_be()); }
};

TEST_F(Logs, AreFoundByAddressTopicAndRange) {
  emit(1);
  chain.seal_empty();
  emit(2);
  const json all = result("eth_getLogs", {{{"fromBlock", "earliest"}}});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0]["address"], text(store()));
  EXPECT_EQ(all[0]["topics"], json::array({topic()}));
  EXPECT_EQ(all[0]["data"], "0x");
  EXPECT_EQ(all[0]["blockNumber"], "0x1");
  EXPECT_EQ(all[0]["logIndex"], "0x0");
  EXPECT_EQ(all[0]["transactionIndex"], "0x0");
  EXPECT_EQ(all[0]["removed"], false);
  EXPECT_EQ(all[1]["blockNumber"], "0x3");
  EXPECT_EQ(all[1]["blockHash"], to_hex(chain.block_hash(3)));
  const auto count = [&](json filter) { return result("eth_getLogs", {std::move(filter)}).size(); };
  EXPECT_EQ(count(json::object()), 1u) << "default range is the head";
  EXPECT_EQ(count({{"fromBlock", "0x1"}, {"toBlock", "0x2"}}), 1u);
  EXPECT_EQ(count({{"blockHash", all[1]["blockHash"]}}), 1u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"address", text(store())}}), 2u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"address", {text(looper()), text(store())}}}), 2u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"address", text(looper())}}), 0u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"topics", {topic()}}}), 2u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"topics", json::array({{topic(), to_hex(Hash256{})}})}}), 2u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"topics", json::array({nullptr})}}), 2u);
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"topics", json::array({nullptr, nullptr})}}), 0u) << "needs a second topic";
  EXPECT_EQ(count({{"fromBlock", "0x0"}, {"topics", {to_hex(Hash256{})}}}), 0u);
  EXPECT_EQ(count({{"fromBlock", "0x50"}, {"toBlock", "0x60"}}), 0u);
}

TEST_F(Logs, QueriesAreBounded) {
  config.log_blocks_max = 3;
  config.log_results_max = 2;
  restart();
  for (u64 i = 0; i < 4; ++i) emit(i);
  EXPECT_EQ(error("eth_getLogs", {{{"fromBlock", "0x3"}, {"toBlock", "0x2"}}})["code"], -32602);
  EXPECT_EQ(error("eth_getLogs", {{{"blockHash", to_hex(Hash256{})}}})["code"], -32000);
  const json both = {{"blockHash", to_hex(Hash256{})}, {"fromBlock", "0x1"}};
  EXPECT_EQ(error("eth_getLogs", {both})["code"], -32602);
  const json long_range = error("eth_getLogs", {{{"fromBlock", "0x0"}}});
  EXPECT_EQ(long_range["code"], -32005);
  EXPECT_EQ(long_range["message"], "block range 0 to 4 is longer than 3 blocks; split it");
  EXPECT_EQ(result("eth_getLogs", {{{"fromBlock", "0x1"}, {"toBlock", "0x2"}}}).size(), 2u);
  const json too_many = error("eth_getLogs", {{{"fromBlock", "0x1"}, {"toBlock", "0x3"}}});
  EXPECT_EQ(too_many["code"], -32005);
  EXPECT_EQ(too_many["message"], "query returned more than 2 results; try blocks 1 to 2");
}

TEST_F(Logs, FiltersReportWhatIsNew) {
  emit(1);
  const json logs = result("eth_newFilter", {{{"address", text(store())}}});
  const json blocks = result("eth_newBlockFilter");
  EXPECT_EQ(result("eth_getFilterChanges", {logs}), json::array());
  emit(2);
  emit(3);
  EXPECT_EQ(result("eth_getFilterChanges", {logs}).size(), 2u);
  EXPECT_EQ(result("eth_getFilterChanges", {logs}).size(), 0u);
  EXPECT_EQ(result("eth_getFilterChanges", {blocks}),
            json::array({to_hex(chain.block_hash(2)), to_hex(chain.block_hash(3))}));
  EXPECT_EQ(result("eth_getFilterChanges", {blocks}), json::array());
  EXPECT_EQ(result("eth_getFilterLogs", {logs}).size(), 3u);
  EXPECT_EQ(error("eth_getFilterLogs", {blocks})["code"], -32000);
  EXPECT_EQ(result("eth_uninstallFilter", {logs}), true);
  EXPECT_EQ(result("eth_uninstallFilter", {logs}), false);
  EXPECT_EQ(error("eth_getFilterChanges", {logs})["code"], -32000);
}

TEST_F(Logs, FilterThatReachesItsLimitGoesOnWhereItStopped) {
  config.log_results_max = 2;
  restart();
  const json filter = result("eth_newFilter", {json::object()});
  for (u64 i = 0; i < 5; ++i) emit(i);
  std::vector<std::string> seen;
  for (int round = 0; round < 4; ++round) {
    for (const json& log : result("eth_getFilterChanges", {filter})) seen.push_back(log["blockNumber"]);
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"0x1", "0x2", "0x3", "0x4", "0x5"}));
}

TEST_F(Logs, FiltersSurviveARewind) {
  const json blocks = result("eth_newBlockFilter");
  const json snapshot = result("evm_snapshot");
  emit(1);
  EXPECT_EQ(result("eth_getFilterChanges", {blocks}).size(), 1u);
  EXPECT_EQ(result("evm_revert", {snapshot}), true);
  nonce_ = 0;
  // The rewind reaches filters through the hub's thread, before any later block does.
  const auto is_rewound = [&] {
    const FilterPtr filter = hub->filters().find(blocks);
    const std::lock_guard lock(filter->mutex);
    return filter->next_block == 1;
  };
  for (int i = 0; i < 30'000 && !is_rewound(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
  emit(2);
  EXPECT_EQ(result("eth_getFilterChanges", {blocks}), json::array({to_hex(chain.block_hash(1))}));
}

TEST_F(Logs, PendingFiltersReportHashes) {
  const json filter = result("eth_newPendingTransactionFilter");
  EXPECT_TRUE(hub->wants_pending());
  const std::string hash = send(0, transfer(0, store()));
  json got = json::array();
  for (int i = 0; i < 30'000 && got.empty(); ++i) {
    got = result("eth_getFilterChanges", {filter});
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  EXPECT_EQ(got, json::array({hash}));
  result("eth_uninstallFilter", {filter});
  EXPECT_FALSE(hub->wants_pending());
}

TEST_F(Logs, FiltersAreCountedAndForgotten) {
  config.filters_per_client = 2;
  restart();
  const json first = result("eth_newBlockFilter");
  result("eth_newBlockFilter");
  EXPECT_EQ(error("eth_newBlockFilter")["code"], -32005);
  result("eth_uninstallFilter", {first});
  result("eth_newBlockFilter");
  hub->filters().expire(Clock::now() + std::chrono::hours(1));
  EXPECT_EQ(hub->filters().size(), 0u);
  result("eth_newBlockFilter");
}

class Subscriptions : public Logs {
 protected:
  std::shared_ptr<CollectingSession> socket_ = std::make_shared<CollectingSession>();
  void SetUp() override {
    Logs::SetUp();
    session = socket_;
  }
};

TEST_F(Subscriptions, NeedAConnectionThatCanNotify) {
  session = std::make_shared<NullSession>();
  EXPECT_EQ(error("eth_subscribe", {"newHeads"})["code"], -32601);
}

TEST_F(Subscriptions, DeliverHeadsInOrder) {
  const json id = result("eth_subscribe", {"newHeads"});
  for (int i = 0; i < 20; ++i) chain.seal_empty();
  const auto messages = socket_->wait_for(20);
  ASSERT_EQ(messages.size(), 20u);
  for (u64 i = 0; i < messages.size(); ++i) {
    EXPECT_EQ(messages[i]["method"], "eth_subscription");
    EXPECT_EQ(messages[i]["params"]["subscription"], id);
    EXPECT_EQ(messages[i]["params"]["result"]["number"], to_quantity(u256(i + 1)));
  }
}

TEST_F(Subscriptions, DeliverMatchingLogs) {
  result("eth_subscribe", {"logs", {{"address", text(looper())}}});
  const json id = result("eth_subscribe", {"logs", {{"topics", {topic()}}}});
  emit(5);
  const auto messages = socket_->wait_for(1);
  ASSERT_EQ(messages.size(), 1u);
  EXPECT_EQ(messages[0]["params"]["subscription"], id);
  EXPECT_EQ(messages[0]["params"]["result"]["address"], text(store()));
}

TEST_F(Subscriptions, DeliverPendingTransactions) {
  chain.set_automine(false).ok();
  const json hashes = result("eth_subscribe", {"newPendingTransactions"});
  const json whole = result("eth_subscribe", {"newPendingTransactions", true});
  const std::string hash = send(0, transfer(0, store()));
  const auto messages = socket_->wait_for(2);
  ASSERT_EQ(messages.size(), 2u);
  for (const json& message : messages) {
    const json& value = message["params"]["result"];
    EXPECT_EQ(message["params"]["subscription"] == hashes ? value : value["hash"], hash);
  }
}

TEST_F(Subscriptions, EndOnRequest) {
  const json id = result("eth_subscribe", {"newHeads"});
  EXPECT_EQ(result("eth_unsubscribe", {id}), true);
  EXPECT_EQ(error("eth_unsubscribe", {id})["code"], -32000);
  EXPECT_EQ(hub->subscription_count(), 0u);
  chain.seal_empty();
  EXPECT_TRUE(socket_->wait_for(0).empty());
}

TEST_F(Subscriptions, AreCheckedAndCounted) {
  EXPECT_EQ(error("eth_subscribe", {"syncing"})["code"], -32602);
  EXPECT_EQ(error("eth_subscribe", {"logs", 5})["code"], -32602);
  config.subscriptions_per_connection = 1;
  restart();
  result("eth_subscribe", {"newHeads"});
  EXPECT_EQ(error("eth_subscribe", {"newHeads"})["code"], -32005);
  hub->drop(socket_->id());
  EXPECT_EQ(hub->subscription_count(), 0u);
}

}  // namespace
}  // namespace atlas::rpc
