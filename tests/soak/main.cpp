// A node under more than it can take: transactions at a fixed rate far above its own, with slow, broken and hostile
// clients among them, and honest ones counted apart. Afterwards everything acknowledged must be there.
// Usage: soak URL PID [seconds=20] [rate=50000] [--json]
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <thread>

#include "honest.hpp"
#include "misfits.hpp"
#include <unistd.h>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::soak {
namespace {

using Json = nlohmann::json;

constexpr unsigned kHonestClients = 8;
constexpr double kHonestRate = 20;  // transactions/s together
constexpr double kMemoryLimitMiB = 4096;
constexpr double kHonestP99LimitMs = 1000;
constexpr u64 kFreshRate = 1'000;  // of the flood's transactions, so many a second are new and valid

/// What /proc says of the node, each second.
class Sampler {
 public:
  explicit Sampler(long pid) : pid_(std::to_string(pid)), thread_([this] { run(); }) {}
  ~Sampler() { stop(); }
  void stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  double memory_mib_max() const { return memory_mib_max_; }
  double cpu_seconds() const { return cpu_last_ - cpu_first_; }
  u64 samples() const { return samples_; }
  bool alive() const { return alive_; }

 private:
  void run() {
    while (!stop_) {
      sample();
      for (unsigned i = 0; i < 10 && !stop_; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(100));
    }
    sample();
  }
  void sample() {
    std::ifstream status("/proc/" + pid_ + "/status");
    alive_ = status.good();
    for (std::string line; std::getline(status, line);) {
      if (line.starts_with("VmRSS:"))
        memory_mib_max_ = std::max(memory_mib_max_.load(), std::stod(line.substr(6)) / 1024);
    }
    std::ifstream stat("/proc/" + pid_ + "/stat");
    std::string text;
    std::getline(stat, text);
    const std::size_t close = text.rfind(')');
    if (close == std::string::npos) return;
    unsigned long user = 0, system = 0;
    if (std::sscanf(text.c_str() + close + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &system) !=
        2) {
      return;
    }
    cpu_last_ = static_cast<double>(user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
    if (samples_++ == 0) cpu_first_ = cpu_last_.load();
  }
  std::string pid_;
  std::atomic<bool> stop_{false};
  std::atomic<double> memory_mib_max_{0}, cpu_first_{0}, cpu_last_{0};
  std::atomic<u64> samples_{0};
  std::atomic<bool> alive_{true};
  std::thread thread_;
};

load::Workload prepare(load::RpcClient& rpc, u64 seed, unsigned senders, unsigned transactions, u64 tip_wei,
                       u64 max_fee_wei) {
  load::WorkloadOptions options;
  options.senders = senders;
  options.transactions = transactions;
  options.funder_key = *fixed_from_hex<32>("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80");
  options.seed = seed;
  options.max_priority_fee_per_gas = u256(tip_wei);
  options.max_fee_per_gas = u256(max_fee_wei);
  return load::prepare(rpc, options, [](const char*, u64, u64) {});
}

/// Transactions that nobody would take, by accounts that hold nothing.
load::Workload underpriced(load::RpcClient& rpc, unsigned transactions) {
  const u64 chain_id = parse_u256(rpc.call("eth_chainId").get<std::string>())->low_u64();
  const Hash256 key = crypto::keccak256(as_bytes("atlas soak underpriced"));
  load::Workload out;
  for (unsigned i = 0; i < transactions; ++i) {
    Transaction tx;
    tx.type = TxType::kDynamicFee;
    tx.chain_id = chain_id;
    tx.nonce = i;
    tx.gas_limit = 21'000;
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = u256(1);
    tx.to = Address{};
    const auto signature = crypto::sign(signing_hash(tx), key);
    tx.r = signature->r;
    tx.s = signature->s;
    tx.y_parity = signature->y_parity;
    const Bytes encoded = encode_transaction(tx);
    out.transactions.push_back({crypto::keccak256(encoded), 0, to_hex(encoded)});
  }
  return out;
}

double percentile(const std::vector<double>& ascending, double q) {
  return ascending.empty() ? 0 : ascending[static_cast<std::size_t>(q * static_cast<double>(ascending.size() - 1))];
}

/// How many of the acknowledged transactions have no receipt, waiting a while for the last of them.
u64 count_lost(const load::Url& url, const load::Workload& workload, const std::vector<bool>& acknowledged) {
  load::RpcClient rpc(url);
  std::vector<std::size_t> open;
  for (std::size_t i = 0; i < acknowledged.size(); ++i) {
    if (acknowledged[i]) open.push_back(i);
  }
  const auto until = Clock::now() + std::chrono::seconds(60);
  while (!open.empty()) {
    std::vector<std::size_t> still;
    constexpr std::size_t kBatch = 500;
    for (std::size_t first = 0; first < open.size(); first += kBatch) {
      Json batch = Json::array();
      const std::size_t end = std::min(open.size(), first + kBatch);
      for (std::size_t k = first; k < end; ++k) {
        batch.push_back({{"jsonrpc", "2.0"},
                         {"id", open[k]},
                         {"method", "eth_getTransactionReceipt"},
                         {"params", {to_hex(workload.transactions[open[k]].hash)}}});
      }
      rpc.exchange(rpc.request_for(batch.dump()), 1, [&](std::string_view body) {
        for (const Json& item : Json::parse(body)) {
          if (!item.contains("result") || item["result"].is_null()) still.push_back(item["id"].get<std::size_t>());
        }
      });
    }
    open = std::move(still);
    if (Clock::now() > until) break;
    if (!open.empty()) std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  return open.size();
}

int run(const std::string& address, long pid, double seconds, double rate, bool json) {
  const load::Url url = load::Url::parse(address);
  load::RpcClient rpc(url);
  const auto count = [&](double per_s) { return static_cast<unsigned>(per_s * seconds) + 1; };
  std::fprintf(stderr, "signing transactions\n");
  const load::Workload honest = prepare(rpc, 1, kHonestClients, count(kHonestRate), 5'000'000'000, 100'000'000'000);
  const load::Workload fresh =
      prepare(rpc, 2, 200, count(static_cast<double>(kFreshRate)), 1'000'000'000, 50'000'000'000);
  const load::Workload poor = underpriced(rpc, 1'000);

  std::fprintf(stderr, "%.0f s at %.0f transactions/s\n", seconds, rate);
  std::atomic<bool> stop{false};
  Tally tally;
  Sampler sampler(pid);
  HonestResult good;
  std::vector<std::thread> misfits;
  misfits.emplace_back([&] { be_slow(url, tally, stop); });
  misfits.emplace_back([&] { be_broken(url, tally, stop); });
  misfits.emplace_back([&] { be_hostile(url, tally, stop); });
  std::thread honest_thread([&] { good = be_honest(url, honest, kHonestClients, kHonestRate, stop); });
  const FloodResult flooded = flood(url, fresh, poor, {.rate = rate, .seconds = seconds, .connections = 16}, stop);
  honest_thread.join();
  stop = true;
  for (std::thread& thread : misfits) thread.join();

  u64 lost = count_lost(url, fresh, flooded.acknowledged);
  u64 changed = 0;
  load::RpcClient checker(url);  // the node has closed the idle connection of the preparations
  for (const auto& [hash, receipt] : good.receipts) {
    const Json now = checker.call("eth_getTransactionReceipt", {hash});
    changed += now.dump() != receipt;
  }
  sampler.stop();

  const double p99 = percentile(good.milliseconds, 0.99);
  const u64 unconfirmed = good.sent - good.confirmed;
  const bool passed = sampler.alive() && sampler.memory_mib_max() <= kMemoryLimitMiB && p99 < kHonestP99LimitMs &&
                      unconfirmed == 0 && lost == 0 && changed == 0 && good.sent > 0;
  if (json) {
    std::printf("%s\n", Json({{"seconds", seconds},
                              {"rate_offered", rate},
                              {"flood",
                               {{"offered", flooded.offered},
                                {"sent", flooded.sent},
                                {"accepted", flooded.accepted},
                                {"refused", flooded.refused},
                                {"reconnects", flooded.reconnects},
                                {"reasons", flooded.reasons}}},
                              {"honest",
                               {{"sent", good.sent},
                                {"confirmed", good.confirmed},
                                {"refused_tries", good.refused_tries},
                                {"reasons", good.reasons},
                                {"p50_ms", percentile(good.milliseconds, 0.5)},
                                {"p99_ms", p99},
                                {"max_ms", percentile(good.milliseconds, 1)}}},
                              {"misfits", tally.counts()},
                              {"node",
                               {{"rss_max_mib", sampler.memory_mib_max()},
                                {"cpu_s", sampler.cpu_seconds()},
                                {"samples", sampler.samples()}}},
                              {"lost", lost},
                              {"receipts_changed", changed},
                              {"passed", passed}})
                            .dump()
                            .c_str());
  } else {
    const auto number = [](u64 n) { return static_cast<unsigned long long>(n); };
    std::printf("flood    %llu offered, %llu sent, %llu accepted, %llu refused, %llu connections\n",
                number(flooded.offered), number(flooded.sent), number(flooded.accepted), number(flooded.refused),
                number(flooded.reconnects));
    for (const auto& [reason, n] : flooded.reasons) std::printf("  %10llu  %s\n", number(n), reason.c_str());
    std::printf("honest   %llu sent, %llu confirmed, %llu tries refused, p50 %.0f ms, p99 %.0f ms, longest %.0f ms\n",
                number(good.sent), number(good.confirmed), number(good.refused_tries),
                percentile(good.milliseconds, 0.5), p99, percentile(good.milliseconds, 1));
    for (const auto& [reason, n] : good.reasons) std::printf("  %10llu  %s\n", number(n), reason.c_str());
    std::printf("misfits\n");
    for (const auto& [what, n] : tally.counts()) std::printf("  %10llu  %s\n", number(n), what.c_str());
    std::printf("node     %.0f MiB at most, %.1f s of CPU, %llu samples\n", sampler.memory_mib_max(),
                sampler.cpu_seconds(), number(sampler.samples()));
    std::printf("lost     %llu acknowledged transactions without receipt, %llu receipts changed\n", number(lost),
                number(changed));
  }
  return passed ? 0 : 1;
}

}  // namespace
}  // namespace atlas::soak

int main(int argc, char** argv) {
  const bool json = argc > 1 && std::strcmp(argv[argc - 1], "--json") == 0;
  if (json) --argc;
  if (argc < 3) {
    std::fprintf(stderr, "usage: soak URL PID [seconds=20] [rate=50000] [--json]\n");
    return 2;
  }
  try {
    return atlas::soak::run(argv[1], std::atol(argv[2]), argc > 3 ? std::atof(argv[3]) : 20,
                            argc > 4 ? std::atof(argv[4]) : 50'000, json);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "soak: %s\n", e.what());
    return 2;
  }
}
