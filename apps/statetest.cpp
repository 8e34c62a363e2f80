#include <iostream>

#include "commands.hpp"
#include <conformance/statetest.hpp>

namespace atlas::apps {

void add_statetest(CLI::App& app, Outcome& outcome) {
  struct Options {
    conformance::StateTestOptions run;
    std::string fork;
  };
  auto options = std::make_shared<Options>();
  auto* command = app.add_subcommand("statetest", "Run Ethereum state tests (EEST, ethereum/tests)");
  command->add_option("PATH", options->run.paths, "JSON files, or folders that are searched for them")->required();
  command->add_option("--fork", options->fork, "Only this fork: Cancun, Prague or Osaka (default: all in the files)");
  command->add_flag("--json", options->run.json, "One JSON object a case, a last one with the counts");
  command->add_flag("--strict", options->run.strict, "Also compare the reason of a refusal with expectException");
  command->add_flag("--plain", options->run.plain, "Use the plain interpreter instead of the fast one");
  command->add_option("--threads", options->run.threads, "Threads (default: one a processor)")
      ->check(CLI::Range(1u, 1'024u));
  command->footer(
      "Examples:\n"
      "  atlas statetest tests/GeneralStateTests\n"
      "  atlas statetest --fork Osaka --json add11.json\n"
      "\nText closes with `N passed, M failed, K skipped`. Exit code 1 if a case failed.");
  command->callback([options, &outcome] {
    if (!options->fork.empty()) {
      options->run.fork = fork_from_name(options->fork);
      if (!options->run.fork) {
        throw UsageError("statetest: --fork " + options->fork + " is not known: Cancun, Prague or Osaka");
      }
    }
    outcome.code = conformance::run_statetests(options->run, std::cout);
  });
}

}  // namespace atlas::apps
