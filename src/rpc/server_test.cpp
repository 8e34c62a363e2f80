// The server through real sockets on loopback.
#include <atomic>
#include <set>
#include <thread>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/buffers_to_string.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <boost/beast/websocket.hpp>

#include <rpc/rpc_fixture.hpp>
#include <rpc/server.hpp>

namespace atlas::rpc {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

std::string request_json(int id, const std::string& method, json params = json::array()) {
  if (!params.is_array()) params = json::array({std::move(params)});
  return json{{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", params}}.dump();
}

std::string post(const std::string& body, const std::string& headers = "Content-Type: application/json\r\n") {
  return "POST / HTTP/1.1\r\nHost: localhost\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

/// A blocking client; reading gives up after some seconds.
class Client {
 public:
  explicit Client(u16 port) : socket_(context_) {
    socket_.connect({asio::ip::make_address("127.0.0.1"), port});
    const timeval patience{60, 0};
    ::setsockopt(socket_.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void send(std::string_view text) {
    boost::system::error_code ignored;  // the server may have closed already
    asio::write(socket_, asio::buffer(text), ignored);
  }
  http::response<http::string_body> receive() {
    http::response_parser<http::string_body> parser;
    parser.body_limit(boost::none);
    http::read(socket_, buffer_, parser, error_);
    return parser.release();
  }
  http::response<http::string_body> ask(const std::string& text) {
    send(text);
    return receive();
  }
  json call(int id, const std::string& method, const json& params = json::array()) {
    return json::parse(ask(post(request_json(id, method, params))).body());
  }
  /// True if the server closes within the patience.
  bool closed() {
    char byte;
    boost::system::error_code error;
    const std::size_t n = socket_.read_some(asio::buffer(&byte, 1), error);
    return n == 0 && error != asio::error::try_again && error != asio::error::would_block;
  }
  boost::system::error_code error() const { return error_; }
  tcp::socket& socket() { return socket_; }

 private:
  asio::io_context context_;
  tcp::socket socket_;
  beast::flat_buffer buffer_;
  boost::system::error_code error_;
};

class WsClient {
 public:
  explicit WsClient(u16 port, std::string origin = {}) : stream_(context_) {
    stream_.next_layer().connect({asio::ip::make_address("127.0.0.1"), port});
    const timeval patience{60, 0};
    ::setsockopt(stream_.next_layer().native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    stream_.set_option(beast::websocket::stream_base::decorator([origin](beast::websocket::request_type& request) {
      if (!origin.empty()) request.set(http::field::origin, origin);
    }));
    stream_.handshake("localhost", "/", error_);
  }
  void send(const std::string& text) { stream_.write(asio::buffer(text), error_); }
  json receive() {
    beast::flat_buffer buffer;
    stream_.read(buffer, error_);
    if (error_) return nullptr;
    return json::parse(beast::buffers_to_string(buffer.data()));
  }
  json call(int id, const std::string& method, const json& params = json::array()) {
    send(request_json(id, method, params));
    return receive();
  }
  boost::system::error_code error() const { return error_; }
  beast::websocket::stream<tcp::socket>& stream() { return stream_; }

 private:
  asio::io_context context_;
  beast::websocket::stream<tcp::socket> stream_;
  boost::system::error_code error_;
};

class ServerTest : public testing::Test {
 protected:
  RpcConfig config;
  ServerHooks hooks;
  MemoryChain chain{true, test_contracts()};
  std::unique_ptr<Server> server;

  void SetUp() override {
    config.port = 0;
    config.io_threads = 2;
  }
  u16 start() {
    server = std::make_unique<Server>(chain, config, hooks);
    server->start();
    return server->port();
  }
};

TEST_F(ServerTest, KeepsConnectionsAlive) {
  Client client(start());
  for (int i = 0; i < 50; ++i)
    EXPECT_EQ(client.call(i, "eth_chainId"), (json{{"jsonrpc", "2.0"}, {"id", i}, {"result", "0x7a69"}}));
  auto response = client.ask(post(request_json(1, "eth_chainId")));
  EXPECT_EQ(response.result_int(), 200u);
  EXPECT_EQ(response[http::field::content_type], "application/json");
  EXPECT_TRUE(response.keep_alive());
}

TEST_F(ServerTest, AnswersPipelinedRequestsInOrderWhateverTheyCost) {
  Client client(start());
  std::string text;
  const int count = 200;
  for (int i = 0; i < count; ++i) {
    text +=
        post(i % 3 == 0 ? request_json(i, "eth_call",
                                       {{{"to", ::atlas::rpc::text(store())}, {"data", "0x" + std::string(64, '1')}}})
                        : request_json(i, "eth_chainId"));
  }
  std::thread sender([&] { client.send(text); });
  for (int i = 0; i < count; ++i) {
    const json got = json::parse(client.receive().body());
    EXPECT_EQ(got["id"], i);
    EXPECT_TRUE(got.contains("result")) << got;
  }
  sender.join();
}

TEST_F(ServerTest, TakesRequestsByteByByteAndInChunks) {
  Client client(start());
  const std::string one = post(request_json(1, "eth_chainId"));
  for (const char c : one) client.send(std::string_view(&c, 1));
  EXPECT_EQ(json::parse(client.receive().body())["result"], "0x7a69");
  const std::string body = request_json(2, "eth_chainId");
  char size[16];
  std::snprintf(size, sizeof size, "%zx", body.size());
  const auto response = client.ask("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n" +
                                   std::string(size) + "\r\n" + body + "\r\n0\r\n\r\n");
  EXPECT_EQ(json::parse(response.body())["id"], 2);
}

TEST_F(ServerTest, SpeaksHttp10AndClosesWhenAsked) {
  const u16 port = start();
  const std::string body = request_json(1, "eth_chainId");
  Client old(port);
  const auto response =
      old.ask("POST / HTTP/1.0\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(json::parse(response.body())["result"], "0x7a69");
  EXPECT_TRUE(old.closed());
  Client leaving(port);
  leaving.ask(post(body, "Connection: close\r\n"));
  EXPECT_TRUE(leaving.closed());
}

TEST_F(ServerTest, RefusesWhatIsNotHttp) {
  const u16 port = start();
  Client garbage(port);
  EXPECT_EQ(garbage.ask("hello\r\n\r\n").result_int(), 400u);
  EXPECT_TRUE(garbage.closed());
  Client header(port);
  EXPECT_EQ(header.ask("GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n").result_int(), 431u);
  Client method(port);
  EXPECT_EQ(method.ask("DELETE / HTTP/1.1\r\nHost: localhost\r\n\r\n").result_int(), 405u);
  EXPECT_EQ(method.ask("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").result_int(), 405u);
  EXPECT_EQ(method.ask(post("{}", "Content-Type: text/plain\r\n")).result_int(), 415u);
  EXPECT_EQ(method.call(1, "eth_chainId")["result"], "0x7a69") << "the connection goes on";
}

TEST_F(ServerTest, BoundsBodies) {
  config.body_bytes_max = 1'000;
  const u16 port = start();
  Client stated(port);
  const auto response = stated.ask("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000000\r\n\r\n");
  EXPECT_EQ(response.result_int(), 413u);
  EXPECT_EQ(response.body(), "request body is larger than 1000 bytes\n");
  EXPECT_TRUE(stated.closed());
  Client chunked(port);
  chunked.send("POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 20; ++i) chunked.send("64\r\n" + std::string(100, ' ') + "\r\n");
  EXPECT_EQ(chunked.receive().result_int(), 413u);
}

TEST_F(ServerTest, AnswersLargeBatches) {
  Client client(start());
  const json batch(1'000,
                   json{{"jsonrpc", "2.0"}, {"id", 1}, {"method", "eth_getBlockByNumber"}, {"params", {"latest"}}});
  const auto response = client.ask(post(batch.dump(), "Expect: 100-continue\r\n"));
  const json got = json::parse((response.result_int() == 100 ? client.receive() : response).body());
  ASSERT_EQ(got.size(), 1'000u);
  EXPECT_EQ(got[999]["result"]["number"], "0x0");
}

TEST_F(ServerTest, WaitsForReceiptsWithoutHoldingAThread) {
  config.workers = 1;
  config.io_threads = 1;
  const u16 port = start();
  chain.set_automine(false).ok();
  Client waiting(port);
  Client other(port);
  Transaction tx;
  tx.type = TxType::kDynamicFee;
  tx.chain_id = MemoryChain::kChainId;
  tx.gas_limit = 21'000;
  tx.max_fee_per_gas = u256(2'000'000'000);
  tx.to = store();
  const auto s = crypto::sign(signing_hash(tx), MemoryChain::key(0));
  tx.y_parity = s->y_parity;
  tx.r = s->r;
  tx.s = s->s;
  waiting.send(post(request_json(1, "eth_sendRawTransactionSync", {to_hex(encode_transaction(tx)), 5'000})));
  while (chain.pool_count().pending == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(other.call(2, "eth_call", {{{"to", text(store())}}})["id"], 2);
  chain.seal_pool();
  EXPECT_EQ(json::parse(waiting.receive().body())["result"]["blockNumber"], "0x1");
}

TEST_F(ServerTest, RefusesHeavyCallsWhenTheQueueIsFull) {
  config.heavy_queue_max = 0;
  const u16 port = start();
  Client client(port);
  const json got = client.call(5, "eth_call", {{{"to", text(store())}}});
  EXPECT_EQ(got["id"], 5);
  EXPECT_EQ(got["error"]["code"], -32005);
  EXPECT_EQ(client.call(6, "eth_chainId")["result"], "0x7a69");
}

TEST_F(ServerTest, BoundsConnections) {
  config.connections_max = 2;
  const u16 port = start();
  Client a(port);
  Client b(port);
  EXPECT_EQ(a.call(1, "eth_chainId")["result"], "0x7a69");
  EXPECT_EQ(b.call(1, "eth_chainId")["result"], "0x7a69");
  Client c(port);
  EXPECT_EQ(c.receive().result_int(), 503u);
  EXPECT_TRUE(c.closed());
}

TEST_F(ServerTest, ClosesIdleAndTricklingConnections) {
  config.idle_timeout_ms = 300;
  config.request_timeout_ms = 300;
  const u16 port = start();
  Client idle(port);
  Client slow(port);
  slow.send("POST / HTTP/1.1\r\nHost: loc");
  EXPECT_TRUE(idle.closed());
  EXPECT_TRUE(slow.closed());
}

TEST_F(ServerTest, TellsBrowsersWhoMayTalk) {
  config.cors_origins = {"https://good.example"};
  Client client(start());
  const auto preflight = client.ask("OPTIONS / HTTP/1.1\r\nHost: localhost\r\nOrigin: https://good.example\r\n\r\n");
  EXPECT_EQ(preflight.result_int(), 204u);
  EXPECT_EQ(preflight["Access-Control-Allow-Origin"], "https://good.example");
  EXPECT_NE(preflight["Access-Control-Allow-Methods"].find("POST"), beast::string_view::npos);
  const auto good = client.ask(post(request_json(1, "eth_chainId"), "Origin: https://good.example\r\n"));
  EXPECT_EQ(good["Access-Control-Allow-Origin"], "https://good.example");
  const auto bad = client.ask(post(request_json(1, "eth_chainId"), "Origin: https://evil.example\r\n"));
  EXPECT_EQ(bad.count("Access-Control-Allow-Origin"), 0u);
}

TEST_F(ServerTest, ChecksTheHost) {
  const u16 port = start();
  Client rebound(port);
  EXPECT_EQ(rebound.ask("POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 2\r\n\r\n{}").result_int(), 403u);
  for (const char* host : {"localhost:8545", "127.0.0.1", "[::1]:8545", "LOCALHOST"}) {
    Client fine(port);
    const std::string body = request_json(1, "eth_chainId");
    EXPECT_EQ(fine.ask("POST / HTTP/1.1\r\nHost: " + std::string(host) +
                       "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body)
                  .result_int(),
              200u)
        << host;
  }
}

TEST_F(ServerTest, ServesHealthAndMetrics) {
  bool healthy = true;
  hooks.health = [&] { return HealthReport{healthy, R"({"head":1})"}; };
  hooks.metrics = [] { return std::string("node_metric 1\n"); };
  Client client(start());
  client.call(1, "eth_chainId");
  const auto health = client.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(health.result_int(), 200u);
  EXPECT_EQ(health.body(), R"({"head":1})");
  healthy = false;
  EXPECT_EQ(client.ask("GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n").result_int(), 503u);
  const std::string metrics = client.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").body();
  EXPECT_TRUE(metrics.starts_with("node_metric 1\n"));
  EXPECT_NE(metrics.find("atlas_rpc_requests_total{method=\"eth_chainId\"} 1\n"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("atlas_rpc_connections 1\n"), std::string::npos);
}

TEST_F(ServerTest, SaysWhenThePortIsTaken) {
  config.port = start();
  Server second(chain, config);
  try {
    second.start();
    FAIL() << "two servers on one port";
  } catch (const std::runtime_error& error) {
    EXPECT_EQ(std::string(error.what()), "cannot listen on 127.0.0.1:" + std::to_string(config.port) +
                                             ": Address already in use; stop what uses the port, or choose another");
  }
}

TEST_F(ServerTest, WebSocketsAnswerAndNotify) {
  WsClient client(start());
  EXPECT_EQ(client.call(1, "eth_chainId")["result"], "0x7a69");
  EXPECT_EQ(client.call(2, "eth_call", {{{"to", text(store())}}})["id"], 2);
  const json id = client.call(3, "eth_subscribe", {"newHeads"})["result"];
  for (int i = 1; i <= 30; ++i) chain.seal_empty();
  for (u64 i = 1; i <= 30; ++i) {
    const json got = client.receive();
    EXPECT_EQ(got["params"]["subscription"], id);
    EXPECT_EQ(got["params"]["result"]["number"], to_quantity(u256(i)));
  }
  EXPECT_EQ(client.call(4, "eth_unsubscribe", {id})["result"], true);
  client.send("nonsense");
  EXPECT_EQ(client.receive()["error"]["code"], -32700);
}

TEST_F(ServerTest, WebSocketAnswersManyRequestsAtOnce) {
  config.ws_in_flight_max = 4;
  WsClient client(start());
  const int count = 100;
  std::thread sender([&] {
    for (int i = 0; i < count; ++i) {
      client.stream().write(asio::buffer(
          request_json(i, i % 2 ? "eth_call" : "eth_chainId", i % 2 ? json{{{"to", text(store())}}} : json::array())));
    }
  });
  std::set<int> seen;
  for (int i = 0; i < count; ++i) {
    beast::flat_buffer buffer;
    client.stream().read(buffer);
    seen.insert(json::parse(beast::buffers_to_string(buffer.data()))["id"].get<int>());
  }
  sender.join();
  EXPECT_EQ(seen.size(), static_cast<std::size_t>(count));
}

TEST_F(ServerTest, WebSocketChecksOriginAndSize) {
  config.cors_origins = {"https://good.example"};
  config.body_bytes_max = 1'000;
  const u16 port = start();
  WsClient evil(port, "https://evil.example");
  EXPECT_EQ(evil.error(), beast::websocket::error::upgrade_declined);
  WsClient good(port, "https://good.example");
  ASSERT_FALSE(good.error());
  good.send(std::string(2'000, ' '));
  good.receive();
  EXPECT_TRUE(good.error());  // which one depends on who closes the socket first
  EXPECT_EQ(good.stream().reason().code, beast::websocket::close_code::too_big);
}

TEST_F(ServerTest, SlowConsumersAreDisconnectedWithAReason) {
  config.ws_queue_bytes_max = 200'000;
  const u16 port = start();
  WsClient slow(port);
  WsClient quick(port);
  slow.call(1, "eth_subscribe", {"newHeads"});
  quick.call(1, "eth_subscribe", {"newHeads"});
  // The socket buffers take some megabytes before the queue grows. Blocks come no faster than the quick one reads.
  u64 expected = 1;
  const auto until = Clock::now() + std::chrono::seconds(300);
  while (Clock::now() < until && server->metrics().find("atlas_rpc_slow_consumers_total 1\n") == std::string::npos) {
    for (int i = 0; i < 50; ++i) chain.seal_empty();
    for (int i = 0; i < 50; ++i) {
      const json got = quick.receive();
      ASSERT_FALSE(quick.error()) << quick.error().message();
      EXPECT_EQ(got["params"]["result"]["number"], to_quantity(u256(expected++)));
    }
  }
  while (!slow.error()) slow.receive();
  EXPECT_EQ(slow.stream().reason().reason, "slow consumer: too many unsent notifications");
}

TEST_F(ServerTest, StopsUnderLoad) {
  const u16 port = start();
  std::atomic<bool> stop{false};
  std::vector<std::thread> clients;
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&, c] {
      while (!stop) {
        try {
          Client client(port);
          for (int i = 0; i < 20 && !client.error(); ++i) {
            client.ask(post(request_json(i, c % 2 ? "eth_call" : "eth_blockNumber",
                                         c % 2 ? json{{{"to", text(store())}}} : json::array())));
          }
          WsClient socket(port);
          socket.call(1, "eth_subscribe", {"newHeads"});
        } catch (const std::exception&) {  // the server has gone
          return;
        }
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    chain.seal_empty();
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  server->stop();
  stop = true;
  for (auto& client : clients) client.join();
  server.reset();
}

TEST_F(ServerTest, RefusesMoreConnectionsThanOneClientMayHave) {
  config.trusted_clients.clear();
  config.connections_per_client = 2;
  const u16 port = start();
  Client first(port);
  Client second(port);
  EXPECT_EQ(first.call(1, "eth_chainId")["result"], "0x7a69");
  EXPECT_EQ(second.call(1, "eth_chainId")["result"], "0x7a69");
  Client third(port);
  const auto refused = third.receive();
  EXPECT_EQ(refused.result_int(), 429u);
  EXPECT_EQ(refused.body(), "too many connections from 127.0.0.1: at most 2 (connections_per_client)\n");
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(first.call(2, "eth_chainId")["result"], "0x7a69");
}

TEST_F(ServerTest, RefusesMoreRequestsThanOneClientMaySend) {
  config.trusted_clients.clear();
  config.requests_per_client_s = 10;
  const u16 port = start();
  Client client(port);
  // Each request of a batch counts: these use up twenty seconds.
  json batch = json::array();
  for (int i = 0; i < 200; ++i) batch.push_back(json::parse(request_json(i, "eth_chainId")));
  EXPECT_EQ(json::parse(client.ask(post(batch.dump())).body()).size(), 200u);
  const auto refused = client.ask(post(request_json(77, "eth_chainId")));
  EXPECT_EQ(refused.result_int(), 429u);
  EXPECT_EQ(refused["Retry-After"], "1");
  EXPECT_TRUE(refused.keep_alive());
  const json error = json::parse(refused.body());
  EXPECT_EQ(error["id"], 77);
  EXPECT_EQ(error["error"]["code"], -32005);
  EXPECT_NE(error["error"]["message"].get<std::string>().find("10 requests a second (requests_per_client_s)"),
            std::string::npos);
  // Another connection of the same client is in the same boat, whatever it speaks.
  WsClient socket(port);
  EXPECT_EQ(socket.call(5, "eth_chainId")["error"]["code"], -32005);
  EXPECT_EQ(client.ask("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n").result_int(), 429u);
  EXPECT_NE(server->metrics().find("atlas_rpc_refused_rate_total 3"), std::string::npos);
}

TEST_F(ServerTest, RefusesMoreBytesThanOneClientMayMove) {
  config.trusted_clients.clear();
  config.bytes_per_client_s = 10'000;
  Client client(start());
  const std::string big = request_json(1, "web3_sha3", "0x" + std::string(18'000, '0'));
  EXPECT_EQ(client.ask(post(big)).result_int(), 200u);  // within two seconds' worth
  const auto refused = client.ask(post(big));
  EXPECT_EQ(refused.result_int(), 429u);
  EXPECT_NE(refused.body().find("10000 bytes a second (bytes_per_client_s)"), std::string::npos);
}

}  // namespace
}  // namespace atlas::rpc
