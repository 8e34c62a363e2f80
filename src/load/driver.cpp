#include <algorithm>
#include <fstream>
#include <sstream>
#include <unordered_set>

#include <load/driver.hpp>
#include <load/sender.hpp>
#include <load/tracker.hpp>
#include <sys/resource.h>
#include <unistd.h>

namespace atlas::load {
namespace {

using Seconds = std::chrono::duration<double>;

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
  std::vector<Clock::time_point> sent_at(total);
  std::atomic<u64> sent{0};
  std::atomic<bool> all_sent{false};
  Tracker tracker(url, workload);

  const double cpu_before = cpu_seconds();
  const double node_cpu_before = cpu_seconds_of(options.node_pid);
  const auto start = Clock::now();
  SendReport report;
  std::exception_ptr failure;
  std::thread sending([&] {
    try {
      report = Sender(url, workload, options, sent_at, sent).run(start);
    } catch (...) {
      failure = std::current_exception();
    }
    all_sent = true;
  });
  std::thread reporter([&] {
    while (!all_sent) {
      progress("sending", sent.load(), total);
      std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
  });
  sending.join();
  reporter.join();
  if (failure) std::rethrow_exception(failure);

  DriveResult result;
  result.accepted = report.accepted;
  result.retries = report.retries;
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
  result.refusals.assign(report.refusals.begin(), report.refusals.end());
  std::sort(result.refusals.begin(), result.refusals.end(),
            [](const auto& a, const auto& b) { return a.second > b.second; });
  result.send_seconds = Seconds(report.last_answer - start).count();
  if (result.confirmed > 0) result.seconds = Seconds(tracker.last_seen() - start).count();
  if (result.seconds > 0) result.transactions_per_s = static_cast<double>(result.confirmed) / result.seconds;
  std::vector<double> to_block;
  for (std::size_t i = 0; i < total; ++i) {
    if (tracker.seen_at(i) == Clock::time_point{}) continue;
    to_block.push_back(Seconds(tracker.seen_at(i) - sent_at[i]).count() * 1e3);
  }
  result.to_block = percentiles(to_block);
  result.to_answer = percentiles(report.answer_ms);
  result.base_fee_first = tracker.base_fee_first();
  result.base_fee_last = tracker.base_fee_last();
  result.fullest_block = tracker.fullest();
  count_receipts(url, workload, tracker, result, progress);
  return result;
}

}  // namespace atlas::load
