// Reading the chain: blocks, transactions, receipts, state, fees, pool; and development methods.
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

using Methods = RpcTest;

TEST_F(Methods, TransactionsGoInAndComeOut) {
  const Bytes raw_tx = signed_bytes(0, transfer(0, contract_address(99), 5));
  const std::string hash = result("eth_sendRawTransaction", {to_hex(raw_tx)});
  EXPECT_EQ(hash, to_hex(crypto::keccak256(raw_tx)));
  EXPECT_EQ(result("eth_blockNumber"), "0x1");

  const json tx = result("eth_getTransactionByHash", {hash});
  EXPECT_EQ(tx["hash"], hash);
  EXPECT_EQ(tx["from"], text(MemoryChain::account(0)));
  EXPECT_EQ(tx["to"], text(contract_address(99)));
  EXPECT_EQ(tx["type"], "0x2");
  EXPECT_EQ(tx["value"], "0x5");
  EXPECT_EQ(tx["nonce"], "0x0");
  EXPECT_EQ(tx["gas"], "0x5208");
  EXPECT_EQ(tx["input"], "0x");
  EXPECT_EQ(tx["chainId"], "0x7a69");
  EXPECT_EQ(tx["blockNumber"], "0x1");
  EXPECT_EQ(tx["transactionIndex"], "0x0");
  EXPECT_EQ(tx["maxFeePerGas"], "0x77359400");
  EXPECT_EQ(tx["maxPriorityFeePerGas"], "0xf4240");
  EXPECT_EQ(tx["accessList"], json::array());
  EXPECT_EQ(tx["yParity"], tx["v"]);
  EXPECT_EQ(result("eth_getRawTransactionByHash", {hash}), to_hex(raw_tx));
  EXPECT_EQ(result("eth_getTransactionByBlockNumberAndIndex", {"0x1", "0x0"}), tx);
  EXPECT_EQ(result("eth_getTransactionByBlockHashAndIndex", {tx["blockHash"], "0x0"}), tx);
  EXPECT_EQ(result("eth_getTransactionByBlockNumberAndIndex", {"0x1", "0x1"}), nullptr);

  const json receipt = result("eth_getTransactionReceipt", {hash});
  EXPECT_EQ(receipt["status"], "0x1");
  EXPECT_EQ(receipt["type"], "0x2");
  EXPECT_EQ(receipt["blockHash"], tx["blockHash"]);
  EXPECT_EQ(receipt["effectiveGasPrice"], tx["gasPrice"]);
  EXPECT_EQ(receipt["contractAddress"], nullptr);
  EXPECT_EQ(receipt["logsBloom"].get<std::string>().size(), 514u);
  EXPECT_EQ(result("eth_getBlockReceipts", {"0x1"}), json::array({receipt}));

  const json unknown = std::string("0x") + std::string(64, '1');
  EXPECT_EQ(result("eth_getTransactionByHash", {unknown}), nullptr);
  EXPECT_EQ(result("eth_getTransactionReceipt", {unknown}), nullptr);
}

TEST_F(Methods, LegacyAndAccessListTransactionsHaveTheirOwnFields) {
  Transaction legacy = transfer(0, store());
  legacy.type = TxType::kLegacy;
  legacy.max_priority_fee_per_gas = legacy.max_fee_per_gas;
  const json a = result("eth_getTransactionByHash", {send(0, legacy)});
  EXPECT_EQ(a["type"], "0x0");
  EXPECT_TRUE(a["v"] == "0xf4f5" || a["v"] == "0xf4f6") << a["v"];  // 2·31337 + 35, + 36
  for (const char* absent : {"accessList", "yParity", "maxFeePerGas"}) EXPECT_FALSE(a.contains(absent)) << absent;

  Transaction listed = transfer(1, store());
  listed.type = TxType::kAccessList;
  listed.max_priority_fee_per_gas = listed.max_fee_per_gas;
  listed.access_list = {{store(), {u256(1)}}};
  listed.gas_limit = 60'000;
  const json b = result("eth_getTransactionByHash", {send(0, listed)});
  EXPECT_EQ(b["accessList"][0]["address"], text(store()));
  EXPECT_EQ(b["accessList"][0]["storageKeys"][0], "0x" + std::string(63, '0') + "1");
  EXPECT_FALSE(b.contains("maxFeePerGas"));
}

