#include <cstdio>

#include <load/load.hpp>
#include <unistd.h>

namespace atlas::load {
namespace {

/// One line on stderr, redrawn; nothing when stderr is not a terminal.
class ProgressLine {
 public:
  void operator()(const char* stage, u64 done, u64 total) {
    if (!tty_) return;
    constexpr unsigned kWidth = 32;
    const unsigned filled = total == 0 ? 0 : static_cast<unsigned>(done * kWidth / total);
    std::string bar;
    for (unsigned i = 0; i < kWidth; ++i) bar += i < filled ? "━" : "─";
    std::fprintf(stderr, "\r\033[K  %-18s %s %llu/%llu", stage, bar.c_str(), static_cast<unsigned long long>(done),
                 static_cast<unsigned long long>(total));
    std::fflush(stderr);
  }
  void clear() {
    if (tty_) std::fputs("\r\033[K", stderr);
  }

 private:
  const bool tty_ = isatty(STDERR_FILENO) != 0;
};

nlohmann::json to_json(const Percentiles& p) {
  return {{"p50", p.p50}, {"p90", p.p90}, {"p99", p.p99}, {"max", p.max}};
}

void print_json(const Options& options, const Workload& workload, const DriveResult& r) {
  nlohmann::json refusals = nlohmann::json::object();
  for (const auto& [message, count] : r.refusals) refusals[message] = count;
  const nlohmann::json out = {
      {"mix", name_of(options.workload.mix)},
      {"loop", options.drive.rate > 0 ? "open" : "closed"},
      {"rate", options.drive.rate},
      {"connections", options.drive.connections},
      {"batch", options.drive.batch},
      {"pipeline", options.drive.pipeline},
      {"senders", options.workload.senders},
      {"offered", r.offered},
      {"accepted", r.accepted},
      {"confirmed", r.confirmed},
      {"retries", r.retries},
      {"refusals", refusals},
      {"blocks", r.blocks},
      {"seconds", r.seconds},
      {"send_seconds", r.send_seconds},
      {"tx_per_s", r.transactions_per_s},
      {"answer_ms", to_json(r.to_answer)},
      {"block_ms", to_json(r.to_block)},
      {"client_cpu_s", r.client_cpu_seconds},
      {"node_cpu_s", r.node_cpu_seconds},
      {"receipts", {{"status_1", r.receipts_good}, {"status_0", r.receipts_failed}}},
      {"base_fee_wei", {{"first", to_decimal(r.base_fee_first)}, {"last", to_decimal(r.base_fee_last)}}},
      {"fullest_block", r.fullest_block},
      {"signing_s", workload.signing_seconds},
  };
  std::printf("%s\n", out.dump().c_str());
}

void print_text(const Options& options, const DriveResult& r) {
  const auto row = [](const char* name, const Percentiles& p) {
    std::printf("  %-22s %9.1f %9.1f %9.1f %9.1f\n", name, p.p50, p.p90, p.p99, p.max);
  };
  std::printf("%s transactions, %u senders, %u connections, %s\n", name_of(options.workload.mix),
              options.workload.senders, options.drive.connections,
              options.drive.rate > 0
                  ? ("open loop at " + std::to_string(static_cast<u64>(options.drive.rate)) + "/s").c_str()
                  : "closed loop");
  std::printf("  %-22s %llu of %llu (%llu accepted, %llu retries)\n", "confirmed",
              static_cast<unsigned long long>(r.confirmed), static_cast<unsigned long long>(r.offered),
              static_cast<unsigned long long>(r.accepted), static_cast<unsigned long long>(r.retries));
  std::printf("  %-22s %.0f tx/s over %.2f s, %llu blocks\n", "throughput", r.transactions_per_s, r.seconds,
              static_cast<unsigned long long>(r.blocks));
  std::printf("  %-22s %9s %9s %9s %9s\n", "latency, ms", "p50", "p90", "p99", "max");
  row("  to the RPC answer", r.to_answer);
  row("  to the block", r.to_block);
  std::printf("  %-22s %llu with status 1, %llu with status 0\n", "receipts",
              static_cast<unsigned long long>(r.receipts_good), static_cast<unsigned long long>(r.receipts_failed));
  std::printf("  %-22s %s wei in the first block, %s in the last; fullest block %.0f %%\n", "base fee",
              to_decimal(r.base_fee_first).c_str(), to_decimal(r.base_fee_last).c_str(), r.fullest_block * 100);
  std::printf("  %-22s %.2f s\n", "CPU of this client", r.client_cpu_seconds);
  if (options.drive.node_pid != 0) std::printf("  %-22s %.2f s\n", "CPU of the node", r.node_cpu_seconds);
  for (const auto& [message, count] : r.refusals) {
    std::printf("  refused %-14llu %s\n", static_cast<unsigned long long>(count), message.c_str());
  }
}

}  // namespace

int run(const Options& options) {
  ProgressLine line;
  const Progress progress = [&line](const char* stage, u64 done, u64 total) { line(stage, done, total); };
  try {
    const Url url = Url::parse(options.url);
    RpcClient rpc(url);
    const Workload workload = prepare(rpc, options.workload, progress);
    const DriveResult result = drive(url, workload, options.drive, progress);
    line.clear();
    if (options.json) {
      print_json(options, workload, result);
    } else {
      print_text(options, result);
    }
    const bool good =
        result.confirmed == result.accepted && result.accepted > 0 && result.receipts_good == result.confirmed;
    return good ? 0 : 1;
  } catch (const std::exception& e) {
    line.clear();
    std::fprintf(stderr, "atlas load: %s\n", e.what());
    return 2;
  }
}

}  // namespace atlas::load
