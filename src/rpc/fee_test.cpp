// Estimates and blocks agree: what eth_estimateGas says is enough to the last unit, at any prices of cycles and
// pubdata; atlas_explainFee adds up. ATLAS_FEE_ROUNDS sets the number of transactions (issue: 10,000).
#include <random>

#include <rpc/rpc_fixture.hpp>
#include <types/l2_to_l1_log.hpp>

namespace atlas::rpc {
namespace {

constexpr u64 kRoundsAChain = 250;  // the chain in memory keeps the state of every block

u64 chains() {
  const char* text = std::getenv("ATLAS_FEE_ROUNDS");
  const u64 rounds = text != nullptr ? std::strtoull(text, nullptr, 10) : kRoundsAChain;
  return std::max<u64>(1, rounds / kRoundsAChain);
}

u256 number(const json& value) {
  return *parse_u256(value.get<std::string>());
}

void expect_sum(const json& fee) {
  const auto n = [&](const char* name) { return number(fee[name]); };
  const u256 spent = n("intrinsicGas") + n("executionGas");
  EXPECT_EQ(n("evmGas"), std::max(spent - n("gasRefunded"), n("floorGas"))) << fee;
  EXPECT_EQ(n("nativeCost"), n("native") * n("nativePrice")) << fee;
  EXPECT_EQ(n("pubdataCost"), n("pubdata") * n("pubdataPrice")) << fee;
  const u256 cost = n("nativeCost") + n("pubdataCost");
  EXPECT_EQ(n("resourceGas"), (cost + n("gasPrice") - u256(1)) / n("gasPrice")) << fee;
  if (fee["status"] == "unpaid") {
    EXPECT_GT(n("resourceGas"), n("gasLimit")) << fee;
    EXPECT_EQ(n("gasUsed"), n("gasLimit")) << fee;
  } else {
    EXPECT_EQ(n("gasUsed"), n("evmGas") + n("addedGas")) << fee;
    EXPECT_EQ(n("gasUsed"), std::max(n("evmGas"), n("resourceGas"))) << fee;
  }
  EXPECT_EQ(n("fee"), n("gasUsed") * n("gasPrice")) << fee;
}

class Fees : public RpcTest, public testing::WithParamInterface<u64> {
 protected:
  std::mt19937_64 random{GetParam()};
  u64 nonce = 0;
  u64 below(u64 n) { return random() % n; }

  static Bytes padded(Bytes bytes) {
    bytes.resize((bytes.size() + 31) / 32 * 32);
    return bytes;
  }
  Bytes message(std::size_t size) {
    Bytes data = hex_bytes("62f84b24");
    append(data, word_bytes(32));
    append(data, word_bytes(size));
    append(data, padded(Bytes(size, 0x77)));
    return data;
  }
  u256 value() { return u256(random(), random(), random(), random()) >> static_cast<unsigned>(below(256)); }

