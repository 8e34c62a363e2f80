// ots_ methods that list: blocks, pages, transactions by address, creators.
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

class Otterscan : public RpcTest {
 protected:
  static Address factory() { return contract_address(40); }
  void SetUp() override {
    RpcTest::SetUp();
    // create(8 bytes of init code that deploys 0x01), return its address
    ASSERT_TRUE(chain.set_code(factory(), hex_bytes("6760015f5360015ff35f52600860185ff05f5260205ff3")).ok());
  }
  std::vector<std::string> hashes(const json& page) {
    std::vector<std::string> out;
    for (const json& tx : page["txs"]) out.push_back(tx["hash"]);
    return out;
  }
  using Hashes = std::vector<std::string>;
};

TEST_F(Otterscan, KnowsTheConnectionByItsHeader) {
  const json head = result("eth_getHeaderByNumber", {"latest"});
  EXPECT_EQ(result("erigon_getHeaderByNumber", {"latest"}), head);
  EXPECT_EQ(result("erigon_getHeaderByNumber", {1}), head);
  EXPECT_EQ(result("erigon_getHeaderByNumber", {0})["number"], "0x0");
  EXPECT_EQ(result("erigon_getHeaderByNumber", {99}), nullptr);
  EXPECT_EQ(result("ots_getApiLevel"), 8);
  EXPECT_EQ(result("ots_hasCode", {text(factory()), 1}), true);
  EXPECT_EQ(result("ots_hasCode", {text(factory()), 0}), false);
}

TEST_F(Otterscan, BlockDetailsSumTheFees) {
  ASSERT_TRUE(chain.set_automine(false).ok());
  const std::string a = send(0, transfer(0, MemoryChain::account(1)));
  send(0, invoke(1, store(), word_bytes(3)));
  chain.seal_pool();
  const json block = result("eth_getBlockByNumber", {"latest", false});
  const json got = result("ots_getBlockDetails", {2});
  EXPECT_EQ(got["block"]["hash"], block["hash"]);
  EXPECT_EQ(got["block"]["size"], block["size"]);
  EXPECT_EQ(got["block"]["transactionCount"], 2);
  EXPECT_FALSE(got["block"].contains("transactions"));
  EXPECT_EQ(got["block"]["logsBloom"], nullptr);
  EXPECT_EQ(got["issuance"]["issuance"], "0x0");
  u256 fees;
  for (const json& receipt : result("eth_getBlockReceipts", {"latest"})) {
    fees = fees + *parse_u256(receipt["gasUsed"].get<std::string>()) *
                      *parse_u256(receipt["effectiveGasPrice"].get<std::string>());
  }
  EXPECT_EQ(got["totalFees"], to_quantity(fees));
  EXPECT_EQ(result("ots_getBlockDetailsByHash", {block["hash"]}), got);
  EXPECT_EQ(result("ots_getBlockDetails", {77}), nullptr);
  EXPECT_EQ(result("ots_getBlockDetailsByHash", {a}), nullptr);
}

