// What a hostile client may ask for, one thing at a time: each is answered with a clear error (or bounded work) in
// bounded time and memory, and the node answers the next client at once.
// Usage: limits URL PID. The last line is `N passed, M failed`.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <thread>

#include "flood.hpp"
#include <nlohmann/json.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::soak {
namespace {

using Json = nlohmann::json;
using Seconds = std::chrono::duration<double>;

constexpr double kMemoryGrowthMaxMiB = 512;
constexpr double kNextClientMaxS = 2;

std::string call(std::string_view method, std::string_view params, u64 id = 1) {
  return R"({"jsonrpc":"2.0","id":)" + std::to_string(id) + R"(,"method":")" + std::string(method) + R"(","params":)" +
         std::string(params) + "}";
}

std::string batch(std::string_view item, unsigned count) {
  std::string out = "[";
  for (unsigned i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    out += item;
  }
  return out + "]";
}

std::size_t count_of(std::string_view text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string_view::npos; at = text.find(word, at + word.size())) ++count;
  return count;
}

class Suite {
 public:
  Suite(load::Url url, std::string pid) : url_(std::move(url)), pid_(std::move(pid)) {}

  /// `act` returns what was wrong; empty: nothing.
  void check(const char* name, double seconds_max, const std::function<std::string()>& act) {
    const double memory_before = memory_mib();
    const auto start = Clock::now();
    std::string wrong;
    try {
      wrong = act();
    } catch (const std::exception& error) {
      wrong = error.what();
    }
    const double seconds = Seconds(Clock::now() - start).count();
    const double growth = memory_mib() - memory_before;
    if (wrong.empty() && seconds > seconds_max) wrong = "took longer than " + std::to_string(seconds_max) + " s";
    if (wrong.empty() && growth > kMemoryGrowthMaxMiB) wrong = "memory grew by more than 512 MiB";
    if (wrong.empty()) {
      const auto asked = Clock::now();
      load::RpcClient(url_).call("eth_chainId");
      if (Seconds(Clock::now() - asked).count() > kNextClientMaxS) wrong = "the next client waited";
    }
    ++(wrong.empty() ? passed_ : failed_);
    std::printf("%s  %-44s %6.2f s  %+6.0f MiB%s%s\n", wrong.empty() ? "  ok" : "fail", name, seconds, growth,
                wrong.empty() ? "" : "  ", wrong.substr(0, 300).c_str());
  }

  int finish() const {
    std::printf("%u passed, %u failed\n", passed_, failed_);
    return failed_ == 0 ? 0 : 1;
  }

  /// Sends what the node takes of `bytes`, then `more` again and again until the node answers or `bytes_max` are sent.
  std::string until_answered(std::string_view bytes, std::string_view more, std::size_t bytes_max, double seconds) {
    Socket socket(url_, "127.0.0.1");
    std::string answer;
    std::size_t sent = 0;
    const auto until = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(seconds));
    while (socket.is_open() && Clock::now() < until) {
      if (bytes.empty() && sent < bytes_max) bytes = more;
      const std::size_t n = bytes.empty() ? 0 : socket.send(bytes.substr(0, 1 << 16));
      bytes.remove_prefix(n);
      sent += n;
      const std::string_view got = socket.receive();
      answer += got;
      if (!answer.empty() && got.empty()) break;
      if (n == 0 && got.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return answer;
  }

  /// The body of the answer to one POST.
  std::string post_body(const std::string& body) {
    load::RpcClient rpc(url_);
    std::string out;
    rpc.exchange(rpc.request_for(body), 1, [&](std::string_view answer) { out = answer; });
    return out;
  }
  const load::Url& url() const { return url_; }

 private:
  double memory_mib() const {
    std::ifstream status("/proc/" + pid_ + "/status");
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:")) return std::stod(line.substr(6)) / 1024;
    }
    throw load::RpcFailure("the node has gone");
  }
  load::Url url_;
  std::string pid_;
  unsigned passed_ = 0, failed_ = 0;
};

std::string wants(const std::string& answer, std::string_view word) {
  if (answer.find(word) != std::string::npos) return {};
  return "expected \"" + std::string(word) + "\", got: " + answer.substr(0, 200);
}

