#include <evm/opcodes.hpp>
#include <evm/precompile.hpp>
#include <rpc/execution.hpp>
#include <rpc/json_writer.hpp>
#include <rpc/trace_calls.hpp>

namespace atlas::rpc {
namespace {

using evm::Opcode;

constexpr std::size_t kCallBytes = 512;  // of a frame in JSON beside its input and output
constexpr std::size_t kHexFactor = 2;

std::string_view name_of(CallKind kind) {
  switch (kind) {
    case CallKind::kCall:
      return "CALL";
    case CallKind::kCallCode:
      return "CALLCODE";
    case CallKind::kDelegateCall:
      return "DELEGATECALL";
    case CallKind::kStaticCall:
      return "STATICCALL";
    case CallKind::kCreate:
      return "CREATE";
    case CallKind::kCreate2:
      return "CREATE2";
  }
  return "?";
}

bool is_log(u8 opcode) {
  return opcode >= static_cast<u8>(Opcode::kLog0) && opcode <= static_cast<u8>(Opcode::kLog4);
}

TracedCall to_call(const CallRequest& request) {
  TracedCall call;
  call.type = name_of(request.kind);
  call.depth = request.depth;
  call.gas = request.gas;
  // geth names the account that runs the instruction, also where msg.sender is handed on.
  call.from = request.kind == CallKind::kDelegateCall ? request.recipient : request.sender;
  call.to = request.code_address;
  if (request.kind != CallKind::kStaticCall) call.value = request.value;
  return call;
}

}  // namespace

void CallRecorder::begin(const TraceSubject& subject) {
  journal_ = &subject.journal;
}

u32 CallRecorder::append(TracedCall call) {
  const auto index = static_cast<u32>(calls_.size());
  call.parent = index;
  if (!open_.empty()) {
    call.parent = open_.back().call;
    calls_[call.parent].children.push_back(index);
  }
  calls_.push_back(std::move(call));
  return index;
}

void CallRecorder::enter(const CallRequest& request) {
  Open open;
  open.recorded = (!only_top_call_ || open_.empty()) && take(kCallBytes + kHexFactor * request.input.size());
  if (open.recorded) {
    TracedCall call = to_call(request);
    call.input.assign(request.input.begin(), request.input.end());
    open.call = append(std::move(call));
  }
  open_.push_back(open);
}

void CallRecorder::exit(const CallResult& result) {
  const Open open = open_.back();
  open_.pop_back();
  if (!open.recorded) return;
  TracedCall& call = calls_[open.call];
  call.status = result.status;
  call.gas_used = call.gas - std::min(call.gas, result.gas_left);
  call.error = describe_end(result.status, result.halt, open.stepped ? &open.last : nullptr, call.is_creation());
  if (result.status != FrameStatus::kFailure && take(kHexFactor * result.output.size())) {
    call.output.assign(result.output.begin(), result.output.end());
  }
}

// A refused call never becomes a frame; geth lists it nevertheless.
void CallRecorder::note_refusal(const evm::TraceStep& step) {
  refusal_ = find_refusal(step, *journal_);
  if (!refusal_) return;
  gas_before_ = step.gas;
  const auto word = [&](std::size_t i) { return step.stack[step.stack.size() - 1 - i]; };  // 0: the top
  TracedCall& call = pending_.emplace();
  call.type = evm::mnemonic(step.opcode);
  call.depth = static_cast<u16>(step.depth + 1);
  call.from = step.frame->recipient;
  call.status = FrameStatus::kRevert;
  call.error = refusal_->why;
  if (!refusal_->is_creation) call.to = word(1).to_address();
  if (call.type == "DELEGATECALL") {
    call.value = step.frame->value;
  } else if (call.type != "STATICCALL") {
    call.value = word(refusal_->is_creation ? 0 : 2);
  }
  // Its input: memory that is there already, zeros beyond.
  const std::size_t range = refusal_->input_at;
  const u256 size = word(range + 1);
  if (!size.fits_u64() || size.low_u64() > step.gas || !take(kHexFactor * size.low_u64())) return;
  call.input.resize(static_cast<std::size_t>(size.low_u64()));
  const u256 offset = word(range);
  if (!offset.fits_u64() || offset.low_u64() >= step.memory.size()) return;
  const ByteView from = step.memory.subspan(static_cast<std::size_t>(offset.low_u64()));
  std::copy_n(from.begin(), std::min(from.size(), call.input.size()), call.input.begin());
}

void CallRecorder::step(const evm::TraceStep& step) {
  Open& open = open_.back();
  open.stepped = true;
  open.last = {step.opcode, step.stack.size(), false};
  if (!open.recorded) return;
  switch (static_cast<Opcode>(step.opcode)) {
    case Opcode::kCall:
    case Opcode::kCallcode:
    case Opcode::kDelegatecall:
    case Opcode::kStaticcall:
    case Opcode::kCreate:
    case Opcode::kCreate2:
      if (!only_top_call_) note_refusal(step);
      break;
    case Opcode::kSelfdestruct:
      if (only_top_call_ || step.stack.empty()) break;
      pending_.emplace();
      pending_->type = "SELFDESTRUCT";
      pending_->depth = static_cast<u16>(step.depth + 1);
      pending_->from = step.frame->recipient;
      pending_->to = step.stack.back().to_address();
      pending_->value = journal_->balance(step.frame->recipient);
      break;
    default:
      break;
  }
}

void CallRecorder::step_done(u64 cost, HaltReason halt) {
  Open& open = open_.back();
  open.last.halted = halt != HaltReason::kNone;
  if (pending_) {
    if (refusal_) pending_->gas = refusal_->gas_passed(gas_before_, cost);
    if (halt == HaltReason::kNone && take(kCallBytes)) append(std::move(*pending_));
    pending_.reset();
    refusal_.reset();
  }
  if (with_log_ && is_log(open.last.opcode) && halt == HaltReason::kNone && open.recorded) {
    const Log& log = journal_->logs().back();
    if (!take(kCallBytes + kHexFactor * log.data.size())) return;
    TracedCall& call = calls_[open.call];
    call.logs.push_back({log, static_cast<u32>(call.children.size()), static_cast<u32>(journal_->logs().size() - 1)});
  }
}

void CallRecorder::settle() {
  for (u32 i = 0; i < calls_.size(); ++i) {
    TracedCall& call = calls_[i];
    call.undone = call.status != FrameStatus::kSuccess || (call.parent != i && calls_[call.parent].undone);
    if (call.undone) call.logs.clear();
  }
}

void CallRecorder::finish(const TraceSubject& subject, const stf::ExecutionResult& result) {
  settle();
  if (calls_.empty()) return;
  calls_[0].gas = subject.gas_limit;
  calls_[0].gas_used = result.gas_used;
}

void CallRecorder::write_call(u32 index, JsonWriter& out) const {
  const TracedCall& call = calls_[index];
  out.begin_object();
  out.field("from", call.from);
  out.field("gas", call.gas);
  out.field("gasUsed", call.gas_used);
  if (!call.is_creation() || call.status == FrameStatus::kSuccess) out.field("to", call.to);
  out.field("input", call.input);
  if (!call.output.empty()) out.field("output", call.output);
  if (!call.error.empty()) {
    out.field_string("error", call.error);
    const std::string reason = revert_message(call.output);
    const std::size_t prefix = std::string_view("execution reverted: ").size();
    if (call.status == FrameStatus::kRevert && reason.size() > prefix) {
      out.field_string("revertReason", std::string_view(reason).substr(prefix));
    }
  }
  if (!call.children.empty()) {
    out.key("calls");
    out.begin_array();
    for (const u32 child : call.children) write_call(child, out);  // at most 1,025 deep
    out.end_array();
  }
  if (!call.logs.empty()) {
    out.key("logs");
    out.begin_array();
    for (const TracedLog& traced : call.logs) {
      out.begin_object();
      out.field("address", traced.log.address);
      out.key("topics");
      out.begin_array();
      for (const Hash256& topic : traced.log.topics) out.hex(topic);
      out.end_array();
      out.field("data", traced.log.data);
      out.field("position", u64{traced.position});
      out.field("index", u64{traced.index});
      out.end_object();
    }
    out.end_array();
  }
  if (call.value) out.field("value", *call.value);
  out.field_string("type", call.type);
  out.end_object();
}

void CallRecorder::write(const TraceSubject& subject, const stf::ExecutionResult& result, JsonWriter& out) {
  finish(subject, result);
  if (calls_.empty()) return out.null();
  write_call(0, out);
}

void FourByteRecorder::enter(const CallRequest& request) {
  constexpr std::size_t kSelector = 4;
  constexpr std::size_t kEntryBytes = 64;
  if (request.kind == CallKind::kCreate || request.kind == CallKind::kCreate2) return;
  if (request.input.size() < kSelector || evm::find_precompile(request.code_address, fork_) != nullptr) return;
  std::string key = to_hex(request.input.first(kSelector)) + '-' + std::to_string(request.input.size() - kSelector);
  if (!counts_.contains(key) && !take(kEntryBytes)) return;
  ++counts_[std::move(key)];
}

void FourByteRecorder::write(const TraceSubject&, const stf::ExecutionResult&, JsonWriter& out) {
  out.begin_object();
  for (const auto& [key, count] : counts_) {
    out.key(key);
    out.number(count);
  }
  out.end_object();
}

}  // namespace atlas::rpc