TEST_F(Methods, SetCodeTransactionsShowTheirAuthorizations) {
  Transaction tx = transfer(0, store(), 0);
  tx.type = TxType::kSetCode;
  tx.gas_limit = 200'000;
  tx.authorizations = {{u256(MemoryChain::kChainId), store(), 0, 1, u256(5), u256(6)}};
  const json got = result("eth_getTransactionByHash", {send(0, tx)});
  EXPECT_EQ(got["type"], "0x4");
  EXPECT_EQ(got["authorizationList"][0], (json{{"chainId", "0x7a69"},
                                               {"address", text(store())},
                                               {"nonce", "0x0"},
                                               {"yParity", "0x1"},
                                               {"r", "0x5"},
                                               {"s", "0x6"}}));
}

TEST_F(Methods, BlocksByNumberHashAndTag) {
  send(0, transfer(0, store()));
  const json block = result("eth_getBlockByNumber", {"latest", false});
  EXPECT_EQ(block["number"], "0x1");
  EXPECT_EQ(block["transactions"].size(), 1u);
  EXPECT_TRUE(block["transactions"][0].is_string());
  EXPECT_EQ(block["uncles"], json::array());
  EXPECT_EQ(block["withdrawals"], json::array());
  EXPECT_EQ(block["nonce"], "0x0000000000000000");
  EXPECT_EQ(block["gasUsed"], "0x5208");
  for (const char* tag : {"safe", "finalized", "committed", "l1_committed", "0x1"}) {
    EXPECT_EQ(result("eth_getBlockByNumber", {tag, false}), block) << tag;
  }
  EXPECT_EQ(result("eth_getBlockByHash", {block["hash"], false}), block);
  EXPECT_EQ(result("eth_getBlockByHash", {block["hash"], true})["transactions"][0]["hash"], block["transactions"][0]);
  EXPECT_EQ(result("eth_getBlockByNumber", {"earliest", false})["number"], "0x0");
  EXPECT_EQ(result("eth_getBlockByNumber", {"0x99", false}), nullptr);
  EXPECT_EQ(result("eth_getBlockByHash", {"0x" + std::string(64, '0')}), nullptr);
  const json pending = result("eth_getBlockByNumber", {"pending", false});
  EXPECT_EQ(pending["number"], "0x2");
  EXPECT_EQ(pending["parentHash"], block["hash"]);

  EXPECT_EQ(result("eth_getBlockTransactionCountByNumber", {"latest"}), "0x1");
  EXPECT_EQ(result("eth_getBlockTransactionCountByHash", {block["hash"]}), "0x1");
  EXPECT_EQ(result("eth_getUncleCountByBlockNumber", {"latest"}), "0x0");
  EXPECT_EQ(result("eth_getUncleCountByBlockHash", {block["hash"]}), "0x0");
  EXPECT_EQ(result("eth_getUncleByBlockNumberAndIndex", {"latest", "0x0"}), nullptr);
  EXPECT_EQ(result("eth_getUncleByBlockHashAndIndex", {block["hash"], "0x0"}), nullptr);
  const json header = result("eth_getHeaderByNumber", {"latest"});
  EXPECT_EQ(header["hash"], block["hash"]);
  EXPECT_FALSE(header.contains("transactions"));
}

