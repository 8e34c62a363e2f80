#pragma once
// For tests: RV32IM a second time, as plainly as the specification says it. Own decoding by mask and match, memory byte
// by byte, arithmetic in 64 bits; shares nothing with the executor but the program's words.
#include <map>
#include <optional>

#include <zkvm/isa/program.hpp>

namespace atlas::zkvm::test {

struct Encoding {
  const char* name;
  u32 mask;
  u32 match;
};

/// Chapter 24's table of RV32I and RV32M: which bits are fixed, and how.
inline constexpr Encoding kEncodings[] = {
    {"lui", 0x7f, 0x37},
    {"auipc", 0x7f, 0x17},
    {"jal", 0x7f, 0x6f},
    {"jalr", 0x707f, 0x67},
    {"beq", 0x707f, 0x63},
    {"bne", 0x707f, 0x1063},
    {"blt", 0x707f, 0x4063},
    {"bge", 0x707f, 0x5063},
    {"bltu", 0x707f, 0x6063},
    {"bgeu", 0x707f, 0x7063},
    {"lb", 0x707f, 0x03},
    {"lh", 0x707f, 0x1003},
    {"lw", 0x707f, 0x2003},
    {"lbu", 0x707f, 0x4003},
    {"lhu", 0x707f, 0x5003},
    {"sb", 0x707f, 0x23},
    {"sh", 0x707f, 0x1023},
    {"sw", 0x707f, 0x2023},
    {"addi", 0x707f, 0x13},
    {"slti", 0x707f, 0x2013},
    {"sltiu", 0x707f, 0x3013},
    {"xori", 0x707f, 0x4013},
    {"ori", 0x707f, 0x6013},
    {"andi", 0x707f, 0x7013},
    {"slli", 0xfe00707f, 0x1013},
    {"srli", 0xfe00707f, 0x5013},
    {"srai", 0xfe00707f, 0x40005013},
    {"add", 0xfe00707f, 0x33},
    {"sub", 0xfe00707f, 0x40000033},
    {"sll", 0xfe00707f, 0x1033},
    {"slt", 0xfe00707f, 0x2033},
    {"sltu", 0xfe00707f, 0x3033},
    {"xor", 0xfe00707f, 0x4033},
    {"srl", 0xfe00707f, 0x5033},
    {"sra", 0xfe00707f, 0x40005033},
    {"or", 0xfe00707f, 0x6033},
    {"and", 0xfe00707f, 0x7033},
    {"mul", 0xfe00707f, 0x2000033},
    {"mulh", 0xfe00707f, 0x2001033},
    {"mulhsu", 0xfe00707f, 0x2002033},
    {"mulhu", 0xfe00707f, 0x2003033},
    {"div", 0xfe00707f, 0x2004033},
    {"divu", 0xfe00707f, 0x2005033},
    {"rem", 0xfe00707f, 0x2006033},
    {"remu", 0xfe00707f, 0x2007033},
    {"ecall", 0xffffffff, 0x73},
    {"ebreak", 0xffffffff, 0x100073},
    {"fence", 0x707f, 0x0f},
};

inline std::string_view reference_name(u32 word) {
  for (const Encoding& e : kEncodings) {
    if ((word & e.mask) == e.match) return e.name;
  }
  return "";
}

/// A machine that stops at what it cannot do.
struct Reference {
  explicit Reference(const Program& p) : program(&p), pc(p.entry) {
    for (const ImageSegment& s : p.image) {
      for (u32 k = 0; k < s.words.size(); ++k) store(s.begin + 4 * k, 4, s.words[k]);
    }
  }
  const Program* program;
  u32 pc;
  u32 x[32] = {};
  u64 cycles = 0;
  std::map<u32, u8> memory;
  std::string stopped;  ///< why it stopped, empty while it runs

  u32 load(u32 address, u32 size) const {
    u32 v = 0;
    for (u32 k = 0; k < size; ++k) {
      const auto found = memory.find(address + k);
      if (found != memory.end()) v |= u32{found->second} << (8 * k);
    }
    return v;
  }
  void store(u32 address, u32 size, u32 v) {
    for (u32 k = 0; k < size; ++k) memory[address + k] = static_cast<u8>(v >> (8 * k));
  }
  bool in_text(u64 address) const {
    return address >= program->text_begin && address < u64{program->text_begin} + 4 * program->words.size();
  }

  void run(u64 steps) {
    while (steps-- > 0 && stopped.empty()) step();
  }

