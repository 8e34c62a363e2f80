#pragma once
// Why an execution ended before halt(0). None of these can be proved (docs/zkvm.md, faults).
#include <string>

#include <base/types.hpp>

namespace atlas::zkvm {

enum class FaultKind : u8 {
  kIllegalInstruction,
  kBreakpoint,      ///< EBREAK
  kPcOutside,       ///< jump or fall out of the text
  kMisalignedJump,  ///< target is no multiple of 4
  kMisalignedLoad,
  kMisalignedStore,
  kLoadFromText,  ///< the text is no memory
  kStoreToText,
  kLoadOutside,  ///< below the memory, or beyond the executor's limit
  kStoreOutside,
  kBadEcall,     ///< unknown function
  kBadPointer,   ///< an ecall's pointer is misaligned or reaches outside memory
  kBadArgument,  ///< an ecall's count or operand is outside its range
  kHintExhausted,
  kDoubleCommit,
  kHaltWithoutCommit,
  kHalted,  ///< halt with a code other than 0: the program gave up
  kBudgetSpent,
};

struct Fault {
  FaultKind kind = FaultKind::kIllegalInstruction;
  u32 pc = 0;          ///< of the instruction that could not be executed
  u32 address = 0;     ///< accessed or jumped to; a halt's code; an ecall's a7
  u64 cycle = 0;       ///< instructions executed before it
  std::string detail;  ///< what an ecall objects to
};

/// Stable name, as JSON prints it: "store_to_text".
const char* name_of(FaultKind kind);

struct Program;
/// One sentence with kind, address, pc, function and instruction, and what usually leads there.
std::string to_text(const Fault& fault, const Program& program);

}  // namespace atlas::zkvm
