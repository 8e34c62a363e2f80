#pragma once
// The subcommands of `atlas`. Each file registers one command with its options, examples and action.
#include <stdexcept>
#include <string>

#include <CLI/CLI.hpp>

namespace atlas::apps {

/// Exit codes of every command (interfaces.md).
enum ExitCode : int {
  kGood = 0,
  kBad = 1,    ///< the thing asked about is bad: failing case, fault, invalid proof
  kUsage = 2,  ///< usage or environment: unknown option, unreadable file, port in use
};

/// A usage or environment error with a message for a person; main() prints it and exits with kUsage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// What a command's action leaves for main(): the exit code.
struct Outcome {
  int code = kGood;
};

void add_dev(CLI::App& app, Outcome& outcome);
void add_execute(CLI::App& app, Outcome& outcome);
void add_load(CLI::App& app, Outcome& outcome);
void add_new_guest(CLI::App& app, Outcome& outcome);
void add_node(CLI::App& app, Outcome& outcome);
void add_prove(CLI::App& app, Outcome& outcome);
void add_prove_batch(CLI::App& app, Outcome& outcome);
void add_rebuild(CLI::App& app, Outcome& outcome);
void add_security(CLI::App& app, Outcome& outcome);
void add_statetest(CLI::App& app, Outcome& outcome);
void add_verify(CLI::App& app, Outcome& outcome);
void add_version(CLI::App& app, Outcome& outcome);
void add_vk(CLI::App& app, Outcome& outcome);

}  // namespace atlas::apps
