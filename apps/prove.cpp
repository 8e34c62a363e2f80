#include <chrono>

#include "program_input.hpp"
#include <fmt/core.h>
#include <unistd.h>

#include <zkvm/prover/proof_file.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::apps {
namespace {

struct Options {
  std::filesystem::path elf;
  std::filesystem::path hint;
  std::filesystem::path out;
  std::string set = "128";
  u64 max_cycles = u64{1} << 40;
  u64 memory_mib = 4096;
  bool json = false;
};

/// One line on a terminal: how far, how fast, how long still.
class Bar {
 public:
  void show(const zkvm::ProveProgress& p) {
    if (!is_terminal_) return;
    const double elapsed = seconds();
    std::string line = fmt::format("\r[{:<24}] {:3.0f} %  {}", std::string(static_cast<std::size_t>(24 * p.done), '#'),
                                   100 * p.done, p.phase);
    if (p.cycles != 0) line += fmt::format(", {} cycles", p.cycles);
    if (p.done > 0.02) {
      line += fmt::format(", {:.0f} cycles/s, {:.0f} s left", static_cast<double>(p.cycles) * p.done / elapsed,
                          elapsed * (1 - p.done) / p.done);
    }
    fmt::print(stderr, "{:<90}", line);
    std::fflush(stderr);
  }
  void clear() {
    if (is_terminal_) fmt::print(stderr, "\r{:<90}\r", "");
  }
  double seconds() const { return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count(); }

 private:
  bool is_terminal_ = isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

int run(const Options& options) {
  const zkvm::Program program = read_program("prove", options.elf);
  const Bytes hints = options.hint.empty() ? Bytes{} : read_input("prove", options.hint);
  // Whether the result can be written is known before the work, not after.
  zkvm::FileDraft draft(options.out);

  ProgramLog log;
  Bar bar;
  const zkvm::ProgramProver prover(program, parameter_set(options.set));
  zkvm::ProveOptions limits;
  limits.budget = options.max_cycles;
  limits.memory_limit = options.memory_mib << 20;
  limits.listener = &log;
  limits.progress = [&bar](const zkvm::ProveProgress& p) { bar.show(p); };
  const auto proved = prover.prove(hints, limits);
  bar.clear();
  if (!proved) {
    fmt::print(stderr, "atlas: {}\n", proved.error().text);
    return kBad;
  }
  draft.write(proved->bytes);
  draft.keep();
  const double seconds = bar.seconds();
  const std::string output = to_hex(proved->claim.public_output);
  if (options.json) {
    fmt::print("{{\"public_output\":\"{}\",\"cycles\":{},\"segments\":{},\"proof_bytes\":{},\"seconds\":{:.3f}}}\n",
               output, proved->claim.cycles, proved->times.size(), proved->bytes.size(), seconds);
  } else {
    fmt::print("public_output {}\ncycles {}\nproof {} ({} KiB, {:.1f} s, {:.0f} cycles/s)\n", output,
               proved->claim.cycles, options.out.string(), proved->bytes.size() / 1024, seconds,
               static_cast<double>(proved->claim.cycles) / seconds);
  }
  return kGood;
}

}  // namespace

void add_prove(CLI::App& app, Outcome& outcome) {
  auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("prove", "Prove that a guest program, run on some hints, halts with its output");
  command->add_option("--elf", o->elf, "Program (tools/guest build makes one)")->required()->check(CLI::ExistingFile);
  command->add_option("--hint", o->hint, "Hints: raw bytes, consumed in order, zero-padded to a word")
      ->check(CLI::ExistingFile);
  command->add_option("--out", o->out, "Proof file; it appears when it is whole")->required();
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
      "\nExit code 0: proved; 1: the program faulted, and why; 2: usage or environment.");
  command->callback([o, &outcome] { outcome.code = run(*o); });
}

}  // namespace atlas::apps
