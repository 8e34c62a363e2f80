// debug_trace…: anvil's answers to the same transactions, geth's where anvil departs from it, replay and limits.
#include <set>

#include <rpc/rpc_fixture.hpp>
#include <rpc/trace_golden.hpp>

namespace atlas::rpc {
namespace {

// Calls `store` with CALL and DELEGATECALL, the identity precompile and `reverter`; sends value that it does not have;
// creates two contracts of no code.
constexpr std::string_view kCaller =
    "60075f526020604060205f5f730000000000000000000000000000000000c0de0261fffff15060205f60205f60045afa505f5f60205f"
    "730000000000000000000000000000000000c0de025af4505f5f5f5f5f730000000000000000000000000000000000c0de015af1505f"
    "5f5f5f60ff730000000000000000000000000000000000c0de0261fffff1505f5f5ff05060ff5f5ff05060015460205260405ff3";
// Calls `refunder`, an invalid instruction and an ADD without operands; destroys itself.
constexpr std::string_view kFailing =
    "5f5f5f5f5f730000000000000000000000000000000000c0de075af1505f5f5f5f5f730000000000000000000000000000000000c0de"
    "08611000f1505f5f5f5f5f730000000000000000000000000000000000c0de12611000f15032ff";

class Traces : public RpcTest {
 protected:
  std::string calling;
  std::string failing;

