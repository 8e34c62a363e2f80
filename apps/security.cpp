#include "commands.hpp"
#include <fmt/core.h>

#include <stark/security/security.hpp>
#include <zkvm/machine/machine.hpp>
#include <zkvm/machine/tags.hpp>

namespace atlas::apps {
namespace {

struct Options {
  bool json = false;
  bool toml = false;
  std::string set = "128";
};

/// What the key of the largest program admits.
stark::Caps machine_caps() {
  const zkvm::ProgramMachine largest(
      {zkvm::kSlotsMax, zkvm::kImageHeightMax, 0, zkvm::kFirstZone + zkvm::kZonesHeight});
  return stark::caps_of(largest.machine());
}

void print(const Options& options) {
  const stark::Parameters parameters =
      options.set == "100" ? stark::hundred_bit_parameters() : stark::shipped_parameters();
  const stark::SecurityReport report = stark::security_of(parameters, machine_caps());
  if (options.toml) {
    fmt::print(
        "[zkevm]\nname = \"Atlas\"\nprotocol_family = \"JAGGED\"\nfield = \"BabyBear^{}\"\nversion = \"{}\"\n"
        "hash_size_bits = 256\n\n{}",
        stark::kExtensionDegree, ATLAS_VERSION, stark::soundcalc_toml("segment", parameters, machine_caps()));
    return;
  }
  if (options.json) {
    const auto line = [](const std::string& name, double bits) {
      fmt::print(
          "{{\"bench\":\"security\",\"case\":\"{}\",\"metric\":\"proven_bits\",\"value\":{:.3f},\"unit\":\"bits\","
          "\"hardware\":\"any\"}}\n",
          name, bits);
    };
    for (const auto& term : report.terms) line(term.name, term.bits);
    line("total", report.minimum);
    line("union", report.union_bound);
    return;
  }
  fmt::print("Parameter set of {} bits: {} queries at rate 1/2, stacked columns of 2^{}, at most {} of them.\n\n",
             parameters.promised_bits, parameters.queries, parameters.stack_log, parameters.max_width);
  fmt::print("{:<21} {:>7} {:>9} {:>7}  error of one round\n", "round", "bits", "grinding", "rounds");
  for (const auto& term : report.terms) {
    fmt::print("{:<21} {:>7.1f} {:>9} {:>7.0f}  {}\n", term.name, term.bits, term.grinding, term.rounds, term.formula);
  }
  fmt::print(
      "\nminimum over all rounds {:.2f} bits, union bound {:.2f} bits; proven, unique-decoding regime, no conjecture\n",
      report.minimum, report.union_bound);
}

}  // namespace

void add_security(CLI::App& app, Outcome& outcome) {
  auto* command = app.add_subcommand("security", "Print the proven soundness of a proof, term by term");
  auto options = std::make_shared<Options>();
  auto* json = command->add_flag("--json", options->json, "Print one JSON object a term");
  command->add_flag("--toml", options->toml, "Print the configuration for soundcalc (JAGGED family)")->excludes(json);
  command->add_option("--set", options->set, "Parameter set: 128 (shipped) or 100 bits")
      ->check(CLI::IsMember({"128", "100"}))
      ->capture_default_str();
  command->footer("Example:\n  atlas security --json\nExit codes: 0 the set holds its promise; 1 it does not.");
  command->callback([options, &outcome] {
    print(*options);
    const stark::Parameters parameters =
        options->set == "100" ? stark::hundred_bit_parameters() : stark::shipped_parameters();
    const stark::SecurityReport report = stark::security_of(parameters, machine_caps());
    if (std::min(report.minimum, report.union_bound) < parameters.promised_bits) outcome.code = kBad;
  });
}

}  // namespace atlas::apps