/// The size that JSON shows must be that of the RLP: list of header, transactions, uncles, withdrawals.
TEST_F(Methods, BlockSizeIsThatOfItsEncoding) {
  send(0, transfer(0, store()));
  const json block = result("eth_getBlockByNumber", {"latest", false});
  const BlockPtr head = chain.head();
  const std::size_t header = encode_header(head->header).size();
  const std::size_t tx = head->transactions[0].encoded.size();
  ASSERT_GT(tx, 55u);
  ASSERT_LT(tx, 256u);
  // Transaction as a string of 56…255 bytes: two bytes before it; body list and whole likewise by their lengths.
  const std::size_t body = tx + 2;
  const std::size_t payload = header + body + (body < 56 ? 1 : 2) + 2;
  EXPECT_EQ(block["size"], to_quantity(u256(payload + 3)));
}

TEST_F(Methods, StateAtBlocks) {
  const std::string me = text(MemoryChain::account(0));
  send(0, transfer(0, contract_address(99), 5));
  EXPECT_EQ(result("eth_getBalance", {text(contract_address(99)), "latest"}), "0x5");
  EXPECT_EQ(result("eth_getBalance", {text(contract_address(99)), "0x0"}), "0x0");
  EXPECT_EQ(result("eth_getBalance", {text(contract_address(99))}), "0x5");
  EXPECT_EQ(result("eth_getTransactionCount", {me, "latest"}), "0x1");
  EXPECT_EQ(result("eth_getTransactionCount", {me, "earliest"}), "0x0");
  const json hash = result("eth_getBlockByNumber", {"0x0", false})["hash"];
  EXPECT_EQ(result("eth_getTransactionCount", {me, {{"blockHash", hash}, {"requireCanonical", true}}}), "0x0");
  EXPECT_EQ(result("eth_getTransactionCount", {me, {{"blockNumber", "0x1"}}}), "0x1");
  EXPECT_EQ(result("eth_getCode", {text(looper()), "latest"}), "0x5b5f56");
  EXPECT_EQ(result("eth_getCode", {me, "latest"}), "0x");
  const std::string one = "0x" + std::string(63, '0') + "1";
  EXPECT_EQ(result("eth_getStorageAt", {text(refunder()), "0x5", "latest"}), one);
  EXPECT_EQ(result("eth_getStorageAt", {text(refunder()), "0x" + std::string(63, '0') + "5", "latest"}), one);
  EXPECT_EQ(error("eth_getBalance", {me, "0x99"})["code"], -32000);
  EXPECT_EQ(error("eth_getBalance", {me, {{"blockHash", one}}})["code"], -32000);
  chain.prune_states(1);
  const json pruned = error("eth_getBalance", {me, "0x0"});
  EXPECT_EQ(pruned["code"], -32002);
  EXPECT_EQ(pruned["message"], "state of block 0 is not available: this node keeps it from block 1 on");
}

TEST_F(Methods, ProofsNameTheirReplacement) {
  const json got = error("eth_getProof", {text(store()), json::array({"0x0"}), "latest"});
  EXPECT_NE(got["message"].get<std::string>().find("atlas_getProof"), std::string::npos);
}

TEST_F(Methods, RefusalsUseGethsWords) {
  send(0, transfer(0, store()));
  const auto refusal = [&](const Transaction& tx) {
    return error("eth_sendRawTransaction", {to_hex(signed_bytes(0, tx))});
  };
  EXPECT_EQ(refusal(transfer(0, store()))["message"], "already known");
  EXPECT_EQ(refusal(transfer(0, looper()))["message"], "nonce too low: next nonce 1, tx nonce 0");
  Transaction rich = transfer(1, store());
  rich.value = u256::power_of_two(100);
  EXPECT_EQ(refusal(rich)["message"], "insufficient funds for gas * price + value");
  Transaction cheap = transfer(1, store());
  cheap.gas_limit = 20'000;
  EXPECT_EQ(refusal(cheap)["message"], "intrinsic gas too low");
  EXPECT_EQ(refusal(cheap)["code"], -32000);
  EXPECT_EQ(error("eth_sendRawTransaction", {"0x00"})["code"], -32000);
  EXPECT_EQ(error("eth_sendRawTransaction", {"0xzz"})["code"], -32602);
  EXPECT_EQ(error("eth_sendRawTransaction", {"02"})["code"], -32602);
}