  void SetUp() override {
    RpcTest::SetUp();
    put(16, kCaller);
    put(17, kFailing);
    put(18, "01");
    calling = send(0, invoke(0, contract_address(16), hex_bytes("12345678aabb"), 300'000));
    failing = send(0, invoke(1, contract_address(17), {}, 300'000));
  }
  void put(u64 i, std::string_view code) {
    ASSERT_TRUE(chain.set_code(contract_address(i), hex_bytes(code)).ok());
    ASSERT_TRUE(chain.set_nonce(contract_address(i), 1).ok());
  }
  json trace(const std::string& hash, const json& options = nullptr) {
    return result("debug_traceTransaction", {hash, options});
  }
};

/// anvil leaves the intrinsic gas out of the first frame; geth shows the transaction's limit.
json with_gas_limit(const char* text) {
  json calls = json::parse(text);
  calls["gas"] = "0x493e0";
  return calls;
}

TEST_F(Traces, CallsEqualAnvils) {
  EXPECT_EQ(trace(calling, {{"tracer", "callTracer"}, {"tracerConfig", {{"withLog", true}}}}),
            with_gas_limit(golden::kCalls));
  json expected = with_gas_limit(golden::kFailingCalls);
  EXPECT_EQ(expected["calls"][2]["error"], "StackUnderflow");
  expected["calls"][2]["error"] = "stack underflow (0 <=> 2)";  // geth's words
  EXPECT_EQ(trace(failing, {{"tracer", "callTracer"}}), expected);
}

TEST_F(Traces, OnlyTheTopCallAndNoLogsUnlessAsked) {
  json expected = with_gas_limit(golden::kCalls);
  expected.erase("calls");
  EXPECT_EQ(trace(calling, {{"tracer", "callTracer"}, {"tracerConfig", {{"onlyTopCall", true}}}}), expected);
  EXPECT_FALSE(trace(calling, {{"tracer", "callTracer"}})["calls"][0].contains("logs"));
}

TEST_F(Traces, InstructionsEqualAnvils) {
  const auto compare = [&](const std::string& hash, const json& options, const char* text) {
    const json got = trace(hash, options);
    json expected = json::parse(text);
    // anvil lists a STOP for a creation without code; geth runs nothing there.
    auto& steps = expected["structLogs"];
    for (std::size_t i = 1; i < steps.size(); ++i) {
      const bool empty = steps[i - 1]["op"] == "CREATE" && steps[i - 1]["stack"][0] == "0x0";
      if (empty && steps[i]["op"] == "STOP") steps.erase(i);
    }
    for (const char* name : {"gas", "failed", "returnValue"}) EXPECT_EQ(got[name], expected[name]);
    ASSERT_EQ(got["structLogs"].size(), expected["structLogs"].size());
    for (std::size_t i = 0; i < got["structLogs"].size(); ++i) {
      json mine = got["structLogs"][i];
      json theirs = expected["structLogs"][i];
      // geth's refund is the transaction's and left out when zero; anvil's is the frame's.
      if (theirs["depth"] == 1 && theirs["refund"] != 0) {
        EXPECT_EQ(mine["refund"], theirs["refund"]) << i;
      }
      mine.erase("refund");
      theirs.erase("refund");
      EXPECT_EQ(mine.contains("error"), theirs.contains("error")) << i;
      if (theirs.contains("error")) {  // anvil prints its own names
        mine.erase("error");
        theirs.erase("error");
        mine.erase("gasCost");  // of what did not happen
        theirs.erase("gasCost");
      }
      EXPECT_EQ(mine, theirs) << i;
    }
  };
  compare(calling, nullptr, golden::kSteps);
  compare(failing, {{"enableMemory", true}, {"enableReturnData", true}}, golden::kFailingSteps);
}

TEST_F(Traces, PrevrandaoKeepsItsOldName) {
  put(19, "4400");
  const json steps = trace(send(0, invoke(2, contract_address(19), {})))["structLogs"];
  ASSERT_EQ(steps.size(), 2u);
  EXPECT_EQ(steps[0]["op"], "DIFFICULTY");
}

TEST_F(Traces, InstructionOptions) {
  const json all = trace(calling)["structLogs"];
  const json few = trace(calling, {{"limit", 5}})["structLogs"];
  ASSERT_EQ(few.size(), 5u);
  EXPECT_EQ(few[4], all[4]);
  const json bare = trace(calling, {{"disableStack", true}, {"disableStorage", true}})["structLogs"];
  for (const json& step : bare) {
    EXPECT_FALSE(step.contains("stack") || step.contains("storage") || step.contains("memory"));
  }
  bool stores = false;
  for (const json& step : all) stores = stores || step.contains("storage");
  EXPECT_TRUE(stores);
}

/// Without what depends on fees: the sender and the coinbase.
json without_fees(json accounts) {
  for (const char* who : {"0x7e5f4552091a69125d5dfcb7b8c2659029395bdf", "0x0000000000000000000000000000000000000fee",
                          "0x0000000000000000000000000000000000000000"}) {
    accounts.erase(who);
  }
  return accounts;
}

TEST_F(Traces, PrestateEqualsAnvils) {
  const json got = trace(calling, {{"tracer", "prestateTracer"}});
  EXPECT_TRUE(got.contains(text(MemoryChain::account(0))));
  json expected = without_fees(json::parse(golden::kPrestate));
  for (u64 nonce = 1; nonce <= 2; ++nonce) {  // geth leaves out what the transaction creates
    ASSERT_EQ(expected.erase(text(stf::create_address(contract_address(16), nonce))), 1u);
  }
  EXPECT_EQ(without_fees(got), expected);
}

TEST_F(Traces, DiffEqualsAnvils) {
  const json options = {{"tracer", "prestateTracer"}, {"tracerConfig", {{"diffMode", true}}}};
  for (const auto& [hash, text] : {std::pair(calling, golden::kDiff), std::pair(failing, golden::kFailingDiff)}) {
    const json got = trace(hash, options);
    const json expected = json::parse(text);
    for (const char* side : {"pre", "post"}) {
      EXPECT_EQ(without_fees(got[side]), without_fees(expected[side])) << side;
      EXPECT_TRUE(got[side].contains(atlas::rpc::text(MemoryChain::account(0))));
    }
  }
}

TEST_F(Traces, SelectorsAreCounted) {
  json expected = json::parse(golden::kFourByte);
  expected["0x00000000-28"] = 2;  // geth does not count precompiles
  EXPECT_EQ(trace(calling, {{"tracer", "4byteTracer"}}), expected);
  EXPECT_EQ(trace(calling, {{"tracer", "noopTracer"}}), json::object());
}

TEST_F(Traces, BlocksReplayWhatCameBefore) {
  ASSERT_TRUE(chain.set_automine(false).ok());
  std::vector<std::string> hashes;
  for (u64 i = 0; i < 3; ++i) hashes.push_back(send(0, invoke(2 + i, store(), word_bytes(50 + i))));
  chain.seal_pool();
  const json number = result("eth_blockNumber");
  const json options = {{"tracer", "prestateTracer"}, {"tracerConfig", {{"diffMode", true}}}};
  const json whole = result("debug_traceBlockByNumber", {number, options});
  ASSERT_EQ(whole.size(), 3u);
  const std::string slot = to_hex(u256(1).to_be());
  for (u64 i = 0; i < 3; ++i) {
    EXPECT_EQ(whole[i]["txHash"], hashes[i]);
    const json one = trace(hashes[i], options);
    EXPECT_EQ(whole[i]["result"], one);
    EXPECT_EQ(one["post"][text(store())]["storage"][slot], to_hex(u256(50 + i).to_be()));
    const u64 before = i == 0 ? 7 : 49 + i;
    if (i > 0) {
      EXPECT_EQ(one["pre"][text(store())]["storage"][slot], to_hex(u256(before).to_be()));
    }
    EXPECT_EQ(one["pre"][text(MemoryChain::account(0))]["nonce"], 2 + i);
  }
  const json block = result("eth_getBlockByNumber", {number, false});
  EXPECT_EQ(result("debug_traceBlockByHash", {block["hash"], options}), whole);
}

TEST_F(Traces, CallsAreTracedWithOverrides) {
  const json call = {{"to", text(store())}, {"data", to_hex(word_bytes(9))}, {"gas", "0x186a0"}};
  const json got = result("debug_traceCall", {call, "latest", {{"tracer", "callTracer"}}});
  EXPECT_EQ(got["type"], "CALL");
  EXPECT_EQ(got["gas"], "0x186a0");
  EXPECT_EQ(got["output"], to_hex(u256(9).to_be()));
  const json overridden = {{"tracer", "callTracer"}, {"stateOverrides", {{text(store()), {{"code", "0x5f5ffd"}}}}}};
  EXPECT_EQ(result("debug_traceCall", {call, "latest", overridden})["error"], "execution reverted");
  const json number = {{"blockOverrides", {{"number", "0x64"}}}};
  EXPECT_EQ(result("debug_traceCall", {{{"to", text(block_teller())}}, "latest", number})["structLogs"][1]["stack"][0],
            "0x64");
  const json deep = result("debug_traceCall", {{{"to", text(reverter())}}, "latest", {{"tracer", "callTracer"}}});
  EXPECT_EQ(deep["revertReason"], "nope");
}

TEST_F(Traces, OtterscanSeesFramesAndTransfers) {
  EXPECT_EQ(result("ots_getApiLevel"), 8);
  EXPECT_EQ(result("ots_hasCode", {text(store()), "latest"}), true);
  EXPECT_EQ(result("ots_hasCode", {text(MemoryChain::account(0)), "latest"}), false);
  const json frames = result("ots_traceTransaction", {calling});
  ASSERT_EQ(frames.size(), 8u);  // as callTracer has them, the transaction's own first
  EXPECT_EQ(frames[0]["depth"], 0);
  EXPECT_EQ(frames[0]["input"], "0x12345678aabb");
  EXPECT_EQ(frames[1]["output"], to_hex(u256(7).to_be()));
  EXPECT_EQ(frames[2]["type"], "STATICCALL");
  EXPECT_TRUE(frames[2]["value"].is_null());
  EXPECT_TRUE(frames[3]["value"].is_null()) << "DELEGATECALL moves nothing";
  // The transfer of what was not there did not happen.
  const json operations = result("ots_getInternalOperations", {calling});
  ASSERT_EQ(operations.size(), 2u);
  EXPECT_EQ(operations[0]["type"], 2);
  EXPECT_EQ(operations[0]["to"], text(stf::create_address(contract_address(16), 1)));
  const json destroyed = result("ots_getInternalOperations", {failing});
  ASSERT_EQ(destroyed.size(), 1u);
  EXPECT_EQ(destroyed[0]["type"], 1);
  EXPECT_EQ(result("ots_getTransactionError", {calling}), "0x");
  const std::string reverted = send(0, invoke(2, reverter(), {}));
  EXPECT_EQ(result("ots_getTransactionError", {reverted}).get<std::string>().substr(0, 10), "0x08c379a0");
}

TEST_F(Traces, RefusalsSayWhy) {
  EXPECT_EQ(error("debug_traceTransaction", {"0x" + std::string(64, '1')})["message"], "transaction not found");
  EXPECT_EQ(error("debug_traceTransaction", {calling, {{"tracer", "jsTracer"}}})["code"], -32602);
  EXPECT_EQ(error("debug_traceTransaction", {calling, {{"limit", "x"}}})["code"], -32602);
  EXPECT_EQ(error("debug_traceBlockByNumber", {"0x0"})["message"], "genesis is not traceable");
  EXPECT_EQ(error("debug_traceBlockByNumber", {"0xffff"})["code"], -32000);
  chain.prune_states(chain.head()->header.number);
  const json old = error("debug_traceTransaction", {calling});
  EXPECT_EQ(old["code"], -32002);
  EXPECT_NE(old["message"].get<std::string>().find("keeps it from block"), std::string::npos);
}

TEST_F(Traces, SizeAndTimeAreBounded) {
  config.response_bytes_max = 20'000;
  restart();
  const json endless = {{"to", text(looper())}, {"gas", "0x4c4b40"}};
  const json full = error("debug_traceCall", {endless});
  EXPECT_EQ(full["code"], -32005);
  EXPECT_NE(full["message"].get<std::string>().find("20000 bytes"), std::string::npos);
  EXPECT_EQ(result("debug_traceCall", {endless, "latest", {{"limit", 10}}})["structLogs"].size(), 10u);
  config.call_time_ms_max = 0;
  restart();
  EXPECT_NE(error("debug_traceTransaction", {calling})["message"].get<std::string>().find("timeout"),
            std::string::npos);
}

// ---- trace_…

TEST_F(Traces, FlatTracesListFramesInTheirPlaces) {
  const json calls = trace(calling, {{"tracer", "callTracer"}});
  const json flat = result("trace_transaction", {calling});
  const json receipt = result("eth_getTransactionReceipt", {calling});
  ASSERT_GE(flat.size(), 6u);
  std::vector<std::vector<u64>> addresses;
  for (const json& one : flat) {
    addresses.push_back(one["traceAddress"]);
    EXPECT_EQ(one["transactionHash"], calling);
    EXPECT_EQ(one["blockHash"], receipt["blockHash"]);
    EXPECT_EQ(json(to_quantity(one["blockNumber"].get<u64>())), receipt["blockNumber"]);
    EXPECT_EQ(one["transactionPosition"], 0);
  }
  EXPECT_TRUE(std::is_sorted(addresses.begin(), addresses.end()));
  const json& top = flat[0];
  EXPECT_EQ(top["type"], "call");
  EXPECT_EQ(top["action"]["callType"], "call");
  EXPECT_EQ(top["action"]["input"], "0x12345678aabb");
  EXPECT_EQ(top["subtraces"], flat.size() - 1);  // none has any itself
  // Its own gas: the transaction's less 21,000 and the data's.
  EXPECT_EQ(top["action"]["gas"], json(to_quantity(u64{300'000 - 21'000 - 6 * 16})));
  EXPECT_EQ(top["result"]["output"], calls["output"]);
  std::size_t creations = 0;
  std::size_t reverted = 0;
  for (const json& one : flat) {
    if (one["type"] == "create") {
      ++creations;
      EXPECT_EQ(one["action"]["creationMethod"], "create");
      EXPECT_TRUE(one["result"].contains("address"));
    }
    if (one.value("error", "") != "Reverted") continue;
    ++reverted;
    EXPECT_EQ(one["result"]["output"].get<std::string>().substr(0, 10), "0x08c379a0");
  }
  EXPECT_EQ(creations, 2u);
  EXPECT_EQ(reverted, 1u);
  // The identity precompile was called without value: left out here, listed by callTracer.
  EXPECT_EQ(calls["calls"].size(), flat.size());
  EXPECT_EQ(result("trace_get", json::array({calling, json::array({"0x0"})})), flat[1]);
  EXPECT_EQ(result("trace_get", json::array({calling, json::array()})), top);
  EXPECT_EQ(result("trace_get", json::array({calling, json::array({"0x63"})})), nullptr);
  EXPECT_EQ(result("trace_block", {receipt["blockNumber"]}), flat);
  EXPECT_EQ(result("trace_block", {"0x0"}), json::array());
  EXPECT_EQ(result("trace_transaction", {to_hex(Hash256{})}), nullptr);
}

TEST_F(Traces, FlatTracesUseParitysWords) {
  const json flat = result("trace_transaction", {failing});
  std::set<std::string> errors;
  for (const json& one : flat) {
    if (one.contains("error")) errors.insert(one["error"]);
    if (one.contains("error") && one["error"] != "Reverted") {
      EXPECT_EQ(one["result"], nullptr);
    }
  }
  EXPECT_EQ(errors, (std::set<std::string>{"Bad instruction", "Stack underflow"}));
  const json& last = flat.back();
  EXPECT_EQ(last["type"], "suicide");
  EXPECT_EQ(last["action"]["address"], text(contract_address(17)));
  EXPECT_EQ(last["action"]["refundAddress"], text(MemoryChain::account(0)));
  EXPECT_EQ(last["result"], nullptr);
}

TEST_F(Traces, FlatTracesAreFilteredByAddress) {
  const std::string caller = text(contract_address(16));
  const auto ask = [&](json filter) {
    filter["fromBlock"] = "0x1";
    return result("trace_filter", json::array({filter}));
  };
  const json all = ask(json::object());
  const json of_calling = result("trace_transaction", {calling});
  const json of_failing = result("trace_transaction", {failing});
  EXPECT_EQ(all.size(), of_calling.size() + of_failing.size());
  EXPECT_EQ(ask({{"toAddress", json::array({caller})}}), json::array({of_calling[0]}));
  EXPECT_EQ(ask({{"fromAddress", json::array({caller})}}).size(), of_calling.size() - 1);
  EXPECT_EQ(ask({{"fromAddress", json::array({caller})}, {"toAddress", json::array({caller})}}).size(),
            of_calling.size());
  EXPECT_EQ(
      ask({{"fromAddress", json::array({caller})}, {"toAddress", json::array({caller})}, {"mode", "intersection"}}),
      json::array());
  EXPECT_EQ(ask({{"after", 1}, {"count", 2}}), json::array({all[1], all[2]}));
  EXPECT_EQ(error("trace_filter", json::array({{{"mode", "most"}}}))["code"], -32602);
}

TEST_F(Traces, ReplaysGiveWhatTheyAreAskedFor) {
  const json types = json::array({"trace", "stateDiff", "vmTrace"});
  const json whole = result("trace_replayTransaction", json::array({calling, types}));
  const json flat = result("trace_transaction", {calling});
  EXPECT_EQ(whole["output"], flat[0]["result"]["output"]);
  ASSERT_EQ(whole["trace"].size(), flat.size());
  for (std::size_t i = 0; i < flat.size(); ++i) {
    json expected = flat[i];
    for (const char* name : {"blockHash", "blockNumber", "transactionHash", "transactionPosition"}) {
      expected.erase(name);
    }
    EXPECT_EQ(whole["trace"][i], expected);
  }
  const json bare = result("trace_replayTransaction", json::array({calling, json::array()}));
  EXPECT_EQ(
      bare,
      (json{{"output", whole["output"]}, {"trace", json::array()}, {"stateDiff", nullptr}, {"vmTrace", nullptr}}));
  const json block = result("trace_replayBlockTransactions",
                            json::array({result("eth_getTransactionByHash", {calling})["blockNumber"], types}));
  json expected = whole;
  expected["transactionHash"] = calling;
  EXPECT_EQ(block, json::array({expected}));
  EXPECT_EQ(error("trace_replayTransaction", json::array({calling, json::array({"gas"})}))["code"], -32602);
  EXPECT_EQ(error("trace_replayTransaction", json::array({to_hex(Hash256{}), types}))["message"],
            "transaction not found");
}

TEST_F(Traces, StateDiffsSayWhatChanged) {
  const json diff = result("trace_replayTransaction", json::array({calling, json::array({"stateDiff"})}))["stateDiff"];
  const json& sender = diff[text(MemoryChain::account(0))];
  EXPECT_EQ(sender["nonce"], (json{{"*", {{"from", "0x0"}, {"to", "0x1"}}}}));
  EXPECT_EQ(sender["code"], "=");
  const auto& balance = sender["balance"]["*"];
  EXPECT_GT(*parse_u256(balance["from"].get<std::string>()), *parse_u256(balance["to"].get<std::string>()));
  // `store` keeps the word 7 in slot 1 of its own, and by DELEGATECALL in its caller's.
  const json was_zero{{"*", {{"from", to_hex(Hash256{})}, {"to", to_hex(u256(7).to_be())}}}};
  const std::string slot = to_hex(u256(1).to_be());
  EXPECT_EQ(diff[text(store())]["storage"], (json{{slot, was_zero}}));
  EXPECT_EQ(diff[text(store())]["balance"], "=");
  EXPECT_EQ(diff[text(contract_address(16))]["storage"], (json{{slot, was_zero}}));
  EXPECT_FALSE(diff.contains(text(reverter())));
  std::size_t born = 0;
  for (const auto& [address, change] : diff.items()) {
    if (!change["nonce"].contains("+") || address == text(u256(0xfee).to_address())) continue;  // not who earns the fee
    ++born;
    EXPECT_EQ(change["nonce"]["+"], "0x1");
  }
  EXPECT_EQ(born, 2u);
}

TEST_F(Traces, MachineTracesNestTheirFrames) {
  const json vm = result("trace_replayTransaction", json::array({calling, json::array({"vmTrace"})}))["vmTrace"];
  const json steps = trace(calling)["structLogs"];
  EXPECT_EQ(vm["code"], "0x" + std::string(kCaller));
  // The same instructions in the same order, once the frames are laid flat.
  std::size_t at = 0;
  const std::function<void(const json&)> walk = [&](const json& frame) {
    for (const json& op : frame["ops"]) {
      ASSERT_LT(at, steps.size());
      const json& step = steps[at++];
      EXPECT_EQ(op["pc"], step["pc"]);
      EXPECT_EQ(op["op"], step["op"]);
      if (op["op"] != "CALL") {  // of refused calls geth's struct logs show more
        EXPECT_EQ(op["cost"], step["gasCost"]);
      }
      if (!op["sub"].is_null()) walk(op["sub"]);
    }
  };
  walk(vm);
  EXPECT_EQ(at, steps.size());
  // PUSH1 7; PUSH0; MSTORE
  EXPECT_EQ(vm["ops"][0]["ex"]["push"], json::array({"0x7"}));
  EXPECT_EQ(vm["ops"][2]["ex"]["mem"], (json{{"data", to_hex(u256(7).to_be())}, {"off", 0}}));
  EXPECT_EQ(vm["ops"][2]["ex"]["push"], json::array());
  bool stored = false;
  for (const json& op : vm["ops"]) {
    if (op["sub"].is_null()) continue;
    for (const json& inner : op["sub"]["ops"]) {
      if (inner["op"] != "SSTORE") continue;
      EXPECT_EQ(inner["ex"]["store"], (json{{"key", "0x1"}, {"val", "0x7"}}));
      stored = true;
    }
  }
  EXPECT_TRUE(stored);
}

TEST_F(Traces, CallsAreTracedWithoutATransaction) {
  const json call{{"from", text(MemoryChain::account(0))}, {"to", text(store())}, {"data", to_hex(word_bytes(9))}};
  const json got = result("trace_call", json::array({call, json::array({"trace", "stateDiff"}), "latest"}));
  EXPECT_EQ(got["output"], to_hex(u256(9).to_be()));
  ASSERT_EQ(got["trace"].size(), 1u);
  EXPECT_EQ(got["trace"][0]["action"]["to"], text(store()));
  EXPECT_EQ(got["stateDiff"][text(store())]["storage"].begin().value()["*"]["to"], to_hex(u256(9).to_be()));
}

}  // namespace
}  // namespace atlas::rpc
