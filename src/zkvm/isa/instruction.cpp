#include <algorithm>

#include <base/ensure.hpp>
#include <zkvm/isa/instruction.hpp>

namespace atlas::zkvm {
namespace {

// Major opcodes: bits 6 to 0 (table 24.1).
enum Major : u32 {
  kMajorLoad = 0x03,
  kMajorFence = 0x0f,
  kMajorImmediate = 0x13,
  kMajorAuipc = 0x17,
  kMajorStore = 0x23,
  kMajorRegister = 0x33,
  kMajorLui = 0x37,
  kMajorBranch = 0x63,
  kMajorJalr = 0x67,
  kMajorJal = 0x6f,
  kMajorSystem = 0x73,
};

struct OpInfo {
  std::string_view mnemonic;
  Format format;
  Family family;
};
constexpr OpInfo kInfo[kOps] = {
#define X(name, text, format, family) {text, Format::format, Family::family},
    ATLAS_ZKVM_OPS(X)
#undef X
};

// By funct3; the encodings without an entry are reserved.
constexpr Op kBranches[8] = {Op::kBeq, Op::kBne, Op::kIllegal, Op::kIllegal, Op::kBlt, Op::kBge, Op::kBltu, Op::kBgeu};
constexpr Op kLoads[8] = {Op::kLb, Op::kLh, Op::kLw, Op::kIllegal, Op::kLbu, Op::kLhu, Op::kIllegal, Op::kIllegal};
constexpr Op kStores[8] = {Op::kSb,      Op::kSh,      Op::kSw,      Op::kIllegal,
                           Op::kIllegal, Op::kIllegal, Op::kIllegal, Op::kIllegal};
constexpr Op kImmediates[8] = {Op::kAddi, Op::kSlli, Op::kSlti, Op::kSltiu, Op::kXori, Op::kSrli, Op::kOri, Op::kAndi};
constexpr Op kRegisters[8] = {Op::kAdd, Op::kSll, Op::kSlt, Op::kSltu, Op::kXor, Op::kSrl, Op::kOr, Op::kAnd};
constexpr Op kMultiplications[8] = {Op::kMul, Op::kMulh, Op::kMulhsu, Op::kMulhu,
                                    Op::kDiv, Op::kDivu, Op::kRem,    Op::kRemu};

constexpr u32 kFunct7Alternate = 0x20;  // SUB, SRA, SRAI
constexpr u32 kFunct7Multiply = 0x01;

constexpr u32 bits(u32 word, unsigned low, unsigned count) {
  return word >> low & ((u32{1} << count) - 1);
}
constexpr i32 imm_i(u32 w) {
  return static_cast<i32>(w) >> 20;
}
constexpr i32 imm_s(u32 w) {
  return (static_cast<i32>(w) >> 25) * 32 + static_cast<i32>(bits(w, 7, 5));
}
constexpr i32 imm_b(u32 w) {
  return (static_cast<i32>(w) >> 31) * 4096 +
         static_cast<i32>(bits(w, 7, 1) << 11 | bits(w, 25, 6) << 5 | bits(w, 8, 4) << 1);
}
constexpr i32 imm_j(u32 w) {
  return (static_cast<i32>(w) >> 31) * (1 << 20) +
         static_cast<i32>(bits(w, 12, 8) << 12 | bits(w, 20, 1) << 11 | bits(w, 21, 10) << 1);
}

Op register_op(u32 funct3, u32 funct7) {
  switch (funct7) {
    case 0:
      return kRegisters[funct3];
    case kFunct7Multiply:
      return kMultiplications[funct3];
    case kFunct7Alternate:
      return funct3 == 0 ? Op::kSub : funct3 == 5 ? Op::kSra : Op::kIllegal;
    default:
      return Op::kIllegal;
  }
}

Instruction immediate_op(u32 w, u8 rd, u8 rs1) {
  const u32 funct3 = bits(w, 12, 3);
  const u32 funct7 = bits(w, 25, 7);
  Op op = kImmediates[funct3];
  if (op != Op::kSlli && op != Op::kSrli) return {op, rd, rs1, 0, imm_i(w)};
  if (op == Op::kSrli && funct7 == kFunct7Alternate) {
    op = Op::kSrai;
  } else if (funct7 != 0) {
    return {};
  }
  return {op, rd, rs1, 0, static_cast<i32>(bits(w, 20, 5))};
}

}  // namespace

std::string_view mnemonic(Op op) {
  return op == Op::kIllegal ? "illegal" : kInfo[static_cast<unsigned>(op)].mnemonic;
}
Format format_of(Op op) {
  return op == Op::kIllegal ? Format::kSystem : kInfo[static_cast<unsigned>(op)].format;
}
Family family_of(Op op) {
  ENSURE(op != Op::kIllegal, "an illegal instruction belongs to no family");
  return kInfo[static_cast<unsigned>(op)].family;
}

std::string_view name_of(Family family) {
  constexpr std::string_view kNames[kFamilies] = {
      "add", "bitwise", "shift", "compare", "branch", "jump", "word_memory", "sub_word_memory", "mul", "div", "ecall"};
  return kNames[static_cast<unsigned>(family)];
}

Instruction decode(u32 w) {
  const u8 rd = static_cast<u8>(bits(w, 7, 5));
  const u8 rs1 = static_cast<u8>(bits(w, 15, 5));
  const u8 rs2 = static_cast<u8>(bits(w, 20, 5));
  const u32 funct3 = bits(w, 12, 3);
  // An Op without an instruction must not carry fields.
  const auto unless_illegal = [](const Instruction& i) { return i.op == Op::kIllegal ? Instruction{} : i; };
  switch (bits(w, 0, 7)) {
    case kMajorLui:
      return {Op::kLui, rd, 0, 0, static_cast<i32>(w & 0xfffff000U)};
    case kMajorAuipc:
      return {Op::kAuipc, rd, 0, 0, static_cast<i32>(w & 0xfffff000U)};
    case kMajorJal:
      return {Op::kJal, rd, 0, 0, imm_j(w)};
    case kMajorJalr:
      return funct3 == 0 ? Instruction{Op::kJalr, rd, rs1, 0, imm_i(w)} : Instruction{};
    case kMajorBranch:
      return unless_illegal({kBranches[funct3], 0, rs1, rs2, imm_b(w)});
    case kMajorLoad:
      return unless_illegal({kLoads[funct3], rd, rs1, 0, imm_i(w)});
    case kMajorStore:
      return unless_illegal({kStores[funct3], 0, rs1, rs2, imm_s(w)});
    case kMajorImmediate:
      return immediate_op(w, rd, rs1);
    case kMajorRegister:
      return unless_illegal({register_op(funct3, bits(w, 25, 7)), rd, rs1, rs2, 0});
    case kMajorFence:
      return funct3 == 0 ? Instruction{Op::kAddi, 0, 0, 0, 0} : Instruction{};
    case kMajorSystem:
      if (w == kMajorSystem) return {Op::kEcall, 0, 0, 0, 0};
      if (w == (kMajorSystem | 1U << 20)) return {Op::kEbreak, 0, 0, 0, 0};
      return {};
    default:
      return {};
  }
}

std::string_view register_name(unsigned index) {
  constexpr std::string_view kNames[32] = {"zero", "ra", "sp", "gp", "tp",  "t0",  "t1", "t2", "s0", "s1", "a0",
                                           "a1",   "a2", "a3", "a4", "a5",  "a6",  "a7", "s2", "s3", "s4", "s5",
                                           "s6",   "s7", "s8", "s9", "s10", "s11", "t3", "t4", "t5", "t6"};
  ENSURE(index < 32, "a register number has five bits");
  return kNames[index];
}

std::string hex32(u32 v) {
  std::string text = "0x00000000";
  for (unsigned i = 0; i < 8; ++i) text[9 - i] = "0123456789abcdef"[v >> 4 * i & 15];
  return text;
}
std::string hex(u32 v) {
  std::string text = hex32(v);
  text.erase(2, std::min<std::size_t>(text.find_first_not_of('0', 2), 9) - 2);
  return text;
}

std::string to_text(const Instruction& i, u32 pc) {
  const std::string rd(register_name(i.rd));
  const std::string rs1(register_name(i.rs1));
  const std::string rs2(register_name(i.rs2));
  const std::string imm = std::to_string(i.imm);
  const std::string target = hex(pc + static_cast<u32>(i.imm));
  const std::string op = std::string(mnemonic(i.op));
  switch (format_of(i.op)) {
    case Format::kUpper:
      return op + " " + rd + ", " + hex(static_cast<u32>(i.imm) >> 12);
    case Format::kJump:
      return op + " " + rd + ", " + target;
    case Format::kJumpRegister:
    case Format::kLoad:
      return op + " " + rd + ", " + imm + "(" + rs1 + ")";
    case Format::kStore:
      return op + " " + rs2 + ", " + imm + "(" + rs1 + ")";
    case Format::kBranch:
      return op + " " + rs1 + ", " + rs2 + ", " + target;
    case Format::kImmediate:
    case Format::kShift:
      return op + " " + rd + ", " + rs1 + ", " + imm;
    case Format::kRegister:
      return op + " " + rd + ", " + rs1 + ", " + rs2;
    case Format::kSystem:
      return op;
  }
  return op;
}

}  // namespace atlas::zkvm
