// The fast interpreter. Where the compiler guarantees tail calls, every instruction is a function that ends in a jump
// to the next one: position, stack pointer, gas and frame stay in registers and each instruction has its own indirect
// branch. Elsewhere the same bodies are the cases of one switch.
#include <evm/interpreter.hpp>

#if defined(__has_cpp_attribute) && defined(__clang__)
#if __has_cpp_attribute(clang::musttail)
#define ATLAS_EVM_TAIL_CALLS
#endif
#endif

namespace atlas::evm {
namespace {

void suspend(EvmFrame& f, const Insn* ip, u256* sp, i64 gas) {
  f.position = static_cast<u64>(ip - f.insns);
  f.sp = sp;
  f.gas = gas;
}

/// Where a dynamic jump goes; null if it is invalid.
const Insn* resolve_target(EvmFrame& f, u64 pc) {
  const u32 index = f.program->resolve(f.code, pc);
  f.load_program_tables();
  return index == 0 ? nullptr : f.insns + index;
}
inline const Insn* jump_target(EvmFrame& f, u64 pc) {
  if (pc < f.targets_size) [[likely]] {
    const u32 index = f.targets[pc];
    if (index != 0) [[likely]]
      return f.insns + index;
  }
  return resolve_target(f, pc);
}

/// Makes `at` a jump to the instruction `index`, and returns it at the place where it now stands.
const Insn* relink(EvmFrame& f, u32 at, u32 index, Op op) {
  f.load_program_tables();
  Insn& insn = f.program->insn(at);
  insn.op = op;
  insn.arg = index - at;
  return &insn;
}

/// Resolves the jump at `ip` and turns it into `resolved`, to be executed again; null if its target is invalid.
const Insn* link_jump(EvmFrame& f, const Insn* ip, Op resolved) {
  const auto at = static_cast<u32>(ip - f.insns);
  const u32 index = f.program->resolve(f.code, ip->arg);
  return index == 0 ? nullptr : relink(f, at, index, resolved);
}

/// Translates what follows a paused run.
const Insn* continue_run(EvmFrame& f, const Insn* ip) {
  const auto at = static_cast<u32>(ip - f.insns);
  return relink(f, at, f.program->continue_at(f.code, ip->arg), Op::kGoto);
}

/// Whether [offset, offset + size) is memory already.
inline bool holds(const EvmFrame& f, const u256& offset, u64 size) {
  return offset.fits_u64() && offset.low_u64() < kMemoryLimit && offset.low_u64() + size <= f.memory.size();
}

// Memory for what is at `sp` or in `ip`; false when gas is short. Out of the instructions' bodies, which then need no
// registers beyond those that they hold.
[[gnu::noinline]] bool grow_memory_word(EvmFrame& f, const Insn*, const u256* sp, i64& gas) {
  return touch_memory(f, gas, *sp, 32);
}
[[gnu::noinline]] bool grow_memory_byte(EvmFrame& f, const Insn*, const u256* sp, i64& gas) {
  return touch_memory(f, gas, *sp, 1);
}
[[gnu::noinline]] bool grow_memory_constant(EvmFrame& f, const Insn* ip, const u256*, i64& gas) {
  return touch_memory(f, gas, u256(ip->arg), 32);
}

}  // namespace

void finish(EvmFrame& f, FrameStatus status, i64 gas, ByteView output) {
  f.outcome->wants_call = false;
  CallResult& result = f.outcome->result;
  result.status = status;
  result.halt = HaltReason::kNone;
  result.gas_left = static_cast<u64>(gas);
  result.gas_refund = status == FrameStatus::kSuccess ? f.refund : 0;
  result.output = output;
}

void finish_failed(EvmFrame& f, HaltReason reason) {
  finish(f, FrameStatus::kFailure, 0, {});
  f.outcome->result.halt = reason;
}

#ifdef ATLAS_EVM_TAIL_CALLS

namespace {

using Handler = void (*)(const Insn* ip, u256* sp, i64 gas, EvmFrame& f);
extern const Handler kHandlers[static_cast<std::size_t>(Op::kCount)];

#define HANDLER(name) \
  void run_##name([[maybe_unused]] const Insn* ip, [[maybe_unused]] u256* sp, [[maybe_unused]] i64 gas, EvmFrame& f)
#define DISPATCH() [[clang::musttail]] return kHandlers[static_cast<std::size_t>(ip->op)](ip, sp, gas, f)
#define NEXT(slots) \
  do {              \
    ip += (slots);  \
    DISPATCH();     \
  } while (false)
#define JUMP(slots) NEXT(slots)
#define FAIL(reason) return finish_failed(f, reason)
#define EXIT() return
#define GROW(kind) [[clang::musttail]] return run_grow_##kind(ip, sp, gas, f)

// clang-format off: it takes rows of macros for one statement.
#define X(kind)                                                                              \
  void run_grow_##kind(const Insn* ip, u256* sp, i64 gas, EvmFrame& f) {                     \
    if (!grow_memory_##kind(f, ip, sp, gas)) return finish_failed(f, HaltReason::kOutOfGas); \
    DISPATCH();                                                                              \
  }
X(word)
X(byte)
X(constant)
#undef X

#include <evm/handlers.inc>
#undef HANDLER

const Handler kHandlers[static_cast<std::size_t>(Op::kCount)] = {
#define X(name, ...) run_##name,
#define Y(value, name, ...) run_##name,
    ATLAS_EVM_INTERNAL_INSNS(X) ATLAS_EVM_STACK_INSNS(X) ATLAS_EVM_SWAP_INSNS(X) ATLAS_EVM_PLAIN_OPCODES(Y)
    ATLAS_EVM_CALL_OPCODES(Y) ATLAS_EVM_CREATE_OPCODES(Y) ATLAS_EVM_FLOW_OPCODES(Y)
#undef X
#undef Y
};
// clang-format on

}  // namespace

void run_fast(EvmFrame& f) {
  const Insn* ip = f.insns + f.position;
  kHandlers[static_cast<std::size_t>(ip->op)](ip, f.sp, f.gas, f);
}

#else

void run_fast(EvmFrame& f) {
  const Insn* ip = f.insns + f.position;
  u256* sp = f.sp;
  i64 gas = f.gas;
  for (;;) {
    switch (ip->op) {
#define HANDLER(name) case Op::k##name:
#define NEXT(slots) \
  {                 \
    ip += (slots);  \
    continue;       \
  }
#define JUMP(slots) NEXT(slots)
#define FAIL(reason) return finish_failed(f, reason)
#define EXIT() return
#define GROW(kind)                                                                           \
  {                                                                                          \
    if (!grow_memory_##kind(f, ip, sp, gas)) return finish_failed(f, HaltReason::kOutOfGas); \
    continue;                                                                                \
  }
#include <evm/handlers.inc>
      case Op::kCount:
        FAIL(HaltReason::kInvalidOpcode);
    }
  }
}

#endif

}  // namespace atlas::evm
