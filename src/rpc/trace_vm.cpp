#include <evm/opcodes.hpp>
#include <rpc/json_writer.hpp>
#include <rpc/trace_vm.hpp>
#include <stf/delegation.hpp>

namespace atlas::rpc {
namespace {

using evm::Opcode;

/// A range of memory as the stack names it: positions of offset and length from the top; no length: `size` bytes.
struct MemoryUse {
  std::size_t offset_at = 0;
  std::optional<std::size_t> size_at;
  std::size_t size = 0;
};

std::optional<MemoryUse> memory_use(u8 opcode) {
  switch (static_cast<Opcode>(opcode)) {
    case Opcode::kMload:
    case Opcode::kMstore:
      return MemoryUse{0, std::nullopt, 32};
    case Opcode::kMstore8:
      return MemoryUse{0, std::nullopt, 1};
    case Opcode::kCalldatacopy:
    case Opcode::kCodecopy:
    case Opcode::kReturndatacopy:
    case Opcode::kMcopy:
      return MemoryUse{0, 2, 0};
    case Opcode::kExtcodecopy:
      return MemoryUse{1, 3, 0};
    case Opcode::kCall:
    case Opcode::kCallcode:
      return MemoryUse{5, 6, 0};
    case Opcode::kDelegatecall:
    case Opcode::kStaticcall:
      return MemoryUse{4, 5, 0};
    default:
      return std::nullopt;
  }
}

class VmRecorder final : public Recorder {
 public:
  using Recorder::Recorder;

  void begin(const TraceSubject& subject) override { journal_ = &subject.journal; }

  void enter(const CallRequest& request) override {
    Frame& frame = frames_.emplace_back();
    const bool creates = request.kind == CallKind::kCreate || request.kind == CallKind::kCreate2;
    ByteView code = request.input;
    if (!creates) {
      code = journal_->code(request.code_address);
      if (const auto target = stf::delegation_target(code)) code = journal_->code(*target);
    }
    if (!take(kFrameBytes + kHexFactor * code.size())) return;
    frame.text = R"({"code":")" + to_hex(code) + R"(","ops":[)";
  }

  void exit(const CallResult&) override {
    Frame frame = std::move(frames_.back());
    frames_.pop_back();
    finish(frame, nullptr);
    frame.text += "]}";
    std::string& where = frames_.empty() ? whole_ : frames_.back().pending.sub;
    if (!is_full()) where = std::move(frame.text);
  }

  void step(const evm::TraceStep& step) override {
    Frame& frame = frames_.back();
    finish(frame, &step);
    const evm::OpcodeTraits& traits = evm::traits_of(step.opcode);
    Operation& op = frame.pending;
    op = {};
    frame.has_pending = take(kStepBytes + kWordBytes * traits.pushes);
    op.pc = step.pc;
    op.opcode = step.opcode;
    op.gas_left = step.gas;
    if (step.stack.size() < traits.pops) return;
    const auto use = memory_use(step.opcode);
    if (!use) return;
    const auto word = [&](std::size_t i) { return step.stack[step.stack.size() - 1 - i]; };
    const u256 offset = word(use->offset_at);
    const u256 size = use->size_at ? word(*use->size_at) : u256(use->size);
    // What does not fit 64 bits runs out of gas.
    if (offset.fits_u64() && size.fits_u64()) op.memory = {offset.low_u64(), size.low_u64()};
  }

  void step_done(u64 cost, HaltReason halt) override {
    Operation& op = frames_.back().pending;
    op.cost = cost;
    op.halted = halt != HaltReason::kNone;
    op.gas_left -= std::min(op.gas_left, cost);
  }

  void storage(const Address&, const u256& slot, const u256& value) override {
    Operation& op = frames_.back().pending;
    if (static_cast<Opcode>(op.opcode) == Opcode::kSstore) op.stored = {slot, value};
  }

  void write(const TraceSubject&, const stf::ExecutionResult&, JsonWriter& out) override {
    whole_.empty() ? out.null() : out.raw(whole_);
  }

 private:
  static constexpr std::size_t kFrameBytes = 64;
  static constexpr std::size_t kStepBytes = 320;  // with a store
  static constexpr std::size_t kWordBytes = 70;
  static constexpr std::size_t kHexFactor = 2;

  struct Operation {
    u64 pc = 0;
    u8 opcode = 0;
    u64 cost = 0;
    u64 gas_left = 0;
    bool halted = false;
    std::pair<u64, u64> memory;  ///< offset, size
    std::optional<std::pair<u256, u256>> stored;
    std::string sub;  ///< JSON of the frame that it ran
  };
  struct Frame {
    std::string text;
    Operation pending;
    bool has_pending = false;
  };

  /// Writes the instruction that ran last. `next`: the machine after it; null if it ended the frame.
  void finish(Frame& frame, const evm::TraceStep* next) {
    if (!std::exchange(frame.has_pending, false)) return;
    const Operation& op = frame.pending;
    if (frame.text.back() == '}') frame.text += ',';
    JsonWriter out(frame.text);
    out.begin_object();
    out.key("cost");
    out.number(op.cost);
    out.key("ex");
    if (op.halted) {
      out.null();
    } else {
      write_effects(op, next, out);
    }
    out.key("pc");
    out.number(op.pc);
    out.key("sub");
    op.sub.empty() ? out.null() : out.raw(op.sub);
    out.field_string("op", opcode_name(op.opcode));
    out.end_object();
  }

  void write_effects(const Operation& op, const evm::TraceStep* next, JsonWriter& out) {
    out.begin_object();
    out.key("mem");
    const auto [offset, size] = op.memory;
    if (next != nullptr && size != 0 && offset <= next->memory.size() && size <= next->memory.size() - offset &&
        take(kHexFactor * size)) {
      out.begin_object();
      out.field("data", next->memory.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(size)));
      out.key("off");
      out.number(offset);
      out.end_object();
    } else {
      out.null();
    }
    out.key("push");
    out.begin_array();
    if (next != nullptr) {
      const std::size_t pushes = std::min<std::size_t>(evm::traits_of(op.opcode).pushes, next->stack.size());
      for (const u256& word : next->stack.last(pushes)) out.quantity(word);
    }
    out.end_array();
    out.key("store");
    if (op.stored) {
      out.begin_object();
      out.field("key", op.stored->first);
      out.field("val", op.stored->second);
      out.end_object();
    } else {
      out.null();
    }
    out.key("used");
    out.number(next != nullptr ? next->gas : op.gas_left);
    out.end_object();
  }

  Journal* journal_ = nullptr;
  std::vector<Frame> frames_;
  std::string whole_;
};

}  // namespace

std::unique_ptr<Recorder> make_vm_recorder(std::size_t bytes_max) {
  return std::make_unique<VmRecorder>(bytes_max);
}

}  // namespace atlas::rpc
