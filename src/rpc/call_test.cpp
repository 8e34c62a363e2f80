// eth_call, eth_estimateGas, eth_createAccessList: results, overrides, reverts, limits.
#include <rpc/execution.hpp>
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

using Calls = RpcTest;

json to(const Address& address, std::string data = "0x") {
  return {{"to", text(address)}, {"input", std::move(data)}};
}
std::string word(u64 v) {
  return to_hex(u256(v).to_be());
}

TEST_F(Calls, ReturnsData) {
  EXPECT_EQ(result("eth_call", {to(store(), word(9)), "latest"}), word(9));
  EXPECT_EQ(result("eth_getStorageAt", {text(store()), "0x1"}), word(0)) << "a call changed the state";
  EXPECT_EQ(result("eth_call", {{{"to", text(store())}, {"data", word(8)}}}), word(8));
  EXPECT_EQ(result("eth_call", {{{"to", text(store())}, {"data", word(8)}, {"input", word(8)}}}), word(8));
  EXPECT_EQ(error("eth_call", {{{"to", text(store())}, {"data", word(8)}, {"input", word(9)}}})["code"], -32602);
  EXPECT_EQ(result("eth_call", {to(contract_address(77))}), "0x");
}

TEST_F(Calls, RevertsCarryReasonAndData) {
  const json got = error("eth_call", {to(reverter())});
  EXPECT_EQ(got["code"], 3);
  EXPECT_EQ(got["message"], "execution reverted: nope");
  EXPECT_EQ(got["data"].get<std::string>().substr(0, 10), "0x08c379a0");
  EXPECT_EQ(error("eth_call", {to(panicker())})["message"], "execution reverted: arithmetic underflow or overflow");
  EXPECT_EQ(error("eth_estimateGas", {to(reverter())}), got);
  EXPECT_EQ(error("eth_call", {to(bad_opcode())})["message"], "invalid opcode");
  EXPECT_EQ(error("eth_call", {to(looper())})["message"], "out of gas");
}

TEST_F(Calls, RevertTextSurvivesHostileData) {
  EXPECT_EQ(revert_message({}), "execution reverted");
  Bytes data = hex_bytes("08c379a0");
  for (std::size_t length = 0; length < 4 + 96; ++length) {
    Bytes cut = data;
    cut.resize(4 + length, 0xff);
    EXPECT_EQ(revert_message(cut), "execution reverted");
  }
  Bytes offset = data;
  append(offset, word_bytes(1));  // overlapping: length is what stands at offset 1
  append(offset, word_bytes(0));
  offset.resize(offset.size() + 32);
  EXPECT_TRUE(revert_message(offset).starts_with("execution reverted"));
  Bytes odd = hex_bytes("4e487b71");
  append(odd, word_bytes(0x77));
  EXPECT_EQ(revert_message(odd), "execution reverted: unknown panic code: 0x77");
}

TEST_F(Calls, SeesTheBlockItIsAskedFor) {
  chain.seal_empty();
  chain.seal_empty();
  const auto words = [&](const json& block, json overrides = nullptr) {
    const Bytes out = hex_bytes(result("eth_call", {to(block_teller()), block, nullptr, overrides}).get<std::string>());
    std::vector<u256> values;
    for (std::size_t i = 0; i + 32 <= out.size(); i += 32) values.push_back(u256::from_be(out.data() + i));
    return values;
  };
  const auto latest = words("latest");
  ASSERT_EQ(latest.size(), 6u);
  EXPECT_EQ(latest[0], u256(2));
  EXPECT_EQ(latest[1], u256(chain.head()->header.timestamp));
  EXPECT_EQ(latest[2], chain.head()->header.base_fee_per_gas);
  EXPECT_EQ(latest[3], u256::from_be(chain.block_hash(1)));
  EXPECT_EQ(words("pending")[0], u256(3));
  EXPECT_EQ(words("pending")[3], u256::from_be(chain.block_hash(2)));
  EXPECT_EQ(words("0x1")[0], u256(1));
  const auto moved = words("latest", {{"number", "0x64"}, {"time", "0x1"}, {"baseFeePerGas", "0x7"}});
  EXPECT_EQ(moved[0], u256(100));
  EXPECT_EQ(moved[1], u256(1));
  EXPECT_EQ(moved[2], u256(7));
}

TEST_F(Calls, OverridesState) {
  const auto words = [&](const json& overrides) {
    return hex_bytes(result("eth_call", {to(block_teller()), "latest", overrides}).get<std::string>());
  };
  const std::string who = text(block_teller());
  const Bytes diff = words({{who, {{"stateDiff", {{word(7), word(0x55)}}}, {"balance", "0x66"}}}});
  EXPECT_EQ(u256::from_be(diff.data() + 128), u256(0x55));
  EXPECT_EQ(u256::from_be(diff.data() + 160), u256(0x66));
  // `state` replaces all slots: refunder's slot 5 reads as zero then.
  const json code = {{"code", "0x6005545f5260205ff3"}};  // return sload(5)
  const auto slot5 = [&](json change) {
    change.update(code);
    return result("eth_call", {to(refunder()), "latest", {{text(refunder()), change}}});
  };
  EXPECT_EQ(slot5(json::object()), word(1));
  EXPECT_EQ(slot5({{"state", json::object()}}), word(0));
  EXPECT_EQ(slot5({{"state", {{word(5), word(3)}}}}), word(3));
  EXPECT_EQ(
      result("eth_call",
             {to(contract_address(70)), "latest", {{text(contract_address(70)), {{"code", "0x60015f5260205ff3"}}}}}),
      word(1));
  EXPECT_EQ(error("eth_call",
                  {to(store()), "latest", {{who, {{"state", json::object()}, {"stateDiff", json::object()}}}}})["code"],
            -32602);
  EXPECT_EQ(error("eth_call", {to(store()), "latest", {{who, {{"movePrecompileToAddress", who}}}}})["code"], -32602);
  EXPECT_EQ(error("eth_call", {to(store()), "latest", {{"0x12", json::object()}}})["code"], -32602);
}

