#pragma once
// RV32IM as the machine executes it (RISC-V unprivileged specification 20191213, chapters 2 and 7): decoding and text.
#include <optional>
#include <string>
#include <string_view>

#include <base/types.hpp>

namespace atlas::zkvm {

/// Which fields of the encoding an instruction uses, and how it is written.
enum class Format : u8 {
  kUpper,         ///< op rd, imm            LUI, AUIPC
  kJump,          ///< op rd, target         JAL
  kJumpRegister,  ///< op rd, imm(rs1)       JALR
  kBranch,        ///< op rs1, rs2, target
  kLoad,          ///< op rd, imm(rs1)
  kStore,         ///< op rs2, imm(rs1)
  kImmediate,     ///< op rd, rs1, imm
  kShift,         ///< op rd, rs1, shamt
  kRegister,      ///< op rd, rs1, rs2
  kSystem,        ///< op                    ECALL, EBREAK
};

/// Instruction families: one chip of the proof each (docs/zkvm.md).
enum class Family : u8 {
  kAdd,
  kBitwise,
  kShift,
  kCompare,
  kBranch,
  kJump,
  kWordMemory,
  kSubWordMemory,
  kMul,
  kDiv,
  kEcall
};
inline constexpr unsigned kFamilies = 11;

// clang-format off
#define ATLAS_ZKVM_OPS(X)                        \
  X(Lui,    "lui",    kUpper,        kAdd)           \
  X(Auipc,  "auipc",  kUpper,        kAdd)           \
  X(Jal,    "jal",    kJump,         kJump)          \
  X(Jalr,   "jalr",   kJumpRegister, kJump)          \
  X(Beq,    "beq",    kBranch,       kBranch)        \
  X(Bne,    "bne",    kBranch,       kBranch)        \
  X(Blt,    "blt",    kBranch,       kBranch)        \
  X(Bge,    "bge",    kBranch,       kBranch)        \
  X(Bltu,   "bltu",   kBranch,       kBranch)        \
  X(Bgeu,   "bgeu",   kBranch,       kBranch)        \
  X(Lb,     "lb",     kLoad,         kSubWordMemory) \
  X(Lh,     "lh",     kLoad,         kSubWordMemory) \
  X(Lw,     "lw",     kLoad,         kWordMemory)    \
  X(Lbu,    "lbu",    kLoad,         kSubWordMemory) \
  X(Lhu,    "lhu",    kLoad,         kSubWordMemory) \
  X(Sb,     "sb",     kStore,        kSubWordMemory) \
  X(Sh,     "sh",     kStore,        kSubWordMemory) \
  X(Sw,     "sw",     kStore,        kWordMemory)    \
  X(Addi,   "addi",   kImmediate,    kAdd)           \
  X(Slti,   "slti",   kImmediate,    kCompare)       \
  X(Sltiu,  "sltiu",  kImmediate,    kCompare)       \
  X(Xori,   "xori",   kImmediate,    kBitwise)       \
  X(Ori,    "ori",    kImmediate,    kBitwise)       \
  X(Andi,   "andi",   kImmediate,    kBitwise)       \
  X(Slli,   "slli",   kShift,        kShift)         \
  X(Srli,   "srli",   kShift,        kShift)         \
  X(Srai,   "srai",   kShift,        kShift)         \
  X(Add,    "add",    kRegister,     kAdd)           \
  X(Sub,    "sub",    kRegister,     kAdd)           \
  X(Sll,    "sll",    kRegister,     kShift)         \
  X(Slt,    "slt",    kRegister,     kCompare)       \
  X(Sltu,   "sltu",   kRegister,     kCompare)       \
  X(Xor,    "xor",    kRegister,     kBitwise)       \
  X(Srl,    "srl",    kRegister,     kShift)         \
  X(Sra,    "sra",    kRegister,     kShift)         \
  X(Or,     "or",     kRegister,     kBitwise)       \
  X(And,    "and",    kRegister,     kBitwise)       \
  X(Mul,    "mul",    kRegister,     kMul)           \
  X(Mulh,   "mulh",   kRegister,     kMul)           \
  X(Mulhsu, "mulhsu", kRegister,     kMul)           \
  X(Mulhu,  "mulhu",  kRegister,     kMul)           \
  X(Div,    "div",    kRegister,     kDiv)           \
  X(Divu,   "divu",   kRegister,     kDiv)           \
  X(Rem,    "rem",    kRegister,     kDiv)           \
  X(Remu,   "remu",   kRegister,     kDiv)           \
  X(Ecall,  "ecall",  kSystem,       kEcall)         \
  X(Ebreak, "ebreak", kSystem,       kEcall)
// clang-format on

enum class Op : u8 {
#define X(name, ...) k##name,
  ATLAS_ZKVM_OPS(X)
#undef X
      kIllegal,  ///< no RV32IM instruction; executing it is a fault
};
inline constexpr unsigned kOps = static_cast<unsigned>(Op::kIllegal);

std::string_view mnemonic(Op op);
Format format_of(Op op);
Family family_of(Op op);
std::string_view name_of(Family family);

/// A decoded instruction. Fields that the format does not use are zero. `imm` is the sign-extended immediate, a shift's
/// amount, or the upper 20 bits in place (LUI, AUIPC); for jumps and branches the distance from the instruction.
struct Instruction {
  Op op = Op::kIllegal;
  u8 rd = 0;
  u8 rs1 = 0;
  u8 rs2 = 0;
  i32 imm = 0;
  friend bool operator==(const Instruction&, const Instruction&) = default;
};

/// Decodes one word. Everything but RV32IM is kIllegal: compressed, CSR and FENCE.I encodings too. FENCE orders nothing
/// on a machine of one hart and decodes as ADDI x0, x0, 0.
Instruction decode(u32 word);

/// ABI name of a register: "zero", "ra", "sp", …
std::string_view register_name(unsigned index);

/// "0x1f000", and with all eight digits "0x0001f000".
std::string hex(u32 v);
std::string hex32(u32 v);

/// The instruction as an assembler writes it, with the targets of jumps absolute: "bne a0, a1, 0x10040".
std::string to_text(const Instruction& instruction, u32 pc);

}  // namespace atlas::zkvm
