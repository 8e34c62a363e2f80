#pragma once
// Executes one case of a state test.
#include <conformance/state_test_file.hpp>

#include <state/environment.hpp>

namespace atlas::conformance {

struct CaseOptions {
  /// Also require that an invalid transaction is refused for the reason that `expectException` names.
  bool strict = false;
};

/// Empty if the case passes, else what is wrong. Throws FormatError if the case points outside its test's lists.
std::string run_case(const StateTest& test, const Expectation& expected, Fork fork, ExecutionEnvironment& environment,
                     CaseOptions options);

}  // namespace atlas::conformance
