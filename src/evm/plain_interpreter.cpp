// The plain interpreter: bytecode as it stands, each opcode checked and charged on its own. It serves tracing, where
// every step must be seen with exact gas, and is the reference that differential tests hold the fast interpreter to.
#include <evm/interpreter.hpp>
#include <evm/translator.hpp>

namespace atlas::evm {
namespace {

class PlainRun {
 public:
  PlainRun(EvmFrame& f, Tracer* tracer) : f_(f), tracer_(tracer), pc_(f.position), sp_(f.sp), gas_(f.gas) {}

  void run() {
    for (;;) {
      const u8 opcode = pc_ < f_.code.size() ? f_.code[static_cast<std::size_t>(pc_)] : u8{0};
      const i64 gas_before = gas_ + owed_;
      if (tracer_ != nullptr) report(opcode);
      f_.outcome->wants_call = false;
      const u64 pc_before = pc_;
      HaltReason halt = HaltReason::kNone;
      if (f_.host->native != nullptr && at_block_) halt = enter_block();
      if (halt == HaltReason::kNone) halt = step(opcode);
      if (halt != HaltReason::kNone && f_.host->native != nullptr && !block_holds_)
        f_.host->native->left = native_before_;
      at_block_ = pc_ != pc_before + 1 + immediate_size(opcode) || starts_block(f_.code, pc_before, opcode, pc_);
      if (tracer_ != nullptr) tracer_->step_done(static_cast<u64>(gas_before - gas_ - owed_), halt);
      if (halt != HaltReason::kNone) return finish_failed(f_, halt);
      if (ended_) return finish(f_, status_, gas_, output_);
      if (f_.outcome->wants_call) {
        f_.position = pc_;
        f_.sp = sp_;
        f_.gas = gas_;
        return;
      }
    }
  }

 private:
  /// Meters the block that begins here, as the fast interpreter does: all of it at once, its static gas too, since the
  /// instruction at which gas runs out decides how much was counted. Nothing counts if gas or stack bounds do not hold:
  /// then one of the block's instructions halts the frame, and run() takes back what was counted meanwhile.
  HaltReason enter_block() {
    NativeMeter& native = *f_.host->native;
    const BlockBounds bounds = block_bounds(f_.code, pc_, f_.host->block.fork);
    const auto size = static_cast<i64>(sp_ - f_.bottom());
    native_before_ = native.left;
    block_holds_ =
        gas_ >= static_cast<i64>(bounds.gas) && size >= bounds.need && size + bounds.rise <= i64{kStackLimit};
    if (block_holds_ && native.is_spent()) return HaltReason::kOutOfNative;
    native.use(bounds.native);
    owed_ = block_holds_ ? static_cast<i64>(bounds.gas) : 0;
    gas_ -= owed_;
    return block_holds_ && native.is_spent() ? HaltReason::kOutOfNative : HaltReason::kNone;
  }

  /// Executes one opcode and moves on.
  HaltReason step(u8 opcode) {
    if (!is_defined(opcode, f_.host->block.fork)) return HaltReason::kInvalidOpcode;
    const OpcodeTraits& traits = traits_of(opcode);
    const auto size = static_cast<unsigned>(sp_ - f_.bottom());
    if (size < traits.pops) return HaltReason::kStackUnderflow;
    if (size - traits.pops + traits.pushes > kStackLimit) return HaltReason::kStackOverflow;
    if (owed_ != 0) {
      owed_ -= traits.gas;
    } else if (!charge(gas_, traits.gas)) {
      return HaltReason::kOutOfGas;
    }
    const HaltReason halt = dispatch(opcode);
    if (halt != HaltReason::kNone) return halt;
    sp_ += traits.pushes - traits.pops;
    if (!jumped_) pc_ += 1 + immediate_size(opcode);
    jumped_ = false;
    return HaltReason::kNone;
  }

