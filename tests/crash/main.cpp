// crash [rounds] [--seed N] [--accounts N] [--atlas FILE] [--dir FOLDER] [--keep] [--json] [--no-faults] [--tree]
//       [--only WORD]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "faults.hpp"
#include <unistd.h>

namespace atlas::crash {
namespace {

struct Options {
  Setup setup;
  u64 rounds = 50;
  bool keep = false;
  bool json = false;
  bool faults = true;
  bool tree = false;  ///< kills aim at batches
  std::string only;   ///< of the faults
};

constexpr double kRestartMsMax = 2'000;

[[noreturn]] void usage(const std::string& what) {
  std::fprintf(stderr,
               "error: %s\ncrash [rounds] [--seed N] [--accounts N] [--atlas FILE] [--dir FOLDER] [--keep] [--json] "
               "[--no-faults] [--tree] [--only WORD]\n",
               what.c_str());
  std::exit(2);
}

u64 number(const char* text) {
  char* end = nullptr;
  const u64 value = std::strtoull(text, &end, 10);
  if (end == text || *end != '\0') usage(std::string("'") + text + "' is not a number");
  return value;
}

Options parse(int argc, char** argv) {
  Options options;
  options.setup.atlas = fs::read_symlink("/proc/self/exe").parent_path() / "atlas";
  options.setup.directory = fs::temp_directory_path() / ("atlas-crash-" + std::to_string(::getpid()));
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    const auto value = [&]() -> const char* { return ++i < argc ? argv[i] : (usage(word + " lacks its value"), ""); };
    if (word == "--seed") {
      options.setup.seed = number(value());
    } else if (word == "--accounts") {
      options.setup.receivers = std::max<u64>(1'000, number(value()));
    } else if (word == "--atlas") {
      options.setup.atlas = fs::absolute(value());
    } else if (word == "--dir") {
      options.setup.directory = fs::absolute(value());
    } else if (word == "--keep") {
      options.keep = true;
    } else if (word == "--json") {
      options.json = true;
    } else if (word == "--only") {
      options.only = value();
    } else if (word == "--no-faults") {
      options.faults = false;
    } else if (word == "--tree") {
      options.tree = true;
      options.faults = false;
    } else if (word.starts_with("-")) {
      usage("unknown option " + word);
    } else {
      options.rounds = number(word.c_str());
    }
  }
  if (!fs::exists(options.setup.atlas))
    usage(options.setup.atlas.string() + " does not exist: build atlas, or give --atlas FILE");
  return options;
}

/// Every kind among the first rounds, plain kills most often.
Kind kind_of(u64 round, bool tree) {
  constexpr Kind kTree[] = {Kind::kBatch, Kind::kLoad, Kind::kBatch, Kind::kStart, Kind::kBatch};
  constexpr Kind kOrder[] = {Kind::kLoad,  Kind::kSnapshot,    Kind::kTorn, Kind::kBatch,
                             Kind::kStart, Kind::kDamaged,     Kind::kLoad, Kind::kSegment,
                             Kind::kLoad,  Kind::kBadSnapshot, Kind::kLoad};
  return tree ? kTree[round % std::size(kTree)] : kOrder[round % std::size(kOrder)];
}

class Report {
 public:
  explicit Report(bool json) : json_(json) {}
  void line(const std::string& name, const std::string& failure, const nlohmann::ordered_json& figures,
            const std::string& text, const std::string& skipped = {}) {
    (!failure.empty() ? failed_ : !skipped.empty() ? skipped_ : passed_) += 1;
    if (json_) {
      nlohmann::ordered_json out{{"case", name}, {"ok", failure.empty()}};
      if (!failure.empty()) out["failure"] = failure;
      if (!skipped.empty()) out["skipped"] = skipped;
      if (figures.is_object()) out.update(figures);
      std::printf("%s\n", out.dump().c_str());
    } else {
      std::printf("%s  %-34s %s%s\n",
                  !failure.empty()   ? "fail"
                  : !skipped.empty() ? "skip"
                                     : "  ok",
                  name.c_str(), text.c_str(), skipped.c_str());
      if (!failure.empty()) std::printf("      %s\n", failure.c_str());
    }
    std::fflush(stdout);
  }
  bool good() const { return failed_ == 0; }
  void close() const {
    if (json_) {
      std::printf("{\"passed\":%llu,\"failed\":%llu,\"skipped\":%llu}\n", passed_, failed_, skipped_);
    } else {
      std::printf("%llu passed, %llu failed", passed_, failed_);
      if (skipped_ != 0) std::printf(", %llu skipped", skipped_);
      std::printf("\n");
    }
  }