TEST_F(Methods, SyncSendingAnswersWithTheReceipt) {
  const json receipt =
      result("eth_sendRawTransactionSync", {to_hex(signed_bytes(0, transfer(0, contract_address(99))))});
  EXPECT_EQ(receipt["status"], "0x1");
  EXPECT_EQ(receipt, result("eth_getTransactionReceipt", {receipt["transactionHash"]}));
}

TEST_F(Methods, SyncSendingWaitsForALaterBlock) {
  chain.set_automine(false).ok();
  std::thread sealer([&] {
    while (chain.pool_count().pending == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    chain.seal_pool();
  });
  const json receipt = result("eth_sendRawTransactionSync", {to_hex(signed_bytes(0, transfer(0, store()))), 5'000});
  sealer.join();
  EXPECT_EQ(receipt["blockNumber"], "0x1");
}

TEST_F(Methods, SyncSendingGivesUpWithTheHash) {
  chain.set_automine(false).ok();
  const Bytes raw_tx = signed_bytes(0, transfer(0, store()));
  // In a batch the waiting answer must find its place between the others.
  const auto request = [](int id, const char* method, const json& params) {
    return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}};
  };
  const json batch = {request(1, "eth_chainId", json::array()),
                      request(2, "eth_sendRawTransactionSync", {to_hex(raw_tx), 30}),
                      request(3, "eth_blockNumber", json::array())};
  const json got = json::parse(raw(batch.dump()));
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0]["result"], "0x7a69");
  EXPECT_EQ(got[1]["id"], 2);
  EXPECT_EQ(got[1]["error"]["code"], 4);
  EXPECT_EQ(got[1]["error"]["data"], to_hex(crypto::keccak256(raw_tx)));
  EXPECT_EQ(got[2]["result"], "0x0");
}

TEST_F(Methods, PendingTransactionsAreSeen) {
  chain.set_automine(false).ok();
  const std::string hash = send(0, transfer(0, store()));
  const json tx = result("eth_getTransactionByHash", {hash});
  EXPECT_EQ(tx["blockNumber"], nullptr);
  EXPECT_EQ(tx["blockHash"], nullptr);
  EXPECT_EQ(tx["gasPrice"], "0x77359400");
  const std::string me = text(MemoryChain::account(0));
  EXPECT_EQ(result("eth_getTransactionCount", {me, "pending"}), "0x1");
  EXPECT_EQ(result("eth_getTransactionCount", {me, "latest"}), "0x0");
  EXPECT_EQ(result("txpool_status"), (json{{"pending", "0x1"}, {"queued", "0x0"}}));
  EXPECT_EQ(result("txpool_content")["pending"][me]["0"]["hash"], hash);
  EXPECT_EQ(result("txpool_contentFrom", {me})["pending"]["0"]["hash"], hash);
  EXPECT_EQ(result("txpool_inspect")["pending"][me]["0"], text(store()) + ": 1 wei + 21000 gas × 2000000000 wei");
  EXPECT_EQ(result("txpool_content")["queued"], json::object());
  chain.seal_pool();
  EXPECT_EQ(result("eth_getTransactionByHash", {hash})["blockNumber"], "0x1");
}