TEST_F(Otterscan, BlockPagesBeginAtTheEnd) {
  ASSERT_TRUE(chain.set_automine(false).ok());
  Hashes sent;
  for (u64 i = 0; i < 5; ++i) sent.push_back(send(0, invoke(i, store(), word_bytes(i))));
  chain.seal_pool();
  const auto page = [&](u64 index, u64 size) {
    Hashes out;
    const json got = result("ots_getBlockTransactions", {2, index, size});
    EXPECT_EQ(got["fullblock"]["transactionCount"], 5);
    EXPECT_EQ(got["receipts"].size(), got["fullblock"]["transactions"].size());
    for (const json& tx : got["fullblock"]["transactions"]) out.push_back(tx["hash"]);
    for (std::size_t i = 0; i < got["receipts"].size(); ++i) {
      EXPECT_EQ(got["receipts"][i]["transactionHash"], out[i]);
      EXPECT_EQ(got["receipts"][i]["logs"], nullptr);
      EXPECT_EQ(got["receipts"][i]["logsBloom"], nullptr);
      EXPECT_EQ(got["fullblock"]["transactions"][i]["input"], "0x00000000");
    }
    return out;
  };
  EXPECT_EQ(page(0, 2), (Hashes{sent[3], sent[4]}));
  EXPECT_EQ(page(1, 2), (Hashes{sent[1], sent[2]}));
  EXPECT_EQ(page(2, 2), (Hashes{sent[0]}));
  EXPECT_EQ(page(3, 2), Hashes{});
  EXPECT_EQ(page(~u64{0}, 2), Hashes{});
  EXPECT_EQ(page(0, 25), sent);
  EXPECT_EQ(result("ots_getBlockTransactions", {77, 0, 25}), nullptr);
  EXPECT_EQ(error("ots_getBlockTransactions", {2, 0, 0})["code"], -32602);
  EXPECT_EQ(error("ots_getBlockTransactions", {2, 0, 5'000})["code"], -32602);
}

TEST_F(Otterscan, SearchPagesAreNewestFirstAndWholeBlocks) {
  Hashes sent;  // blocks 2 to 6, one each
  for (u64 i = 0; i < 5; ++i) sent.push_back(send(0, transfer(i, MemoryChain::account(1))));
  ASSERT_TRUE(chain.set_automine(false).ok());  // block 7 has two
  sent.push_back(send(0, transfer(5, MemoryChain::account(1))));
  sent.push_back(send(0, transfer(6, MemoryChain::account(1))));
  chain.seal_pool();
  const std::string who = text(MemoryChain::account(1));
  const auto before = [&](u64 block, u64 size) { return result("ots_searchTransactionsBefore", {who, block, size}); };
  const auto after = [&](u64 block, u64 size) { return result("ots_searchTransactionsAfter", {who, block, size}); };

  json page = before(0, 1);
  EXPECT_EQ(hashes(page), (Hashes{sent[6], sent[5]})) << "a block stays whole";
  EXPECT_EQ(page["firstPage"], true);
  EXPECT_EQ(page["lastPage"], false);
  EXPECT_EQ(page["receipts"][0]["transactionHash"], sent[6]);
  EXPECT_EQ(page["receipts"][0]["timestamp"], chain.head()->header.timestamp);
  EXPECT_EQ(page["receipts"][0]["logs"], json::array());
  page = before(7, 3);
  EXPECT_EQ(hashes(page), (Hashes{sent[4], sent[3], sent[2]}));
  EXPECT_EQ(page["firstPage"], false);
  EXPECT_EQ(page["lastPage"], false);
  page = before(4, 3);
  EXPECT_EQ(hashes(page), (Hashes{sent[1], sent[0]}));
  EXPECT_EQ(page["lastPage"], true);

  page = after(0, 2);
  EXPECT_EQ(hashes(page), (Hashes{sent[1], sent[0]}));
  EXPECT_EQ(page["firstPage"], false);
  EXPECT_EQ(page["lastPage"], true);
  page = after(5, 2);
  EXPECT_EQ(hashes(page), (Hashes{sent[6], sent[5], sent[4]}));
  EXPECT_EQ(page["firstPage"], true);
  EXPECT_EQ(page["lastPage"], false);
  EXPECT_EQ(hashes(after(7, 2)), Hashes{});
  EXPECT_EQ(hashes(before(1, 2)), Hashes{});
  EXPECT_EQ(hashes(result("ots_searchTransactionsBefore", {text(contract_address(99)), 0, 25})), Hashes{});
  EXPECT_EQ(hashes(result("ots_searchTransactionsAfter", {who, to_quantity(~u64{0}), 25})), Hashes{});
  EXPECT_EQ(error("ots_searchTransactionsBefore", {who, 0, 0})["code"], -32602);
  EXPECT_EQ(error("ots_searchTransactionsBefore", {"0x12", 0, 25})["code"], -32602);
}

TEST_F(Otterscan, SearchFindsWhatInnerFramesTouch) {
  const std::string call = send(0, invoke(0, forwarder(), {}));
  EXPECT_EQ(hashes(result("ots_searchTransactionsBefore", {text(gas_checker()), 0, 25})), Hashes{call});
  const std::string made = send(0, invoke(1, factory(), {}));
  const std::string child = text(stf::create_address(factory(), 0));
  EXPECT_EQ(hashes(result("ots_searchTransactionsBefore", {child, 0, 25})), Hashes{made});
}

TEST_F(Otterscan, SearchTakesItsTime) {
  send(0, transfer(0, MemoryChain::account(1)));
  class Tired final : public MemoryChain {
   public:
    using MemoryChain::MemoryChain;
    WalkEnd for_each_transaction(const AddressQuery& query, const TransactionVisitor& visit) const override {
      // Two transactions of work, then the same block again.
      unsigned left = 2;
      WalkEnd stopped;
      const WalkEnd end = MemoryChain::for_each_transaction(query, [&](const MinedTransaction& item) {
        if (left-- == 0) {
          stopped = {false, item.block_number};
          return false;
        }
        return visit(item);
      });
      return stopped.complete ? end : stopped;
    }
  } tired(true, test_contracts());
  EventHub tired_hub(tired, config);
  for (u64 i = 0; i < 6; ++i) {
    ASSERT_TRUE(tired.submit(signed_bytes(0, transfer(i, MemoryChain::account(1)))).ok());
  }
  const Dispatcher over(tired, tired_hub, config);
  const auto search = [&](const Dispatcher& by) {
    std::string out;
    const json request = {{"jsonrpc", "2.0"},
                          {"id", 1},
                          {"method", "ots_searchTransactionsBefore"},
                          {"params", {text(MemoryChain::account(1)), 0, 25}}};
    by.handle(*scratch, *session, request.dump(), Where::kAnywhere, out);
    return json::parse(out);
  };
  const json whole = search(over);
  EXPECT_EQ(whole["result"]["txs"].size(), 6u) << "pieces join without loss or repetition: " << whole;
  RpcConfig hurried = config;
  hurried.call_time_ms_max = 0;
  EXPECT_EQ(search(Dispatcher(tired, tired_hub, hurried))["error"]["code"], -32005);
}

TEST_F(Otterscan, SenderAndNonceNameATransaction) {
  Hashes sent;
  for (u64 i = 0; i < 9; ++i) {
    if (i % 3 == 0) chain.seal_empty();
    sent.push_back(send(0, transfer(i, MemoryChain::account(1))));
  }
  ASSERT_TRUE(chain.set_automine(false).ok());
  for (u64 i = 9; i < 12; ++i) sent.push_back(send(0, transfer(i, MemoryChain::account(1))));
  chain.seal_pool();
  const std::string who = text(MemoryChain::account(0));
  for (u64 i = 0; i < 12; ++i) EXPECT_EQ(result("ots_getTransactionBySenderAndNonce", {who, i}), sent[i]) << i;
  EXPECT_EQ(result("ots_getTransactionBySenderAndNonce", {who, 12}), nullptr);
  EXPECT_EQ(result("ots_getTransactionBySenderAndNonce", {text(MemoryChain::account(1)), 0}), nullptr);
  EXPECT_EQ(result("ots_getTransactionBySenderAndNonce", {text(factory()), 0}), nullptr);
}

TEST_F(Otterscan, CreatorsAreFoundAtAnyDepth) {
  Transaction deploy = invoke(0, {}, hex_bytes("60015f5360015ff3"));
  deploy.to.reset();
  const std::string direct = send(0, deploy);
  const std::string contract = result("eth_getTransactionReceipt", {direct})["contractAddress"];
  EXPECT_EQ(result("ots_getContractCreator", {contract}),
            (json{{"hash", direct}, {"creator", text(MemoryChain::account(0))}}));
  const std::string inner = send(0, invoke(1, factory(), {}));
  EXPECT_EQ(result("ots_getContractCreator", {text(stf::create_address(factory(), 0))}),
            (json{{"hash", inner}, {"creator", text(factory())}}));
  // Neither accounts without code nor failed creations nor what stood at genesis.
  EXPECT_EQ(result("ots_getContractCreator", {text(MemoryChain::account(0))}), nullptr);
  EXPECT_EQ(result("ots_getContractCreator", {text(store())}), nullptr);
  Transaction failing = invoke(2, {}, hex_bytes("fe"));
  failing.to.reset();
  const std::string failed = send(0, failing);
  const std::string nothing = result("eth_getTransactionReceipt", {failed})["contractAddress"];
  EXPECT_EQ(result("ots_getContractCreator", {nothing}), nullptr);
}

TEST_F(Otterscan, SearchFindsWhoInherits) {
  // selfdestruct(calldata word), called directly and by another
  const Address heir = u256(0xbeef).to_address();
  const Address other = u256(0xbeef01).to_address();
  const Address mortal = contract_address(41);
  ASSERT_TRUE(chain.set_code(mortal, hex_bytes("5f35ff")).ok());
  ASSERT_TRUE(chain.set_balance(mortal, u256(5)).ok());
  const std::string hash = send(0, invoke(0, mortal, word_bytes(0xbeef)));
  const auto found = [&](const Address& who) {
    return hashes(result("ots_searchTransactionsBefore", {text(who), 0, 10}));
  };
  EXPECT_EQ(result("eth_getBalance", {text(heir), "latest"}), "0x5");
  EXPECT_EQ(found(heir), Hashes{hash});
  // caller passes its call data on
  ASSERT_TRUE(
      chain.set_code(contract_address(42), hex_bytes("365f5f375f5f365f5f73" + text(mortal).substr(2) + "5af100")).ok());
  const std::string inner = send(0, invoke(1, contract_address(42), word_bytes(0xbeef01)));
  EXPECT_EQ(found(other), Hashes{inner});
  EXPECT_EQ(found(heir), Hashes{hash});
}

}  // namespace
}  // namespace atlas::rpc
