#include <chrono>

#include "program_input.hpp"
#include <fmt/core.h>
#include <tbb/global_control.h>
#include <unistd.h>

#include <zkvm/prover/proof_file.hpp>
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

/// One line on a terminal: how far, how fast, how long still.
class Bar {
 public:
  void show(const zkvm::ProveProgress& p) {
    if (!is_terminal_) return;
    std::string line = fmt::format("\r[{:<24}] {:3.0f} %  {}", std::string(static_cast<std::size_t>(24 * p.done), '#'),
                                   100 * p.done, p.phase);
    if (p.cycles != 0) line += fmt::format(", {} cycles", p.cycles);
    if (p.segments != 0) {
      line += fmt::format(", {} of {} segments", p.segments_done, p.segments);
      // What was done before, in a run that was cut off, says nothing about the rate.
      if (first_done_ < 0) {
        first_done_ = p.done;
        first_seconds_ = seconds();
      }
      const double done = p.done - first_done_, elapsed = seconds() - first_seconds_;
      if (done > 0) {
        line += fmt::format(", {:.0f} cycles/s, {:.0f} s left", static_cast<double>(p.cycles) * done / elapsed,
                            elapsed * (1 - p.done) / done);
      }
    }
    fmt::print(stderr, "{:<110}", line);
    std::fflush(stderr);
  }
  void clear() {
    if (is_terminal_) fmt::print(stderr, "\r{:<110}\r", "");
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  double first_done_ = -1, first_seconds_ = 0;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

void say(const Options& options, const zkvm::Proved& proved, std::size_t segments, double seconds) {
  const std::string output = to_hex(proved.claim.public_output);
  if (options.json) {
    fmt::print(
        "{{\"public_output\":\"{}\",\"cycles\":{},\"segments\":{},\"segments_here\":{},\"proof_bytes\":{},"
        "\"execution_seconds\":{:.3f},\"seconds\":{:.3f}}}\n",
        output, proved.claim.cycles, segments, proved.times.size(), proved.bytes.size(), proved.execution_seconds,
        seconds);
    return;
  }
  fmt::print("public_output {}\ncycles {}\n", output, proved.claim.cycles);
  if (!options.segments.empty()) {
    fmt::print("proved and verified {} of {} segments ({:.1f} s)\n", proved.times.size(), segments, seconds);
  } else {
    fmt::print("proof {} ({} segments, {} KiB, {:.1f} s, {:.0f} cycles/s)\n", options.out.string(), segments,
               proved.bytes.size() / 1024, seconds, static_cast<double>(proved.claim.cycles) / seconds);
  }
}

int run(const Options& options) {
  const zkvm::Program program = read_program("prove", options.elf);
  const Bytes hints = options.hint.empty() ? Bytes{} : read_input("prove", options.hint);
  std::optional<tbb::global_control> threads;
  if (options.threads != 0) threads.emplace(tbb::global_control::max_allowed_parallelism, options.threads);
  const bool is_whole = options.segments.empty();
  ProgramLog log;
  Bar bar;
  const zkvm::ProgramProver prover(program, parameter_set(options.set));
  zkvm::ProveOptions limits;
  limits.budget = options.max_cycles;
  limits.memory_limit = options.memory_mib << 20;
  if (options.segment_cycles != 0) limits.segment_cycles = options.segment_cycles;
  limits.listener = &log;
  limits.progress = [&bar](const zkvm::ProveProgress& p) { bar.show(p); };

  // Without a folder of the user's, the job has one of its own, which an earlier run may have left behind.
  const bool is_own = options.work.empty();
  const std::filesystem::path folder = is_own ? std::filesystem::path(options.out.string() + ".work") : options.work;
  if (is_own && !zkvm::ProofJob(prover, hints, folder).is_mine()) std::filesystem::remove_all(folder);
  zkvm::ProofJob job(prover, hints, folder);
  // Whether the result can be written is known before the work, not after. Processes that share the job may have been
  // told to write the same file.
  if (is_whole) {
    const zkvm::FileLock lock = job.lock_result();
    const zkvm::FileDraft probe(options.out);
  }
  const auto proved = is_whole ? job.run(limits) : job.run_only(options.segments, limits);
  bar.clear();
  if (!proved) {
    if (is_own) std::filesystem::remove_all(folder);
    fmt::print(stderr, "atlas: {}\n", proved.error().text);
    return kBad;
  }
  if (is_whole) {
    const zkvm::FileLock lock = job.lock_result();
    zkvm::FileDraft draft(options.out);
    draft.write(proved->bytes);
    draft.keep();
  }
  say(options, *proved, job.segments(), bar.seconds());
  if (is_own) std::filesystem::remove_all(folder);
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