/// A transaction of the funded account that burns its gas in a loop; its hash once it is in a block.
std::string burn(load::RpcClient& rpc, u64 gas) {
  const Hash256 key = *fixed_from_hex<32>("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  const auto number = [&](const char* method, Json params) {
    return parse_u256(rpc.call(method, std::move(params)).get<std::string>())->low_u64();
  };
  Transaction tx;
  tx.type = TxType::kDynamicFee;
  tx.chain_id = number("eth_chainId", Json::array());
  tx.nonce = number("eth_getTransactionCount", {to_hex(*crypto::address_of_private_key(key)), "pending"});
  tx.gas_limit = gas;
  tx.max_fee_per_gas = u256(100'000'000'000);
  tx.max_priority_fee_per_gas = u256(1'000'000'000);
  tx.data = {0x5b, 0x5f, 0x56};  // JUMPDEST, PUSH0, JUMP
  const auto signature = crypto::sign(signing_hash(tx), key);
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  return rpc.call("eth_sendRawTransactionSync", {to_hex(encode_transaction(tx))})["transactionHash"];
}

int run(const std::string& address, const std::string& pid) {
  Suite suite(load::Url::parse(address), pid);
  const std::string head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n";
  const std::string mebibyte(1 << 20, ' ');

  suite.check("a million filters", 20, [&]() -> std::string {
    load::RpcClient rpc(suite.url());
    const std::string request = rpc.request_for(batch(call("eth_newFilter", "[{}]"), 1'000));
    std::size_t made = 0;
    std::size_t refused = 0;
    for (unsigned i = 0; i < 1'000; ++i) {
      rpc.exchange(request, 1, [&](std::string_view answer) {
        made += count_of(answer, "\"result\"");
        refused += count_of(answer, "-32005");
      });
    }
    if (made > 500 || made + refused != 1'000'000) return std::to_string(made) + " filters made";
    return {};
  });
  suite.check("a gigabyte body, announced", 5, [&] {
    return wants(suite.until_answered(head + "Content-Length: 1000000000\r\n\r\n", mebibyte, 1'000'000'000, 5),
                 " 413 ");
  });
  suite.check("a gigabyte body, in chunks", 10, [&] {
    return wants(suite.until_answered(head + "Transfer-Encoding: chunked\r\n\r\n", "100000\r\n" + mebibyte + "\r\n",
                                      1'000'000'000, 10),
                 " 413 ");
  });
  suite.check("a header without end", 5,
              [&] { return wants(suite.until_answered(head + "X: ", mebibyte, 1'000'000'000, 5), " 431 "); });
  suite.check("JSON a million levels deep", 5, [&] {
    return wants(suite.post_body(std::string(1'000'000, '[') + std::string(1'000'000, ']')), "nested deeper than");
  });
  suite.check("a batch of 100,000", 5,
              [&] { return wants(suite.post_body(batch(R"({"jsonrpc":"2.0","id":1})", 100'000)), "batch too large"); });
  suite.check("a batch of answers beyond 25 MB", 20, [&]() -> std::string {
    load::RpcClient rpc(suite.url());
    burn(rpc, 100'000);
    const std::string answer = suite.post_body(batch(call("debug_traceBlockByNumber", "[\"latest\"]"), 1'000));
    return answer.size() < 60'000'000 ? std::string() : "an answer of " + std::to_string(answer.size()) + " bytes";
  });
  suite.check("logs of the whole chain, 1,000 times", 20, [&] {
    return wants(suite.post_body(batch(call("eth_getLogs", R"([{"fromBlock":"0x0","toBlock":"latest"}])"), 1'000)),
                 "\"result\"");
  });
  suite.check("logs of 2^63 blocks", 5, [&]() -> std::string {
    const std::string answer =
        suite.post_body(call("eth_getLogs", R"([{"fromBlock":"0x0","toBlock":"0x7fffffffffffffff"}])"));
    return answer.size() < 100'000 ? std::string() : "an answer of " + std::to_string(answer.size()) + " bytes";
  });
  suite.check("100,000 subscriptions", 30, [&]() -> std::string {
    Socket socket(suite.url(), "127.0.0.1");
    socket.send_all(upgrade(), 1'000);
    while (socket.is_open() && socket.receive().empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    std::string bytes;
    for (unsigned i = 0; i < 100'000; ++i) bytes += text_frame(call("eth_subscribe", "[\"newHeads\"]", i));
    std::string_view rest = bytes;
    std::size_t made = 0;
    std::size_t refused = 0;
    std::string text;
    const auto until = Clock::now() + std::chrono::seconds(30);
    while (made + refused < 100'000 && socket.is_open() && Clock::now() < until) {
      rest.remove_prefix(rest.empty() ? 0 : socket.send(rest.substr(0, 1 << 16)));
      const std::string_view got = socket.receive();
      text += got;
      if (text.size() < 200 && !got.empty()) continue;
      const std::size_t whole = text.rfind('}');  // a word is never split over two counts
      if (whole == std::string::npos) continue;
      made += count_of(std::string_view(text).substr(0, whole), "\"result\":\"0x");
      refused += count_of(std::string_view(text).substr(0, whole), "too many subscriptions");
      text.erase(0, whole);
      if (got.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    if (made > 128 || made + refused != 100'000) {
      return std::to_string(made) + " subscriptions made, " + std::to_string(refused) + " refused";
    }
    return {};
  });
  const auto call_with = [&](const char* code, const char* word) {
    return wants(suite.post_body(call(
                     "eth_call", std::string(R"([{"data":")") + code + R"(","gas":"0xffffffffffffffff"},"latest"])")),
                 word);
  };
  suite.check("eth_call without end", 10, [&] { return call_with("0x5b5f56", "\"error\""); });
  suite.check("eth_call for 4 GiB of memory", 10, [&] { return call_with("0x60ff63ffffffe052", "\"error\""); });
  suite.check("eth_call that returns all it can", 10, [&] { return call_with("0x6270a0005ff3", "\"jsonrpc\""); });
  suite.check("eth_call that calls itself without end", 10,
              [&] { return call_with("0x5b5f5f5f5f5f305af1505f56", "\"jsonrpc\""); });
  suite.check("tracing a loop of 16 million gas", 20, [&] {
    load::RpcClient rpc(suite.url());
    const std::string hash = burn(rpc, 16'000'000);
    return wants(suite.post_body(call("debug_traceTransaction", "[\"" + hash + R"(",{"enableMemory":true}])")),
                 "-32005");
  });
  suite.check("tracing that loop 100 times in a batch", 60, [&]() -> std::string {
    load::RpcClient rpc(suite.url());
    const std::string hash = burn(rpc, 16'000'000);
    const std::string answer = suite.post_body(batch(call("debug_traceTransaction", "[\"" + hash + "\"]"), 100));
    return answer.size() < 60'000'000 ? wants(answer, "-32005")
                                      : "an answer of " + std::to_string(answer.size()) + " bytes";
  });
  suite.check("eth_simulateV1, 256 blocks of endless calls", 30, [&]() -> std::string {
    const std::string block =
        R"({"calls":[{"data":"0x5b5f56","gas":"0x2faf080"},{"data":"0x5b5f56","gas":"0x2faf080"}]})";
    const std::string answer =
        suite.post_body(call("eth_simulateV1", "[{\"blockStateCalls\":" + batch(block, 256) + "},\"latest\"]"));
    return answer.size() < 30'000'000 ? wants(answer, "\"jsonrpc\"") : "an answer of " + std::to_string(answer.size());
  });
  suite.check("a hex string of 100 MB", 10, [&] {
    return wants(suite.until_answered(head + "Content-Length: 100000100\r\n\r\n" +
                                          R"({"jsonrpc":"2.0","id":1,"method":"web3_sha3","params":["0x)",
                                      std::string(1 << 20, 'f'), 100'000'000, 10),
                 " 413 ");
  });
  suite.check("a transaction of 4 MB", 5, [&] {
    return wants(suite.post_body(call("eth_sendRawTransaction", "[\"0x" + std::string(4'000'000, 'f') + "\"]")),
                 "\"error\"");
  });
  return suite.finish();
}

}  // namespace
}  // namespace atlas::soak

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fprintf(stderr, "usage: limits URL PID\n");
    return 2;
  }
  try {
    return atlas::soak::run(argv[1], argv[2]);
  } catch (const std::exception& e) {
    std::printf("limits: %s\n0 passed, 1 failed\n", e.what());
    return 2;
  }
}