 private:
  bool json_;
  unsigned long long passed_ = 0, failed_ = 0, skipped_ = 0;
};

std::string format(const char* pattern, auto... values) {
  char text[256];
  std::snprintf(text, sizeof text, pattern, values...);
  return text;
}

void run_rounds(const Options& options, Report& report) {
  Run run(options.setup);
  const auto begin = Clock::now();
  if (const std::string wrong = run.make_accounts(); !wrong.empty()) return report.line("accounts", wrong, {}, "");
  const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  report.line(
      "accounts", "", {{"accounts", run.accounts()}, {"seconds", seconds}},
      format("%llu accounts in %llu blocks, executed here too: %.1f s", static_cast<unsigned long long>(run.accounts()),
             static_cast<unsigned long long>(run.model().head()), seconds));
  std::vector<double> restarts, cpu;
  u64 receipts = 0;
  for (u64 i = 0; i < options.rounds; ++i) {
    const Kind kind = kind_of(i, options.tree);
    const RoundReport r = run.round(kind);
    if (r.restart_ms > 0) {
      restarts.push_back(r.restart_ms);
      cpu.push_back(r.restart_cpu_ms);
    }
    receipts += r.receipts_acknowledged;
    report.line(
        "round " + std::to_string(i + 1) + ", " + name_of(kind), r.failure,
        {{"killed_ms", r.killed_ms},
         {"restart_ms", r.restart_ms},
         {"restart_cpu_ms", r.restart_cpu_ms},
         {"head", r.head},
         {"blocks_acknowledged", r.blocks_acknowledged},
         {"receipts_acknowledged", r.receipts_acknowledged},
         {"batches_acknowledged", r.batches_acknowledged},
         {"batches", run.batches()},
         {"pending_kept", r.pending_kept},
         {"recovery", r.recovery}},
        format("killed after %4.0f ms: %3llu blocks, %5llu receipts, %2llu batches, %5llu pending kept; restart %4.0f "
               "ms (%s "
               "of recovery, %s blocks replayed)  %s",
               r.killed_ms, static_cast<unsigned long long>(r.blocks_acknowledged),
               static_cast<unsigned long long>(r.receipts_acknowledged),
               static_cast<unsigned long long>(r.batches_acknowledged), static_cast<unsigned long long>(r.pending_kept),
               r.restart_ms, r.recovery.is_object() ? format("%.0f", r.recovery.value("ms", 0.0)).c_str() : "?",
               r.recovery.is_object() ? format("%llu", r.recovery.value("replayed", 0ull)).c_str() : "?",
               r.note.c_str()));
    if (!r.failure.empty()) return;
  }
  report.line("what is on disk", run.finish(), {},
              format("blocks, accounts, slots and %llu batches equal the replay, `atlas rebuild` comes to the same "
                     "root, every witness holds",
                     static_cast<unsigned long long>(run.batches())));
  if (restarts.empty()) return;
  const auto median = [](std::vector<double>& values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
  };
  const double p50 = median(restarts);
  const double cpu_p50 = median(cpu);
  // On a machine that others use as well the clock says nothing about the node; its processor time still does.
  double load = 0;
  ::getloadavg(&load, 1);
  const bool busy = load > std::thread::hardware_concurrency();
  const bool slow = (busy ? cpu_p50 : p50) > kRestartMsMax;
  report.line("restart", slow ? "the mark is 2 s" : "",
              {{"p50_ms", p50},
               {"max_ms", restarts.back()},
               {"cpu_p50_ms", cpu_p50},
               {"load", load},
               {"accounts", run.accounts()},
               {"receipts_acknowledged", receipts}},
              format("exec to first answer: p50 %.0f ms, max %.0f ms (processor time p50 %.0f ms) with %llu accounts%s",
                     p50, restarts.back(), cpu_p50, static_cast<unsigned long long>(run.accounts()),
                     busy ? format("; judged by processor time, the load is %.1f", load).c_str() : ""));
}

int run(int argc, char** argv) {
  const Options options = parse(argc, argv);
  Report report(options.json);
  if (!options.json) {
    std::printf("crash: seed %llu, in %s\n", static_cast<unsigned long long>(options.setup.seed),
                options.setup.directory.c_str());
  }
  if (options.faults) {
    Setup small = options.setup;
    small.directory /= "faults";
    run_faults(small, options.only, [&](const FaultCase& c) { report.line(c.name, c.failure, {}, "", c.skipped); });
  }
  if (options.rounds > 0) {
    Options big = options;
    big.setup.directory /= "chain";
    run_rounds(big, report);
  }
  report.close();
  if (!options.keep && report.good()) fs::remove_all(options.setup.directory);
  return report.good() ? 0 : 1;
}

}  // namespace
}  // namespace atlas::crash

int main(int argc, char** argv) {
  try {
    return atlas::crash::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return 2;
  }
}
