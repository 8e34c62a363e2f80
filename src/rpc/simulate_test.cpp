// eth_simulateV1: chains of blocks that might be.
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

using Simulations = RpcTest;

const std::string kEther = "0x" + std::string(40, 'e');
const std::string kTransferTopic = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef";

std::string word(u64 v) {
  return to_hex(u256(v).to_be());
}
std::string padded(const Address& address) {
  return to_hex(u256::from_address(address).to_be());
}
json call(const Address& to, const std::string& input = "0x") {
  return {{"from", text(MemoryChain::account(0))}, {"to", text(to)}, {"input", input}};
}
json payment(const Address& to, const std::string& value) {
  return {{"from", text(MemoryChain::account(0))}, {"to", text(to)}, {"value", value}};
}
json one_block(json calls, json more = json::object()) {
  // In a braced list one json cannot be told from a list of it.
  more["calls"] = calls.is_array() ? std::move(calls) : json::array({std::move(calls)});
  return {{"blockStateCalls", json::array({std::move(more)})}};
}

TEST_F(Simulations, CallsOfABlockSeeEachOtherAndTheChainStaysAsItIs) {
  const json got = result("eth_simulateV1", {one_block({call(store(), word(5)), call(store(), word(6))}), "latest"});
  ASSERT_EQ(got.size(), 1u);
  const json& block = got[0];
  EXPECT_EQ(block["number"], "0x1");
  EXPECT_EQ(block["parentHash"], result("eth_getBlockByNumber", {"latest", false})["hash"]);
  EXPECT_EQ(block["baseFeePerGas"], "0x0");
  EXPECT_EQ(block["timestamp"], to_quantity(1'700'000'000 + 12));
  ASSERT_EQ(block["transactions"].size(), 2u);
  EXPECT_NE(block["transactions"][0], block["transactions"][1]);
  ASSERT_EQ(block["calls"].size(), 2u);
  for (std::size_t i = 0; i < 2; ++i) {
    const json& one = block["calls"][i];
    EXPECT_EQ(one["status"], "0x1");
    EXPECT_EQ(one["returnData"], word(5 + i));
    ASSERT_EQ(one["logs"].size(), 1u);
    EXPECT_EQ(one["logs"][0]["address"], text(store()));
    EXPECT_EQ(one["logs"][0]["blockHash"], block["hash"]);
    EXPECT_EQ(one["logs"][0]["transactionHash"], block["transactions"][i]);
    EXPECT_EQ(one["logs"][0]["logIndex"], i == 0 ? "0x0" : "0x1");
    EXPECT_FALSE(one.contains("error"));
  }
  // A slot that is dirty already costs less, so the second saw the first.
  EXPECT_GT(std::stoul(block["calls"][0]["gasUsed"].get<std::string>(), nullptr, 16),
            std::stoul(block["calls"][1]["gasUsed"].get<std::string>(), nullptr, 16));
  EXPECT_EQ(result("eth_blockNumber"), "0x0");
  EXPECT_EQ(result("eth_getStorageAt", {text(store()), "0x1", "latest"}), word(0));
  EXPECT_EQ(result("eth_getTransactionByHash", {block["transactions"][0]}), nullptr);
}

TEST_F(Simulations, BlocksFollowOneAnotherAndGapsAreFilled) {
  const json first = {{"calls", {call(store(), word(5))}}};
  const json second = {{"blockOverrides", {{"number", "0x4"}, {"time", to_quantity(1'700'000'100)}}},
                       {"calls", {call(block_teller())}}};
  const json got = result("eth_simulateV1", {{{"blockStateCalls", {first, second}}}, "latest"});
  ASSERT_EQ(got.size(), 4u);
  for (std::size_t i = 1; i < 4; ++i) EXPECT_EQ(got[i]["parentHash"], got[i - 1]["hash"]);
  EXPECT_EQ(got[1]["calls"], json::array());
  EXPECT_EQ(got[3]["timestamp"], to_quantity(1'700'000'100));
  // NUMBER, TIMESTAMP, BASEFEE, BLOCKHASH(NUMBER − 1), …
  const std::string told = got[3]["calls"][0]["returnData"];
  EXPECT_EQ(told.substr(2, 64), word(4).substr(2));
  EXPECT_EQ(told.substr(2 + 64, 64), word(1'700'000'100).substr(2));
  EXPECT_EQ(got[2]["hash"], "0x" + told.substr(2 + 3 * 64, 64));
}

TEST_F(Simulations, OverridesOfStateAndBlockStayForWhatFollows) {
  const json rich = {
      {"stateOverrides",
       {{text(store()), {{"stateDiff", {{word(1), word(77)}}}}},
        {text(contract_address(50)), {{"code", "0x60015460005260206000f3"}, {"state", {{word(1), word(78)}}}}}}},
      {"blockOverrides",
       {{"feeRecipient", text(contract_address(60))},
        {"baseFeePerGas", "0x7"},
        {"gasLimit", "0x1000000"},
        {"prevRandao", word(9)}}},
      {"calls", {call(contract_address(50))}}};
  const json got =
      result("eth_simulateV1", {{{"blockStateCalls", {rich, {{"calls", {call(contract_address(50))}}}}}}, "latest"});
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0]["miner"], text(contract_address(60)));
  EXPECT_EQ(got[0]["baseFeePerGas"], "0x7") << "a call without a price runs all the same";
  EXPECT_EQ(got[0]["mixHash"], word(9));
  EXPECT_EQ(got[0]["gasLimit"], "0x1000000");
  EXPECT_EQ(got[0]["calls"][0]["returnData"], word(78));
  EXPECT_EQ(got[1]["calls"][0]["returnData"], word(78));
  EXPECT_EQ(got[1]["miner"], text(contract_address(60)));
}

TEST_F(Simulations, TransfersAreListedAmongTheLogs) {
  // log1(topic 0x1), call(account 1, value 3), log1(topic 0x2), then revert if there is call data
  const std::string payee = text(MemoryChain::account(1)).substr(2);
  const std::string code = "0x" + std::string("60015f5fa15f5f5f5f600373") + payee + "5af15060025f5fa1" + "36156030" +
                           "57" + "5f5ffd" + "5b00";
  const json over = {{text(contract_address(51)), {{"code", code}, {"balance", "0x64"}}}};
  json args =
      one_block({payment(contract_address(51), "0x2"), call(contract_address(51), "0x01")}, {{"stateOverrides", over}});
  args["traceTransfers"] = true;
  const json got = result("eth_simulateV1", {args, "latest"})[0]["calls"];
  ASSERT_EQ(got[0]["status"], "0x1") << got[0];
  const json& logs = got[0]["logs"];
  ASSERT_EQ(logs.size(), 4u) << logs;
  EXPECT_EQ(logs[0]["address"], kEther);
  EXPECT_EQ(logs[0]["topics"],
            json::array({kTransferTopic, padded(MemoryChain::account(0)), padded(contract_address(51))}));
  EXPECT_EQ(logs[0]["data"], word(2));
  EXPECT_EQ(logs[1]["topics"], json::array({word(1)}));
  EXPECT_EQ(logs[2]["address"], kEther);
  EXPECT_EQ(logs[2]["topics"],
            json::array({kTransferTopic, padded(contract_address(51)), padded(MemoryChain::account(1))}));
  EXPECT_EQ(logs[2]["data"], word(3));
  EXPECT_EQ(logs[3]["topics"], json::array({word(2)}));
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(logs[i]["logIndex"], to_quantity(i));
  EXPECT_EQ(got[1]["status"], "0x0");
  EXPECT_EQ(got[1]["logs"], json::array());
  args["traceTransfers"] = false;
  EXPECT_EQ(result("eth_simulateV1", {args, "latest"})[0]["calls"][0]["logs"].size(), 2u);
}

TEST_F(Simulations, SelfDestructionIsATransfer) {
  const std::string heir = text(MemoryChain::account(2)).substr(2);
  json args = one_block(
      {call(contract_address(52))},
      {{"stateOverrides", {{text(contract_address(52)), {{"code", "0x73" + heir + "ff"}, {"balance", "0x9"}}}}}});
  args["traceTransfers"] = true;
  const json logs = result("eth_simulateV1", {args, "latest"})[0]["calls"][0]["logs"];
  ASSERT_EQ(logs.size(), 1u);
  EXPECT_EQ(logs[0]["topics"][2], padded(MemoryChain::account(2)));
  EXPECT_EQ(logs[0]["data"], word(9));
}

TEST_F(Simulations, FailingCallsSayWhyAndTheRestGoesOn) {
  json halting = call(bad_opcode());
  halting["gas"] = "0x10000";  // all of which it takes
  const json got =
      result("eth_simulateV1", {one_block({call(reverter()), halting, call(store(), word(1))}), "latest"})[0]["calls"];
  ASSERT_EQ(got.size(), 3u);
  EXPECT_EQ(got[0]["status"], "0x0");
  EXPECT_EQ(got[0]["returnData"], "0x");
  EXPECT_EQ(got[0]["error"]["code"], 3);
  EXPECT_EQ(got[0]["error"]["message"], "execution reverted: nope");
  EXPECT_EQ(got[0]["error"]["data"].get<std::string>().substr(0, 10), "0x08c379a0");
  EXPECT_EQ(got[1]["error"]["code"], -32015);
  EXPECT_EQ(got[1]["error"]["message"], "invalid opcode");
  EXPECT_EQ(got[2]["status"], "0x1");
}

TEST_F(Simulations, WithoutValidationNoncesAndFeesAreFree) {
  json any_nonce = payment(MemoryChain::account(1), "0x1");
  any_nonce["nonce"] = "0x63";
  json args = one_block({any_nonce, call(store(), word(1))});
  args["returnTransactionObjects"] = true;
  const json block = result("eth_simulateV1", {args, "latest"})[0];
  EXPECT_EQ(block["transactions"][0]["nonce"], "0x63");
  EXPECT_EQ(block["transactions"][0]["from"], text(MemoryChain::account(0)));
  EXPECT_EQ(block["transactions"][1]["nonce"], "0x1");
  EXPECT_EQ(block["calls"][0]["gasUsed"], "0x5208");
  // Also from a contract (EIP-3607 is waived), and from an account that has nothing.
  json from_contract = call(store(), word(1));
  from_contract["from"] = text(reverter());
  json from_nobody = call(store(), word(1));
  from_nobody.erase("from");
  const json free = result("eth_simulateV1", {one_block({from_contract, from_nobody}), "latest"})[0]["calls"];
  EXPECT_EQ(free[0]["status"], "0x1");
  EXPECT_EQ(free[1]["status"], "0x1");
}

TEST_F(Simulations, ValidationChecksNoncesAndFees) {
  const auto code_of = [&](json one, bool validation = true) {
    json args = one_block({std::move(one)});
    args["validation"] = validation;
    return error("eth_simulateV1", {args, "latest"})["code"].get<int>();
  };
  json good = payment(MemoryChain::account(1), "0x1");
  good["maxFeePerGas"] = "0x77359400";
  good["gas"] = "0x5208";
  json args = one_block({good});
  args["validation"] = true;
  const json block = result("eth_simulateV1", {args, "latest"})[0];
  EXPECT_NE(block["baseFeePerGas"], "0x0");
  EXPECT_EQ(block["calls"][0]["status"], "0x1");

  json cheap = good;
  cheap["maxFeePerGas"] = "0x1";
  EXPECT_EQ(code_of(cheap), -38012);
  json ahead = good;
  ahead["nonce"] = "0x5";
  EXPECT_EQ(code_of(ahead), -38011);
  send(0, transfer(0, MemoryChain::account(1)));
  json behind = good;
  behind["nonce"] = "0x0";
  EXPECT_EQ(code_of(behind), -38010);
  json poor = good;
  poor["from"] = text(contract_address(70));
  EXPECT_EQ(code_of(poor), -38014);
  json broke = payment(MemoryChain::account(1), "0x1");
  broke["from"] = text(contract_address(70));
  EXPECT_EQ(code_of(broke, false), -38014);
  json little = payment(MemoryChain::account(1), "0x1");
  little["gas"] = "0x5207";
  EXPECT_EQ(code_of(little, false), -38013);
  json huge = payment(MemoryChain::account(1), "0x1");
  huge["gas"] = "0xffffffffff";
  EXPECT_EQ(code_of(huge, false), -38015);
  json init = {{"from", text(MemoryChain::account(0))}, {"input", "0x" + std::string(2 * 50'000, '0')}};
  EXPECT_EQ(code_of(init, false), -38025);
}

TEST_F(Simulations, RefusesWhatMakesNoChain) {
  const auto code_of = [&](json blocks) {
    return error("eth_simulateV1", {{{"blockStateCalls", std::move(blocks)}}, "latest"})["code"].get<int>();
  };
  chain.seal_empty();
  chain.seal_empty();
  EXPECT_EQ(code_of(json::array()), -32602);
  EXPECT_EQ(code_of({{{"blockOverrides", {{"number", "0x2"}}}}}), -38020);
  EXPECT_EQ(code_of({{{"blockOverrides", {{"number", "0x5"}}}}, {{"blockOverrides", {{"number", "0x5"}}}}}), -38020);
  EXPECT_EQ(code_of({{{"blockOverrides", {{"time", "0x1"}}}}}), -38021);
  EXPECT_EQ(code_of({{{"blockOverrides", {{"number", "0xfff"}}}}}), -38026);
  EXPECT_EQ(code_of(json(257, json::object())), -38026);
  EXPECT_EQ(code_of({{{"stateOverrides", {{text(store()), {{"movePrecompileToAddress", text(reverter())}}}}}}}),
            -32602);
  EXPECT_EQ(code_of({{{"blockOverrides", {{"withdrawals", {1}}}}}}), -32602);
  const json bad = error("eth_simulateV1", {{{"blockStateCalls", {{{"calls", {{{"to", "0x12"}}}}}}}}, "latest"});
  EXPECT_EQ(bad["code"], -32602);
  EXPECT_NE(bad["message"].get<std::string>().find("blockStateCalls[0]: calls[0]: to: "), std::string::npos) << bad;
  EXPECT_EQ(error("eth_simulateV1", {one_block(json::array()), "0x77"})["code"], -32000);
  EXPECT_EQ(
      result("eth_simulateV1", {{{"blockStateCalls", {{{"blockOverrides", {{"number", "0x102"}}}}}}}, "latest"}).size(),
      256u);
}

TEST_F(Simulations, AnswersAreBounded) {
  config.response_bytes_max = 6'000;
  restart();
  const auto blocks = [](std::size_t count, std::size_t calls) {
    const json block{{"calls", json(calls, call(store(), word(5)))}};
    return json::array({{{"blockStateCalls", json(count, block)}}, "latest"});
  };
  EXPECT_EQ(result("eth_simulateV1", blocks(1, 2))[0]["calls"].size(), 2u);
  for (const auto& [count, calls] : {std::pair{1, 12}, std::pair{12, 1}}) {
    const json refused =
        error("eth_simulateV1", blocks(static_cast<std::size_t>(count), static_cast<std::size_t>(calls)));
    EXPECT_EQ(refused["code"], -32005);
    EXPECT_NE(refused["message"].get<std::string>().find("6000 bytes"), std::string::npos) << refused;
  }
}

TEST_F(Simulations, AllCallsTogetherAreBoundedByGasAndTime) {
  config.call_gas_max = 1'000'000;
  restart();
  json hungry = call(looper());
  hungry["gas"] = "0xf0000";
  const json out_of_gas = result("eth_simulateV1", {one_block({hungry}), "latest"})[0]["calls"][0];
  EXPECT_EQ(out_of_gas["error"]["message"], "out of gas");
  // The second has what the first left, which is too little to begin with.
  EXPECT_EQ(error("eth_simulateV1", {one_block({hungry, call(looper()), call(looper())}), "latest"})["code"], -38013);
  config.call_time_ms_max = 0;
  restart();
  EXPECT_NE(
      error("eth_simulateV1", {one_block({hungry, hungry}), "latest"})["message"].get<std::string>().find("timeout"),
      std::string::npos);
}

}  // namespace
}  // namespace atlas::rpc