  void step() {
    if (!in_text(pc)) return stop("pc_outside");
    const u32 w = program->words[(pc - program->text_begin) / 4];
    const std::string_view op = reference_name(w);
    if (op.empty()) return stop("illegal_instruction");
    if (op == "ecall") return stop("ecall");
    if (op == "ebreak") return stop("breakpoint");
    const u32 rd = w >> 7 & 31, rs1 = w >> 15 & 31, rs2 = w >> 20 & 31;
    const i64 imm_i = static_cast<i32>(w) >> 20;
    const i64 imm_s = (static_cast<i32>(w) >> 25 << 5) | static_cast<i32>(rd);
    const u32 upper = w & 0xfffff000;
    const i64 a = static_cast<i32>(x[rs1]), b = static_cast<i32>(x[rs2]);
    const u64 ua = x[rs1], ub = x[rs2];
    i64 result = 0;
    bool writes = true;
    u32 next = pc + 4;
    const auto is = [&](std::string_view name) { return op == name; };
    if (is("lui"))
      result = upper;
    else if (is("auipc"))
      result = i64{pc} + upper;
    else if (is("jal")) {
      i64 d = w >> 31 ? -(1 << 20) : 0;
      d += (w >> 12 & 255) << 12 | (w >> 20 & 1) << 11 | (w >> 21 & 1023) << 1;
      result = i64{pc} + 4;
      next = static_cast<u32>(i64{pc} + d);
    } else if (is("jalr")) {
      result = i64{pc} + 4;
      next = static_cast<u32>(a + imm_i) & ~1U;
    } else if ((w & 0x7f) == 0x63) {
      const bool take = is("beq")    ? a == b
                        : is("bne")  ? a != b
                        : is("blt")  ? a < b
                        : is("bge")  ? a >= b
                        : is("bltu") ? ua < ub
                                     : ua >= ub;
      i64 d = w >> 31 ? -4096 : 0;
      d += (w >> 7 & 1) << 11 | (w >> 25 & 63) << 5 | (w >> 8 & 15) << 1;
      if (take) next = static_cast<u32>(i64{pc} + d);
      writes = false;
    } else if ((w & 0x7f) == 0x03 || (w & 0x7f) == 0x23) {
      const bool is_store = (w & 0x7f) == 0x23;
      const u32 address = static_cast<u32>(a + (is_store ? imm_s : imm_i));
      const u32 size = 1U << (w >> 12 & 3);
      if (address % size != 0) return stop(is_store ? "misaligned_store" : "misaligned_load");
      if (in_text(address)) return stop(is_store ? "store_to_text" : "load_from_text");
      if (address < program->text_begin) return stop(is_store ? "store_outside" : "load_outside");
      if (is_store) {
        store(address, size, x[rs2]);
        writes = false;
      } else {
        const u32 v = load(address, size);
        result = is("lb") ? i64{static_cast<i8>(v)} : is("lh") ? i64{static_cast<i16>(v)} : i64{v};
      }
    } else if (is("addi"))
      result = a + imm_i;
    else if (is("slti"))
      result = a < imm_i;
    else if (is("sltiu"))
      result = ua < static_cast<u32>(imm_i);
    else if (is("xori"))
      result = a ^ imm_i;
    else if (is("ori"))
      result = a | imm_i;
    else if (is("andi"))
      result = a & imm_i;
    else if (is("slli"))
      result = static_cast<i64>(ua << rs2);
    else if (is("srli"))
      result = static_cast<i64>(ua >> rs2);
    else if (is("srai"))
      result = a >> rs2;
    else if (is("add"))
      result = a + b;
    else if (is("sub"))
      result = a - b;
    else if (is("sll"))
      result = static_cast<i64>(ua << (ub % 32));
    else if (is("slt"))
      result = a < b;
    else if (is("sltu"))
      result = ua < ub;
    else if (is("xor"))
      result = a ^ b;
    else if (is("srl"))
      result = static_cast<i64>(ua >> (ub % 32));
    else if (is("sra"))
      result = a >> (ub % 32);
    else if (is("or"))
      result = a | b;
    else if (is("and"))
      result = a & b;
    else if (is("mul"))
      result = a * b;
    else if (is("mulh"))
      result = (a * b) >> 32;
    else if (is("mulhsu"))
      result = (a * static_cast<i64>(ub)) >> 32;
    else if (is("mulhu"))
      result = static_cast<i64>((ua * ub) >> 32);
    else if (is("div"))
      result = b == 0 ? -1 : a / b;  // in 64 bits nothing overflows
    else if (is("divu"))
      result = ub == 0 ? -1 : static_cast<i64>(ua / ub);
    else if (is("rem"))
      result = b == 0 ? a : a % b;
    else if (is("remu"))
      result = ub == 0 ? a : static_cast<i64>(ua % ub);
    else
      writes = false;  // fence
    if (next % 4 != 0) return stop("misaligned_jump");
    if (next != pc + 4 && !in_text(next)) return stop("pc_outside");
    if (writes && rd != 0) x[rd] = static_cast<u32>(result);
    pc = next;
    ++cycles;
  }

  void stop(std::string why) { stopped = std::move(why); }
};

}  // namespace atlas::zkvm::test
