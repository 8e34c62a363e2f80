#include "misfits.hpp"

#include <functional>
#include <thread>

namespace atlas::soak {
namespace {

constexpr const char* kSlowSource = "127.0.0.3";
constexpr const char* kBrokenSource = "127.0.0.4";
constexpr const char* kHostileSource = "127.0.0.5";

void pause_ms(unsigned ms) {
  std::this_thread::sleep_for(std::chrono::milliseconds(ms));
}

std::string call(std::string_view method, std::string_view params) {
  return R"({"jsonrpc":"2.0","id":1,"method":")" + std::string(method) + R"(","params":)" + std::string(params) + "}";
}

std::string batch_of(const std::string& item, unsigned count) {
  std::string out = "[";
  for (unsigned i = 0; i < count; ++i) out += (i == 0 ? "" : ",") + item;
  return out + "]";
}

/// The answer's first line, or its error's message, without what differs.
std::string told(std::string_view answer) {
  static constexpr std::string_view kMessage = "\"message\":\"";
  const std::size_t at = answer.find(kMessage);
  if (at != std::string_view::npos) {
    const std::string_view message = answer.substr(at + kMessage.size());
    return reason_of(message.substr(0, message.find('"')));
  }
  if (answer.empty()) return "no answer";
  return std::string(answer.substr(0, answer.find('\r')));
}

/// Sends `bytes` and reads the begin of an answer; both bounded by `milliseconds`.
std::string ask(const load::Url& url, const char* source, std::string_view bytes, unsigned milliseconds) {
  Socket socket(url, source);
  if (!socket.is_open()) return "no connection";
  const auto until = Clock::now() + std::chrono::milliseconds(milliseconds);
  std::string answer;
  while (Clock::now() < until && answer.size() < 65'536) {
    const std::size_t n = bytes.empty() ? 0 : socket.send(bytes.substr(0, 1 << 16));
    bytes.remove_prefix(n);
    const std::string_view got = socket.receive();
    answer += got;
    if (!answer.empty() && got.empty()) break;
    if (!socket.is_open()) break;
    if (n == 0 && got.empty()) pause_ms(1);
  }
  return told(answer);
}

}  // namespace

void be_slow(const load::Url& url, Tally& tally, const std::atomic<bool>& stop) {
  constexpr unsigned kConnections = 50;
  constexpr unsigned kPauseMs = 100;
  const std::string request = post(call("eth_blockNumber", "[]"));
  std::vector<std::pair<Socket, std::size_t>> clients(kConnections);
  while (!stop) {
    for (auto& [socket, at] : clients) {
      if (!socket.is_open()) {
        socket = Socket(url, kSlowSource);
        at = 0;
        tally.add("slow connections");
      }
      at += socket.send(std::string_view(request).substr(at, 1));
      if (at < request.size()) continue;
      at = 0;
      tally.add("slow requests");
      while (!socket.receive().empty()) {
      }
    }
    pause_ms(kPauseMs);
  }
}

void be_broken(const load::Url& url, Tally& tally, const std::atomic<bool>& stop) {
  constexpr unsigned kDeaf = 40;
  const std::string request = post(call("eth_getBlockByNumber", R"(["latest",true])"));
  std::string many;
  for (unsigned i = 0; i < 50; ++i) many += request;
  std::string subscriptions;
  for (const char* what : {R"(["newHeads"])", R"(["logs",{}])", R"(["newPendingTransactions",true])"}) {
    for (unsigned i = 0; i < 20; ++i) subscriptions += text_frame(call("eth_subscribe", what));
  }
  std::vector<Socket> deaf(kDeaf);
  for (u64 round = 0; !stop; ++round) {
    Socket half(url, kBrokenSource);
    half.send(std::string_view(request).substr(0, round % request.size()));
    pause_ms(5);
    if (round % 2 == 0) {
      half.reset();
      tally.add("resets in the middle of a request");
    }
    Socket& one = deaf[round % kDeaf];
    if (!one.is_open()) {
      one = Socket(url, kBrokenSource);
      tally.add(round % 2 == 0 ? "deaf HTTP clients" : "deaf subscribers");
      if (round % 2 != 0 && one.send_all(upgrade(), 200)) {
        pause_ms(20);  // the node answers; nobody reads it
        one.send_all(subscriptions, 200);
      }
    }
    if (round % 2 == 0) one.send(many);
    if (round % 200 == 199) {
      for (Socket& socket : deaf) socket.reset();
    }
    pause_ms(20);
  }
}

void be_hostile(const load::Url& url, Tally& tally, const std::atomic<bool>& stop) {
  constexpr unsigned kPatienceMs = 2'000;
  const std::string head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  const std::string filters = post(batch_of(call("eth_newFilter", "[{}]"), 1'000));
  const std::string logs = post(batch_of(call("eth_getLogs", R"([{"fromBlock":"0x0","toBlock":"latest"}])"), 100));
  const std::string blocks = post(batch_of(call("eth_getBlockByNumber", R"(["latest",true])"), 1'000));
  // Init code that never ends, one that wants memory, one that returns a lot.
  const std::string endless = post(call("eth_call", R"([{"data":"0x5b5f56","gas":"0x2faf080"},"latest"])"));
  const std::string memory =
      post(call("eth_call", R"([{"data":"0x5f62ffffff5260ff5f52","gas":"0x2faf080"},"latest"])"));
  const std::string returning = post(call("eth_call", R"([{"data":"0x625000005ff3","gas":"0x2faf080"},"latest"])"));
  const std::string deep = std::string(2'000'000, '[');
  const std::string hex = post(call("web3_sha3", "[\"0x" + std::string(4'000'000, 'f') + "\"]"));
  const std::vector<std::pair<const char*, std::function<std::string()>>> attacks = {
      {"huge header", [&] { return ask(url, kHostileSource, head + "X: " + std::string(1 << 20, 'a'), kPatienceMs); }},
      {"gigabyte body",
       [&] {
         return ask(url, kHostileSource, head + "Content-Length: 1000000000\r\n\r\n" + std::string(1 << 20, ' '),
                    kPatienceMs);
       }},
      {"endless chunks",
       [&] {
         std::string body = head + "Transfer-Encoding: chunked\r\n\r\n";
         for (unsigned i = 0; i < 100; ++i) body += "10000\r\n" + std::string(1 << 16, ' ') + "\r\n";
         return ask(url, kHostileSource, body, kPatienceMs);
       }},
      {"deep JSON", [&] { return ask(url, kHostileSource, post(deep), kPatienceMs); }},
      {"long hex", [&] { return ask(url, kHostileSource, hex, kPatienceMs); }},
      {"filters", [&] { return ask(url, kHostileSource, filters, kPatienceMs); }},
      {"log queries", [&] { return ask(url, kHostileSource, logs, kPatienceMs); }},
      {"batch of blocks", [&] { return ask(url, kHostileSource, blocks, kPatienceMs); }},
      {"endless call", [&] { return ask(url, kHostileSource, endless, kPatienceMs); }},
      {"memory call", [&] { return ask(url, kHostileSource, memory, kPatienceMs); }},
      {"returning call", [&] { return ask(url, kHostileSource, returning, kPatienceMs); }},
      {"flood of connections",
       [&] {
         std::vector<Socket> sockets;
         for (unsigned i = 0; i < 200; ++i) sockets.emplace_back(url, kHostileSource);
         pause_ms(100);
         return std::string("closed again");
       }},
      {"flood of calls",
       [&] {
         Socket socket(url, kHostileSource);
         for (unsigned i = 0; i < 300; ++i) socket.send_all(endless, 10);
         return std::string("left at once");
       }},
  };
  while (!stop) {
    for (const auto& [name, attack] : attacks) {
      if (stop) return;
      tally.add(std::string(name) + ": " + attack());
    }
  }
}

}  // namespace atlas::soak