  HaltReason dispatch(u8 opcode) {
    if (is_push(opcode)) return push(immediate_size(opcode));
    if (opcode >= 0x80 && opcode <= 0x8f) {
      sp_[1] = sp_[0x80 - opcode];
      return HaltReason::kNone;
    }
    if (opcode >= 0x90 && opcode <= 0x9f) {
      std::swap(sp_[0], sp_[0x8f - opcode]);
      return HaltReason::kNone;
    }
    switch (static_cast<Opcode>(opcode)) {
#define X(value, name, ...) \
  case Opcode::k##name:     \
    return observed<Opcode::k##name>();
      ATLAS_EVM_PLAIN_OPCODES(X)
#undef X
#define X(value, name, ...) \
  case Opcode::k##name:     \
    return request_call(f_, Opcode::k##name, sp_, gas_);
      ATLAS_EVM_CALL_OPCODES(X)
#undef X
#define X(value, name, ...) \
  case Opcode::k##name:     \
    return request_create(f_, Opcode::k##name, sp_, gas_);
      ATLAS_EVM_CREATE_OPCODES(X)
#undef X
      case Opcode::kStop:
        return end(FrameStatus::kSuccess);
      case Opcode::kJump:
        return jump(sp_[0]);
      case Opcode::kJumpi:
        return sp_[-1].is_zero() ? HaltReason::kNone : jump(sp_[0]);
      case Opcode::kPc:
        sp_[1] = u256(pc_);
        return HaltReason::kNone;
      case Opcode::kJumpdest:
        return HaltReason::kNone;
      case Opcode::kReturn:
      case Opcode::kRevert:
        if (!touch_memory(f_, gas_, sp_[0], sp_[-1])) return HaltReason::kOutOfGas;
        output_ = output_range(f_, sp_);
        return end(opcode == static_cast<u8>(Opcode::kReturn) ? FrameStatus::kSuccess : FrameStatus::kRevert);
      case Opcode::kSelfdestruct:
        ended_ = true;
        return selfdestruct_operation(f_, sp_, gas_);
      default:
        return HaltReason::kInvalidOpcode;
    }
  }

  template <Opcode opcode>
  HaltReason observed() {
    if constexpr (opcode == Opcode::kSload || opcode == Opcode::kSstore) {
      const u256 slot = sp_[0];
      const HaltReason halt = execute<opcode>(f_, sp_, gas_);
      const u256& value = opcode == Opcode::kSload ? sp_[0] : sp_[-1];
      if (tracer_ != nullptr && halt == HaltReason::kNone) tracer_->storage(f_.request.recipient, slot, value);
      return halt;
    } else {
      return execute<opcode>(f_, sp_, gas_);
    }
  }

  HaltReason push(unsigned size) {
    u256 value;
    for (unsigned i = 1; i <= size; ++i) {
      const u8 byte = pc_ + i < f_.code.size() ? f_.code[static_cast<std::size_t>(pc_) + i] : u8{0};
      value = (value << 8) | u256(byte);
    }
    sp_[1] = value;
    return HaltReason::kNone;
  }

  HaltReason jump(const u256& target) {
    if (!target.fits_u64() || !f_.program->is_jumpdest(f_.code, target.low_u64())) return HaltReason::kBadJump;
    pc_ = target.low_u64();
    jumped_ = true;
    return HaltReason::kNone;
  }

  void report(u8 opcode) {
    TraceStep step;
    step.pc = pc_;
    step.opcode = opcode;
    step.depth = f_.request.depth;
    step.gas = static_cast<u64>(gas_ + owed_);
    step.refund = f_.refund;
    step.stack = {f_.bottom() + 1, static_cast<std::size_t>(sp_ - f_.bottom())};
    step.memory = f_.memory.view();
    step.return_data = f_.return_data.view();
    step.frame = &f_.request;
    tracer_->step(step);
  }

  HaltReason end(FrameStatus status) {
    ended_ = true;
    status_ = status;
    return HaltReason::kNone;
  }

  EvmFrame& f_;
  Tracer* tracer_;
  u64 pc_;
  u256* sp_;
  i64 gas_;
  bool jumped_ = false;
  bool at_block_ = true;  // the next instruction begins a block
  bool block_holds_ = true;
  i64 native_before_ = 0;  // of the block
  i64 owed_ = 0;           // static gas of the block's rest, already taken from gas_
  bool ended_ = false;
  FrameStatus status_ = FrameStatus::kSuccess;
  ByteView output_;
};

}  // namespace

void run_plain(EvmFrame& f, Tracer* tracer) {
  PlainRun(f, tracer).run();
}

}  // namespace atlas::evm
