// Completeness: every instruction on operands at the edges has a trace that holds, and its words are the executor's.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;

constexpr u32 kEdges[] = {0,          1,          2,          0x7f,       0x80,       0xffff,    0x10000,
                          0x7fffffff, 0x80000000, 0x80000001, 0xffff8000, 0xffffffff, 0x9abcdef1};

void expect_holds(const Program& program, ByteView hints = {}) {
  const ProgramProver prover(program, small_parameters());
  const auto witness = prover.witness(hints);
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  EXPECT_THAT(stark::check_execution(prover.key().machine().machine(), sources(), witness->segments), IsEmpty());
}

TEST(Completeness, RegisterInstructions) {
  using Encode = u32 (*)(u32, u32, u32);
  constexpr Encode kAll[] = {add,  sub, sll,  slt,    sltu,  xor_, srl,  sra, or_,
                             and_, mul, mulh, mulhsu, mulhu, div,  divu, rem, remu};
  Assembler a;
  for (const u32 x : kEdges) {
    a.li(t0, x);
    for (const u32 y : kEdges) {
      a.li(t1, y);
      for (const Encode encode : kAll) a(encode(t2, t0, t1));
      a(div(t0, t0, t1))(rem(zero, t0, t1));  // rd = rs1; the discarded result
      a.li(t0, x);
    }
    for (const Encode encode : kAll) a(encode(t2, t0, t0));
  }
  expect_holds(a.li(s0, kDataBegin)(sw(t2, s0, 0)).finish().program());
}

TEST(Completeness, ImmediateInstructions) {
  using Encode = u32 (*)(u32, u32, i32);
  constexpr Encode kAll[] = {addi, slti, sltiu, xori, ori, andi};
  constexpr Encode kShifts[] = {slli, srli, srai};
  Assembler a;
  for (const u32 x : kEdges) {
    a.li(t0, x);
    for (const i32 imm : {0, 1, -1, 2047, -2048, 255}) {
      for (const Encode encode : kAll) a(encode(t2, t0, imm));
    }
    for (const i32 amount : {0, 1, 7, 8, 9, 15, 16, 23, 24, 31}) {
      for (const Encode encode : kShifts) a(encode(t2, t0, amount));
    }
    a(lui(t3, x >> 12))(auipc(t3, x >> 12))(lui(zero, 5))(auipc(zero, 5))(addi(zero, t0, 1));
  }
  expect_holds(a.finish().program());
}

TEST(Completeness, Branches) {
  using Encode = u32 (*)(u32, u32, i32);
  constexpr Encode kAll[] = {beq, bne, blt, bge, bltu, bgeu};
  Assembler a;
  for (const u32 x : kEdges) {
    for (const u32 y : kEdges) {
      a.li(t0, x).li(t1, y);
      for (const Encode encode : kAll) a(encode(t0, t1, 8))(addi(t2, t2, 1));
    }
  }
  a(addi(t3, zero, 3));
  const u32 back = a.pc();
  a(addi(t3, t3, -1))(bne(t3, zero, static_cast<i32>(back - a.pc())));
  expect_holds(a.finish().program());
}

TEST(Completeness, Jumps) {
  Assembler a;
  a(jal(ra, 8))(ebreak())(jal(zero, 8))(ebreak());
  a.li(t0, a.pc() + 20);
  a(jalr(t1, t0, -4))(ebreak());  // to the next
  a.li(t0, a.pc() + 17);          // bit 0 is dropped
  a(jalr(t0, t0, 0))(ebreak());   // rd = rs1
  a.li(t0, a.pc() + 16)(jalr(zero, t0, 0))(ebreak());
  expect_holds(a.finish().program());
}

TEST(Completeness, Memory) {
  using Load = u32 (*)(u32, u32, i32);
  constexpr Load kBytes[] = {lb, lbu};
  constexpr Load kHalves[] = {lh, lhu};
  Assembler a;
  a.li(s0, kDataBegin);
  for (const u32 x : kEdges) {
    a.li(t0, x)(sw(t0, s0, 16));
    for (i32 k = 0; k < 4; ++k) {
      for (const Load load : kBytes) a(load(t1, s0, 16 + k));
      a(sb(t0, s0, 20 + k))(lw(t1, s0, 20));
    }
    for (i32 k = 0; k < 4; k += 2) {
      for (const Load load : kHalves) a(load(t1, s0, 16 + k));
      a(sh(t0, s0, 24 + k))(lw(t1, s0, 24));
    }
    a(lw(zero, s0, 16))(lb(zero, s0, 17))(lw(s0, s0, 28))(addi(s0, s0, 0)).li(s0, kDataBegin);
  }
  a.li(s1, 0xfffffffc)(sw(t0, s1, 0))(lw(t1, s1, 0))(sw(t0, zero, -4));  // the last word, also from below zero
  const std::vector<u32> data = {0xdeadbeef, 0, 0x80008000};
  expect_holds(a.finish().program({{kDataBegin + 28, data}}));
}

TEST(Completeness, Calls) {
  Assembler a;
  const u32 hint = static_cast<u32>(abi::Ecall::kHintRead), log = static_cast<u32>(abi::Ecall::kLog),
            phase = static_cast<u32>(abi::Ecall::kPhase), inverse = static_cast<u32>(abi::Ecall::kAdviseInverse),
            root = static_cast<u32>(abi::Ecall::kAdviseRoot);
  a.call(hint, {kDataBegin, 5}).call(hint, {kDataBegin + 4, 1}).call(hint, {kDataBegin + 64, 100});
  a.call(log, {1, 2}).call(phase, {0, 0}).call(phase, {kDataBegin, 4});
  a.call(inverse, {kDataBegin + 512, kDataBegin, kDataBegin + 64}).call(root, {kDataBegin + 512, kDataBegin});
  a.finish();
  Bytes hints(106 * 4);
  for (std::size_t i = 0; i < hints.size(); ++i) hints[i] = static_cast<u8>(i * 7 + 1);
  expect_holds(a.program(), hints);
}

}  // namespace
}  // namespace atlas::zkvm
