// evm_, anvil_ and hardhat_ helpers beyond the plain setters.
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

class Development : public RpcTest {
 protected:
  std::string block_number() { return result("eth_blockNumber"); }
  std::string emit(u64 nonce, u64 value) { return send(0, invoke(nonce, store(), word_bytes(value))); }
  void wait_for_rewind(const json& filter, u64 next) {
    const auto is_rewound = [&] {
      const FilterPtr found = hub->filters().find(filter);
      const std::lock_guard lock(found->mutex);
      return found->next_block == next;
    };
    for (int i = 0; i < 30'000 && !is_rewound(); ++i) std::this_thread::sleep_for(std::chrono::milliseconds(2));
    ASSERT_TRUE(is_rewound());
  }
};

TEST_F(Development, MiningTakesItsOptions) {
  EXPECT_EQ(result("evm_mine"), "0x0");
  EXPECT_EQ(block_number(), "0x1");
  EXPECT_EQ(result("evm_mine", {{{"blocks", 3}}}), "0x0");
  EXPECT_EQ(block_number(), "0x4");
  EXPECT_EQ(result("evm_mine", {{{"timestamp", 1'800'000'000}}}), "0x0");
  EXPECT_EQ(result("evm_mine", {1'800'000'001}), "0x0");
  EXPECT_EQ(result("anvil_mine", {"0x2", "0x5"}), nullptr);
  EXPECT_EQ(block_number(), "0x8");
  EXPECT_EQ(error("evm_mine", {{{"blocks", 100'001}}})["code"], -32602);
  EXPECT_EQ(error("evm_mine", {"soon"})["code"], -32602);
  EXPECT_EQ(result("anvil_getIntervalMining"), nullptr);
  EXPECT_EQ(result("evm_setIntervalMining", {7}), nullptr);
  EXPECT_EQ(result("anvil_getIntervalMining"), 7);
  EXPECT_EQ(error("evm_setIntervalMining", {90'000})["code"], -32602);
}

// That a block holds one, tests/e2e/l1.test.mjs shows.
TEST_F(Development, TakesDepositsAndUpgrades) {
  const std::string own = to_hex(signed_bytes(0, invoke(0, store(), word_bytes(1))));
  EXPECT_EQ(error("atlas_sendL1Transaction", {own})["code"], -32602);
  EXPECT_NE(error("atlas_sendL1Transaction", {own})["message"].get<std::string>().find("0x7f"), std::string::npos);
  EXPECT_EQ(error("atlas_sendL1Transaction", {"0x7f00"})["code"], -32602);
  Transaction tx;
  tx.type = TxType::kPriority;
  tx.gas_limit = 100'000;
  tx.to = store();
  tx.l1.emplace();
  EXPECT_EQ(error("atlas_sendL1Transaction", {to_hex(encode_transaction(tx))})["code"], -32000);
}

TEST_F(Development, BlocksTakeWhatWasSet) {
  const std::string payee = text(contract_address(81));
  EXPECT_EQ(result("anvil_setCoinbase", {payee}), nullptr);
  EXPECT_EQ(result("evm_setBlockGasLimit", {"0x1000000"}), true);
  EXPECT_EQ(result("hardhat_setNextBlockBaseFeePerGas", {"0x3b9aca01"}), nullptr);
  EXPECT_EQ(result("evm_setNextBlockTimestamp", {1'800'000'000}), nullptr);
  result("evm_mine");
  json block = result("eth_getBlockByNumber", {"latest", false});
  EXPECT_EQ(block["miner"], payee);
  EXPECT_EQ(block["gasLimit"], "0x1000000");
  EXPECT_EQ(block["baseFeePerGas"], "0x3b9aca01");
  EXPECT_EQ(block["timestamp"], to_quantity(1'800'000'000));
  EXPECT_EQ(result("eth_coinbase"), payee);
  result("evm_mine");
  block = result("eth_getBlockByNumber", {"latest", false});
  EXPECT_NE(block["baseFeePerGas"], "0x3b9aca01");
  EXPECT_EQ(block["miner"], payee);
  EXPECT_EQ(error("evm_setNextBlockTimestamp", {1})["code"], -32000);
}

TEST_F(Development, ImpersonatedContractsSend) {
  const std::string contract = text(store());
  result("anvil_setBalance", {contract, "0xde0b6b3a7640000"});
  const json payment = {{"from", contract}, {"to", text(MemoryChain::account(1))}, {"value", "0x1"}};
  EXPECT_EQ(error("eth_sendTransaction", {payment})["code"], -32000);
  result("hardhat_impersonateAccount", {contract});
  const json hash = result("eth_sendTransaction", {payment});
  EXPECT_EQ(result("eth_getTransactionReceipt", {hash})["status"], "0x1");
  EXPECT_EQ(result("eth_getTransactionByHash", {hash})["from"], contract);
  result("hardhat_stopImpersonatingAccount", {contract});
  EXPECT_EQ(error("eth_sendTransaction", {payment})["code"], -32000);
}

TEST_F(Development, GoesBack) {
  emit(0, 1);
  emit(1, 2);
  emit(2, 3);
  EXPECT_EQ(error("anvil_rollback", {4})["code"], -32602);
  EXPECT_EQ(result("anvil_rollback", {2}), nullptr);
  EXPECT_EQ(block_number(), "0x1");
  EXPECT_EQ(result("anvil_rollback"), nullptr);
  EXPECT_EQ(block_number(), "0x0");
  emit(0, 1);
  result("evm_setAutomine", {false});
  emit(1, 2);
  result("anvil_impersonateAccount", {text(contract_address(99))});
  EXPECT_EQ(error("hardhat_reset", {{{"forking", {{"jsonRpcUrl", "http://x"}}}}})["code"], -32602);
  EXPECT_EQ(result("hardhat_reset"), true);
  EXPECT_EQ(block_number(), "0x0");
  EXPECT_EQ(result("txpool_status")["pending"], "0x0");
  EXPECT_EQ(result("anvil_getAutomine"), true);
  EXPECT_EQ(result("eth_getTransactionCount", {text(MemoryChain::account(0)), "pending"}), "0x0");
  EXPECT_FALSE(chain.is_impersonated(contract_address(99)));
  emit(0, 9);
  EXPECT_EQ(result("anvil_reset", {json::object()}), nullptr);
  EXPECT_EQ(block_number(), "0x0");
}

TEST_F(Development, RevertsTellFiltersWhatIsGone) {
  emit(0, 1);
  const json all = result("eth_newFilter", {json::object()});
  const json other = result("eth_newFilter", {{{"address", text(looper())}}});
  const json snapshot = result("evm_snapshot");
  emit(1, 2);
  emit(2, 3);
  const json reported = result("eth_getFilterChanges", {all});
  ASSERT_EQ(reported.size(), 2u);
  EXPECT_EQ(result("eth_getFilterChanges", {other}), json::array());
  EXPECT_EQ(result("evm_revert", {snapshot}), true);
  wait_for_rewind(all, 2);
  emit(1, 4);
  const json changes = result("eth_getFilterChanges", {all});
  ASSERT_EQ(changes.size(), 3u) << changes;
  for (std::size_t i = 0; i < 2; ++i) {
    json expected = reported[i];
    expected["removed"] = true;
    EXPECT_EQ(changes[i], expected);
  }
  EXPECT_EQ(changes[2]["removed"], false);
  EXPECT_EQ(changes[2]["blockNumber"], "0x2");
  EXPECT_EQ(result("eth_getFilterChanges", {all}), json::array());
  EXPECT_EQ(result("eth_getFilterChanges", {other}), json::array());
}

TEST_F(Development, RevertsTellSubscribersWhatIsGone) {
  const auto socket = std::make_shared<CollectingSession>();
  session = socket;
  result("eth_subscribe", {"logs", json::object()});
  emit(0, 1);
  const json snapshot = result("evm_snapshot");
  emit(1, 2);
  emit(2, 3);
  ASSERT_EQ(socket->wait_for(3).size(), 3u);
  EXPECT_EQ(result("evm_revert", {snapshot}), true);
  const auto messages = socket->wait_for(5);
  ASSERT_EQ(messages.size(), 5u);
  for (std::size_t i = 0; i < 2; ++i) {
    json expected = messages[1 + i]["params"]["result"];
    EXPECT_EQ(expected["removed"], false);
    expected["removed"] = true;
    EXPECT_EQ(messages[3 + i]["params"]["result"], expected);
  }
}

TEST_F(Development, AliasesAndSums) {
  const std::string who = text(contract_address(80));
  result("evm_setAccountBalance", {who, "0x5"});
  result("anvil_addBalance", {who, "0x6"});
  EXPECT_EQ(result("eth_getBalance", {who}), "0xb");
  EXPECT_EQ(error("anvil_addBalance", {who, "0x" + std::string(64, 'f')})["code"], -32602);
  result("evm_setAccountNonce", {who, "0x7"});
  EXPECT_EQ(result("eth_getTransactionCount", {who}), "0x7");
  result("evm_setAccountCode", {who, "0x00"});
  EXPECT_EQ(result("eth_getCode", {who}), "0x00");
  EXPECT_EQ(result("evm_setAccountStorageAt", {who, "0x1", "0x2"}), true);
  EXPECT_EQ(result("eth_getStorageAt", {who, "0x1"}), to_hex(u256(2).to_be()));
}

TEST_F(Development, PoolOfOneSenderIsEmptied) {
  result("evm_setAutomine", {false});
  send(0, transfer(0, store()));
  send(0, transfer(1, store()));
  send(1, transfer(0, store()));
  EXPECT_EQ(result("anvil_removePoolTransactions", {text(MemoryChain::account(0))}), nullptr);
  EXPECT_EQ(result("txpool_status")["pending"], "0x1");
}

TEST_F(Development, SaysWhatItIs) {
  chain.seal_empty();
  const json info = result("anvil_nodeInfo");
  EXPECT_EQ(info["currentBlockNumber"], "0x1");
  EXPECT_EQ(info["currentBlockHash"], to_hex(chain.block_hash(1)));
  EXPECT_EQ(info["environment"]["chainId"], "0x7a69");
  EXPECT_EQ(info["hardFork"], "Osaka");
  const json metadata = result("hardhat_metadata");
  EXPECT_EQ(metadata["chainId"], 31'337);
  EXPECT_EQ(metadata["latestBlockNumber"], 1);
  EXPECT_EQ(result("anvil_metadata"), metadata);
  EXPECT_EQ(result("anvil_getGenesisTime"), 1'700'000'000);
}

TEST_F(Development, RefusesWhatTheChainCannotDo) {
  const std::string word = to_hex(u256(1).to_be());
  for (const char* method : {"hardhat_setPrevRandao", "anvil_setPrevRandao"}) {
    EXPECT_NE(error(method, {word})["message"].get<std::string>().find("PREVRANDAO is 0"), std::string::npos);
  }
  EXPECT_EQ(error("hardhat_setMinGasPrice", {"0x1"})["code"], -32000);
  for (const char* method : {"anvil_setRpcUrl", "anvil_setChainId", "eth_fillTransaction", "anvil_reorg"}) {
    EXPECT_EQ(error(method)["code"], -32601) << method;
  }
}

TEST_F(Development, IsUnknownElsewhere) {
  MemoryChain plain(false);
  EventHub plain_hub(plain, config);
  const Dispatcher over(plain, plain_hub, config);
  for (const Method* method : over.methods()) {
    const std::string_view name = method->name;
    EXPECT_FALSE(name.starts_with("evm_") || name.starts_with("anvil_") || name.starts_with("hardhat_")) << name;
    EXPECT_FALSE(name.starts_with("personal_") || name.starts_with("eth_sign") || name == "eth_sendTransaction")
        << name;
  }
}

using Chain = RpcTest;

TEST_F(Chain, AnswersWhatMinersWereAsked) {
  EXPECT_EQ(result("eth_protocolVersion"), "0x44");
  EXPECT_EQ(result("eth_coinbase"), text(u256(0xfee).to_address()));
  EXPECT_EQ(result("eth_mining"), false);
  EXPECT_EQ(result("eth_hashrate"), "0x0");
}

TEST_F(Chain, EncodingsHashToTheirNames) {
  Transaction legacy = transfer(0, store());
  legacy.type = TxType::kLegacy;
  legacy.max_priority_fee_per_gas = legacy.max_fee_per_gas;
  ASSERT_TRUE(chain.set_automine(false).ok());
  const std::string first = send(0, legacy);
  const std::string second = send(0, invoke(1, store(), word_bytes(7)));
  chain.seal_pool();
  const json block = result("eth_getBlockByNumber", {"latest", false});
  const Bytes header = hex_bytes(result("debug_getRawHeader", {"latest"}).get<std::string>());
  EXPECT_EQ(block["hash"], to_hex(crypto::keccak256(header)));
  const Bytes raw_block = hex_bytes(result("debug_getRawBlock", {block["hash"]}).get<std::string>());
  EXPECT_EQ(block["size"], to_quantity(raw_block.size()));
  ASSERT_GT(raw_block.size(), header.size() + 4);
  EXPECT_TRUE(std::search(raw_block.begin(), raw_block.end(), header.begin(), header.end()) != raw_block.end());
  EXPECT_EQ(raw_block[raw_block.size() - 1], 0xc0);
  const Bytes raw = hex_bytes(result("debug_getRawTransaction", {second}).get<std::string>());
  EXPECT_EQ(to_hex(crypto::keccak256(raw)), second);
  EXPECT_EQ(result("debug_getRawTransaction", {block["hash"]}), "0x");
  const json receipts = result("debug_getRawReceipts", {"latest"});
  ASSERT_EQ(receipts.size(), 2u);
  EXPECT_EQ(receipts[1].get<std::string>().substr(0, 4), "0x02");
  EXPECT_EQ(error("debug_getRawBlock", {"0x99"})["code"], -32000);
  EXPECT_EQ(error("debug_getRawHeader", {"0x99"})["code"], -32000);
  EXPECT_EQ(error("debug_getRawReceipts", {"0x99"})["code"], -32000);
  EXPECT_EQ(result("eth_getRawTransactionByBlockNumberAndIndex", {"0x1", "0x1"}), to_hex(raw));
  EXPECT_EQ(result("eth_getRawTransactionByBlockHashAndIndex", {block["hash"], "0x0"}),
            result("eth_getRawTransactionByHash", {first}));
  EXPECT_EQ(result("eth_getRawTransactionByBlockNumberAndIndex", {"0x1", "0x2"}), nullptr);
}

TEST_F(Chain, AccessListsLeaveOutWhatIsWarm) {
  // Reads BALANCE of itself, the caller, coinbase, a precompile, a stranger; then creates a contract.
  const std::string code = "30315033315041315060023150" + std::string("61abcd3150") + "60015f5ff0" + "00";
  ASSERT_TRUE(chain.set_code(contract_address(45), hex_bytes(code)).ok());
  const json got =
      result("eth_createAccessList", {{{"from", text(MemoryChain::account(0))}, {"to", text(contract_address(45))}}});
  EXPECT_EQ(got["accessList"],
            json::array({{{"address", text(u256(0xabcd).to_address())}, {"storageKeys", json::array()}}}));
  EXPECT_FALSE(got.contains("error")) << got;
  // A deployment lists its own slots, since they are cold.
  const json deploy =
      result("eth_createAccessList", {{{"from", text(MemoryChain::account(0))}, {"input", "0x6001600255"}}});
  ASSERT_EQ(deploy["accessList"].size(), 1u) << deploy;
  EXPECT_EQ(deploy["accessList"][0]["storageKeys"], json::array({to_hex(u256(2).to_be())}));
  // What the caller gave stays.
  const json given = {{{"address", text(looper())}, {"storageKeys", {to_hex(u256(9).to_be())}}}};
  const json kept =
      result("eth_createAccessList", {{{"to", text(contract_address(90))}, {"accessList", json::array({given[0]})}}});
  EXPECT_EQ(kept["accessList"], given);
}

TEST_F(Chain, TracesTakeADuration) {
  const std::string hash = send(0, invoke(0, store(), word_bytes(1)));
  for (const char* good : {"50s", "30000ms", "1m30s", "60.5s"}) {
    EXPECT_TRUE(result("debug_traceTransaction", {hash, {{"timeout", good}}}).contains("structLogs")) << good;
  }
  for (const char* bad : {"", "5", "s", "-1s", "5 s", "1y"}) {
    EXPECT_EQ(error("debug_traceTransaction", {hash, {{"timeout", bad}}})["code"], -32602) << bad;
  }
  const json late = error("debug_traceTransaction", {hash, {{"timeout", "0s"}}});
  EXPECT_NE(late["message"].get<std::string>().find("timeout"), std::string::npos);
}

// ---- State dumps.

/// gzip of {"accounts":{"0x…aa":{"nonce":7,"balance":"0x64","code":"0x6000","storage":{"0x1":"0x2"}}}}, by Python.
constexpr std::string_view kZipped =
    "0x1f8b0800000000000203ab564a4c4ece2fcd2b2956b252a85632a830200a24268295e7e5e725a70259e63a0a4a49893989"
    "101ed014331325a050727e0a8c0fd40312292ec92f4a4c4f85da6508913452aa0502006285709c8a000000";

TEST_F(Development, StateIsDumpedAndLoaded) {
  ASSERT_TRUE(chain.set_storage(store(), u256(9), u256(99)).ok());
  send(0, transfer(0, u256(0xabc).to_address(), 12'345));
  const json dump = result("anvil_dumpState");
  const Bytes bytes = *from_hex(dump.get<std::string>());
  const json state = json::parse(bytes.begin(), bytes.end());
  EXPECT_EQ(state["best_block_number"], 2);
  EXPECT_EQ(state["accounts"][text(u256(0xabc).to_address())]["balance"], "0x3039");
  EXPECT_EQ(state["accounts"][text(store())]["storage"], (json{{to_hex(u256(9).to_be()), to_hex(u256(99).to_be())}}));
  EXPECT_EQ(state["accounts"][text(MemoryChain::account(0))]["nonce"], 1);

  ASSERT_EQ(result("anvil_reset"), nullptr);
  EXPECT_EQ(result("eth_getBalance", {text(u256(0xabc).to_address()), "latest"}), "0x0");
  EXPECT_EQ(result("anvil_loadState", {dump}), true);
  EXPECT_EQ(result("eth_getBalance", {text(u256(0xabc).to_address()), "latest"}), "0x3039");
  EXPECT_EQ(result("eth_getStorageAt", {text(store()), "0x9", "latest"}), to_hex(u256(99).to_be()));
  EXPECT_EQ(result("eth_getTransactionCount", {text(MemoryChain::account(0)), "latest"}), "0x1");
}

TEST_F(Development, ZippedDumpsAreRead) {
  EXPECT_EQ(result("anvil_loadState", {std::string(kZipped)}), true);
  const std::string who = text(u256(0xaa).to_address());
  EXPECT_EQ(result("eth_getBalance", {who, "latest"}), "0x64");
  EXPECT_EQ(result("eth_getTransactionCount", {who, "latest"}), "0x7");
  EXPECT_EQ(result("eth_getCode", {who, "latest"}), "0x6000");
  EXPECT_EQ(result("eth_getStorageAt", {who, "0x1", "latest"}), to_hex(u256(2).to_be()));
  for (const std::string& bad : {std::string(kZipped).substr(0, kZipped.size() - 8) + "ffffff00",
                                 std::string(kZipped).substr(0, 60), std::string("0x7b7d"), std::string("0x00")}) {
    EXPECT_EQ(error("anvil_loadState", {bad})["code"], -32602) << bad;
  }
}

}  // namespace
}  // namespace atlas::rpc
