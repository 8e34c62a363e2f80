#pragma once
// The observed loop: plain, exact to the cycle, with the sink's work inlined into it.
#include <zkvm/executor/access_clock.hpp>
#include <zkvm/executor/alu.hpp>
#include <zkvm/executor/executor.hpp>

namespace atlas::zkvm {

/// The memory word that a load or store accessed. `last` is the time of the access before in this segment (0: none).
struct MemoryAccess {
  u32 word = 0;     ///< number in the window; the word's address is GuestMemory::address_of(word)
  u32 address = 0;  ///< of the byte, halfword or word
  u32 before = 0;
  u32 after = 0;
  u32 last = 0;
};

/// One executed instruction that is no ecall. Values and times are of registers even where the format does not use them
/// only if it says so below.
struct Step {
  u32 pc = 0;
  u32 next_pc = 0;
  u32 time = 0;  ///< of the segment's clock, at the step's begin; 0 for a sink without a clock
  const Instruction* instruction = nullptr;
  u32 rs1 = 0;  ///< value, 0 if the format reads none
  u32 rs2 = 0;
  u32 rd_before = 0;
  u32 rd = 0;                                   ///< value written, or computed for x0 and discarded; 0 if none
  u32 rs1_last = 0, rs2_last = 0, rd_last = 0;  ///< times of the registers' accesses before; writes to x0 are none
  MemoryAccess memory;                          ///< of loads and stores
};

/// One word of an ecall's reads or writes.
struct EcallWord {
  u32 word = 0;
  u32 before = 0;
  u32 after = 0;
  u32 last = 0;
};
struct EcallStep {
  u32 pc = 0;
  u32 time = 0;
  const EcallPlan* plan = nullptr;
  std::array<u32, 7> registers_last{};  ///< a0 to a5, then a7
  /// All spans of the plan, one after another, but for the first of a plan in place: its words are accessed once, at
  /// the time of writing.
  std::span<const EcallWord> reads;
  std::span<const EcallWord> writes;
  std::span<const u32> hints;  ///< consumed words
};

/// What a sink must have. kClocked: wants times, so it also has an AccessClock& clock(). kWords: wants the words of
/// ecalls. step() and ecall() return false to pause after this instruction (a segment is full). A sink may also have
/// before(plan), which is asked of each ecall that is allowed and returns false to pause before it.
struct NullSink {
  static constexpr bool kClocked = false;
  bool step(const Step&) { return true; }
  bool ecall(const EcallStep&) { return true; }
};

constexpr bool reads_rs1(Format f) {
  return f != Format::kUpper && f != Format::kJump && f != Format::kSystem;
}
constexpr bool reads_rs2(Format f) {
  return f == Format::kBranch || f == Format::kStore || f == Format::kRegister;
}
constexpr bool writes_rd(Format f) {
  return f != Format::kBranch && f != Format::kStore && f != Format::kSystem;
}

namespace detail {

/// Collects the words of an ecall around its execution.
class EcallRecorder {
 public:
  void before(const EcallPlan& plan, GuestMemory& memory, AccessClock& clock) {
    reads_.clear();
    writes_.clear();
    for (unsigned k = plan.in_place; k < plan.read_count; ++k) {
      const WordSpan& span = plan.reads[k];
      for (u32 i = 0; i < span.count; ++i) reads_.push_back(touched(span.word + i, memory, clock, kTickEcallReads + k));
    }
    for (u32 i = 0; i < plan.write.count; ++i) {
      writes_.push_back(touched(plan.write.word + i, memory, clock, kTickEcallWrites));
    }
  }
  void after(const GuestMemory& memory) {
    for (EcallWord& w : writes_) w.after = *memory.word(w.word);
  }
  std::span<const EcallWord> reads() const { return reads_; }
  std::span<const EcallWord> writes() const { return writes_; }

