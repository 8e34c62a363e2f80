// The load generator against a server of a few lines: what it counts, and that a stall is not hidden.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <load/sender.hpp>
#include <sys/socket.h>
#include <unistd.h>

namespace atlas::load {
namespace {

ReplyReader& feed(ReplyReader& reader, std::string_view text) {
  std::copy(text.begin(), text.end(), reader.prepare(text.size()));
  reader.commit(text.size());
  return reader;
}

TEST(ReplyReader, TakesBodiesByteByByte) {
  const std::string text =
      "HTTP/1.1 200 OK\r\ncontent-LENGTH:  5 \r\nX: y\r\n\r\nhello"
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n1a\r\nabcdefghijklmnopqrstuvwxyz\r\n0\r\n\r\n"
      "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}, text.size()}) {
    ReplyReader reader;
    std::vector<std::string> bodies;
    for (std::size_t at = 0; at < text.size(); at += step) {
      feed(reader, std::string_view(text).substr(at, step));
      while (const auto body = reader.next()) bodies.emplace_back(*body);
    }
    EXPECT_EQ(bodies, (std::vector<std::string>{"hello", "abcabcdefghijklmnopqrstuvwxyz", ""}));
  }
}

TEST(ReplyReader, RefusesOtherAnswers) {
  ReplyReader bad;
  EXPECT_THROW(feed(bad, "HTTP/1.1 503 Service Unavailable\r\n\r\n").next(), RpcFailure);
  ReplyReader length;
  EXPECT_THROW(feed(length, "HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n").next(), RpcFailure);
}

/// Answers each request of one connection with `answer(number)`, after which it may have slept.
class TinyServer {
 public:
  explicit TinyServer(std::function<std::string(unsigned)> answer) : answer_(std::move(answer)) {
    listener_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 4) != 0) return;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    url = {"127.0.0.1", std::to_string(ntohs(address.sin_port)), "/"};
    thread_ = std::thread([this] { serve(); });
  }
  ~TinyServer() {
    ::shutdown(listener_, SHUT_RDWR);
    if (thread_.joinable()) thread_.join();
    ::close(listener_);
  }
  Url url;

 private:
  void serve() {
    const int client = ::accept(listener_, nullptr, nullptr);
    std::string in;
    unsigned number = 0;
    char bytes[4096];
    for (ssize_t n; (n = ::recv(client, bytes, sizeof bytes, 0)) > 0;) {
      in.append(bytes, static_cast<std::size_t>(n));
      // Every request ends with the closing brace of an object, or bracket of a batch, that no parameter contains.
      const char last = in.find("\r\n\r\n[") != std::string::npos ? ']' : '}';
      for (std::size_t end; (end = in.find(last, in.find("\"id\""))) != std::string::npos && in.find("\"id\"") < end;) {
        in.erase(0, end + 1);
        const std::string body = answer_(number++);
        const std::string text =
            "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
        if (::send(client, text.data(), text.size(), MSG_NOSIGNAL) < 0) break;
      }
    }
    ::close(client);
  }

  std::function<std::string(unsigned)> answer_;
  int listener_ = -1;
  std::thread thread_;
};

Workload made_up(std::size_t count) {
  Workload out;
  out.transactions.resize(count);
  for (PreparedTx& tx : out.transactions) tx.raw = "0x02";
  return out;
}

TEST(Sender, OpenLoopCountsFromTheScheduledTime) {
  // One answer takes 300 ms; what was due meanwhile waited, though it was sent only afterwards.
  TinyServer server([](unsigned number) {
    if (number == 10) std::this_thread::sleep_for(std::chrono::milliseconds(300));
    return R"({"jsonrpc":"2.0","id":1,"result":"0x00"})";
  });
  const Workload workload = made_up(100);
  DriveOptions options;
  options.connections = 1;
  options.rate = 200;
  std::vector<Clock::time_point> sent_at(100);
  std::atomic<u64> sent{0};
  const SendReport report = Sender(server.url, workload, options, sent_at, sent).run(Clock::now());
  EXPECT_EQ(report.accepted, 100u);
  EXPECT_EQ(sent.load(), 100u);
  // 300 ms at 200/s: sixty were due, of which half waited more than 150 ms. A closed loop would count one.
  const auto late = std::count_if(report.answer_ms.begin(), report.answer_ms.end(), [](double ms) { return ms > 150; });
  EXPECT_GE(late, 25);
  for (std::size_t i = 1; i < sent_at.size(); ++i) {
    EXPECT_EQ(std::chrono::round<std::chrono::milliseconds>(sent_at[i] - sent_at[i - 1]).count(), 5);
  }
}

TEST(Sender, TriesAgainWhenThePoolIsFullAndCountsRefusals) {
  TinyServer server([](unsigned number) -> std::string {
    if (number == 0) return R"({"jsonrpc":"2.0","id":0,"error":{"code":-32000,"message":"txpool is full"}})";
    if (number == 2)
      return R"({"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"nonce too low: next nonce 5"}})";
    return R"({"jsonrpc":"2.0","id":1,"result":"0x00"})";
  });
  const Workload workload = made_up(5);
  DriveOptions options;
  options.connections = 1;
  std::vector<Clock::time_point> sent_at(5);
  std::atomic<u64> sent{0};
  const SendReport report = Sender(server.url, workload, options, sent_at, sent).run(Clock::now());
  EXPECT_EQ(report.retries, 1u);
  EXPECT_EQ(report.accepted, 4u);
  EXPECT_EQ(report.refusals, (std::map<std::string, u64>{{"nonce too low", 1}}));
}

TEST(Sender, SaysThatNobodyListens) {
  const Workload workload = made_up(1);
  DriveOptions options;
  options.connections = 1;
  std::vector<Clock::time_point> sent_at(1);
  std::atomic<u64> sent{0};
  const Url nobody{"127.0.0.1", "1", "/"};
  try {
    Sender(nobody, workload, options, sent_at, sent).run(Clock::now());
    FAIL() << "it connected";
  } catch (const RpcFailure& failure) {
    EXPECT_NE(std::string(failure.what()).find("is the node running?"), std::string::npos) << failure.what();
  }
}

}  // namespace
}  // namespace atlas::load
