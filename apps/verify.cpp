#include <chrono>

#include "program_input.hpp"
#include <fmt/core.h>

#include <zkvm/prover/proof_file.hpp>
#include <zkvm/prover/prove.hpp>

namespace atlas::apps {
namespace {

struct Options {
  std::filesystem::path elf;
  std::filesystem::path key;
  std::filesystem::path proof;
  std::filesystem::path out;
  std::string set = "128";
  bool json = false;
};

int report(const Options& options, const zkvm::ProgramKey& key) {
  const Bytes proof = read_input("verify", options.proof);
  const auto before = std::chrono::steady_clock::now();
  const auto claim = zkvm::verify_execution(key, proof);
  const double ms = 1e3 * std::chrono::duration<double>(std::chrono::steady_clock::now() - before).count();
  if (!claim) {
    const char* reason = zkvm::is_for_another_key(key, proof) ? "it was made for another program or parameter set"
                                                              : stark::name_of(claim.error());
    if (options.json) {
      fmt::print("{{\"valid\":false,\"reason\":\"{}\"}}\n", reason);
    } else {
      fmt::print(stderr, "atlas: {} is not valid: {}\n", options.proof.string(), reason);
    }
    return kBad;
  }
  const std::string output = to_hex(claim->public_output);
  const u32 bits = key.verifying().parameters.promised_bits;
  if (options.json) {
    fmt::print("{{\"valid\":true,\"public_output\":\"{}\",\"cycles\":{},\"proven_bits\":{},\"ms\":{:.3f}}}\n", output,
               claim->cycles, bits, ms);
  } else {
    fmt::print("public_output {}\ncycles {}\nvalid ({} proven bits, {:.1f} ms)\n", output, claim->cycles, bits, ms);
  }
  return kGood;
}

int verify(const Options& options) {
  if (!options.key.empty()) {
    const auto key = zkvm::ProgramKey::from_bytes(read_input("verify", options.key));
    if (!key) throw UsageError("verify: " + options.key.string() + " is no verifying key (atlas vk makes one)");
    return report(options, **key);
  }
  const zkvm::Program program = read_program("verify", options.elf);
  return report(options, zkvm::ProgramProver(program, parameter_set(options.set)).key());
}

int make_key(const Options& options) {
  const zkvm::Program program = read_program("vk", options.elf);
  zkvm::FileDraft draft(options.out);
  const zkvm::ProgramProver prover(program, parameter_set(options.set));
  draft.write(prover.key().to_bytes());
  draft.keep();
  std::string digest;
  for (const u32 word : prover.key().verifying().digest.word) digest += fmt::format("{:08x}", __builtin_bswap32(word));
  if (options.json) {
    fmt::print("{{\"key_digest\":\"{}\",\"proven_bits\":{}}}\n", digest,
               prover.key().verifying().parameters.promised_bits);
  } else {
    fmt::print("key_digest {}\nwritten to {}\n", digest, options.out.string());
  }
  return kGood;
}

}  // namespace

void add_verify(CLI::App& app, Outcome& outcome) {
  auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("verify", "Check a proof and print what it proves");
  auto* elf = command->add_option("--elf", o->elf, "The program; its key is computed")->check(CLI::ExistingFile);
  auto* key =
      command->add_option("--vk", o->key, "The program's key (atlas vk)")->check(CLI::ExistingFile)->excludes(elf);
  command->add_option("proof", o->proof, "Proof file")->required()->check(CLI::ExistingFile);
  add_set_option(*command, o->set);
  command->add_flag("--json", o->json, "One JSON object");
  command->footer(
      "Example:\n  atlas verify --vk fibonacci.vk fibonacci.proof\n"
      "\nExit code 0: valid; 1: invalid, and why; 2: usage or environment.");
  command->callback([o, elf, key, &outcome] {
    if (elf->count() + key->count() == 0) throw UsageError("verify: name the program by --elf or --vk");
    outcome.code = verify(*o);
  });
}

void add_vk(CLI::App& app, Outcome& outcome) {
  auto o = std::make_shared<Options>();
  auto* command = app.add_subcommand("vk", "Write a program's verifying key");
  command->add_option("--elf", o->elf, "Program")->required()->check(CLI::ExistingFile);
  command->add_option("--out", o->out, "Key file")->required();
  add_set_option(*command, o->set);
  command->add_flag("--json", o->json, "One JSON object");
  command->footer("Example:\n  atlas vk --elf build/guest/fibonacci.elf --out fibonacci.vk");
  command->callback([o, &outcome] { outcome.code = make_key(*o); });
}

}  // namespace atlas::apps