 private:
  static EcallWord touched(u32 word, const GuestMemory& memory, AccessClock& clock, u32 tick) {
    const u32 value = *memory.word(word);
    return {word, value, value, clock.touch(word, value, tick)};
  }
  std::vector<EcallWord> reads_;
  std::vector<EcallWord> writes_;
};

}  // namespace detail

template <class Sink>
Stop Executor::observe(Sink& sink, u64 cycles) {
  if (halted_) return Stop::kHalted;
  if (fault_) return Stop::kFault;
  const u64 end = state_.cycle + allowed(cycles);
  auto& x = state_.x;
  detail::EcallRecorder words;
  while (state_.cycle < end) {
    const Instruction* instruction = program_.at(state_.pc);
    if (instruction == nullptr) return fail(FaultKind::kPcOutside, state_.pc);
    const Instruction& i = *instruction;
    const u32 pc = state_.pc;

    if (i.op == Op::kEcall) {
      EcallPlan plan;
      Fault fault;
      EcallStep step;
      step.pc = pc;
      step.plan = &plan;
      if (!prepare_ecall(state_, memory_, hints_, plan, fault)) {
        fault_ = std::move(fault);
        return fail(fault_->kind, fault_->address);
      }
      if constexpr (requires { sink.before(plan); }) {
        if (!sink.before(plan)) return Stop::kPaused;
      }
      if constexpr (Sink::kClocked) {
        AccessClock& clock = sink.clock();
        step.time = clock.time();
        for (unsigned k = 0; k < 6; ++k) step.registers_last[k] = clock.touch_register(10 + k, x[10 + k], 0);
        step.registers_last[6] = clock.touch_register(17, x[17], 0);
        words.before(plan, memory_, clock);
        clock.advance(kTicksPerEcall);
      }
      const u64 hint_position = state_.hint_position;
      const Stop stop = finish_ecall(plan);
      if (stop == Stop::kFault) return stop;
      if constexpr (Sink::kClocked) {
        words.after(memory_);
        step.reads = words.reads();
        step.writes = words.writes();
      }
      step.hints = std::span<const u32>(hints_).subspan(hint_position, plan.hint_words);
      const bool more = sink.ecall(step);
      if (stop == Stop::kHalted) return stop;
      if (!more) return Stop::kPaused;
      continue;
    }

    Step step;
    step.pc = pc;
    step.next_pc = pc + 4;
    step.instruction = instruction;
    const u32 a = x[i.rs1];
    const u32 b = x[i.rs2];
    u32 result = 0;
    const u32 second = format_of(i.op) == Format::kRegister ? b : static_cast<u32>(i.imm);
    switch (i.op) {
      case Op::kAuipc:
        result = pc + static_cast<u32>(i.imm);
        break;
        // clang-format off
#define X(name)                               \
  case Op::k##name:                           \
    result = compute<Op::k##name>(a, second); \
    break;
        X(Lui) X(Addi) X(Slti) X(Sltiu) X(Xori) X(Ori) X(Andi) X(Slli) X(Srli) X(Srai) X(Add) X(Sub) X(Sll) X(Slt)
        X(Sltu) X(Xor) X(Srl) X(Sra) X(Or) X(And) X(Mul) X(Mulh) X(Mulhsu) X(Mulhu) X(Div) X(Divu) X(Rem) X(Remu)
#undef X
#define X(name)                                                                \
  case Op::k##name:                                                            \
    if (taken<Op::k##name>(a, b)) step.next_pc = pc + static_cast<u32>(i.imm); \
    break;
        X(Beq) X(Bne) X(Blt) X(Bge) X(Bltu) X(Bgeu)
#undef X
          // clang-format on
          case Op::kJal:
        result = pc + 4;
        step.next_pc = pc + static_cast<u32>(i.imm);
        break;
      case Op::kJalr:
        result = pc + 4;
        step.next_pc = (a + static_cast<u32>(i.imm)) & ~u32{1};
        break;
      case Op::kLb:
      case Op::kLh:
      case Op::kLw:
      case Op::kLbu:
      case Op::kLhu:
      case Op::kSb:
      case Op::kSh:
      case Op::kSw: {
        const u32 address = a + static_cast<u32>(i.imm);
        const u32 size = access_size(i.op);
        if (address % size != 0) {
          return fail(is_load(i.op) ? FaultKind::kMisalignedLoad : FaultKind::kMisalignedStore, address);
        }
        const u32 word = memory_.word_of(address & ~u32{3});
        if (word >= memory_.words()) {
          const bool text = address - program_.text_begin < 4 * program_.text.size();
          return fail(is_load(i.op) ? (text ? FaultKind::kLoadFromText : FaultKind::kLoadOutside)
                                    : (text ? FaultKind::kStoreToText : FaultKind::kStoreOutside),
                      address);
        }
        const u32 shift = 8 * (address & 3);
        u32& cell = *memory_.word(word);
        step.memory = {word, address, cell, cell, 0};
        if constexpr (Sink::kClocked) {
          // rs1 and rs2 come first only in the clock's ticks; the order of these calls is free.
          step.memory.last = sink.clock().touch(word, cell, kTickMemory);
        }
        if (is_load(i.op)) {
          result = loaded(i.op, cell, shift);
        } else {
          cell = step.memory.after = stored(i.op, cell, shift, b);
        }
        break;
      }
      case Op::kEbreak:
        return fail(FaultKind::kBreakpoint, pc);
      case Op::kEcall:
      case Op::kIllegal:
        return fail(FaultKind::kIllegalInstruction, pc);
    }
    if (step.next_pc != pc + 4) {
      if (step.next_pc % 4 != 0) return fail(FaultKind::kMisalignedJump, step.next_pc);
      if (program_.at(step.next_pc) == nullptr) return fail(FaultKind::kPcOutside, step.next_pc);
    }

    const Format format = format_of(i.op);
    step.rs1 = a;
    step.rs2 = b;
    step.rd_before = x[i.rd];
    if constexpr (Sink::kClocked) {
      AccessClock& clock = sink.clock();
      step.time = clock.time();
      if (reads_rs1(format)) step.rs1_last = clock.touch_register(i.rs1, a, 0);
      if (reads_rs2(format)) step.rs2_last = clock.touch_register(i.rs2, b, kTickRs2);
      if (writes_rd(format) && i.rd != 0) step.rd_last = clock.touch_register(i.rd, step.rd_before, kTickRd);
      clock.advance(kTicksPerStep);
    }
    step.rd = result;
    if (i.rd != 0) x[i.rd] = result;
    state_.pc = step.next_pc;
    ++state_.cycle;
    if (!sink.step(step)) return Stop::kPaused;
  }
  return state_.cycle >= options_.budget ? fail(FaultKind::kBudgetSpent, state_.pc) : Stop::kPaused;
}

}  // namespace atlas::zkvm
