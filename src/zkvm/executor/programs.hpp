#pragma once
// For tests and benchmarks: programs that run for ever, of different character.
#include <span>
#include <utility>

#include <zkvm/isa/assembler.hpp>

namespace atlas::zkvm::test {

/// A dependent chain and a short loop: the worst case for an interpreter's jumps.
inline Program fibonacci_program() {
  Assembler a;
  a(addi(a0, zero, 0))(addi(a1, zero, 1));
  const u32 loop = a.pc();
  a(add(a2, a0, a1))(addi(a0, a1, 0))(addi(a1, a2, 0))(addi(a3, a3, 1));
  a(bne(a3, zero, static_cast<i32>(loop - a.pc())));
  a(jal(zero, static_cast<i32>(loop - a.pc())));
  return a.program();
}

/// A mixing function over sixteen words of memory: loads, rotations by shifts, stores, as hashes in software have.
inline Program mixing_program() {
  Assembler a;
  a.li(s0, kDataBegin).li(s1, 0x9e3779b9);
  const u32 loop = a.pc();
  for (i32 i = 0; i < 16; ++i) {
    const i32 next = 4 * ((i + 1) % 16);
    a(lw(a0, s0, 4 * i))(lw(a1, s0, next))(add(a0, a0, a1))(xor_(a0, a0, s1));
    a(slli(a2, a0, 7))(srli(a3, a0, 25))(or_(a2, a2, a3))(add(s1, s1, a2));
    a(sltu(a4, s1, a2))(add(a2, a2, a4))(sw(a2, s0, next));
  }
  a(jal(zero, static_cast<i32>(loop - a.pc())));
  return a.program();
}

/// Walks 4 MiB word by word and halves what it finds; multiplies and divides on the way.
inline Program memory_program() {
  Assembler a;
  a.li(s1, kDataBegin).li(s2, kDataBegin + (4U << 20)).li(s3, 12345);
  a(addi(s0, s1, 0));
  const u32 loop = a.pc();
  a(lw(a0, s0, 0))(mul(a0, a0, s3))(addi(a0, a0, 7))(mulhu(a1, a0, s3))(srli(a0, a0, 1))(sw(a0, s0, 0));
  a(lbu(a2, s0, 3))(sb(a2, s0, 1))(addi(s0, s0, 4));
  a(bltu(s0, s2, static_cast<i32>(loop - a.pc())));
  a(addi(s0, s1, 0));
  a(jal(zero, static_cast<i32>(loop - a.pc())));
  return a.program();
}

/// Function calls: a recursive count with a stack frame each.
inline Program calls_program() {
  Assembler a;
  a.li(sp, kDataBegin + (1U << 20));
  const u32 loop = a.pc();
  a(addi(a0, zero, 12));
  a(jal(ra, 8));
  a(jal(zero, static_cast<i32>(loop - a.pc())));
  const u32 function = a.pc();
  a(addi(sp, sp, -16))(sw(ra, sp, 12))(sw(s0, sp, 8))(addi(s0, a0, 0));
  a(beq(a0, zero, 20))(addi(a0, a0, -1));
  a(jal(ra, static_cast<i32>(function - a.pc())))(add(a0, a0, s0))(addi(zero, zero, 0));
  a(lw(s0, sp, 8))(lw(ra, sp, 12))(addi(sp, sp, 16))(jalr(zero, ra, 0));
  return a.program();
}

using NamedProgram = std::pair<const char*, Program (*)()>;
inline std::span<const NamedProgram> endless_programs() {
  static constexpr NamedProgram kPrograms[] = {{"fibonacci", fibonacci_program},
                                               {"mixing", mixing_program},
                                               {"memory", memory_program},
                                               {"calls", calls_program}};
  return kPrograms;
}

}  // namespace atlas::zkvm::test
