#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <unordered_set>

#include <load/driver.hpp>
#include <load/tracker.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace atlas::load {
namespace {

using Seconds = std::chrono::duration<double>;

constexpr auto kRetryPause = std::chrono::milliseconds(20);
constexpr unsigned kMaxRetries = 500;

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

/// CPU time of another process, from /proc; 0 if there is none.
double cpu_seconds_of(int pid) {
  if (pid == 0) return 0;
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // Fields follow the name in parentheses, which may hold anything; user and system time are the 14th and 15th of all.
  constexpr int kBeforeUser = 11;
  std::istringstream fields(text.substr(std::min(text.size(), text.rfind(')') + 1)));
  std::string skipped;
  for (int i = 0; i < kBeforeUser; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

Percentiles percentiles(std::vector<double>& ms) {
  if (ms.empty()) return {};
  std::sort(ms.begin(), ms.end());
  const auto at = [&ms](double q) { return ms[static_cast<std::size_t>(q * static_cast<double>(ms.size() - 1))]; };
  return {at(0.50), at(0.90), at(0.99), ms.back()};
}

std::string body_of(const PreparedTx& tx, std::size_t id) {
  std::string body;
  body.reserve(tx.raw.size() + 96);
  body += R"({"jsonrpc":"2.0","method":"eth_sendRawTransaction","params":[")";
  body += tx.raw;
  body += R"("],"id":)";
  body += std::to_string(id);
  body += '}';
  return body;
}

/// A refusal that passes when blocks are made, so the closed loop waits and tries again.
bool is_temporary(const std::string& message) {
  return message.find("txpool is full") != std::string::npos || message.find("account limit") != std::string::npos ||
         message.find("too many") != std::string::npos;
}

/// What one connection sent and heard; merged when all are done.
struct Share {
  std::vector<u32> order;         ///< its transactions
  std::vector<double> answer_ms;  ///< one an HTTP request
  std::map<std::string, u64> refusals;
  u64 accepted = 0;
  u64 retries = 0;
  std::string failure;
};

class Connection {
 public:
  Connection(const Url& url, const Workload& workload, const DriveOptions& options, Share& share,
             std::vector<Clock::time_point>& sent_at)
      : rpc_(url), workload_(workload), options_(options), share_(share), sent_at_(sent_at) {}

  /// `slot(k)`: when the k-th transaction of this connection is due, in the open loop.
  template <class Slot>
  void run(Clock::time_point start, Slot&& slot, std::atomic<u64>& sent) {
    const unsigned wave = options_.batch * options_.pipeline;
    for (std::size_t first = 0; first < share_.order.size(); first += wave) {
      const std::size_t count = std::min<std::size_t>(wave, share_.order.size() - first);
      Clock::time_point due = Clock::now();
      if (options_.rate > 0) {
        due = start + std::chrono::duration_cast<Clock::duration>(Seconds(slot(first + count - 1)));
        std::this_thread::sleep_until(due);
      }
      std::vector<u32> todo(share_.order.begin() + static_cast<std::ptrdiff_t>(first),
                            share_.order.begin() + static_cast<std::ptrdiff_t>(first + count));
      // In the open loop each transaction is due by itself: waiting for its batch to fill is latency, too.
      for (std::size_t k = 0; k < count; ++k) {
        sent_at_[todo[k]] =
            options_.rate > 0 ? start + std::chrono::duration_cast<Clock::duration>(Seconds(slot(first + k))) : due;
      }
      for (unsigned attempt = 0; !todo.empty(); ++attempt) {
        if (attempt > 0) {
          share_.retries += todo.size();
          std::this_thread::sleep_for(kRetryPause);
        }
        send(todo, due, attempt >= kMaxRetries || options_.rate > 0);
      }
      sent += count;
    }
  }

 private:
  /// Sends and reads the answers; leaves in `todo` what is worth another try.
  void send(std::vector<u32>& todo, Clock::time_point due, bool last_try) {
    std::string wire;
    unsigned requests = 0;
    for (std::size_t i = 0; i < todo.size(); i += options_.batch, ++requests) {
      const std::size_t end = std::min<std::size_t>(i + options_.batch, todo.size());
      if (options_.batch == 1) {
        wire += rpc_.request_for(body_of(workload_.transactions[todo[i]], todo[i]));
        continue;
      }
      std::string body = "[";
      for (std::size_t k = i; k < end; ++k) {
        if (k > i) body += ',';
        body += body_of(workload_.transactions[todo[k]], todo[k]);
      }
      body += ']';
      wire += rpc_.request_for(body);
    }
    std::vector<u32> again;
    rpc_.exchange(wire, requests, [&](std::string_view body) {
      share_.answer_ms.push_back(Seconds(Clock::now() - due).count() * 1e3);
      if (options_.batch == 1 && body.find("\"error\"") == std::string_view::npos) {
        note_accepted();  // the common answer needs no parsing
        return;
      }
      const auto json = nlohmann::json::parse(body, nullptr, /*allow_exceptions=*/false);
      if (json.is_array()) {
        for (const auto& item : json) take(item, last_try, again);
      } else {
        take(json, last_try, again);
      }
    });
    std::sort(again.begin(), again.end());  // nonces ascend with the index
    todo = std::move(again);
  }
  void take(const nlohmann::json& answer, bool last_try, std::vector<u32>& again) {
    if (answer.is_object() && answer.contains("result")) return note_accepted();
    std::string message = "not a JSON-RPC answer";
    if (answer.is_object() && answer.contains("error")) message = answer["error"].value("message", "unnamed error");
    if (!last_try && is_temporary(message) && answer["id"].is_number_unsigned()) {
      again.push_back(answer["id"].get<u32>());
      return;
    }
    ++share_.refusals[message.substr(0, message.find(':'))];
  }
  void note_accepted() { ++share_.accepted; }