TEST_F(Methods, FeesAndTheirHistory) {
  for (u64 i = 0; i < 3; ++i) send(0, transfer(i, store()));
  const u256 base = chain.pending_context().base_fee;
  EXPECT_EQ(result("eth_gasPrice"), to_quantity(base + u256(1'000'000)));
  EXPECT_EQ(result("eth_maxPriorityFeePerGas"), "0xf4240");
  EXPECT_TRUE(result("eth_blobBaseFee").is_string());
  const json history = result("eth_feeHistory", {"0x2", "latest", {25, 75}});
  EXPECT_EQ(history["oldestBlock"], "0x2");
  EXPECT_EQ(history["baseFeePerGas"].size(), 3u);
  EXPECT_EQ(history["baseFeePerGas"][2], to_quantity(base));
  EXPECT_EQ(history["gasUsedRatio"].size(), 2u);
  EXPECT_DOUBLE_EQ(history["gasUsedRatio"][0].get<double>(), 21'000.0 / 30'000'000.0);
  EXPECT_EQ(history["reward"], json::array({{"0xf4240", "0xf4240"}, {"0xf4240", "0xf4240"}}));
  EXPECT_EQ(result("eth_feeHistory", {100, "latest"})["oldestBlock"], "0x0");
  EXPECT_FALSE(result("eth_feeHistory", {1, "latest", json::array()}).contains("reward"));
  EXPECT_EQ(error("eth_feeHistory", {1, "latest", {75, 25}})["code"], -32602);
  EXPECT_EQ(error("eth_feeHistory", {1, "latest", {101}})["code"], -32602);
}

TEST_F(Methods, SmallChange) {
  EXPECT_EQ(result("web3_clientVersion"), "atlas/test");
  EXPECT_EQ(result("web3_sha3", {"0x68656c6c6f"}),
            "0x1c8aff950685c2ed4bc3174f3472287b56d9517b9c948127319a09a7a36deac8");
  EXPECT_EQ(result("net_version"), "31337");
  EXPECT_EQ(result("net_listening"), true);
  EXPECT_EQ(result("net_peerCount"), "0x0");
  EXPECT_EQ(result("eth_syncing"), false);
}

TEST_F(Methods, DevelopmentAccountsSignAndSend) {
  const std::string me = text(MemoryChain::account(0));
  EXPECT_EQ(result("eth_accounts").size(), 3u);
  const json hash = result("eth_sendTransaction",
                           {{{"from", me}, {"to", text(store())}, {"data", "0x" + std::string(63, '0') + "9"}}});
  const json receipt = result("eth_getTransactionReceipt", {hash});
  EXPECT_EQ(receipt["status"], "0x1");
  EXPECT_EQ(receipt["logs"].size(), 1u);
  EXPECT_EQ(result("eth_getTransactionByHash", {hash})["type"], "0x2");
  EXPECT_EQ(error("eth_sendTransaction", {{{"from", text(store())}, {"to", me}}})["code"], -32000);
  EXPECT_EQ(error("eth_sendTransaction", {{{"to", me}}})["code"], -32602);

  const Bytes signature = hex_bytes(result("eth_sign", {me, "0xdeadbeef"}).get<std::string>());
  ASSERT_EQ(signature.size(), 65u);
  Bytes message;
  append(message, as_bytes("\x19"
                           "Ethereum Signed Message:\n4"));
  append(message, hex_bytes("deadbeef"));
  const auto signer = crypto::ecrecover(crypto::keccak256(message), static_cast<u8>(signature[64] - 27),
                                        u256::from_be(signature.data()), u256::from_be(signature.data() + 32));
  EXPECT_EQ(*signer, MemoryChain::account(0));
  EXPECT_EQ(result("personal_sign", {"0xdeadbeef", me}), to_hex(signature));

  const json raw_tx = result("eth_signTransaction", {{{"from", me}, {"to", me}, {"gas", "0x5208"}}});
  EXPECT_TRUE(result("eth_sendRawTransaction", {raw_tx}).is_string());

  result("anvil_impersonateAccount", {text(contract_address(99))});
  result("anvil_setBalance", {text(contract_address(99)), "0xde0b6b3a7640000"});
  const json sent =
      result("eth_sendTransaction", {{{"from", text(contract_address(99))}, {"to", me}, {"value", "0x1"}}});
  EXPECT_EQ(result("eth_getTransactionReceipt", {sent})["from"], text(contract_address(99)));
}

TEST_F(Methods, ConcurrentSendersGetDifferentNonces) {
  chain.set_automine(false).ok();
  const std::string body =
      json{{"jsonrpc", "2.0"},
           {"id", 1},
           {"method", "eth_sendTransaction"},
           {"params", {{{"from", text(MemoryChain::account(0))}, {"to", text(contract_address(99))}}}}}
          .dump();
  constexpr int kThreads = 4;
  constexpr int kEach = 10;
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      Scratch own(config);
      for (int i = 0; i < kEach; ++i) {
        std::string out;
        dispatcher->handle(own, *session, body, Where::kAnywhere, out);
        EXPECT_TRUE(json::parse(out).contains("result")) << out;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(result("eth_getTransactionCount", {text(MemoryChain::account(0)), "pending"}), "0x28");
}

TEST_F(Methods, DevelopmentStateAndMining) {
  EXPECT_EQ(result("anvil_setCode", {text(contract_address(50)), "0x5b5f56"}), nullptr);
  EXPECT_EQ(result("eth_getCode", {text(contract_address(50))}), "0x5b5f56");
  EXPECT_EQ(result("anvil_setStorageAt", {text(contract_address(50)), "0x1", "0x" + std::string(63, '0') + "7"}), true);
  EXPECT_EQ(result("eth_getStorageAt", {text(contract_address(50)), "0x1"}), "0x" + std::string(63, '0') + "7");
  EXPECT_EQ(result("anvil_setNonce", {text(contract_address(50)), "0x9"}), nullptr);
  EXPECT_EQ(result("eth_getTransactionCount", {text(contract_address(50))}), "0x9");
  const json too_rich = error("anvil_setBalance", {text(contract_address(50)), "0x1" + std::string(32, '0')});
  EXPECT_EQ(too_rich["message"], "balance does not fit 128 bits");
  const json before = result("eth_blockNumber");
  const json id = result("evm_snapshot");
  EXPECT_EQ(result("hardhat_mine", {"0x3"}), nullptr);
  EXPECT_NE(result("eth_blockNumber"), before);
  EXPECT_EQ(result("evm_revert", {id}), true);
  EXPECT_EQ(result("eth_blockNumber"), before);
  EXPECT_EQ(result("evm_revert", {"0x99"}), false);
  EXPECT_EQ(result("evm_increaseTime", {60}), 60);
  EXPECT_EQ(result("evm_setAutomine", {false}), nullptr);
  EXPECT_EQ(result("hardhat_getAutomine"), false);
  const std::string hash = send(0, transfer(0, store()));
  EXPECT_EQ(result("anvil_dropTransaction", {hash}), hash);
  EXPECT_EQ(result("anvil_dropTransaction", {hash}), nullptr);
}

TEST_F(Methods, PrunedBlocksSayThatTheyAre) {
  for (int i = 0; i < 5; ++i) chain.seal_empty();
  const json kept = result("eth_getBlockByNumber", {"0x3", false});
  chain.prune_blocks(3);
  EXPECT_EQ(result("eth_getBlockByNumber", {"0x3", false}), kept);
  EXPECT_EQ(result("eth_getBlockByNumber", {"0x0", false})["number"], "0x0");
  EXPECT_EQ(result("eth_getBlockByNumber", {"0x9", false}), nullptr);  // not yet there
  for (const char* method : {"eth_getBlockByNumber", "eth_getHeaderByNumber", "eth_getBlockTransactionCountByNumber",
                             "eth_getUncleCountByBlockNumber", "eth_getBlockReceipts", "ots_getBlockDetails",
                             "debug_getRawBlock", "eth_getBalance", "trace_block"}) {
    json params = json::array({"0x2"});
    if (std::string_view(method) == "eth_getBalance") params.insert(params.begin(), text(MemoryChain::account(0)));
    const json refused = error(method, params);
    EXPECT_EQ(refused["code"], 4444) << method;
    EXPECT_EQ(refused["message"], "pruned history unavailable: block 2 is no longer kept; the oldest is 3") << method;
  }
  EXPECT_EQ(error("eth_getLogs", json::array({{{"fromBlock", "0x1"}}}))["code"], 4444);
  EXPECT_EQ(result("eth_getLogs", json::array({{{"fromBlock", "earliest"}}})), json::array());
}

}  // namespace
}  // namespace atlas::rpc
