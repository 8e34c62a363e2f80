#include <algorithm>
#include <charconv>

#include <simdjson.h>

#include <evm/opcodes.hpp>
#include <rpc/execution.hpp>
#include <rpc/trace.hpp>
#include <rpc/trace_calls.hpp>

namespace atlas::rpc {
namespace {

class NoopRecorder final : public Recorder {
 public:
  using Recorder::Recorder;
  void write(const TraceSubject&, const stf::ExecutionResult&, JsonWriter& out) override {
    out.begin_object();
    out.end_object();
  }
};

using Fields = simdjson::dom::object;

bool as_fields(std::string_view name, const Json& json, Fields& out, std::string& why) {
  if (json.get(out) == simdjson::SUCCESS) return true;
  why = std::string(name) + ": expected an object";
  return false;
}

template <class T>
bool member(std::string_view name, const Json& json, T& out, std::string& why) {
  if (rpc::decode(json, out, why)) return true;
  why = std::string(name) + ": " + why;
  return false;
}

bool decode_tracer(const Json& json, TracerKind& out, std::string& why) {
  constexpr std::pair<std::string_view, TracerKind> kTracers[] = {{"callTracer", TracerKind::kCalls},
                                                                  {"prestateTracer", TracerKind::kPrestate},
                                                                  {"4byteTracer", TracerKind::kFourByte},
                                                                  {"noopTracer", TracerKind::kNoop},
                                                                  {"", TracerKind::kStructLogs}};
  std::string name;
  if (!member("tracer", json, name, why)) return false;
  for (const auto& [known, kind] : kTracers) {
    if (name == known) {
      out = kind;
      return true;
    }
  }
  why = "tracer: expected callTracer, prestateTracer, 4byteTracer or noopTracer, got \"" + name.substr(0, 80) + '"';
  return false;
}

bool decode_tracer_config(const Json& json, TraceOptions& out, std::string& why) {
  Fields fields;
  if (!as_fields("tracerConfig", json, fields, why)) return false;
  for (const auto field : fields) {
    const std::string_view k = field.key;
    bool flag = false;
    bool good = true;
    if (field.value.is_null()) continue;
    if (k == "withLog") good = member(k, field.value, out.with_log, why);
    if (k == "onlyTopCall") good = member(k, field.value, out.only_top_call, why);
    if (k == "diffMode") good = member(k, field.value, out.diff_mode, why);
    if (k == "disableCode" && (good = member(k, field.value, flag, why))) out.prestate_code = !flag;
    if (k == "disableStorage" && (good = member(k, field.value, flag, why))) out.prestate_storage = !flag;
    if (!good) {
      why = "tracerConfig: " + why;
      return false;
    }
  }
  return true;
}

/// As Go writes it: "1.5s", "300ms", "1m30s".
bool decode_duration(const Json& json, std::chrono::milliseconds& out, std::string& why) {
  std::string text;
  if (!member("timeout", json, text, why)) return false;
  constexpr std::pair<std::string_view, double> kUnits[] = {{"ms", 1},  {"us", 1e-3}, {"µs", 1e-3},  {"ns", 1e-6},
                                                            {"s", 1e3}, {"m", 60e3},  {"h", 3'600e3}};
  constexpr double kMostMs = 3'600e3 * 24;
  double total = 0;
  std::string_view rest = text;
  bool good = !rest.empty();
  while (good && !rest.empty()) {
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value, std::chars_format::fixed);
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto* unit = std::ranges::find_if(kUnits, [&](const auto& u) { return rest.starts_with(u.first); });
    good = error == std::errc() && value >= 0 && unit != std::end(kUnits);
    if (!good) break;
    total = std::min(total + value * unit->second, kMostMs);
    rest.remove_prefix(unit->first.size());
  }
  if (!good) {
    why = "timeout: expected a duration like \"5s\" or \"300ms\", got \"" + text.substr(0, 80) + '"';
    return false;
  }
  out = std::chrono::milliseconds(static_cast<i64>(total));
  return true;
}

}  // namespace

bool decode(const Json& json, TraceOptions& out, std::string& why) {
  Fields fields;
  if (!as_fields("trace options", json, fields, why)) return false;
  for (const auto field : fields) {
    const std::string_view k = field.key;
    const Json v = field.value;
    bool good = true;
    if (v.is_null()) continue;
    if (k == "tracer") good = decode_tracer(v, out.kind, why);
    if (k == "tracerConfig") good = decode_tracer_config(v, out, why);
    if (k == "disableStorage") good = member(k, v, out.disable_storage, why);
    if (k == "disableStack") good = member(k, v, out.disable_stack, why);
    if (k == "enableMemory") good = member(k, v, out.enable_memory, why);
    if (k == "enableReturnData") good = member(k, v, out.enable_return_data, why);
    if (k == "limit") good = member(k, v, out.limit, why);
    if (k == "timeout") good = decode_duration(v, out.timeout.emplace(), why);
    if (k == "stateOverrides") good = member(k, v, out.state_overrides.emplace(), why);
    if (k == "blockOverrides") good = member(k, v, out.block_overrides.emplace(), why);
    if (k == "txIndex") {
      why = "txIndex is not supported: calls run on the state after the block";
      good = false;
    }
    if (!good) return false;
  }
  return true;
}

std::unique_ptr<Recorder> make_recorder(const TraceOptions& options, std::size_t bytes_max) {
  switch (options.kind) {
    case TracerKind::kCalls:
      return std::make_unique<CallRecorder>(options.with_log, options.only_top_call, bytes_max);
    case TracerKind::kPrestate:
      return make_prestate_recorder(options, bytes_max);
    case TracerKind::kFourByte:
      return std::make_unique<FourByteRecorder>(bytes_max);
    case TracerKind::kNoop:
      return std::make_unique<NoopRecorder>(bytes_max);
    case TracerKind::kStructLogs:
      break;
  }
  return make_struct_logger(options, bytes_max);
}

u64 Refusal::gas_passed(u64 gas_before, u64 cost) const {
  const u64 stipend = has_stipend ? kCallStipend : 0;
  const u64 rest = gas_before - cost - stipend;
  const u64 most = rest - rest / 64;
  return (is_creation ? most : std::min(gas_requested, most)) + stipend;
}

std::optional<Refusal> find_refusal(const evm::TraceStep& step, Journal& journal) {
  using evm::Opcode;
  constexpr u16 kDepthMax = 1'024;
  const std::size_t n = step.stack.size();
  if (n < evm::traits_of(step.opcode).pops) return std::nullopt;
  Refusal refusal;
  u256 value;
  switch (static_cast<Opcode>(step.opcode)) {
    case Opcode::kCreate:
    case Opcode::kCreate2:
      refusal.is_creation = true;
      refusal.input_at = 1;
      value = step.stack[n - 1];
      break;
    case Opcode::kCall:
    case Opcode::kCallcode:
      refusal.input_at = 3;
      value = step.stack[n - 3];
      refusal.has_stipend = !value.is_zero();
      break;
    case Opcode::kDelegatecall:
    case Opcode::kStaticcall:
      refusal.input_at = 2;
      break;
    default:
      return std::nullopt;
  }
  if (step.depth >= kDepthMax) {
    refusal.why = "max call depth exceeded";
  } else if (!value.is_zero() && journal.balance(step.frame->recipient) < value) {
    refusal.why = "insufficient balance for transfer";
  } else {
    return std::nullopt;
  }
  const u256& gas = step.stack[n - 1];
  refusal.gas_requested = gas.fits_u64() ? gas.low_u64() : ~u64{0};
  return refusal;
}

std::string opcode_name(u8 opcode) {
  const std::string_view name = evm::mnemonic(opcode);
  if (!name.empty()) return std::string(name);
  return "opcode " + to_hex(ByteView(&opcode, 1)) + " not defined";
}

std::string describe_end(FrameStatus status, HaltReason halt, const LastStep* last, bool is_creation) {
  if (status == FrameStatus::kSuccess) return {};
  if (status == FrameStatus::kRevert) return "execution reverted";
  if (last != nullptr && last->halted) {
    const evm::OpcodeTraits& traits = evm::traits_of(last->opcode);
    const std::string size = std::to_string(last->stack_size);
    if (halt == HaltReason::kInvalidOpcode) return "invalid opcode: " + opcode_name(last->opcode);
    if (halt == HaltReason::kStackUnderflow) {
      return "stack underflow (" + size + " <=> " + std::to_string(traits.pops) + ")";
    }
    if (halt == HaltReason::kStackOverflow) return "stack limit reached 1024 (" + size + ")";
  } else if (last != nullptr && is_creation && halt == HaltReason::kOutOfGas) {
    return "contract creation code storage out of gas";
  }
  stf::ExecutionResult result;
  result.status = status;
  result.halt = halt;
  return execution_failed(result).error.message;
}

}  // namespace atlas::rpc
