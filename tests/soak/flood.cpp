#include "flood.hpp"

#include <thread>

namespace atlas::soak {
namespace {

constexpr unsigned kChunk = 64;               // requests written at once
constexpr std::size_t kBacklogMax = 1 << 18;  // bytes that wait for the socket; more are not offered to it
constexpr unsigned kPoorEvery = 10;           // each tenth transaction is underpriced

std::string request(const load::PreparedTx& tx, std::size_t id) {
  return post(R"({"jsonrpc":"2.0","method":"eth_sendRawTransaction","params":[")" + tx.raw + R"("],"id":)" +
              std::to_string(id) + "}");
}

/// One connection: bytes not yet taken, and the end of what has been read.
struct Line {
  Socket socket;
  std::string unsent;
  std::string tail;
};

/// Takes whole answers off `text`: each is found by its head, so no HTTP is parsed in the flood's own loop.
void count_answers(std::string& text, FloodResult& result) {
  static constexpr std::string_view kHead = R"({"jsonrpc":"2.0","id":)";
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = text.find(kHead, at);
    if (begin == std::string::npos) break;
    const std::size_t end = text.find('}', begin);
    if (end == std::string::npos) {
      at = begin;
      break;
    }
    const std::string_view answer(text.data() + begin, end - begin);
    const std::size_t id = std::strtoull(answer.data() + kHead.size(), nullptr, 10);
    if (answer.find("\"result\"") != std::string_view::npos) {
      ++result.accepted;
      if (id < result.acknowledged.size()) result.acknowledged[id] = true;
    } else {
      ++result.refused;
      static constexpr std::string_view kMessage = "\"message\":\"";
      const std::size_t from = answer.find(kMessage);
      const std::string_view message = from == std::string_view::npos ? answer : answer.substr(from + kMessage.size());
      ++result.reasons[reason_of(message.substr(0, message.find('"')))];
    }
    at = end;
  }
  if (at == 0 && text.size() > kHead.size()) at = text.size() - kHead.size();  // headers
  text.erase(0, at);
}

}  // namespace

std::string reason_of(std::string_view message) {
  std::string out;
  for (const char c : message.substr(0, message.find(':'))) {
    const bool digit = c >= '0' && c <= '9';
    if (digit && out.ends_with('#')) continue;
    out += digit ? '#' : c;
  }
  return out;
}

FloodResult flood(const load::Url& url, const load::Workload& fresh, const load::Workload& poor,
                  const FloodOptions& options, const std::atomic<bool>& stop) {
  FloodResult result;
  const std::size_t total = fresh.transactions.size();
  result.acknowledged.resize(total);
  std::vector<std::string> wire(total);
  for (std::size_t i = 0; i < total; ++i) wire[i] = request(fresh.transactions[i], i);
  std::vector<std::string> poor_wire;
  for (std::size_t i = 0; i < poor.transactions.size(); ++i) {
    poor_wire.push_back(request(poor.transactions[i], total + i));
  }

  std::vector<Line> lines(options.connections);
  const auto start = Clock::now();
  std::size_t next = 0;
  u64 turn = 0;
  while (!stop) {
    const double elapsed = std::chrono::duration<double>(Clock::now() - start).count();
    if (elapsed >= options.seconds) break;
    const u64 due = static_cast<u64>(elapsed * options.rate);
    for (Line& line : lines) {
      if (!line.socket.is_open()) {
        line.socket = Socket(url, "127.0.0.1");  // trusted: no limit per client spares the pool
        line.unsent.clear();
        line.tail.clear();
        ++result.reconnects;
      }
      for (std::string_view got; !(got = line.socket.receive()).empty();) {
        line.tail += got;
        count_answers(line.tail, result);
      }
    }
    while (result.offered + kChunk <= due) {
      Line& line = lines[turn % lines.size()];
      result.offered += kChunk;
      if (line.unsent.size() < kBacklogMax && line.socket.is_open()) {
        const std::size_t until = std::min<std::size_t>(
            total, static_cast<std::size_t>(static_cast<double>(total) * elapsed / options.seconds) + 1);
        for (unsigned k = 0; k < kChunk; ++k) {
          if (k % kPoorEvery == 0 && !poor_wire.empty()) {
            line.unsent += poor_wire[(turn * kChunk + k) % poor_wire.size()];
          } else if (next < until) {
            line.unsent += wire[next++];
          } else if (next > 0) {
            line.unsent += wire[(turn * kChunk + k) * 7 % next];
          }
        }
        result.sent += kChunk;
      }
      ++turn;
    }
    bool busy = false;
    for (Line& line : lines) {
      const std::size_t n = line.socket.send(line.unsent);
      line.unsent.erase(0, n);
      busy = busy || n > 0;
    }
    if (!busy) std::this_thread::sleep_for(std::chrono::microseconds(500));
  }
  // What was sent is answered; nothing more is offered.
  const auto until = Clock::now() + std::chrono::seconds(10);
  for (Line& line : lines) {
    while (line.socket.is_open() && !line.unsent.empty() && Clock::now() < until) {
      line.unsent.erase(0, line.socket.send(line.unsent));
      for (std::string_view got; !(got = line.socket.receive()).empty();) line.tail += got;
      count_answers(line.tail, result);
    }
  }
  for (unsigned quiet = 0; quiet < 20 && Clock::now() < until; ++quiet) {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    for (Line& line : lines) {
      for (std::string_view got; !(got = line.socket.receive()).empty();) {
        line.tail += got;
        quiet = 0;
      }
      count_answers(line.tail, result);
    }
  }
  return result;
}

}  // namespace atlas::soak
