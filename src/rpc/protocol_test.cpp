// JSON-RPC 2.0 itself: framing, ids, batches, errors.
#include <rpc/rpc_fixture.hpp>

namespace atlas::rpc {
namespace {

int code_of(const std::string& text) {
  return json::parse(text)["error"]["code"];
}

using Protocol = RpcTest;

TEST_F(Protocol, AnswersWithTheIdItWasAsked) {
  for (const char* id : {"1", "0", "-5", "\"abc\"", "\"q\\\"uo\\\\te\\n\"", "null", "1.5", "18446744073709551615"}) {
    const std::string body = std::string(R"({"jsonrpc":"2.0","method":"eth_chainId","id":)") + id + "}";
    const json got = json::parse(raw(body));
    EXPECT_EQ(got["id"], json::parse(id)) << id;
    EXPECT_EQ(got["result"], "0x7a69");
    EXPECT_EQ(got["jsonrpc"], "2.0");
  }
}

TEST_F(Protocol, RefusesWhatIsNotJson) {
  for (const char* body : {"", " ", "{", "nope", "{\"jsonrpc\":\"2.0\",}", "[1,", "\xff\xfe", "{\"a\":\"\\x\"}"}) {
    EXPECT_EQ(code_of(raw(body)), -32700) << body;
  }
}

TEST_F(Protocol, RefusesWhatIsNotARequest) {
  for (const char* body : {"1", "\"x\"", "null", "[]", "{}", R"({"jsonrpc":"1.0","method":"eth_chainId","id":1})",
                           R"({"method":"eth_chainId","id":1})", R"({"jsonrpc":"2.0","method":5,"id":1})",
                           R"({"jsonrpc":"2.0","id":1})", R"({"jsonrpc":"2.0","method":"eth_chainId","id":{}})",
                           R"({"jsonrpc":"2.0","method":"eth_chainId","id":[1]})"}) {
    EXPECT_EQ(code_of(raw(body)), -32600) << body;
  }
}

TEST_F(Protocol, NamesWhatIsWrongWithParameters) {
  EXPECT_EQ(error("eth_getBalance")["message"], "missing value for required argument 0 (address)");
  EXPECT_EQ(error("eth_getBalance", {"0x12", "latest"})["message"],
            "invalid argument 0 (address): expected an address as 0x and 40 hex digits, got \"0x12\"");
  EXPECT_EQ(error("eth_chainId", {1})["message"], "too many arguments, want at most 0");
  EXPECT_EQ(error("eth_chainId", {1, 2, 3, 4, 5, 6, 7, 8, 9})["code"], -32602);
  EXPECT_EQ(code_of(raw(R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}})")), -32602);
  EXPECT_EQ(error("eth_getBalance", {text(store()), "newest"})["code"], -32602);
  // Trailing nulls count as left out.
  EXPECT_EQ(result("eth_getTransactionCount", {text(MemoryChain::account(0)), nullptr}), "0x0");
}

TEST_F(Protocol, UnknownMethodsAreExactlyMethodNotFound) {
  for (const char* method : {"eth_fillTransaction", "", "rpc_modules", "eth_getWork"}) {
    EXPECT_EQ(error(method)["code"], -32601) << method;
  }
}

TEST_F(Protocol, DevelopmentMethodsExistOnlyOnDevelopmentChains) {
  MemoryChain plain(false);
  EventHub plain_hub(plain, config);
  const Dispatcher plain_dispatcher(plain, plain_hub, config);
  std::string out;
  plain_dispatcher.handle(*scratch, *session, R"({"jsonrpc":"2.0","id":1,"method":"evm_mine"})", Where::kAnywhere, out);
  EXPECT_EQ(code_of(out), -32601);
  EXPECT_EQ(result("evm_mine"), "0x0");
}

TEST_F(Protocol, NotificationsHaveNoAnswer) {
  EXPECT_EQ(raw(R"({"jsonrpc":"2.0","method":"eth_chainId"})"), "");
  EXPECT_EQ(raw(R"({"jsonrpc":"2.0","method":"no_such"})"), "");
  EXPECT_EQ(raw(R"([{"jsonrpc":"2.0","method":"eth_chainId"},{"jsonrpc":"2.0","method":"eth_chainId"}])"), "");
}

TEST_F(Protocol, BatchesKeepOrderAndSkipNotifications) {
  const json got = json::parse(raw(R"([
    {"jsonrpc":"2.0","method":"eth_chainId"},
    {"jsonrpc":"2.0","method":"eth_chainId","id":"a"},
    7,
    {"jsonrpc":"2.0","method":"eth_chainId"},
    {"jsonrpc":"2.0","method":"eth_blockNumber","id":2},
    {"jsonrpc":"2.0","method":"nope","id":3}])"));
  ASSERT_EQ(got.size(), 4u);
  EXPECT_EQ(got[0]["id"], "a");
  EXPECT_EQ(got[1]["error"]["code"], -32600);
  EXPECT_EQ(got[2]["result"], "0x0");
  EXPECT_EQ(got[3]["error"]["code"], -32601);
}

TEST_F(Protocol, BoundsBatches) {
  config.batch_items_max = 3;
  config.response_bytes_max = 100;
  restart();
  const json four(4, json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "eth_chainId"}});
  EXPECT_EQ(code_of(raw(four.dump())), -32600);
  const json three(3, json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "eth_getBlockByNumber"}, {"params", {"latest"}}});
  const json got = json::parse(raw(three.dump()));
  EXPECT_TRUE(got[0].contains("result"));
  EXPECT_EQ(got[1]["error"]["code"], -32003);
  EXPECT_EQ(got[2]["error"]["code"], -32003);
}

