#include <evm/native_costs.hpp>
#include <evm/translator.hpp>

namespace atlas::evm {
namespace {

// A run ends before the first instruction that lies in a later page of the code. Bounds the work that code can cause
// before it pays for any of it, and keeps a block's sums (at most 4096 · 32000) within 32 bits. Pages of the code, not
// lengths: so blocks are the same whichever run translated them.
constexpr u64 kPageBytes = 4096;

constexpr std::array<Op, 256> kOpOfOpcode = [] {
  std::array<Op, 256> ops{};
  ops.fill(Op::kInvalid);
#define X(value, name, ...) ops[value] = Op::k##name;
  ATLAS_EVM_PLAIN_OPCODES(X)
  ATLAS_EVM_CALL_OPCODES(X)
  ATLAS_EVM_CREATE_OPCODES(X)
  ATLAS_EVM_FLOW_OPCODES(X)
#undef X
  for (u8 n = 0; n < 16; ++n) {
    ops[0x80 + n] = static_cast<Op>(static_cast<u8>(Op::kDup1) + n);
    ops[0x90 + n] = static_cast<Op>(static_cast<u8>(Op::kSwap1) + n);
  }
  return ops;
}();

// Gas is exact only at block boundaries, so what observes it or hands it on ends its block.
constexpr bool ends_block(Opcode opcode) {
  switch (opcode) {
    case Opcode::kGas:
    case Opcode::kSstore:
#define X(value, name, ...) case Opcode::k##name:
      ATLAS_EVM_CALL_OPCODES(X)
      ATLAS_EVM_CREATE_OPCODES(X)
#undef X
      return true;
    default:
      return false;
  }
}

constexpr bool ends_run(Opcode opcode) {
  switch (opcode) {
    case Opcode::kStop:
    case Opcode::kReturn:
    case Opcode::kRevert:
    case Opcode::kInvalid:
    case Opcode::kSelfdestruct:
      return true;
    default:
      return false;
  }
}

// The result of an operation on constants; `a` is the top of the stack. Only what compilers emit to save bytes.
bool fold(Opcode opcode, const u256& a, const u256& b, u256& result) {
  switch (opcode) {
    case Opcode::kAdd:
      result = a + b;
      return true;
    case Opcode::kSub:
      result = a - b;
      return true;
    case Opcode::kMul:
      result = a * b;
      return true;
    case Opcode::kShl:
      result = a.fits_u64() && a.low_u64() < 256 ? b << static_cast<unsigned>(a.low_u64()) : u256();
      return true;
    case Opcode::kShr:
      result = a.fits_u64() && a.low_u64() < 256 ? b >> static_cast<unsigned>(a.low_u64()) : u256();
      return true;
    case Opcode::kAnd:
      result = a & b;
      return true;
    case Opcode::kOr:
      result = a | b;
      return true;
    default:
      return false;
  }
}

bool fits_u32(const u256& v) {
  return v.fits_u64() && v.low_u64() <= 0xffffffffU;
}

}  // namespace

u32 Translator::run(u32 pc) {
  const u32 first = next_index();
  const u32 start = pc;
  open_block();
  for (;;) {
    if (pc >= code_.size()) {
      emit(Op::kStop);
      break;
    }
    const u8 opcode = code_[pc];
    if (pc / kPageBytes != start / kPageBytes) {
      emit(Op::kContinue, pc);
      break;
    }
    if (opcode == static_cast<u8>(Opcode::kJumpdest)) {
      if (!jumpdest(pc, pc != start)) break;
    } else if (!translate(opcode, pc)) {
      break;
    }
    pc += 1 + immediate_size(opcode);
  }
  close_block();
  return first;
}

bool Translator::jumpdest(u32 pc, bool inside_run) {
  if (program_.targets_.empty()) program_.targets_.resize(program_.code_size_);
  u32& target = program_.targets_[pc];
  if (target != 0) {
    emit(Op::kGoto, target - next_index());
    return false;
  }
  if (inside_run) {
    close_block();
    open_block();
  }
  target = block_;
  bounds_.add(static_cast<u8>(Opcode::kJumpdest));
  return true;
}

bool Translator::translate(u8 opcode, u32 pc) {
  if (!is_defined(opcode, program_.fork_)) {
    emit(Op::kInvalid);
    return false;
  }
  bounds_.add(opcode);
  if (is_push(opcode)) {
    const unsigned size = immediate_size(opcode);
    const std::size_t available = std::min<std::size_t>(size, code_.size() - pc - 1);
    // Immediate data beyond the end of the code reads as zeros on the right.
    push(u256::from_be_short(code_.subspan(pc + 1, available)) << static_cast<unsigned>(8 * (size - available)));
    return true;
  }
  const auto op = static_cast<Opcode>(opcode);
  switch (op) {
    case Opcode::kPc:
      push(u256(pc));
      return true;
    case Opcode::kCodesize:
      push(u256(code_.size()));
      return true;
    case Opcode::kJump:
      jump();
      return false;
    case Opcode::kJumpi:
      jump_if();
      close_block();
      open_block();
      return true;
    default:
      break;
  }
  if (!fuse(opcode)) emit(kOpOfOpcode[opcode]);
  if (ends_block(op)) {
    close_block();
    open_block();
  }
  return !ends_run(op);
}

void BlockBounds::add(u8 opcode) {
  const OpcodeTraits& traits = traits_of(opcode);
  gas += traits.gas;
  native += kOpcodeNative[opcode];
  need = std::max(need, traits.pops - height);
  height += traits.pushes - traits.pops;
  rise = std::max(rise, height);
}

bool starts_block(ByteView code, u64 pc, u8 opcode, u64 next) {
  const auto op = static_cast<Opcode>(opcode);
  if (op == Opcode::kJumpi || ends_block(op) || next / kPageBytes != pc / kPageBytes) return true;
  return next < code.size() && code[static_cast<std::size_t>(next)] == static_cast<u8>(Opcode::kJumpdest);
}

BlockBounds block_bounds(ByteView code, u64 pc, Fork fork) {
  BlockBounds bounds;
  while (pc < code.size()) {
    const u8 opcode = code[static_cast<std::size_t>(pc)];
    if (!is_defined(opcode, fork)) break;
    bounds.add(opcode);
    const auto op = static_cast<Opcode>(opcode);
    const u64 next = pc + 1 + immediate_size(opcode);
    if (op == Opcode::kJump || ends_run(op) || starts_block(code, pc, opcode, next)) break;
    pc = next;
  }
  return bounds;
}

void Translator::open_block() {
  block_ = next_index();
  program_.insns_.resize(program_.insns_.size() + (program_.metered_ ? 2 : 1));
  bounds_ = {};
  forget();
}

void Translator::close_block() {
  const Op op = program_.metered_ ? Op::kMeteredBlock : Op::kBlock;
  program_.insns_[block_] =
      Insn::block(op, bounds_.gas, static_cast<u32>(bounds_.need), static_cast<u32>(bounds_.rise));
  if (program_.metered_) program_.insns_[block_ + 1].arg = bounds_.native;
}

void Translator::push(const u256& value) {
  const u32 at = next_index();
  if (fits_u32(value)) {
    emit(Op::kPush, static_cast<u32>(value.low_u64()));
  } else if (value.fits_u64()) {
    emit(Op::kPush64);
    emit_words(value, 1);
  } else {
    emit(Op::kPush256);
    emit_words(value, 4);
  }
  recent(0) = {at, true, value};
}

void Translator::jump() {
  if (!recent_constant(0)) {
    emit(Op::kJump);
    return;
  }
  const u256 target = recent(0).value;
  retract(1);
  emit_jump(Op::kJumpTo, Op::kJumpPc, target.fits_u64() ? target.low_u64() : ~u64{0});
}

void Translator::jump_if() {
  if (!recent_constant(0)) {
    emit(Op::kJumpi);
    return;
  }
  const u256 wide_target = recent(0).value;
  const u64 target = wide_target.fits_u64() ? wide_target.low_u64() : ~u64{0};
  if (recent_is(1, Op::kIszero)) {
    retract(2);
    emit_jump(Op::kJumpIfZeroTo, Op::kJumpIfZeroPc, target);
  } else if (recent_is(1, Op::kIszeroIszero)) {
    retract(2);
    emit_jump(Op::kJumpIfTo, Op::kJumpIfPc, target);
  } else if (recent_is(1, Op::kEqConst) && recent_is(2, Op::kDup1)) {
    const u32 selector = program_.insns_[recent(1).at].arg;
    retract(3);
    emit_jump(Op::kSelectorTo, Op::kSelectorPc, target);
    emit_words(u256(selector), 1);
  } else {
    retract(1);
    emit_jump(Op::kJumpIfTo, Op::kJumpIfPc, target);
  }
}

bool Translator::fuse(u8 opcode) {
  const auto op = static_cast<Opcode>(opcode);
  return fold_constants(op) || fuse_constant(op) || fuse_pair(op);
}

bool Translator::fold_constants(Opcode opcode) {
  if (!recent_constant(0)) return false;
  u256 result;
  if (opcode == Opcode::kNot) {
    result = ~recent(0).value;
    retract(1);
    push(result);
    return true;
  }
  if (!recent_constant(1) || !fold(opcode, recent(0).value, recent(1).value, result)) return false;
  retract(2);
  push(result);
  return true;
}

bool Translator::fuse_constant(Opcode opcode) {
  if (opcode == Opcode::kSub && recent_is(0, Op::kSwap1) && recent_constant(1) && fits_u32(recent(1).value)) {
    const auto subtrahend = static_cast<u32>(recent(1).value.low_u64());
    retract(2);
    emit(Op::kSubFrom, subtrahend);
    return true;
  }
  if (!recent_constant(0)) return false;
  const u256 constant = recent(0).value;
  Op fused = Op::kInvalid;
  switch (opcode) {
    case Opcode::kAdd:
      fused = Op::kAddConst;
      break;
    case Opcode::kAnd:
      if (!fits_u32(constant)) {
        retract(1);
        emit(Op::kAndWide);
        emit_words(constant, 4);
        return true;
      }
      fused = Op::kAndConst;
      break;
    case Opcode::kEq:
      fused = Op::kEqConst;
      break;
    case Opcode::kLt:
      fused = Op::kLtConst;
      break;
    case Opcode::kGt:
      fused = Op::kGtConst;
      break;
    case Opcode::kShl:
      if (constant >= u256(256)) return false;
      fused = Op::kShlConst;
      break;
    case Opcode::kShr:
      if (constant >= u256(256)) return false;
      fused = Op::kShrConst;
      break;
    case Opcode::kMload:
      fused = Op::kMloadConst;
      break;
    case Opcode::kMstore:
      fused = Op::kMstoreConst;
      break;
    case Opcode::kCalldataload:
      fused = Op::kCalldataloadConst;
      break;
    default:
      return false;
  }
  if (!fits_u32(constant)) return false;
  retract(1);
  emit(fused, static_cast<u32>(constant.low_u64()));
  return true;
}

bool Translator::fuse_pair(Opcode opcode) {
  const auto replace = [this](Op first, Op fused) {
    if (!recent_is(0, first)) return false;
    retract(1);
    emit(fused);
    return true;
  };
  switch (opcode) {
    case Opcode::kPop:
      return replace(Op::kSwap1, Op::kNip) || replace(Op::kPop, Op::kPopPop);
    case Opcode::kAdd:
      return replace(Op::kDup2, Op::kDup2Add);
    case Opcode::kSub:
      return replace(Op::kSwap1, Op::kSwap1Sub);
    case Opcode::kIszero:
      return replace(Op::kIszero, Op::kIszeroIszero);
    default:
      return false;
  }
}

void Translator::emit(Op op, u32 arg) {
  const u32 at = next_index();
  program_.insns_.push_back({op, 0, 0, arg});
  window_end_ = (window_end_ + 1) % kWindow;
  window_count_ = std::min(window_count_ + 1, kWindow);
  recent(0).at = at;
  recent(0).is_constant = false;
}

void Translator::emit_words(const u256& value, unsigned slots) {
  const std::size_t at = program_.insns_.size();
  program_.insns_.resize(at + slots);
  std::memcpy(static_cast<void*>(&program_.insns_[at]), &value, slots * sizeof(Insn));
}

void Translator::emit_jump(Op resolved, Op unresolved, u64 target) {
  const u32 known = target < program_.targets_.size() ? program_.targets_[static_cast<std::size_t>(target)] : 0;
  if (known != 0) {
    emit(resolved, known - next_index());
  } else {
    emit(unresolved, static_cast<u32>(std::min<u64>(target, 0xffffffffU)));  // too far is as invalid as any
  }
}

bool Translator::recent_is(u32 back, Op op) const {
  if (back >= window_count_) return false;
  return program_.insns_[window_[(window_end_ - 1 - back) % kWindow].at].op == op;
}

bool Translator::recent_constant(u32 back) const {
  return back < window_count_ && window_[(window_end_ - 1 - back) % kWindow].is_constant;
}

void Translator::retract(u32 count) {
  program_.insns_.resize(recent(count - 1).at);
  window_end_ = (window_end_ - count) % kWindow;
  window_count_ -= count;
}

}  // namespace atlas::evm
