#include "program_input.hpp"
#include <fmt/core.h>

#include <zkvm/executor/profile.hpp>

namespace atlas::apps {
namespace {

struct Options {
  std::filesystem::path elf;
  std::filesystem::path hint;
  std::filesystem::path flame;
  u64 max_cycles = u64{1} << 40;
  u64 memory_mib = 4096;
  bool report = false;
  bool json = false;
};

std::string escaped(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
  }
  return out;
}

int run(const Options& options) {
  const zkvm::Program program = read_program("execute", options.elf);
  const Bytes hints = options.hint.empty() ? Bytes{} : read_input("execute", options.hint);

  const bool profiled = options.report || !options.flame.empty();
  zkvm::Profile profile(program);
  ProgramLog log;
  zkvm::ExecutorOptions limits{
      .budget = options.max_cycles, .memory_limit = options.memory_mib << 20, .listener = &log};
  if (profiled) limits.listener = &profile;
  zkvm::Executor executor(program, hints, limits);
  const zkvm::Stop stop = profiled ? executor.observe(profile) : executor.run();

  if (!options.flame.empty()) {
    std::ofstream out(options.flame, std::ios::binary);
    out << zkvm::flame_graph_svg(profile, options.elf.filename().string());
    if (!out.flush()) throw UsageError("execute: cannot write " + options.flame.string());
  }
  const u64 cycles = executor.state().cycle;
  const std::string tail = options.report && options.json ? ",\"report\":" + zkvm::report_json(profile) : "";
  if (stop == zkvm::Stop::kHalted) {
    const std::string output = to_hex(executor.state().public_output());
    if (options.json) {
      fmt::print("{{\"public_output\":\"{}\",\"cycles\":{}{}}}\n", output, cycles, tail);
    } else {
      fmt::print("public_output {}\ncycles {}\n", output, cycles);
    }
  } else {
    const zkvm::Fault& fault = executor.fault();
    const std::string text = to_text(fault, program);
    if (options.json) {
      fmt::print("{{\"fault\":\"{}\",\"pc\":\"{}\",\"message\":\"{}\",\"cycles\":{}{}}}\n", name_of(fault.kind),
                 zkvm::hex32(fault.pc), escaped(text), cycles, tail);
    } else {
      fmt::print(stderr, "atlas: fault: {}\n", text);
    }
  }
  if (options.report && !options.json) fmt::print("{}", zkvm::report_text(profile));
  return stop == zkvm::Stop::kHalted ? kGood : kBad;
}

}  // namespace

void add_execute(CLI::App& app, Outcome& outcome) {
  auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("execute", "Run a guest program in the zkVM's machine, without a proof");
  command->add_option("--elf", o->elf, "Program (tools/guest build makes one)")->required()->check(CLI::ExistingFile);
  command->add_option("--hint", o->hint, "Hints: raw bytes, consumed in order, zero-padded to a word")
      ->check(CLI::ExistingFile);
  command->add_flag("--report", o->report, "Cycles by function, phase and instruction family; counts of primitives");
  command->add_option("--flame", o->flame, "Write the call paths as a flame graph (SVG)");
  command->add_option("--max-cycles", o->max_cycles, "Give up after so many")->capture_default_str();
  command->add_option("--memory", o->memory_mib, "MiB that the program may use above its text")
      ->check(CLI::Range(u64{1}, u64{4096}))
      ->capture_default_str();
  command->add_flag("--json", o->json, "One JSON object");
  command->footer(
      "Examples:\n"
      "  tools/guest build examples/keccak\n"
      "  atlas execute --elf build/guest/keccak.elf --hint message.bin\n"
      "  atlas execute --elf build/guest/keccak.elf --hint message.bin --report --flame keccak.svg\n"
      "\nExit code 0: halted; 1: a fault, whose reason and place are printed; 2: usage or environment.");
  command->callback([o, &outcome] { outcome.code = run(*o); });
}

}  // namespace atlas::apps