TEST_F(Protocol, BoundsDepth) {
  const auto nested = [](std::size_t depth) {
    return R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":)" + std::string(depth, '[') +
           std::string(depth, ']') + "}";
  };
  EXPECT_EQ(code_of(raw(nested(10))), -32602);  // read, and refused for what it is
  const json deep = json::parse(raw(nested(1'000'000)));
  EXPECT_EQ(deep["error"]["code"], -32700);
  EXPECT_EQ(deep["error"]["message"], "parse error: nested deeper than 64 levels");
  EXPECT_EQ(json::parse(raw(nested(1)))["result"], "0x7a69");
}

TEST_F(Protocol, LeavesHeavyRequestsToWorkers) {
  std::string out;
  const auto kind = [&](std::string_view body) {
    return dispatcher->handle(*scratch, *session, body, Where::kCheapOnly, out).kind;
  };
  using Kind = Dispatcher::Outcome::Kind;
  EXPECT_EQ(kind(R"({"jsonrpc":"2.0","id":1,"method":"eth_call","params":[{}]})"), Kind::kHeavy);
  EXPECT_EQ(kind(R"([{"jsonrpc":"2.0","id":1,"method":"evm_mine"},{"jsonrpc":"2.0","id":2,"method":"eth_chainId"}])"),
            Kind::kHeavy);
  EXPECT_EQ(out, "");
  EXPECT_EQ(chain.head()->header.number, 0u) << "a heavy request was begun";
  EXPECT_EQ(kind(R"({"jsonrpc":"2.0","id":1,"method":"eth_chainId"})"), Kind::kDone);
  out.clear();
  dispatcher->refuse(*scratch, R"([{"id":5},{"id":"x"}])", "busy", out);
  EXPECT_EQ(json::parse(out)[1]["id"], "x");
  EXPECT_EQ(json::parse(out)[0]["error"]["code"], -32005);
  // Of two ids the last counts, as it would without the refusal.
  out.clear();
  dispatcher->refuse(*scratch, R"({"id":"first","method":"eth_chainId","id":2})", "busy", out);
  EXPECT_EQ(json::parse(out)["id"], 2);
}

TEST_F(Protocol, CountsRequestsAndErrors) {
  result("eth_chainId");
  error("eth_getBalance");
  error("no_such_method");
  std::map<std::string, Dispatcher::Counters> counters;
  for (const auto& [name, count] : dispatcher->counters()) counters[std::string(name)] = count;
  EXPECT_EQ(counters["eth_chainId"].requests, 1u);
  EXPECT_EQ(counters["eth_chainId"].errors, 0u);
  EXPECT_EQ(counters["eth_getBalance"].errors, 1u);
  EXPECT_EQ(counters[""].errors, 1u);
}

TEST(JsonWriter, EscapesAndRepairs) {
  std::string out;
  JsonWriter(out).string("a\"\\\n\x01 \xc3\xa9 \xff \xed\xa0\x80 \xf0\x9f\x98\x80");
  EXPECT_EQ(out,
            "\"a\\\"\\\\\\u000a\\u0001 \xc3\xa9 \xef\xbf\xbd \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd \xf0\x9f\x98\x80\"");
  EXPECT_TRUE(json::accept(out));
}

TEST(JsonWriter, WritesQuantities) {
  std::string out;
  JsonWriter writer(out);
  writer.begin_array();
  for (const u64 v : {u64{0}, u64{1}, u64{255}, ~u64{0}}) writer.quantity(v);
  writer.quantity(u256::max());
  writer.hex(ByteView{});
  writer.ratio(0.5);
  writer.begin_object();
  writer.field("a", u64{1});
  writer.field_null("b");
  writer.end_object();
  writer.end_array();
  EXPECT_EQ(out, "[\"0x0\",\"0x1\",\"0xff\",\"0xffffffffffffffff\",\"0x" + std::string(64, 'f') +
                     "\",\"0x\",0.5,{\"a\":\"0x1\",\"b\":null}]");
}

}  // namespace
}  // namespace atlas::rpc
