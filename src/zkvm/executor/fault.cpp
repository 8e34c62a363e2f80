#include <zkvm/executor/fault.hpp>
#include <zkvm/isa/program.hpp>

namespace atlas::zkvm {

const char* name_of(FaultKind kind) {
  switch (kind) {
    case FaultKind::kIllegalInstruction:
      return "illegal_instruction";
    case FaultKind::kBreakpoint:
      return "breakpoint";
    case FaultKind::kPcOutside:
      return "pc_outside";
    case FaultKind::kMisalignedJump:
      return "misaligned_jump";
    case FaultKind::kMisalignedLoad:
      return "misaligned_load";
    case FaultKind::kMisalignedStore:
      return "misaligned_store";
    case FaultKind::kLoadFromText:
      return "load_from_text";
    case FaultKind::kStoreToText:
      return "store_to_text";
    case FaultKind::kLoadOutside:
      return "load_outside";
    case FaultKind::kStoreOutside:
      return "store_outside";
    case FaultKind::kBadEcall:
      return "bad_ecall";
    case FaultKind::kBadPointer:
      return "bad_pointer";
    case FaultKind::kBadArgument:
      return "bad_argument";
    case FaultKind::kHintExhausted:
      return "hint_exhausted";
    case FaultKind::kDoubleCommit:
      return "double_commit";
    case FaultKind::kHaltWithoutCommit:
      return "halt_without_commit";
    case FaultKind::kHalted:
      return "halted";
    case FaultKind::kBudgetSpent:
      return "budget_spent";
  }
  return "unknown";
}

namespace {

std::string reason(const Fault& f, const Program& program) {
  const std::string at = hex32(f.address);
  switch (f.kind) {
    case FaultKind::kIllegalInstruction: {
      const u32 index = (f.pc - program.text_begin) / 4;
      return "illegal instruction " + hex32(index < program.words.size() ? program.words[index] : 0) +
             " (only RV32IM exists)";
    }
    case FaultKind::kBreakpoint:
      return "breakpoint (EBREAK): the program trapped";
    case FaultKind::kPcOutside:
      return "jump to " + at + ", outside the text (" + hex32(program.text_begin) + " to " + hex32(program.text_end()) +
             ")";
    case FaultKind::kMisalignedJump:
      return "jump to " + at + ", which is no multiple of 4";
    case FaultKind::kMisalignedLoad:
      return "misaligned load from " + at;
    case FaultKind::kMisalignedStore:
      return "misaligned store to " + at;
    case FaultKind::kLoadFromText:
      return "load from " + at + ", inside the program text: link .rodata outside .text";
    case FaultKind::kStoreToText:
      return "store to " + at + ", inside the program text: a stack overflow, or code that changes itself";
    case FaultKind::kLoadOutside:
      return "load from " + at + ", outside memory (it begins at " + hex32(program.memory_begin) +
             "): a null pointer, or a stack overflow";
    case FaultKind::kStoreOutside:
      return "store to " + at + ", outside memory (it begins at " + hex32(program.memory_begin) +
             "): a null pointer, or a stack overflow";
    case FaultKind::kBadEcall:
      return "unknown ecall: " + f.detail;
    case FaultKind::kBadPointer:
      return "bad pointer in " + f.detail;
    case FaultKind::kBadArgument:
      return "bad argument in " + f.detail;
    case FaultKind::kHintExhausted:
      return "hints exhausted in " + f.detail + "; pass more with --hint";
    case FaultKind::kDoubleCommit:
    case FaultKind::kHaltWithoutCommit:
      return f.detail;
    case FaultKind::kHalted:
      return "the program halted with code " + std::to_string(f.address) + ", a failure";
    case FaultKind::kBudgetSpent:
      return "the budget of cycles is spent; raise it with --max-cycles";
  }
  return name_of(f.kind);
}

}  // namespace

std::string to_text(const Fault& fault, const Program& program) {
  std::string text = reason(fault, program) + ", at pc " + hex32(fault.pc);
  const std::string place = program.place(fault.pc);
  if (!place.empty()) text += " in " + place;
  if (const Instruction* i = program.at(fault.pc); i != nullptr && i->op != Op::kIllegal) {
    text += " (" + to_text(*i, fault.pc) + ")";
  }
  return text + ", after " + std::to_string(fault.cycle) + " cycles";
}

}  // namespace atlas::zkvm
