#pragma once
// Traces of the same transaction from two nodes, made comparable. What is evened out, and why, stands in
// docs/deviations.md ("Where traces differ"); everything else must agree to the letter.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace atlas::differential {

using Json = nlohmann::json;

enum class TraceKind { kCalls, kPrestate, kStateDiff, kSteps };
inline constexpr TraceKind kTraceKinds[] = {TraceKind::kSteps, TraceKind::kCalls, TraceKind::kPrestate,
                                            TraceKind::kStateDiff};
const char* name_of(TraceKind kind);

/// The second parameter of debug_traceTransaction.
Json trace_options(TraceKind kind);

/// What state traces leave out.
struct Apart {
  std::vector<std::string> accounts;  ///< in lower case
  std::vector<std::string> slots;     ///< of every account
};
/// Evens out what is known to differ.
Json normalised(TraceKind kind, Json trace, const Apart& apart);

/// Slots of storage instructions that failed, from struct logs: anvil's state traces list them too.
std::vector<std::string> slots_of_failures(const Json& struct_logs);

/// The first SSTORE whose `storage` does not list what it stored; empty if there is none.
std::string wrong_store(const Json& struct_logs);

/// Where two values first differ: path and both values, shortened. Empty if they are equal.
std::string first_difference(const Json& a, const Json& b);

}  // namespace atlas::differential
