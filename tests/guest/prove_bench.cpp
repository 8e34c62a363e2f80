// What proving a batch costs: the batches of guest_bench, proved and verified.
//
//   prove_bench ELF ARTIFACTS [--accounts N] [--count N] [--threads N] [CASE…]
//
// Prints "case<TAB>metric<TAB>value<TAB>unit" lines: time and cost a transaction, then cells and messages of each chip
// a transaction. --count takes the first N transactions of each case.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "workload.hpp"
#include <prover/watch.hpp>
#include <tbb/global_control.h>

#include <zkvm/machine/verify.hpp>

using namespace atlas;
using namespace atlas::guest_test;

namespace {

struct Options {
  std::string elf, artifacts;
  u64 accounts = 50'000;
  std::size_t count = 100;
  std::size_t threads = 0;
  std::vector<std::string> cases;
};

Options parse(int argc, char** argv) {
  if (argc < 3) throw std::runtime_error("usage: prove_bench ELF ARTIFACTS [options] [case…]");
  Options o;
  o.elf = argv[1];
  o.artifacts = argv[2];
  for (int i = 3; i < argc; ++i) {
    const std::string_view word = argv[i];
    const auto value = [&] {
      if (++i == argc) throw std::runtime_error(std::string(word) + " takes a value");
      return std::strtoull(argv[i], nullptr, 10);
    };
    if (word == "--accounts") {
      o.accounts = value();
    } else if (word == "--count") {
      o.count = value();
    } else if (word == "--threads") {
      o.threads = value();
    } else {
      o.cases.emplace_back(word);
    }
  }
  return o;
}

void print(const std::string& name, const std::string& metric, double value, const char* unit) {
  std::printf("%s\t%s\t%.6g\t%s\n", name.c_str(), metric.c_str(), value, unit);
}

/// The batch's first `count` transactions.
void shorten(stf::BatchInput& input, std::size_t count) {
  for (auto block = input.blocks.begin(); block != input.blocks.end(); ++block) {
    if (block->transactions.size() >= count) {
      block->transactions.resize(count);
      input.blocks.erase(block + 1, input.blocks.end());
      return;
    }
    count -= block->transactions.size();
  }
}

void run_case(Case which, const zkvm::ProgramProver& prover, const Options& o) {
  const std::string name = name_of(which);
  const auto work = make_workload(which, o.accounts, o.artifacts);
  shorten(work->input, o.count);
  double transactions = 0;
  for (const stf::BlockInput& block : work->input.blocks)
    transactions += static_cast<double>(block.transactions.size());
  const NativeBatch native = run_native(work->world, work->input);
  Bytes hints(4 + 4 * native.witness.size());
  const auto words = static_cast<u32>(native.witness.size());
  std::memcpy(hints.data(), &words, 4);
  std::memcpy(hints.data() + 4, native.witness.data(), 4 * native.witness.size());

  const auto begin = std::chrono::steady_clock::now();
  const double cpu_begin = prover::core_seconds();
  const auto proved = prover.prove(hints);
  if (!proved) throw std::runtime_error(name + ": " + proved.error().text);
  const double cpu = prover::core_seconds() - cpu_begin;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  const auto claim = zkvm::verify_execution(prover.key(), proved->bytes);
  if (!claim || claim->public_output != native.public_input) throw std::runtime_error(name + ": the proof is refused");

  print(name, "core_seconds_per_tx", cpu / transactions, "s");
  print(name, "seconds_per_tx", seconds / transactions, "s");
  print(name, "dollars_per_1000_tx", 1000 * prover::cost_dollars(cpu) / transactions, "$");
  print(name, "cycles_per_tx", static_cast<double>(proved->claim.cycles) / transactions, "cycles");
  print(name, "cycles_per_core_second", static_cast<double>(proved->claim.cycles) / cpu, "cycles/s");
  print(name, "execution_seconds", proved->execution_seconds, "s");
  print(name, "segments", proved->segments, "segments");
  print(name, "proof_bytes", static_cast<double>(proved->bytes.size()), "bytes");

  const stark::Machine& machine = *prover.key().verifying().machine;
  struct Share {
    const char* chip;
    double rows, cells, messages;
  };
  std::vector<Share> shares;
  Share sum{"all", 0, 0, 0};
  for (std::size_t c = 0; c < machine.chips.size(); ++c) {
    const auto rows = static_cast<double>(proved->rows[c]) / transactions;
    const stark::ChipShape& shape = machine.chips[c].shape;
    shares.push_back({machine.chips[c].name, rows, rows * shape.committed(), rows * shape.message_count});
    sum.cells += shares.back().cells;
    sum.messages += shares.back().messages;
  }
  // A message takes about as long as two cells.
  const auto weight = [](const Share& s) { return s.cells + 2 * s.messages; };
  std::sort(shares.begin(), shares.end(), [&](const Share& a, const Share& b) { return weight(a) > weight(b); });
  print(name, "cells_per_tx", sum.cells, "cells");
  print(name, "messages_per_tx", sum.messages, "messages");
  for (const Share& s : shares) {
    if (s.rows == 0) continue;
    std::string chip = s.chip;
    std::replace(chip.begin(), chip.end(), ' ', '_');
    print(name, "share_" + chip, weight(s) / weight(sum), "ratio");
    print(name, "rows_" + chip, s.rows, "rows");
    print(name, "cells_" + chip, s.cells, "cells");
    print(name, "messages_" + chip, s.messages, "messages");
  }
}

}  // namespace

int main(int argc, char** argv) {
  try {
    const Options o = parse(argc, argv);
    std::optional<tbb::global_control> threads;
    if (o.threads != 0) threads.emplace(tbb::global_control::max_allowed_parallelism, o.threads);
    const BatchProgram program(o.elf);
    const zkvm::ProgramProver prover(program.program(), stark::shipped_parameters());
    for (const Case which : kCases) {
      if (!o.cases.empty() && std::find(o.cases.begin(), o.cases.end(), name_of(which)) == o.cases.end()) continue;
      run_case(which, prover, o);
      std::fflush(stdout);
    }
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "prove_bench: %s\n", e.what());
    return 2;
  }
}
