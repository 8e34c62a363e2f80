#pragma once
// For tests and benchmarks: encodes instructions and puts small programs together. Independent of the decoder: fields
// are placed as the specification's tables say (chapter 24).
#include <initializer_list>
#include <string>
#include <vector>

#include <base/bytes.hpp>
#include <zkvm/isa/program.hpp>

namespace atlas::zkvm::test {

enum Register : u32 {
  zero,
  ra,
  sp,
  gp,
  tp,
  t0,
  t1,
  t2,
  s0,
  s1,
  a0,
  a1,
  a2,
  a3,
  a4,
  a5,
  a6,
  a7,
  s2,
  s3,
  s4,
  s5,
  s6,
  s7,
  s8,
  s9,
  s10,
  s11,
  t3,
  t4,
  t5,
  t6
};

constexpr u32 r_type(u32 opcode, u32 funct3, u32 funct7, u32 rd, u32 rs1, u32 rs2) {
  return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | funct7 << 25;
}
constexpr u32 i_type(u32 opcode, u32 funct3, u32 rd, u32 rs1, i32 imm) {
  return opcode | rd << 7 | funct3 << 12 | rs1 << 15 | static_cast<u32>(imm) << 20;
}
constexpr u32 s_type(u32 funct3, u32 rs2, u32 rs1, i32 imm) {
  const u32 v = static_cast<u32>(imm);
  return 0x23 | (v & 31) << 7 | funct3 << 12 | rs1 << 15 | rs2 << 20 | (v >> 5 & 127) << 25;
}
constexpr u32 b_type(u32 funct3, u32 rs1, u32 rs2, i32 imm) {
  const u32 v = static_cast<u32>(imm);
  return 0x63 | (v >> 11 & 1) << 7 | (v >> 1 & 15) << 8 | funct3 << 12 | rs1 << 15 | rs2 << 20 | (v >> 5 & 63) << 25 |
         (v >> 12 & 1) << 31;
}
constexpr u32 j_type(u32 rd, i32 imm) {
  const u32 v = static_cast<u32>(imm);
  return 0x6f | rd << 7 | (v >> 12 & 255) << 12 | (v >> 11 & 1) << 20 | (v >> 1 & 1023) << 21 | (v >> 20 & 1) << 31;
}

constexpr u32 lui(u32 rd, u32 upper) {
  return 0x37 | rd << 7 | upper << 12;
}
constexpr u32 auipc(u32 rd, u32 upper) {
  return 0x17 | rd << 7 | upper << 12;
}
constexpr u32 jal(u32 rd, i32 distance) {
  return j_type(rd, distance);
}
constexpr u32 jalr(u32 rd, u32 rs1, i32 imm) {
  return i_type(0x67, 0, rd, rs1, imm);
}
constexpr u32 ecall() {
  return 0x73;
}
constexpr u32 ebreak() {
  return 0x100073;
}

// clang-format off
#define ATLAS_ASM_R(name, funct3, funct7) constexpr u32 name(u32 rd, u32 rs1, u32 rs2) { return r_type(0x33, funct3, funct7, rd, rs1, rs2); }
ATLAS_ASM_R(add, 0, 0) ATLAS_ASM_R(sub, 0, 0x20) ATLAS_ASM_R(sll, 1, 0) ATLAS_ASM_R(slt, 2, 0) ATLAS_ASM_R(sltu, 3, 0)
ATLAS_ASM_R(xor_, 4, 0) ATLAS_ASM_R(srl, 5, 0) ATLAS_ASM_R(sra, 5, 0x20) ATLAS_ASM_R(or_, 6, 0) ATLAS_ASM_R(and_, 7, 0)
ATLAS_ASM_R(mul, 0, 1) ATLAS_ASM_R(mulh, 1, 1) ATLAS_ASM_R(mulhsu, 2, 1) ATLAS_ASM_R(mulhu, 3, 1)
ATLAS_ASM_R(div, 4, 1) ATLAS_ASM_R(divu, 5, 1) ATLAS_ASM_R(rem, 6, 1) ATLAS_ASM_R(remu, 7, 1)
#undef ATLAS_ASM_R
#define ATLAS_ASM_I(name, opcode, funct3) constexpr u32 name(u32 rd, u32 rs1, i32 imm) { return i_type(opcode, funct3, rd, rs1, imm); }
ATLAS_ASM_I(addi, 0x13, 0) ATLAS_ASM_I(slti, 0x13, 2) ATLAS_ASM_I(sltiu, 0x13, 3) ATLAS_ASM_I(xori, 0x13, 4)
ATLAS_ASM_I(ori, 0x13, 6) ATLAS_ASM_I(andi, 0x13, 7) ATLAS_ASM_I(slli, 0x13, 1) ATLAS_ASM_I(srli, 0x13, 5)
ATLAS_ASM_I(lb, 0x03, 0) ATLAS_ASM_I(lh, 0x03, 1) ATLAS_ASM_I(lw, 0x03, 2) ATLAS_ASM_I(lbu, 0x03, 4) ATLAS_ASM_I(lhu, 0x03, 5)
#undef ATLAS_ASM_I
constexpr u32 srai(u32 rd, u32 rs1, i32 shamt) { return i_type(0x13, 5, rd, rs1, shamt | 0x400); }
#define ATLAS_ASM_S(name, funct3) constexpr u32 name(u32 rs2, u32 rs1, i32 imm) { return s_type(funct3, rs2, rs1, imm); }
ATLAS_ASM_S(sb, 0) ATLAS_ASM_S(sh, 1) ATLAS_ASM_S(sw, 2)
#undef ATLAS_ASM_S
#define ATLAS_ASM_B(name, funct3) constexpr u32 name(u32 rs1, u32 rs2, i32 distance) { return b_type(funct3, rs1, rs2, distance); }
ATLAS_ASM_B(beq, 0) ATLAS_ASM_B(bne, 1) ATLAS_ASM_B(blt, 4) ATLAS_ASM_B(bge, 5) ATLAS_ASM_B(bltu, 6) ATLAS_ASM_B(bgeu, 7)
#undef ATLAS_ASM_B
    // clang-format on

    inline constexpr u32 kTextBegin = 0x01000000;
inline constexpr u32 kDataBegin = 0x02000000;

/// A program under construction.
class Assembler {
 public:
  Assembler& operator()(u32 word) {
    words_.push_back(word);
    return *this;
  }
  /// Loads any constant, in two instructions.
  Assembler& li(u32 rd, u32 value) {
    const u32 low = value << 20 >> 20;
    return (*this)(lui(rd, (value + 0x800) >> 12))(addi(rd, rd, static_cast<i32>(low << 20) >> 20));
  }
  /// An ecall with its arguments.
  Assembler& call(u32 function, std::initializer_list<u32> arguments = {}) {
    u32 r = a0;
    for (const u32 v : arguments) li(r++, v);
    return li(a7, function)(ecall());
  }
  /// commit(kDataBegin) and halt(0).
  Assembler& finish() { return call(2, {kDataBegin}).call(0, {0}); }
  u32 pc() const { return kTextBegin + 4 * static_cast<u32>(words_.size()); }
  Program program(std::vector<ImageSegment> image = {}) const {
    return make_program(kTextBegin, words_, std::move(image));
  }

 private:
  std::vector<u32> words_;
};

}  // namespace atlas::zkvm::test