  RpcClient rpc_;
  const Workload& workload_;
  const DriveOptions& options_;
  Share& share_;
  std::vector<Clock::time_point>& sent_at_;
};

/// Asks for the receipts of every block of the run.
void count_receipts(const Url& url, const Workload& workload, const Tracker& tracker, DriveResult& result,
                    const Progress& progress) {
  std::unordered_set<std::string_view> ours;
  std::vector<std::string> hashes;
  hashes.reserve(workload.transactions.size());
  for (std::size_t i = 0; i < workload.transactions.size(); ++i) {
    if (tracker.seen_at(i) == Clock::time_point{}) continue;
    hashes.push_back(to_hex(workload.transactions[i].hash));
    ours.insert(hashes.back());
  }
  const auto count = [&](const nlohmann::json& receipt) {
    if (!receipt.is_object() || !ours.contains(receipt.value("transactionHash", ""))) return;
    ++(receipt.value("status", "") == "0x1" ? result.receipts_good : result.receipts_failed);
  };
  RpcClient rpc(url);
  for (u64 n = tracker.first_block(); n <= tracker.last_block(); ++n) {
    progress("checking receipts", n - tracker.first_block(), tracker.last_block() + 1 - tracker.first_block());
    nlohmann::json receipts;
    try {
      receipts = rpc.call("eth_getBlockReceipts", {to_quantity(u256(n))});
    } catch (const RpcError&) {  // older nodes do not have it
      receipts = nlohmann::json::array();
      const nlohmann::json block = rpc.call("eth_getBlockByNumber", {to_quantity(u256(n)), false});
      for (const auto& hash : block.at("transactions")) {
        if (ours.contains(hash.get<std::string>())) receipts.push_back(rpc.call("eth_getTransactionReceipt", {hash}));
      }
    }
    for (const auto& receipt : receipts) count(receipt);
  }
}

}  // namespace

DriveResult drive(const Url& url, const Workload& workload, const DriveOptions& options, const Progress& progress) {
  const std::size_t total = workload.transactions.size();
  std::vector<Share> shares(options.connections);
  // A sender keeps to one connection, so its nonces arrive in order.
  for (u32 i = 0; i < total; ++i) shares[workload.transactions[i].sender % options.connections].order.push_back(i);
  std::vector<Clock::time_point> sent_at(total);
  std::vector<Clock::time_point> answered_at(options.connections);
  std::atomic<u64> sent{0};
  std::atomic<bool> all_sent{false};
  Tracker tracker(url, workload);

  const double cpu_before = cpu_seconds();
  const double node_cpu_before = cpu_seconds_of(options.node_pid);
  const auto start = Clock::now();
  std::vector<std::thread> threads;
  for (unsigned c = 0; c < options.connections; ++c) {
    threads.emplace_back([&, c] {
      try {
        Connection connection(url, workload, options, shares[c], sent_at);
        connection.run(
            start, [&, c](std::size_t k) { return (static_cast<double>(k) * options.connections + c) / options.rate; },
            sent);
      } catch (const std::exception& e) {
        shares[c].failure = e.what();
      }
      answered_at[c] = Clock::now();
    });
  }
  std::thread reporter([&] {
    while (!all_sent) {
      progress("sending", sent.load(), total);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  for (std::thread& t : threads) t.join();
  all_sent = true;
  reporter.join();

  DriveResult result;
  std::map<std::string, u64> refusals;
  for (const Share& share : shares) {
    if (!share.failure.empty()) throw RpcFailure(share.failure);
    result.accepted += share.accepted;
    result.retries += share.retries;
    for (const auto& [message, count] : share.refusals) refusals[message] += count;
  }
  const auto deadline = Clock::now() + std::chrono::duration_cast<Clock::duration>(Seconds(options.timeout_seconds));
  while (tracker.confirmed() < result.accepted && !tracker.failed() && Clock::now() < deadline) {
    progress("confirming", tracker.confirmed(), result.accepted);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  result.client_cpu_seconds = cpu_seconds() - cpu_before;
  result.node_cpu_seconds = cpu_seconds_of(options.node_pid) - node_cpu_before;
  tracker.stop();
  if (!tracker.failure().empty()) throw RpcFailure("following the chain: " + tracker.failure());
  progress("confirming", tracker.confirmed(), result.accepted);

  result.offered = total;
  result.confirmed = tracker.confirmed();
  result.blocks = tracker.blocks();
  result.refusals.assign(refusals.begin(), refusals.end());
  std::sort(result.refusals.begin(), result.refusals.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  result.send_seconds = Seconds(*std::max_element(answered_at.begin(), answered_at.end()) - start).count();
  if (result.confirmed > 0) result.seconds = Seconds(tracker.last_seen() - start).count();
  if (result.seconds > 0) result.transactions_per_s = static_cast<double>(result.confirmed) / result.seconds;
  std::vector<double> to_block;
  for (std::size_t i = 0; i < total; ++i) {
    if (tracker.seen_at(i) == Clock::time_point{}) continue;
    to_block.push_back(Seconds(tracker.seen_at(i) - sent_at[i]).count() * 1e3);
  }
  result.to_block = percentiles(to_block);
  std::vector<double> to_answer;
  for (Share& share : shares) to_answer.insert(to_answer.end(), share.answer_ms.begin(), share.answer_ms.end());
  result.to_answer = percentiles(to_answer);
  result.base_fee_first = tracker.base_fee_first();
  result.base_fee_last = tracker.base_fee_last();
  result.fullest_block = tracker.fullest();
  count_receipts(url, workload, tracker, result, progress);
  return result;
}

}  // namespace atlas::load
