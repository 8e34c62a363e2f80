#pragma once
// `atlas statetest`: runs state tests from files and folders and reports case by case.
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

#include <types/fork.hpp>

namespace atlas::conformance {

struct StateTestOptions {
  std::vector<std::string> paths;  ///< .json files, and folders that are searched for them
  std::optional<Fork> fork;        ///< only cases of this fork; absent: of every fork that is known
  bool json = false;               ///< one JSON object a case instead of one line a failure
  bool strict = false;             ///< compare the reason of a refusal with expectException
  bool plain = false;              ///< the EVM's plain interpreter instead of the fast one
  unsigned threads = 0;            ///< 0: one for each processor
};

/// Writes the report to `out` in the order of the files, whatever the threads do. Returns the exit code: 0 all passed,
/// 1 a case failed or a file was unreadable, 2 a path does not exist or holds no .json file (said on stderr).
int run_statetests(const StateTestOptions& options, std::ostream& out);

}  // namespace atlas::conformance