TEST_F(Calls, ChecksValueAndPrice) {
  const std::string me = text(MemoryChain::account(0));
  json poor = to(contract_address(60));
  poor["value"] = "0x1";
  EXPECT_EQ(error("eth_call", {poor})["message"].get<std::string>().substr(0, 42),
            "insufficient funds for gas * price + value");
  poor["from"] = me;
  EXPECT_EQ(result("eth_call", {poor}), "0x");
  json priced = to(store(), word(1));
  priced["from"] = text(contract_address(61));
  priced["gas"] = "0x186a0";
  EXPECT_EQ(result("eth_call", {priced}), word(1)) << "a call without a price needs no balance";
  priced["gasPrice"] = "0x77359400";
  EXPECT_EQ(error("eth_call", {priced})["code"], -32000);
  priced["gasPrice"] = "0x1";
  EXPECT_NE(error("eth_call", {priced})["message"].get<std::string>().find("max fee per gas less than block base fee"),
            std::string::npos);
  json both = to(store());
  both["gasPrice"] = "0x1";
  both["maxFeePerGas"] = "0x1";
  EXPECT_EQ(error("eth_call", {both})["code"], -32602);
  json other = to(store());
  other["chainId"] = "0x1";
  EXPECT_EQ(error("eth_call", {other})["message"], "chainId does not match node's (have=1, want=31337)");
}

TEST_F(Calls, TimeAndGasAreBounded) {
  config.call_gas_max = 100'000;
  restart();
  json big = to(gas_checker());
  big["gas"] = "0xffffffffffff";
  EXPECT_EQ(error("eth_call", {big})["code"], 3) << "gas was not capped";
  config.call_gas_max = 50'000'000;
  config.call_time_ms_max = 0;
  restart();
  EXPECT_EQ(error("eth_call", {to(store())})["message"], "execution aborted (timeout = 0ms)");
}

/// The estimate must be enough, and one less must not.
void expect_exact(RpcTest&, u64 estimate, const std::function<bool(u64)>& works) {
  EXPECT_TRUE(works(estimate)) << estimate;
  EXPECT_FALSE(works(estimate - 1)) << estimate;
}

TEST_F(Calls, EstimatesAreExact) {
  const std::string me = text(MemoryChain::account(0));
  const std::string init =
      "0x6005600c60003960056000f3"
      "5b5f565b00";  // deploys five bytes
  std::vector<json> messages = {to(store(), word(9)),     to(forwarder()),
                                to(gas_checker()),        to(refunder()),
                                to(contract_address(62)), to(contract_address(62), "0x" + std::string(2'000, 'f')),
                                {{"input", init}}};
  for (json& message : messages) {
    message["from"] = me;
    const u64 gas = parse_u256(result("eth_estimateGas", {message}).get<std::string>())->low_u64();
    expect_exact(*this, gas, [&](u64 limit) {
      json limited = message;
      limited["gas"] = to_quantity(u256(limit));
      return answer("eth_call", {limited}).contains("result");
    });
  }
  EXPECT_EQ(result("eth_estimateGas", {{{"from", me}, {"to", text(contract_address(62))}, {"value", "0x1"}}}),
            "0x5208");
}

TEST_F(Calls, EstimatesAreBoundedByMeans) {
  EXPECT_EQ(error("eth_estimateGas", {to(looper())})["message"], "gas required exceeds allowance (16777216)");
  json limited = to(forwarder());
  limited["gas"] = "0xc350";
  const json short_of_gas = error("eth_estimateGas", {limited});
  EXPECT_EQ(short_of_gas["code"], 3);  // the contract itself reverts when its callee fails
  json poor = to(store(), word(1));
  poor["from"] = text(contract_address(63));
  poor["gasPrice"] = "0x77359400";
  EXPECT_EQ(error("eth_estimateGas", {poor})["message"], "gas required exceeds allowance (0)");
  poor["value"] = "0x5";
  EXPECT_EQ(error("eth_estimateGas", {poor})["message"], "insufficient funds for transfer");
}

TEST_F(Calls, AccessListsNameWhatIsTouched) {
  const json got = result("eth_createAccessList", {to(store(), word(9))});
  EXPECT_EQ(got["accessList"], json::array({{{"address", text(store())}, {"storageKeys", {word(1)}}}}));
  EXPECT_FALSE(got.contains("error"));
  const json through = result("eth_createAccessList", {to(forwarder())});
  EXPECT_EQ(through["accessList"], json::array({{{"address", text(gas_checker())}, {"storageKeys", json::array()}}}));
  EXPECT_EQ(result("eth_createAccessList", {to(reverter())})["error"], "execution reverted: nope");
  // With its list the call costs what was said.
  json listed = to(store(), word(9));
  listed["accessList"] = got["accessList"];
  listed["gas"] = got["gasUsed"];
  EXPECT_EQ(result("eth_call", {listed}), word(9));
}

}  // namespace
}  // namespace atlas::rpc
