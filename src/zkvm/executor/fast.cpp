// Where the compiler guarantees tail calls, every instruction is a function that ends in a jump to the next one, so
// that position, limit, registers' base and memory's base stay in machine registers and each instruction has its own
// indirect branch. Elsewhere the same bodies are the cases of one switch.
//
// Cycles are not counted but implied: `limit` is the slot at which the budget would be spent if the code ran straight
// on. Going on by one slot brings it one nearer by itself; a jump moves it along with ip, less one slot for the jump.
#include <zkvm/executor/alu.hpp>
#include <zkvm/executor/fast.hpp>

#if defined(__has_cpp_attribute) && defined(__clang__)
#if __has_cpp_attribute(clang::musttail)
#define ATLAS_ZKVM_TAIL_CALLS
#endif
#endif

namespace atlas::zkvm {
namespace {

constexpr i64 kSlot = sizeof(FastInsn);
constexpr u8 kNobody = 32;  // where writes to x0 go
/// Leaves the loop: ecall, ebreak, illegal, a jump that has no valid target, the end of the text.
constexpr Op kLeave = Op::kIllegal;

const FastInsn* moved(const FastInsn* ip, i64 bytes) {
  return reinterpret_cast<const FastInsn*>(reinterpret_cast<const char*>(ip) + bytes);
}
i64 address_of(const FastInsn* ip) {
  return static_cast<i64>(reinterpret_cast<std::uintptr_t>(ip));
}
template <class T>
T& at(u8* memory, u64 index) {
  return reinterpret_cast<T*>(memory)[index];
}

/// Goes to ip + bytes; false if the budget is spent there.
[[gnu::always_inline]] inline bool jump(const FastInsn*& ip, i64& limit, i64 bytes) {
  ip = moved(ip, bytes);
  limit += bytes - kSlot;
  return limit > address_of(ip);
}

/// Executes the instruction at ip and moves on; false to leave the loop, with ip at the next instruction to execute.
template <Op kOp>
[[gnu::always_inline]] inline bool execute(const FastInsn*& ip, i64& limit, u32* x, u8* memory,
                                           const FastContext& context) {
  const FastInsn& i = *ip;
  const u32 imm = static_cast<u32>(i.imm);
  if constexpr (kOp == kLeave) {
    return false;
  } else if constexpr (is_branch(kOp)) {
    if (taken<kOp>(x[i.rs1], x[i.rs2])) return jump(ip, limit, i.imm);
  } else if constexpr (kOp == Op::kJal) {
    x[i.rd] = static_cast<u32>(address_of(ip) >> 2) + context.link_bias;
    return jump(ip, limit, i.imm);
  } else if constexpr (kOp == Op::kJalr) {
    // imm has the text's begin taken off. The rotation makes a misaligned target a large number.
    const u32 target = GuestMemory::rotated((x[i.rs1] + imm) & ~u32{1});
    if (target >= context.text_size) [[unlikely]]
      return false;
    x[i.rd] = static_cast<u32>(address_of(ip) >> 2) + context.link_bias;
    return jump(ip, limit, address_of(context.code + target) - address_of(ip));
  } else if constexpr (is_load(kOp) || is_store(kOp)) {
    constexpr u32 kSize = access_size(kOp);
    const u32 offset = x[i.rs1] + imm;
    const u64 index = kSize == 4 ? GuestMemory::rotated(offset) : kSize == 2 ? offset >> 1 | offset << 31 : offset;
    if (index >= (kSize == 4   ? context.memory_words
                  : kSize == 2 ? context.memory_halves
                               : context.memory_bytes)) [[unlikely]]
      return false;
    if constexpr (kOp == Op::kLw) x[i.rd] = at<u32>(memory, index);
    if constexpr (kOp == Op::kLh) x[i.rd] = static_cast<u32>(i32{at<i16>(memory, index)});
    if constexpr (kOp == Op::kLhu) x[i.rd] = at<u16>(memory, index);
    if constexpr (kOp == Op::kLb) x[i.rd] = static_cast<u32>(i32{at<i8>(memory, index)});
    if constexpr (kOp == Op::kLbu) x[i.rd] = at<u8>(memory, index);
    if constexpr (kOp == Op::kSw) at<u32>(memory, index) = x[i.rs2];
    if constexpr (kOp == Op::kSh) at<u16>(memory, index) = static_cast<u16>(x[i.rs2]);
    if constexpr (kOp == Op::kSb) at<u8>(memory, index) = static_cast<u8>(x[i.rs2]);
  } else {
    x[i.rd] = compute<kOp>(x[i.rs1], kOp >= Op::kAdd ? x[i.rs2] : imm);
  }
  ip = moved(ip, kSlot);
  return true;
}

// Every op that the loop knows; AUIPC is decoded into LUI.
// clang-format off
#define ATLAS_ZKVM_FAST_OPS(X)                                                                              \
  X(Illegal) X(Lui) X(Jal) X(Jalr) X(Beq) X(Bne) X(Blt) X(Bge) X(Bltu) X(Bgeu) X(Lb) X(Lh) X(Lw) X(Lbu)     \
  X(Lhu) X(Sb) X(Sh) X(Sw) X(Addi) X(Slti) X(Sltiu) X(Xori) X(Ori) X(Andi) X(Slli) X(Srli) X(Srai) X(Add)   \
  X(Sub) X(Sll) X(Slt) X(Sltu) X(Xor) X(Srl) X(Sra) X(Or) X(And) X(Mul) X(Mulh) X(Mulhsu) X(Mulhu) X(Div)   \
  X(Divu) X(Rem) X(Remu)
// clang-format on

#ifdef ATLAS_ZKVM_TAIL_CALLS

template <Op kOp>
void handler(const FastInsn* ip, i64 limit, u32* x, u8* memory, FastContext* context) {
  if (!execute<kOp>(ip, limit, x, memory, *context)) [[unlikely]] {
    context->ip = ip;
    context->limit = limit;
    return;
  }
  [[clang::musttail]] return ip->handler(ip, limit, x, memory, context);
}

FastInsn::Handler handler_of(Op op) {
  switch (op) {
#define X(name)     \
  case Op::k##name: \
    return handler<Op::k##name>;
    ATLAS_ZKVM_FAST_OPS(X)
#undef X
    default:
      return handler<kLeave>;
  }
}

void loop(FastContext& c, u32* x, u8* memory) {
  c.ip->handler(c.ip, c.limit, x, memory, &c);
}

#else

FastInsn::Handler handler_of(Op) {
  return nullptr;
}

void loop(FastContext& c, u32* x, u8* memory) {
  const FastInsn* ip = c.ip;
  i64 limit = c.limit;
  for (bool more = true; more;) {
    switch (static_cast<Op>(ip->op)) {
#define X(name)                                           \
  case Op::k##name:                                       \
    more = execute<Op::k##name>(ip, limit, x, memory, c); \
    break;
      ATLAS_ZKVM_FAST_OPS(X)
#undef X
      default:
        more = false;
    }
  }
  c.ip = ip;
  c.limit = limit;
}

#endif

}  // namespace

FastCode::FastCode(const Program& program, GuestMemory& memory) : program_(program), memory_(memory.data()) {
  const auto size = static_cast<u32>(program.text.size());
  code_.resize(u64{size} + 1);
  u64 straight = 0;
  for (u32 k = 0; k <= size; ++k) {
    Instruction i = k < size ? program.text[k] : Instruction{};
    const u32 pc = program.text_begin + 4 * k;
    u32 imm = static_cast<u32>(i.imm);
    if (is_branch(i.op) || i.op == Op::kJal) {
      const i64 target = i64{k} + i.imm / 4;
      if (i.imm % 4 != 0 || target < 0 || target >= size) i.op = kLeave;
      imm = static_cast<u32>(i.imm / 4 * kSlot);
    } else if (i.op == Op::kJalr) {
      imm -= program.text_begin;
    } else if (is_load(i.op) || is_store(i.op)) {
      imm -= memory.begin();
    } else if (i.op == Op::kAuipc) {
      i.op = Op::kLui;
      imm += pc;
    } else if (i.op == Op::kEcall || i.op == Op::kEbreak) {
      i.op = kLeave;
    }
    const u8 rd = i.rd == 0 ? kNobody : i.rd;
    code_[k] = {handler_of(i.op), static_cast<i32>(imm), static_cast<u8>(i.op), rd, i.rs1, i.rs2};
    ++straight;
    margin_ = std::max(margin_, straight);
    if (i.op == Op::kJal || i.op == Op::kJalr || i.op == kLeave) straight = 0;
  }
  context_.memory_words = memory.size() / 4;
  context_.memory_halves = memory.size() / 2;
  context_.memory_bytes = memory.size();
  context_.code = code_.data();
  context_.text_size = size;
  context_.link_bias = program.text_begin + 4 - static_cast<u32>(address_of(code_.data()) >> 2);
}

void FastCode::run(State& state, u64 end) {
  const u64 left = end - state.cycle;
  const u32 index = (state.pc - program_.text_begin) / 4;
  if (left <= margin_ || program_.at(state.pc) == nullptr) return;
  // Quanta keep the limit far from overflow.
  constexpr u64 kQuantum = u64{1} << 48;
  const u64 quantum = std::min(left - margin_, kQuantum);
  u32 x[33];
  std::copy(state.x.begin(), state.x.end(), x);
  context_.ip = &code_[index];
  context_.limit = address_of(context_.ip) + static_cast<i64>(quantum) * kSlot;
  loop(context_, x, memory_);
  const i64 rest = (context_.limit - address_of(context_.ip)) / kSlot;
  state.cycle += static_cast<u64>(static_cast<i64>(quantum) - rest);
  state.pc = program_.text_begin + 4 * static_cast<u32>(context_.ip - code_.data());
  std::copy(x, x + 32, state.x.begin());
}

}  // namespace atlas::zkvm
