// Cycles of the batch program, held against native execution and against the budgets in the repository.
//
//   guest_bench ELF BUDGETS ARTIFACTS [--accounts N] [--report] [--flame FOLDER] [--check] [CASE…]
//
// Prints "case<TAB>metric<TAB>value<TAB>unit" lines. --check instead holds each case to its budget and closes with
// "N passed, M failed". BUDGETS has lines "case accounts cycles".
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "workload.hpp"

using namespace atlas;
using namespace atlas::guest_test;

namespace {

struct Options {
  std::string elf, budgets, artifacts, flame;
  u64 accounts = 1'000'000;
  bool report = false;
  bool check = false;
  std::vector<std::string> cases;
};

Options parse(int argc, char** argv) {
  if (argc < 4) throw std::runtime_error("usage: guest_bench ELF BUDGETS ARTIFACTS [options] [case…]");
  Options o{argv[1], argv[2], argv[3], {}, 1'000'000, false, false, {}};
  for (int i = 4; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] {
      if (++i == argc) throw std::runtime_error(std::string(word) + " takes a value");
      return argv[i];
    };
    if (word == "--accounts") {
      o.accounts = std::strtoull(value(), nullptr, 10);
    } else if (word == "--flame") {
      o.flame = value();
    } else if (word == "--report") {
      o.report = true;
    } else if (word == "--check") {
      o.check = true;
    } else {
      o.cases.emplace_back(word);
    }
  }
  return o;
}

/// Budget of a case over so many accounts; 0 if the file has none.
u64 budget_of(const std::string& path, const std::string& name, u64 accounts) {
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) {
    std::istringstream words(line);
    std::string which;
    u64 size = 0;
    u64 cycles = 0;
    if (words >> which >> size >> cycles && which == name && size == accounts) return cycles;
  }
  return 0;
}

constexpr u64 kSlackPercent = 2;

void print(const std::string& name, const std::string& metric, double value, const char* unit) {
  std::printf("%s\t%s\t%.6g\t%s\n", name.c_str(), metric.c_str(), value, unit);
}

/// Whether guest and native agree and, with --check, the budget holds.
bool run_case(Case which, const BatchProgram& program, const Options& o) {
  const std::string name = name_of(which);
  const auto work = make_workload(which, o.accounts, o.artifacts);
  const NativeBatch native = run_native(work->world, work->input);
  for (const Block& block : native.blocks) {
    for (const Receipt& receipt : block.receipts) {
      if (!receipt.success) throw std::runtime_error(name + ": a transaction failed");
    }
  }
  zkvm::Profile profile(program.program());
  const GuestRun run = o.check ? program.run(native.witness) : program.run(native.witness, profile);
  if (!run.halted || run.output != native.public_input) {
    std::fprintf(stderr, "%s: guest and native differ: %s\n", name.c_str(), run.fault.c_str());
    return false;
  }
  const auto count = static_cast<double>(work->transactions.size());
  const double per_tx = static_cast<double>(run.cycles) / count;
  if (o.check) {
    const u64 budget = budget_of(o.budgets, name, o.accounts);
    const bool good = per_tx * 100 <= static_cast<double>(budget * (100 + kSlackPercent));
    std::printf("%s  %s: %.0f cycles a transaction, budget %llu\n", good ? "  ok" : "fail", name.c_str(), per_tx,
                static_cast<unsigned long long>(budget));
    return good;
  }
  print(name, "cycles_per_tx", per_tx, "cycles");
  for (const auto& [phase, cycles] : profile.by_phase()) {
    print(name, "cycles_" + (phase.empty() ? "outside" : phase), static_cast<double>(cycles) / count, "cycles");
  }
  for (const auto& [function, calls] : profile.primitives()) {
    print(name, std::string("calls_") + zkvm::name_of(function), static_cast<double>(calls.calls) / count, "calls");
  }
  print(name, "witness_bytes", static_cast<double>(native.witness.size() * sizeof(u32)) / count, "bytes");
  print(name, "pubdata_bytes", static_cast<double>(native.sealed.pubdata.size()) / count, "bytes");
  if (o.report) std::fprintf(stderr, "%s", report_text(profile, 70).c_str());
  if (!o.flame.empty()) std::ofstream(o.flame + "/" + name + ".svg") << zkvm::flame_graph_svg(profile, name);
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options o = parse(argc, argv);
    const BatchProgram program(o.elf);
    unsigned passed = 0;
    unsigned failed = 0;
    for (const Case which : kCases) {
      if (!o.cases.empty() && std::find(o.cases.begin(), o.cases.end(), name_of(which)) == o.cases.end()) continue;
      (run_case(which, program, o) ? passed : failed) += 1;
    }
    if (o.check) std::printf("%u passed, %u failed\n", passed, failed);
    return failed == 0 && passed > 0 ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "guest_bench: %s\n", e.what());
    return 2;
  }
}
