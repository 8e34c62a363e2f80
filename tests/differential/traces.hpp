#pragma once
// Traces of the same transaction from two nodes, made comparable. What is evened out, and why, stands in
// docs/deviations.md ("Where traces differ"); everything else must agree to the letter.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

namespace atlas::differential {

using Json = nlohmann::json;

enum class TraceKind { kCalls, kPrestate, kStateDiff, kSteps };
inline constexpr TraceKind kTraceKinds[] = {TraceKind::kCalls, TraceKind::kPrestate, TraceKind::kStateDiff,
                                            TraceKind::kSteps};
const char* name_of(TraceKind kind);

/// The second parameter of debug_traceTransaction.
Json trace_options(TraceKind kind);

/// Evens out what is known to differ. `accounts_apart`: accounts that state traces leave out, in lower case.
Json normalised(TraceKind kind, Json trace, const std::vector<std::string>& accounts_apart);

/// Where two values first differ: path and both values, shortened. Empty if they are equal.
std::string first_difference(const Json& a, const Json& b);

}  // namespace atlas::differential