  /// A transaction that succeeds with enough gas.
  Transaction any() {
    Transaction tx = transfer(nonce, u256(0x7000 + below(1'000)).to_address(), below(1'000'000));
    switch (below(8)) {
      case 0:
        tx.value = value() >> 180;
        break;
      case 1:
        tx.to = store();
        tx.value = u256();
        append(tx.data, value().to_be());
        break;
      case 2:
        tx.to = refunder();
        tx.value = u256();
        break;
      case 3:
        tx.to = forwarder();  // whose callee wants 100,000 gas: 63/64 of what is left must be as much
        tx.value = u256();
        break;
      case 4:
        tx.to = gas_checker();
        tx.value = u256();
        break;
      case 5:
        tx.to = kL1MessengerAddress;
        tx.value = u256();
        tx.data = message(below(300));
        break;
      case 6:
        tx.to.reset();  // deploys as many STOPs
        tx.value = u256();
        tx.data = hex_bytes("61");
        tx.data.push_back(static_cast<u8>(below(4)));
        tx.data.push_back(static_cast<u8>(below(256)));
        append(tx.data, hex_bytes("5ff3"));
        break;
      default:
        tx.data = Bytes(below(200), static_cast<u8>(below(2)));
        tx.to = u256(0x9999).to_address();
        break;
    }
    if (below(4) == 0) tx.access_list = {{store(), {u256(1), u256(below(100))}}};
    return tx;
  }
  json as_call(const Transaction& tx, const u256& price) {
    json call{{"from", text(MemoryChain::account(0))},
              {"value", to_quantity(tx.value)},
              {"input", to_hex(tx.data)},
              {"maxFeePerGas", to_quantity(price)}};
    if (tx.to) call["to"] = text(*tx.to);
    if (!tx.access_list.empty()) {
      json slots = json::array();
      for (const u256& slot : tx.access_list[0].slots) slots.push_back(to_hex(slot.to_be()));
      call["accessList"] = json::array({{{"address", text(tx.access_list[0].address)}, {"storageKeys", slots}}});
    }
    return call;
  }
};

TEST_P(Fees, EstimatesAreExactAndAddUp) {
  u64 above_gas = 0;
  for (u64 round = 0; round < kRoundsAChain && !HasFailure(); ++round) {
    const u64 base = chain.head()->header.base_fee_per_gas.low_u64();
    stf::BlockPrices prices;
    if (below(4) != 0) prices.native = below(2) == 0 ? base / (1 + below(3'000)) : below(1'000);
    if (below(4) != 0) prices.pubdata = base * below(2'000);
    chain.set_prices(prices);
    result("anvil_setNextBlockBaseFeePerGas", {to_quantity(base)});
    chain.seal_empty();  // so that the head has these prices

    Transaction tx = any();
    const u256 price(base);
    tx.max_fee_per_gas = price;
    tx.max_priority_fee_per_gas = u256();
    json call = as_call(tx, price);
    tx.gas_limit = number(result("eth_estimateGas", {call})).low_u64();
    const json planned = result("atlas_explainFee", {call});
    expect_sum(planned);
    EXPECT_EQ(planned["status"], "success") << planned;
    EXPECT_EQ(number(planned["gasLimit"]), u256(tx.gas_limit));
    above_gas += number(planned["addedGas"]) != u256();
    if (round % 8 == 0) {  // one less is too little
      call["gas"] = to_quantity(u256(tx.gas_limit - 1));
      const json less = answer("atlas_explainFee", {call});
      EXPECT_TRUE(less.contains("error") || less["result"]["status"] != "success") << less;
    }

    result("anvil_setNextBlockBaseFeePerGas", {to_quantity(base)});
    const std::string hash = send(0, tx);
    ++nonce;
    const json receipt = result("eth_getTransactionReceipt", {hash});
    EXPECT_EQ(receipt["status"], "0x1") << receipt << planned;
    EXPECT_EQ(receipt["gasUsed"], planned["gasUsed"]) << planned;
    EXPECT_EQ(number(receipt["effectiveGasPrice"]), price);
    const json explained = result("atlas_explainFee", {hash});
    EXPECT_EQ(explained, planned);
  }
  EXPECT_GT(above_gas, kRoundsAChain / 8);
  EXPECT_LT(above_gas, kRoundsAChain);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Fees, testing::Range<u64>(0, chains()));

using ExplainFee = RpcTest;

TEST_F(ExplainFee, SaysWhatIsNotPaid) {
  const u64 base = chain.head()->header.base_fee_per_gas.low_u64();
  chain.set_prices({0, base * 10'000});
  chain.seal_empty();
  const json call{
      {"from", text(MemoryChain::account(0))}, {"to", text(contract_address(77))}, {"value", "0x1"}, {"gas", "0x5208"}};
  const json fee = result("atlas_explainFee", {call});
  EXPECT_EQ(fee["status"], "unpaid");
  expect_sum(fee);
  const json refused = error("eth_call", {call});
  EXPECT_NE(refused["message"].get<std::string>().find("atlas_explainFee"), std::string::npos) << refused;
  // A transaction that was sent all the same says so, too.
  const std::string hash = send(0, transfer(0, contract_address(77)));
  EXPECT_EQ(result("eth_getTransactionReceipt", {hash})["status"], "0x0");
  const json mined = result("atlas_explainFee", {hash});
  EXPECT_EQ(mined["status"], "unpaid");
  expect_sum(mined);
}

TEST_F(ExplainFee, RefusesWhatIsNoTransaction) {
  EXPECT_EQ(error("atlas_explainFee", {"0x12"})["code"], -32602);
  EXPECT_EQ(error("atlas_explainFee", json::array())["code"], -32602);
  EXPECT_EQ(error("atlas_explainFee", {to_hex(Hash256{{1}})})["message"], "transaction not found");
}

}  // namespace
}  // namespace atlas::rpc
