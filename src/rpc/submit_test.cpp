// Transactions that arrive together go into the pool together, and nobody can tell from the answers.
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

#include <rpc/rpc_fixture.hpp>
#include <rpc/server.hpp>
#include <rpc/submit_queue.hpp>

namespace atlas::rpc {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

/// Remembers how many came at once.
class GroupChain final : public MemoryChain {
 public:
  using MemoryChain::MemoryChain;
  std::vector<SubmitResult> submit_many(const std::vector<ByteView>& raws) override {
    groups.push_back(raws.size());
    return MemoryChain::submit_many(raws);
  }
  std::vector<std::size_t> groups;
};

std::string raw_transfer(u64 nonce) {
  return to_hex(MemoryChain::signed_bytes(0, MemoryChain::transfer(nonce, u256(0xabcdef).to_address())));
}

json request(int id, const std::string& method, json params) {
  return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}
json send_raw(int id, u64 nonce) {
  return request(id, "eth_sendRawTransaction", json::array({raw_transfer(nonce)}));
}
json next_nonce(int id) {
  return request(id, "eth_getTransactionCount", json::array({to_hex(MemoryChain::account(0)), "pending"}));
}
std::string post(const json& body) {
  const std::string text = body.dump();
  return "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: " +
         std::to_string(text.size()) + "\r\n\r\n" + text;
}

class SubmitTest : public testing::Test {
 protected:
  RpcConfig config;
  GroupChain chain{true};
  std::unique_ptr<Server> server;
  asio::io_context context;
  tcp::socket socket{context};
  boost::beast::flat_buffer buffer;

  void start() {
    config.port = 0;
    config.io_threads = 1;
    server = std::make_unique<Server>(chain, config);
    server->start();
    socket.connect({asio::ip::make_address("127.0.0.1"), server->port()});
    const timeval patience{10, 0};
    ::setsockopt(socket.native_handle(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  }
  void send(const std::string& text) { asio::write(socket, asio::buffer(text)); }
  json receive() {
    http::response<http::string_body> response;
    http::read(socket, buffer, response);
    return json::parse(response.body());
  }
};

TEST_F(SubmitTest, PipelinedTransactionsAreOneGroup) {
  start();
  std::string text;
  for (int i = 0; i < 6; ++i) text += post(send_raw(i, static_cast<u64>(i)));
  send(text);
  for (int i = 0; i < 6; ++i) {
    const json got = receive();
    EXPECT_EQ(got["id"], i);
    EXPECT_EQ(got["result"].get<std::string>().size(), 66u) << got;
  }
  EXPECT_EQ(chain.groups, std::vector<std::size_t>{6});
  EXPECT_EQ(chain.head()->header.number, 6u);
}

TEST_F(SubmitTest, WhatStandsBetweenTransactionsSeesThoseBefore) {
  start();
  send(post(send_raw(1, 0)) + post(next_nonce(2)) + post(send_raw(3, 1)) + post(send_raw(4, 1)) + post(send_raw(5, 2)) +
       post(request(6, "no_such_method", json::array())) + post(next_nonce(7)));
  EXPECT_TRUE(receive().contains("result"));
  EXPECT_EQ(receive()["result"], "0x1");
  EXPECT_TRUE(receive().contains("result"));
  const json repeated = receive();
  EXPECT_EQ(repeated["id"], 4);
  EXPECT_EQ(repeated["error"]["code"], -32000);
  EXPECT_EQ(receive()["id"], 5);
  EXPECT_EQ(receive()["error"]["code"], -32601);
  EXPECT_EQ(receive()["result"], "0x3");
}

TEST_F(SubmitTest, BatchesAreGroupsInOrder) {
  start();
  json notification = send_raw(0, 2);
  notification.erase("id");
  send(post(json::array({send_raw(1, 0), send_raw(2, 1), notification, next_nonce(3), send_raw(4, 3),
                         request(5, "eth_sendRawTransaction", json::array({"0xzz"})), send_raw(6, 4)})));
  const json got = receive();
  ASSERT_EQ(got.size(), 6u);
  EXPECT_TRUE(got[0].contains("result")) << got[0];
  EXPECT_EQ(got[1]["id"], 2);
  EXPECT_EQ(got[2]["result"], "0x3") << "a request sees the transactions before it";
  EXPECT_TRUE(got[3].contains("result"));
  EXPECT_EQ(got[4]["error"]["code"], -32602);
  EXPECT_TRUE(got[5].contains("result"));
  EXPECT_EQ(chain.groups, (std::vector<std::size_t>{3, 1, 1}));
}

TEST_F(SubmitTest, MoreThanOneGroupAndReceipts) {
  start();
  const int count = 100;
  std::string text;
  for (int i = 0; i < count; ++i) {
    json one = send_raw(i, static_cast<u64>(i));
    if (i % 10 == 9) one["method"] = "eth_sendRawTransactionSync";
    text += post(one);
  }
  std::thread sender([&] { send(text); });
  for (int i = 0; i < count; ++i) {
    const json got = receive();
    EXPECT_EQ(got["id"], i);
    EXPECT_EQ(got["result"].is_object(), i % 10 == 9) << got;
  }
  sender.join();
}

TEST_F(SubmitTest, APipelineWaitsInItsSocketWhenManyWait) {
  config.submit_queue_max = 2;
  start();
  std::string text;
  for (int i = 0; i < 20; ++i) text += post(send_raw(i, static_cast<u64>(i)));
  send(text);
  for (int i = 0; i < 20; ++i) {
    const json got = receive();
    EXPECT_EQ(got["id"], i);
    EXPECT_TRUE(got.contains("result")) << got;
  }
}

TEST_F(SubmitTest, TheQueueIsBoundedAndSaysSo) {
  config.submit_queue_max = 8;
  EventHub hub(chain, config);
  const Dispatcher dispatcher(chain, hub, config);
  Scratch scratch(config);
  const auto session = std::make_shared<NullSession>();
  SubmitQueue queue(context, dispatcher, config);
  std::vector<std::size_t> shares;
  std::vector<std::string> answers;
  for (int i = 0; !queue.full(); ++i) {
    shares.push_back(queue.share());
    std::string out;
    auto outcome =
        dispatcher.handle(scratch, *session, send_raw(i, static_cast<u64>(i)).dump(), Where::kCheapOnly, out);
    ASSERT_EQ(outcome.kind, Dispatcher::Outcome::Kind::kSubmit);
    EXPECT_EQ(out, "");
    queue.add(std::move(*outcome.submission), [&answers](std::string text) { answers.push_back(std::move(text)); });
  }
  EXPECT_EQ(shares, (std::vector<std::size_t>{16, 16, 4, 4, 1, 1, 1, 1}));
  context.run();
  EXPECT_EQ(answers.size(), 8u);
  EXPECT_EQ(chain.groups, std::vector<std::size_t>{8});
  EXPECT_FALSE(queue.full());

  std::string out;
  auto outcome = dispatcher.handle(scratch, *session, send_raw(9, 9).dump(), Where::kSubmissionOnly, out);
  const json refused = json::parse(Dispatcher::refuse(*outcome.submission, "too many"));
  EXPECT_EQ(refused["id"], 9);
  EXPECT_EQ(refused["error"], (json{{"code", -32005}, {"message", "too many"}}));
}

}  // namespace
}  // namespace atlas::rpc
