#include "traces.hpp"

namespace atlas::differential {
namespace {

constexpr std::size_t kShown = 200;

std::string shortened(const Json& value) {
  std::string text = value.dump();
  if (text.size() > kShown) text = text.substr(0, kShown) + "… (" + std::to_string(text.size()) + " characters)";
  return text;
}

void find_difference(const Json& a, const Json& b, std::string path, std::string& out) {
  if (a == b) return;
  if (a.is_object() && b.is_object()) {
    for (const auto& [key, value] : a.items()) {
      if (!b.contains(key)) {
        out = path + "." + key + ": " + shortened(value) + " | absent";
        return;
      }
      if (value != b[key]) return find_difference(value, b[key], path + "." + key, out);
    }
    for (const auto& [key, value] : b.items()) {
      if (!a.contains(key)) {
        out = path + "." + key + ": absent | " + shortened(value);
        return;
      }
    }
  }
  if (a.is_array() && b.is_array()) {
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) {
      if (a[i] != b[i]) return find_difference(a[i], b[i], path + "[" + std::to_string(i) + "]", out);
    }
    out = path + ": " + std::to_string(a.size()) + " | " + std::to_string(b.size()) + " elements";
    return;
  }
  out = path + ": " + shortened(a) + " | " + shortened(b);
}

/// Nodes name failures in words of their own; that a frame failed must agree.
void even_out_error(Json& holder) {
  if (holder.contains("error")) holder["error"] = true;
}

/// Logs of a failed frame, and of all inside it, are undone: geth leaves them out, anvil lists and counts them.
void even_out_call(Json& frame, bool undone = false) {
  undone = undone || frame.contains("error");
  if (undone) frame.erase("logs");
  if (frame.contains("logs")) {
    for (Json& log : frame["logs"]) log.erase("index");
  }
  even_out_error(frame);
  if (!frame.contains("calls")) return;
  for (Json& inner : frame["calls"]) even_out_call(inner, undone);
}

/// A word of zero says nothing: anvil also lists slots of instructions that ran out of gas before they touched them.
void drop_zeros(Json& words) {
  for (auto it = words.begin(); it != words.end();) {
    const bool zero = it->get<std::string>().find_first_not_of("0x") == std::string::npos;
    it = zero ? words.erase(it) : std::next(it);
  }
}

/// Accounts with neither code, nonce, balance nor storage are left out: geth does so with those that the transaction
/// creates.
void even_out_accounts(Json& accounts, const Apart& apart) {
  for (const std::string& account : apart.accounts) accounts.erase(account);
  for (auto it = accounts.begin(); it != accounts.end();) {
    Json& account = *it;
    if (account.contains("storage")) {
      for (const std::string& slot : apart.slots) account["storage"].erase(slot);
      drop_zeros(account["storage"]);
      if (account["storage"].empty()) account.erase("storage");
    }
    it = account == Json({{"balance", "0x0"}}) ? accounts.erase(it) : std::next(it);
  }
}

/// A word of the stack as storage lists write it.
std::string padded_word(const Json& word) {
  constexpr std::size_t kDigits = 64;
  const std::string digits = word.get<std::string>().substr(2);
  return "0x" + std::string(kDigits - digits.size(), '0') + digits;
}

/// anvil runs a creation's empty init code, and so lists one STOP; geth and Atlas run nothing.
void drop_stops_of_empty_init_code(Json& steps) {
  Json kept = Json::array();
  for (Json& step : steps) {
    if (!kept.empty() && step["op"] == "STOP" && step["pc"] == 0) {
      const Json& before = kept.back();
      const Json& stack = before["stack"];
      const bool creates = before["op"] == "CREATE" || before["op"] == "CREATE2";
      const bool is_inside = step["depth"].get<int>() == before["depth"].get<int>() + 1;
      if (creates && is_inside && stack.size() >= 3 && stack[stack.size() - 3] == "0x0") continue;
    }
    kept.push_back(std::move(step));
  }
  steps = std::move(kept);
}

void even_out_steps(Json& steps) {
  drop_stops_of_empty_init_code(steps);
  for (Json& step : steps) {
    step.erase("refund");
    step.erase("storage");  // anvil makes its list from what changed; wrong_store() looks at ours
    if (!step.contains("error")) continue;
    even_out_error(step);
    for (const char* undone : {"op", "gasCost"}) step.erase(undone);  // of what did not happen
  }
}

}  // namespace

const char* name_of(TraceKind kind) {
  switch (kind) {
    case TraceKind::kCalls:
      return "callTracer";
    case TraceKind::kPrestate:
      return "prestateTracer";
    case TraceKind::kStateDiff:
      return "prestateTracer (diffMode)";
    case TraceKind::kSteps:
      return "struct logs";
  }
  return "";
}

Json trace_options(TraceKind kind) {
  switch (kind) {
    case TraceKind::kCalls:
      return {{"tracer", "callTracer"}, {"tracerConfig", {{"withLog", true}}}};
    case TraceKind::kPrestate:
      return {{"tracer", "prestateTracer"}};
    case TraceKind::kStateDiff:
      return {{"tracer", "prestateTracer"}, {"tracerConfig", {{"diffMode", true}}}};
    case TraceKind::kSteps:
      return {{"enableMemory", true}, {"enableReturnData", true}};
  }
  return {};
}

Json normalised(TraceKind kind, Json trace, const Apart& apart) {
  if (!trace.is_object() || trace.contains("refused")) return trace;
  switch (kind) {
    case TraceKind::kCalls:
      trace.erase("gas");
      trace.erase("gasUsed");
      even_out_call(trace);
      break;
    case TraceKind::kPrestate:
      even_out_accounts(trace, apart);
      break;
    case TraceKind::kStateDiff:
      for (const char* side : {"pre", "post"}) even_out_accounts(trace[side], apart);
      break;
    case TraceKind::kSteps:
      trace.erase("gas");
      even_out_steps(trace["structLogs"]);
      break;
  }
  return trace;
}

std::string wrong_store(const Json& struct_logs) {
  for (std::size_t i = 0; i < struct_logs.size(); ++i) {
    const Json& step = struct_logs[i];
    if (step["op"] != "SSTORE" || step.contains("error")) continue;
    const Json& stack = step["stack"];
    const Json listed = step.value("storage", Json::object()).value(padded_word(stack[stack.size() - 1]), Json());
    if (listed != padded_word(stack[stack.size() - 2])) return "step " + std::to_string(i) + ": " + listed.dump();
  }
  return {};
}

std::vector<std::string> slots_of_failures(const Json& struct_logs) {
  std::vector<std::string> out;
  for (const Json& step : struct_logs) {
    const std::string op = step["op"];
    if (!step.contains("error") || (op != "SSTORE" && op != "SLOAD") || step["stack"].empty()) continue;
    out.push_back(padded_word(step["stack"].back()));
  }
  return out;
}

std::string first_difference(const Json& a, const Json& b) {
  std::string out;
  find_difference(a, b, "", out);
  return out;
}

}  // namespace atlas::differential
