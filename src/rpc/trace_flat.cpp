#include <algorithm>

#include <simdjson.h>

#include <evm/precompile.hpp>
#include <rpc/json_writer.hpp>
#include <rpc/trace_flat.hpp>

namespace atlas::rpc {
namespace {

std::string parity_error(const std::string& error) {
  constexpr std::pair<std::string_view, std::string_view> kWords[] = {
      {"execution reverted", "Reverted"},
      {"out of gas", "Out of gas"},
      {"contract creation code storage out of gas", "Out of gas"},
      {"max code size exceeded", "Out of gas"},
      {"invalid jump destination", "Bad jump destination"},
      {"invalid opcode", "Bad instruction"},
      {"stack underflow", "Stack underflow"},
      {"stack limit reached", "Out of stack"},
      {"return data out of bounds", "Out of bounds"},
      {"write protection", "Mutable Call In Static Context"},
      {"precompile", "Built-in failed"},
  };
  for (const auto& [geth, parity] : kWords) {
    if (std::string_view(error).starts_with(geth)) return std::string(parity);
  }
  return error;
}

bool is_destruction(const TracedCall& call) {
  return call.type == "SELFDESTRUCT";
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return out;
}

void write_action(const TracedCall& call, JsonWriter& out) {
  out.begin_object();
  if (is_destruction(call)) {
    out.field("address", call.from);
    out.field("refundAddress", call.to);
    out.field("balance", call.value.value_or(u256()));
  } else {
    out.field("from", call.from);
    if (call.is_creation()) {
      out.field_string("creationMethod", lower(call.type));
    } else {
      out.field_string("callType", lower(call.type));
    }
    out.field("gas", call.gas);
    out.field(call.is_creation() ? "init" : "input", call.input);
    if (!call.is_creation()) out.field("to", call.to);
    out.field("value", call.value.value_or(u256()));
  }
  out.end_object();
}

void write_result(const TracedCall& call, JsonWriter& out) {
  // A reverted frame has something to say; a failed one has not.
  if (is_destruction(call) || (!call.error.empty() && call.error != "execution reverted")) return out.null();
  out.begin_object();
  if (call.is_creation()) {
    if (call.error.empty()) out.field("address", call.to);
    out.field("code", call.output);
  }
  out.field("gasUsed", call.gas_used);
  if (!call.is_creation()) out.field("output", call.output);
  out.end_object();
}

template <class T>
bool list_of(const Json& json, std::vector<T>& out, std::size_t most, std::string& why) {
  simdjson::dom::array list;
  if (json.get(list) != simdjson::SUCCESS) {
    why = "expected an array";
    return false;
  }
  if (list.size() > most) {
    why = "more than " + std::to_string(most) + " entries";
    return false;
  }
  for (const Json item : list) {
    if (!rpc::decode(item, out.emplace_back(), why)) return false;
  }
  return true;
}

}  // namespace

FlatTrace::FlatTrace(const std::vector<TracedCall>& calls, Fork fork)
    : calls_(calls), position_(calls.size()), subtraces_(calls.size()) {
  for (u32 i = 0; i < calls.size(); ++i) {
    const TracedCall& call = calls[i];
    const bool is_inner = call.parent != i;
    const bool is_precompile =
        !call.is_creation() && !is_destruction(call) && evm::find_precompile(call.to, fork) != nullptr;
    if (is_inner && is_precompile && call.value.value_or(u256()).is_zero()) continue;
    if (is_inner) position_[i] = subtraces_[call.parent]++;
    listed_.push_back(i);
  }
}

std::vector<u32> FlatTrace::address(std::size_t i) const {
  std::vector<u32> out;
  for (u32 at = listed_[i]; calls_[at].parent != at; at = calls_[at].parent) out.push_back(position_[at]);
  std::ranges::reverse(out);
  return out;
}

void FlatTrace::write(std::size_t i, const FlatPlace* place, JsonWriter& out) const {
  const TracedCall& call = calls_[listed_[i]];
  out.begin_object();
  out.key("action");
  write_action(call, out);
  if (place != nullptr) {
    out.field("blockHash", place->block.hash);
    out.key("blockNumber");
    out.number(place->block.header.number);
  }
  if (!call.error.empty()) out.field_string("error", parity_error(call.error));
  out.key("result");
  write_result(call, out);
  out.key("subtraces");
  out.number(subtraces_[listed_[i]]);
  out.key("traceAddress");
  out.begin_array();
  for (const u32 step : address(i)) out.number(step);
  out.end_array();
  if (place != nullptr) {
    out.field("transactionHash", place->block.transactions[place->index].hash);
    out.key("transactionPosition");
    out.number(place->index);
  }
  out.field_string("type", is_destruction(call) ? "suicide" : call.is_creation() ? "create" : "call");
  out.end_object();
}

bool FlatFilter::matches(const TracedCall& call) const {
  const auto holds = [](const std::vector<Address>& list, const Address& address) {
    return std::ranges::find(list, address) != list.end();
  };
  if (from.empty() && to.empty()) return true;
  const bool by_from = holds(from, call.from);
  const bool by_to = holds(to, call.to) && !(call.is_creation() && !call.error.empty());
  if (!needs_both) return by_from || by_to;
  return (from.empty() || by_from) && (to.empty() || by_to);
}

bool decode(const Json& json, FlatFilter& out, std::string& why) {
  constexpr std::size_t kAddressesMax = 1'000;
  simdjson::dom::object fields;
  if (json.get(fields) != simdjson::SUCCESS) {
    why = "expected an object";
    return false;
  }
  for (const auto field : fields) {
    const std::string_view k = field.key;
    const Json v = field.value;
    bool good = true;
    if (v.is_null()) continue;
    if (k == "fromBlock") good = decode(v, out.from_block.emplace(), why);
    if (k == "toBlock") good = decode(v, out.to_block.emplace(), why);
    if (k == "fromAddress") good = list_of(v, out.from, kAddressesMax, why);
    if (k == "toAddress") good = list_of(v, out.to, kAddressesMax, why);
    if (k == "after") good = decode(v, out.after, why);
    if (k == "count") good = decode(v, out.count.emplace(), why);
    if (k == "mode") {
      std::string mode;
      good = decode(v, mode, why);
      out.needs_both = mode == "intersection";
      if (good && !out.needs_both && mode != "union") {
        why = "expected union or intersection, got \"" + mode.substr(0, 80) + '"';
        good = false;
      }
    }
    if (!good) {
      why = std::string(k) + ": " + why;
      return false;
    }
  }
  return true;
}

bool decode(const Json& json, TraceTypes& out, std::string& why) {
  constexpr std::size_t kTypesMax = 3;
  std::vector<std::string> names;
  if (!list_of(json, names, kTypesMax, why)) return false;
  for (const std::string& name : names) {
    if (name == "trace") {
      out.trace = true;
    } else if (name == "stateDiff") {
      out.state_diff = true;
    } else if (name == "vmTrace") {
      out.vm_trace = true;
    } else {
      why = "expected trace, stateDiff or vmTrace, got \"" + name.substr(0, 80) + '"';
      return false;
    }
  }
  return true;
}

bool decode(const Json& json, TraceAddress& out, std::string& why) {
  constexpr std::size_t kDepthMax = 1'024;
  std::vector<u64> path;
  if (!list_of(json, path, kDepthMax, why)) return false;
  for (const u64 step : path) out.path.push_back(static_cast<u32>(std::min<u64>(step, ~u32{0})));
  return true;
}

}  // namespace atlas::rpc
