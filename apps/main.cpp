// The `atlas` command line: parses, dispatches, and turns every failure into the exit codes of interfaces.md.
#include <csignal>
#include <cstdio>
#include <exception>

#include "commands.hpp"

namespace {

using atlas::apps::kUsage;

int run(int argc, char** argv) {
  CLI::App app{"Atlas: a ZK rollup node for Ethereum contracts.", "atlas"};
  app.footer(
      "Examples:\n"
      "  atlas dev                          a local chain with ten funded accounts on http://127.0.0.1:8545\n"
      "  atlas node --config atlas.toml     a node as configured\n"
      "  atlas load --rate 5000             transactions for a node, measured\n"
      "  atlas execute --elf guest.elf      a guest program in the zkVM's machine, without a proof\n"
      "  atlas prove --elf guest.elf --out P a proof of it; atlas verify checks one\n"
      "  atlas statetest --fork Osaka DIR   Ethereum state tests, one line a failure\n"
      "\n`atlas COMMAND --help` explains a command. Exit codes: 0 good; 1 the thing asked about is bad;\n"
      "2 usage or environment.");
  app.require_subcommand(1);
  atlas::apps::Outcome outcome;
  atlas::apps::add_dev(app, outcome);
  atlas::apps::add_execute(app, outcome);
  atlas::apps::add_load(app, outcome);
  atlas::apps::add_new_guest(app, outcome);
  atlas::apps::add_node(app, outcome);
  atlas::apps::add_prove(app, outcome);
  atlas::apps::add_prove_batch(app, outcome);
  atlas::apps::add_rebuild(app, outcome);
  atlas::apps::add_security(app, outcome);
  atlas::apps::add_statetest(app, outcome);
  atlas::apps::add_verify(app, outcome);
  atlas::apps::add_version(app, outcome);
  atlas::apps::add_vk(app, outcome);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& done) {  // --help
    return app.exit(done);
  } catch (const CLI::ParseError& error) {
    const auto chosen = app.get_subcommands();
    const auto unknown = app.remaining();
    if (chosen.empty() && !unknown.empty()) {
      std::fprintf(stderr, "atlas: there is no command or option '%s'\n", unknown.front().c_str());
    } else {
      std::fprintf(stderr, "atlas: %s\n", error.what());
    }
    std::fprintf(stderr, "Try: atlas%s%s --help\n", chosen.empty() ? "" : " ",
                 chosen.empty() ? "" : chosen.front()->get_name().c_str());
    return kUsage;
  }
  return outcome.code;
}

}  // namespace

int main(int argc, char** argv) {
  // A closed pipe (atlas … | head) or socket is an error code where it happens, never a signal.
  std::signal(SIGPIPE, SIG_IGN);
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "atlas: %s\n", error.what());
    return kUsage;
  }
}
