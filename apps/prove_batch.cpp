#include <chrono>
#include <thread>

#include "program_input.hpp"
#include "proof_bar.hpp"
#include <prover/metrics_server.hpp>
#include <prover/watch.hpp>
#include <sys/resource.h>
#include <tbb/global_control.h>

#include <zkvm/prover/proof_file.hpp>

namespace atlas::apps {
namespace {

namespace fs = std::filesystem;

struct Options {
  fs::path elf, data, witness, out, work;
  std::string set = "128";
  u64 batch = 0;
  u64 first = 1;
  std::size_t threads = 0;
  u16 metrics_port = 0;
  bool watch = false;
  bool json = false;
};

/// What is proved, and what the node says that it comes to.
struct Input {
  Bytes witness;
  std::optional<Hash256> public_input;
};

Input read(const Options& options) {
  if (!options.witness.empty()) return {read_input("prove-batch", options.witness), {}};
  const prover::BatchReader reader(options.data);
  const std::string name = "batch " + std::to_string(options.batch);
  const auto record = reader.record(options.batch);
  if (!record) throw UsageError("prove-batch: the node has no " + name);
  auto witness = reader.witness(*record);
  if (!witness) {
    throw UsageError("prove-batch: the node has no witness of " + name +
                     " (batch.witness_batches in its configuration)");
  }
  Input out{std::move(*witness), reader.public_input(options.batch)};
  if (!out.public_input) throw UsageError("prove-batch: the node does not know the output of " + name + " yet");
  return out;
}

int prove(const Options& options, const zkvm::ProgramProver& prover) {
  const Input input = read(options);
  ProofBar bar;
  ProgramLog log;
  const double cpu = prover::core_seconds();
  zkvm::ProveOptions limits;
  limits.listener = &log;
  limits.progress = [&bar](const zkvm::ProveProgress& p) { bar.show(p); };
  const auto proved = prove_to_file({prover, input.witness, options.out, options.work}, limits);
  bar.clear();
  if (!proved) {
    fmt::print(stderr, "atlas: {}\n", proved.error().text);
    return kBad;
  }
  const std::string output = to_hex(proved->claim.public_output);
  const bool matches = !input.public_input || *input.public_input == proved->claim.public_output;
  const double seconds = bar.seconds(), cores = prover::core_seconds() - cpu;
  if (options.json) {
    fmt::print(
        "{{\"public_input\":\"{}\",\"matches\":{},\"cycles\":{},\"segments\":{},\"segments_here\":{},"
        "\"proof_bytes\":{},\"peak_memory_bytes\":{},\"seconds\":{:.3f},\"core_seconds\":{:.3f},"
        "\"cost_dollars\":{:.6f}}}\n",
        output, input.public_input ? (matches ? "true" : "false") : "null", proved->claim.cycles, proved->segments,
        proved->times.size(), proved->bytes.size(), prover::peak_memory_bytes(), seconds, cores,
        prover::cost_dollars(cores));
  } else {
    fmt::print("public_input {}{}\ncycles {}\nproof {} ({} segments, {} KiB, {:.1f} s, {:.1f} core-seconds, ${:.6f})\n",
               output, input.public_input && matches ? " (the node's)" : "", proved->claim.cycles, options.out.string(),
               proved->segments, proved->bytes.size() / 1024, seconds, cores, prover::cost_dollars(cores));
  }
  if (matches) return kGood;
  fmt::print(stderr, "atlas: the node's public input is {}\n", to_hex(*input.public_input));
  return kBad;
}

/// Until a signal ends it.
[[noreturn]] void watch(const Options& options, const zkvm::ProgramProver& prover) {
  prover::Watch watch({options.data, options.out, options.first}, prover, [](const std::string& line) {
    fmt::print("{}\n", line);
    std::fflush(stdout);
  });
  const prover::MetricsServer server(options.metrics_port, [&watch] { return prover::render(watch.stats()); });
  fmt::print("proving batches of {}; metrics: http://127.0.0.1:{}/metrics\n", options.data.string(), server.port());
  std::fflush(stdout);
  for (;;) {
    if (!watch.prove_next()) std::this_thread::sleep_for(std::chrono::milliseconds(500));
  }
}

int run(const Options& options) {
  const zkvm::Program program = read_program("prove-batch", options.elf);
  constexpr int kNice = 10;
  if (options.watch && setpriority(PRIO_PROCESS, 0, kNice) != 0) {
    throw UsageError("prove-batch: cannot lower the process's priority");
  }
  std::optional<tbb::global_control> threads;
  if (options.threads != 0) threads.emplace(tbb::global_control::max_allowed_parallelism, options.threads);
  const zkvm::ProgramProver prover(program, parameter_set(options.set));
  if (options.watch) watch(options, prover);
  return prove(options, prover);
}

}  // namespace

void add_prove_batch(CLI::App& app, Outcome& outcome) {
  auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("prove-batch", "Prove a batch of the chain from its witness");
  command->add_option("--elf", o->elf, "The batch program (tools/dev/guest_batch.sh build)")
      ->required()
      ->check(CLI::ExistingFile);
  auto* data = command
                   ->add_option("--data", o->data,
                                "The node's data directory; it keeps witnesses if "
                                "batch.witness_batches says so")
                   ->check(CLI::ExistingDirectory);
  auto* batch =
      command->add_option("--batch", o->batch, "Number of the batch")->needs(data)->check(CLI::PositiveNumber);
  auto* witness = command->add_option("--witness", o->witness, "A witness alone, whose public input nobody checks")
                      ->check(CLI::ExistingFile)
                      ->excludes(data);
  auto* watch = command->add_flag("--watch", o->watch, "Prove every batch as the node seals it; --out is a folder")
                    ->needs(data)
                    ->excludes(batch);
  command->add_option("--first", o->first, "First batch to prove")->needs(watch);
  command->add_option("--metrics-port", o->metrics_port, "Port of GET /metrics on 127.0.0.1 (default: a free one)")
      ->needs(watch);
  command->add_option("--out", o->out, "Proof file")->required();
  command->add_option("--work", o->work, "As in atlas prove")->excludes(watch);
  command->add_option("--threads", o->threads, "Threads to use (default: all)")->check(CLI::Range(1, 1024));
  add_set_option(*command, o->set);
  command->add_flag("--json", o->json, "One JSON object");
  command->footer(
      "Examples:\n"
      "  atlas prove-batch --elf build/guest/batch.elf --data DIR --batch 7 --out batch-7.proof\n"
      "  atlas verify --elf build/guest/batch.elf batch-7.proof\n"
      "  atlas prove-batch --elf build/guest/batch.elf --data DIR --watch --out proofs --metrics-port 9102\n"
      "\nExit code 0: proved, and its public input is the node's; 1: another public input, or the witness is refused;\n"
      "2: usage or environment.");
  command->callback([o, batch, witness, watch, &outcome] {
    if (batch->count() + witness->count() + watch->count() != 1) {
      throw UsageError("prove-batch: name a batch by --data and --batch, or a --witness, or --watch the node");
    }
    outcome.code = run(*o);
  });
}

}  // namespace atlas::apps
