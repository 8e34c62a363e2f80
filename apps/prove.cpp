#include "program_input.hpp"
#include "proof_bar.hpp"
#include <fmt/core.h>
#include <tbb/global_control.h>

#include <zkvm/prover/proof_job.hpp>

namespace atlas::apps {
namespace {

struct Options {
  std::filesystem::path elf;
  std::filesystem::path hint;
  std::filesystem::path out;
  std::filesystem::path work;
  std::vector<u32> segments;
  std::string set = "128";
  u64 max_cycles = u64{1} << 40;
  u64 segment_cycles = 0;
  u64 memory_mib = 4096;
  std::size_t threads = 0;
  bool json = false;
};

void say(const Options& options, const zkvm::Proved& proved, double seconds) {
  const std::string output = to_hex(proved.claim.public_output);
  if (options.json) {
    fmt::print(
        "{{\"public_output\":\"{}\",\"cycles\":{},\"segments\":{},\"segments_here\":{},\"proof_bytes\":{},"
        "\"execution_seconds\":{:.3f},\"seconds\":{:.3f}}}\n",
        output, proved.claim.cycles, proved.segments, proved.times.size(), proved.bytes.size(),
        proved.execution_seconds, seconds);
    return;
  }
  fmt::print("public_output {}\ncycles {}\n", output, proved.claim.cycles);
  if (!options.segments.empty()) {
    fmt::print("proved and verified {} of {} segments ({:.1f} s)\n", proved.times.size(), proved.segments, seconds);
  } else {
    fmt::print("proof {} ({} segments, {} KiB, {:.1f} s, {:.0f} cycles/s)\n", options.out.string(), proved.segments,
               proved.bytes.size() / 1024, seconds, static_cast<double>(proved.claim.cycles) / seconds);
  }
}

int run(const Options& options) {
  const zkvm::Program program = read_program("prove", options.elf);
  const Bytes hints = options.hint.empty() ? Bytes{} : read_input("prove", options.hint);
  std::optional<tbb::global_control> threads;
  if (options.threads != 0) threads.emplace(tbb::global_control::max_allowed_parallelism, options.threads);
  ProgramLog log;
  ProofBar bar;
  const zkvm::ProgramProver prover(program, parameter_set(options.set));
  zkvm::ProveOptions limits;
  limits.budget = options.max_cycles;
  limits.memory_limit = options.memory_mib << 20;
  if (options.segment_cycles != 0) limits.segment_cycles = options.segment_cycles;
  limits.listener = &log;
  limits.progress = [&bar](const zkvm::ProveProgress& p) { bar.show(p); };
  const auto proved = options.segments.empty()
                          ? prove_to_file({prover, hints, options.out, options.work}, limits)
                          : zkvm::ProofJob(prover, hints, options.work).run_only(options.segments, limits);
  bar.clear();
  if (!proved) {
    fmt::print(stderr, "atlas: {}\n", proved.error().text);
    return kBad;
  }
  say(options, *proved, bar.seconds());
  return kGood;
}

}  // namespace

void add_prove(CLI::App& app, Outcome& outcome) {
  auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("prove", "Prove that a guest program, run on some hints, halts with its output");
  command->add_option("--elf", o->elf, "Program (tools/guest build makes one)")->required()->check(CLI::ExistingFile);
  command->add_option("--hint", o->hint, "Hints: raw bytes, consumed in order, zero-padded to a word")
      ->check(CLI::ExistingFile);
  auto* out = command->add_option("--out", o->out, "Proof file; it appears when it is whole");
  auto* work = command->add_option("--work", o->work,
                                   "Folder of the proof in the making: it outlives a process that is killed, and "
                                   "several processes may share it (default: OUT.work, removed at the end)");
  command->add_option("--segment", o->segments, "Prove these segments of the folder's job alone, from 0")
      ->needs(work)
      ->excludes(out);
  command->add_option("--threads", o->threads, "Threads to use (default: all)")->check(CLI::Range(1, 1024));
  command->add_option("--segment-cycles", o->segment_cycles,
                      "End segments after so many cycles at the latest: smaller ones take less memory");
  add_set_option(*command, o->set);
  command->add_option("--max-cycles", o->max_cycles, "Give up after so many")->capture_default_str();
  command->add_option("--memory", o->memory_mib, "MiB that the program may use above its text")
      ->check(CLI::Range(u64{1}, u64{4096}))
      ->capture_default_str();
  command->add_flag("--json", o->json, "One JSON object");
  command->footer(
      "Examples:\n"
      "  tools/guest build examples/fibonacci\n"
      "  atlas prove --elf build/guest/fibonacci.elf --hint n.bin --out fibonacci.proof\n"
      "  atlas verify --elf build/guest/fibonacci.elf fibonacci.proof\n"
      "Two processes share the work, and either may be killed and started again:\n"
      "  atlas prove --elf P.elf --hint n.bin --out p.proof --work job --threads 1 &\n"
      "  atlas prove --elf P.elf --hint n.bin --out p.proof --work job --threads 1\n"
      "\nExit code 0: proved; 1: the program faulted, and why; 2: usage or environment.");
  command->callback([o, &outcome] {
    if (o->out.empty() && o->segments.empty()) throw UsageError("prove: --out names the proof file");
    outcome.code = run(*o);
  });
}

}  // namespace atlas::apps
