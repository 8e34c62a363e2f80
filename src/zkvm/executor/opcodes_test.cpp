// Every instruction with its edges, on the fast and on the observed loop.
#include <gtest/gtest.h>

#include <zkvm/executor/observe.hpp>
#include <zkvm/isa/assembler.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

constexpr u32 kMin = 0x80000000;
constexpr u32 kMax = 0x7fffffff;
constexpr u32 kOnes = 0xffffffff;

/// Runs a program that ends in an ebreak, in both loops, and gives the registers.
std::array<u32, 32> registers_after(const Program& program) {
  Executor fast(program, {});
  Executor observed(program, {});
  NullSink sink;
  EXPECT_EQ(fast.run(10'000), Stop::kFault);
  EXPECT_EQ(observed.observe(sink, 10'000), Stop::kFault);
  EXPECT_EQ(fast.state(), observed.state());
  EXPECT_EQ(fast.fault().kind, FaultKind::kBreakpoint) << to_text(fast.fault(), program);
  return fast.state().x;
}

struct Case {
  u32 a, b, expected;
};
using RegisterForm = u32 (*)(u32, u32, u32);
void expect_register_op(RegisterForm op, std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    Assembler p;
    p.li(a1, c.a).li(a2, c.b)(op(a0, a1, a2));
    p(addi(t0, a1, 0))(op(t0, t0, a2));  // rd = rs1
    p(addi(t1, a2, 0))(op(t1, a1, t1));  // rd = rs2
    p(op(zero, a1, a2))(addi(t2, zero, 0))(ebreak());
    const auto x = registers_after(p.program());
    EXPECT_EQ(x[a0], c.expected) << hex(c.a) << " " << hex(c.b);
    EXPECT_EQ(x[t0], c.expected);
    EXPECT_EQ(x[t1], c.expected);
    EXPECT_EQ(x[t2], 0u) << "x0 was written";
  }
}
using ImmediateForm = u32 (*)(u32, u32, i32);
struct ImmediateCase {
  u32 a;
  i32 imm;
  u32 expected;
};
void expect_immediate_op(ImmediateForm op, std::initializer_list<ImmediateCase> cases) {
  for (const ImmediateCase& c : cases) {
    const auto x = registers_after(
        Assembler()
            .li(a1, c.a)(op(a0, a1, c.imm))(op(a1, a1, c.imm))(op(zero, a1, c.imm))(addi(t2, zero, 0))(ebreak())
            .program());
    EXPECT_EQ(x[a0], c.expected) << hex(c.a) << " " << c.imm;
    EXPECT_EQ(x[a1], c.expected);
    EXPECT_EQ(x[t2], 0u) << "x0 was written";
  }
}

TEST(Opcodes, Sums) {
  expect_register_op(add, {{1, 2, 3}, {kOnes, 1, 0}, {kMax, 1, kMin}, {kMin, kMin, 0}});
  expect_register_op(sub, {{1, 2, kOnes}, {0, kMin, kMin}, {kMin, 1, kMax}, {5, 5, 0}});
  expect_immediate_op(addi, {{0, -1, kOnes}, {kOnes, 1, 0}, {kMax, 2047, kMin + 2046}, {0, -2048, 0xfffff800}});
  const auto x = registers_after(Assembler()(lui(a0, 0xfffff))(lui(a1, 0x80000))(auipc(a2, 0))(auipc(a3, 0xfffff))(
                                     lui(zero, 1))(addi(t0, zero, 0))(ebreak())
                                     .program());
  EXPECT_EQ(x[a0], 0xfffff000u);
  EXPECT_EQ(x[a1], kMin);
  EXPECT_EQ(x[a2], kTextBegin + 8);
  EXPECT_EQ(x[a3], kTextBegin + 12 - 4096);
  EXPECT_EQ(x[t0], 0u);
}

TEST(Opcodes, Comparisons) {
  expect_register_op(slt, {{kMin, kMax, 1}, {kMax, kMin, 0}, {kOnes, 0, 1}, {0, kOnes, 0}, {7, 7, 0}});
  expect_register_op(sltu, {{kMin, kMax, 0}, {kMax, kMin, 1}, {kOnes, 0, 0}, {0, kOnes, 1}, {7, 7, 0}});
  expect_immediate_op(slti, {{kMin, -2048, 1}, {kOnes, 0, 1}, {0, -1, 0}, {5, 5, 0}});
  expect_immediate_op(sltiu, {{0, -1, 1}, {kOnes, -1, 0}, {0, 1, 1}, {1, 1, 0}, {0xfffff7ff, -2048, 1}});
}

TEST(Opcodes, Bits) {
  expect_register_op(xor_, {{0xf0f0, 0xffff, 0x0f0f}, {kOnes, kOnes, 0}});
  expect_register_op(or_, {{0xf0f0, 0x0f0f, 0xffff}, {0, 0, 0}});
  expect_register_op(and_, {{0xf0f0, 0xff00, 0xf000}, {kOnes, kMin, kMin}});
  expect_immediate_op(xori, {{0x1234, -1, ~0x1234u}, {0, 0x7ff, 0x7ff}});
  expect_immediate_op(ori, {{0x1000, -2048, 0xfffff800}, {0, 1, 1}});
  expect_immediate_op(andi, {{kOnes, -2048, 0xfffff800}, {kOnes, 0x7ff, 0x7ff}});
}

TEST(Opcodes, Shifts) {
  expect_register_op(sll, {{1, 31, kMin}, {1, 32, 1}, {1, 0, 1}, {kOnes, 63, kMin}, {3, 0xffffffe1, 6}});
  expect_register_op(srl, {{kMin, 31, 1}, {kMin, 32, kMin}, {kOnes, 4, 0x0fffffff}});
  expect_register_op(sra, {{kMin, 31, kOnes}, {kMin, 32, kMin}, {kMax, 30, 1}, {0xf0000000, 4, 0xff000000}});
  expect_immediate_op(slli, {{1, 31, kMin}, {1, 0, 1}});
  expect_immediate_op(srli, {{kMin, 31, 1}, {kOnes, 0, kOnes}});
  expect_immediate_op(srai, {{kMin, 31, kOnes}, {kMin, 0, kMin}, {kMax, 31, 0}});
}

TEST(Opcodes, Products) {
  expect_register_op(mul, {{7, 6, 42}, {kOnes, kOnes, 1}, {kMin, kMin, 0}, {0x12345678, 0x9abcdef0, 0x242d2080}});
  expect_register_op(mulh, {{kOnes, kOnes, 0}, {kMin, kMin, 0x40000000}, {kMin, kMax, 0xc0000000}, {kOnes, 1, kOnes}});
  expect_register_op(mulhu, {{kOnes, kOnes, 0xfffffffe}, {kMin, kMin, 0x40000000}, {kOnes, 1, 0}});
  expect_register_op(
      mulhsu,
      {{kOnes, kOnes, kOnes}, {kMin, kOnes, kMin}, {kMin, kMin, 0xc0000000}, {1, kOnes, 0}, {kMax, kOnes, kMax - 1}});
}

TEST(Opcodes, Quotients) {
  expect_register_op(div, {{20, 6, 3},
                           {static_cast<u32>(-20), 6, static_cast<u32>(-3)},
                           {20, static_cast<u32>(-6), static_cast<u32>(-3)},
                           {5, 0, kOnes},
                           {0, 0, kOnes},
                           {kMin, kOnes, kMin},
                           {kMin, 1, kMin}});
  expect_register_op(divu, {{20, 6, 3}, {kOnes, 2, kMax}, {5, 0, kOnes}, {kMin, kOnes, 0}});
  expect_register_op(rem, {{20, 6, 2},
                           {static_cast<u32>(-20), 6, static_cast<u32>(-2)},
                           {20, static_cast<u32>(-6), 2},
                           {5, 0, 5},
                           {kMin, 0, kMin},
                           {kMin, kOnes, 0}});
  expect_register_op(remu, {{20, 6, 2}, {kOnes, 2, 1}, {5, 0, 5}, {kMin, kOnes, kMin}});
}

TEST(Opcodes, LoadsAndStores) {
  Assembler p;
  p.li(s0, kDataBegin).li(a0, 0x8091a2f3)(sw(a0, s0, 0))(sw(a0, s0, 4))(sw(a0, s0, 8));
  for (i32 k = 0; k < 4; ++k) p(lb(s2 + static_cast<u32>(k), s0, k));
  p(lbu(t0, s0, 3))(lh(t1, s0, 2))(lhu(t2, s0, 2))(lh(a1, s0, 0))(lw(a2, s0, 0));
  p(addi(a3, zero, -1))(sb(a3, s0, 6))(lw(a4, s0, 4))(sh(zero, s0, 8))(lw(a5, s0, 8));
  p(addi(s0, s0, 12))(lw(a6, s0, -12))(lw(zero, s0, -12))(addi(a7, zero, 0))(lw(s0, s0, -12))(ebreak());
  const auto x = registers_after(p.program());
  EXPECT_EQ(x[s2], 0xfffffff3u);
  EXPECT_EQ(x[s3], 0xffffffa2u);
  EXPECT_EQ(x[s4], 0xffffff91u);
  EXPECT_EQ(x[s5], 0xffffff80u);
  EXPECT_EQ(x[t0], 0x80u);
  EXPECT_EQ(x[t1], 0xffff8091u);
  EXPECT_EQ(x[t2], 0x8091u);
  EXPECT_EQ(x[a1], 0xffffa2f3u);
  EXPECT_EQ(x[a2], 0x8091a2f3u);
  EXPECT_EQ(x[a4], 0x80ffa2f3u);
  EXPECT_EQ(x[a5], 0x80910000u);
  EXPECT_EQ(x[a6], 0x8091a2f3u);
  EXPECT_EQ(x[a7], 0u);
  EXPECT_EQ(x[s0], 0x8091a2f3u);
}

TEST(Opcodes, InitialMemoryIsTheImageAndZero) {
  Assembler p;
  p.li(s0, kDataBegin)(lw(a0, s0, 0))(lw(a1, s0, 4))(lw(a2, s0, 8))
      .li(s1, 0xfffffffc)(lw(a3, s1, 0))(sw(a0, s1, 0))(lw(a4, s1, 0))(ebreak());
  const auto x = registers_after(p.program({{kDataBegin, {11, 22}}}));
  EXPECT_EQ(x[a0], 11u);
  EXPECT_EQ(x[a1], 22u);
  EXPECT_EQ(x[a2], 0u);
  EXPECT_EQ(x[a3], 0u);
  EXPECT_EQ(x[a4], 11u);
}

using BranchForm = u32 (*)(u32, u32, i32);
void expect_branch(BranchForm op, std::initializer_list<Case> cases) {
  for (const Case& c : cases) {
    // Forward over an instruction, and backward to one.
    Assembler p;
    p.li(a1, c.a).li(a2, c.b)(addi(a0, zero, 1))(op(a1, a2, 8))(addi(a0, zero, 0));
    p(jal(zero, 12))(addi(a3, zero, 1))(jal(zero, 12))(op(a1, a2, -8))(addi(a4, zero, 1))(ebreak());
    const auto x = registers_after(p.program());
    EXPECT_EQ(x[a0], c.expected) << hex(c.a) << " " << hex(c.b);
    EXPECT_EQ(x[a3], c.expected);
    EXPECT_EQ(x[a4], 1 - c.expected);
  }
}
TEST(Opcodes, Branches) {
  expect_branch(beq, {{5, 5, 1}, {5, 6, 0}});
  expect_branch(bne, {{5, 5, 0}, {kMin, 0, 1}});
  expect_branch(blt, {{kMin, kMax, 1}, {kMax, kMin, 0}, {3, 3, 0}});
  expect_branch(bge, {{kMin, kMax, 0}, {kMax, kMin, 1}, {3, 3, 1}});
  expect_branch(bltu, {{kMin, kMax, 0}, {kMax, kMin, 1}, {3, 3, 0}});
  expect_branch(bgeu, {{kMin, kMax, 1}, {kMax, kMin, 0}, {3, 3, 1}});
}

TEST(Opcodes, Jumps) {
  Assembler p;
  p(jal(ra, 8))(ebreak());                             // to 8, ra = 4
  p(addi(a0, ra, 0))(auipc(t0, 0))(jalr(t0, t0, 13));  // low bit dropped: to 12 + 12; rd = rs1
  p(ebreak())(addi(a1, t0, 0))(jal(zero, 8))(ebreak())(auipc(t1, 0))(jalr(zero, t1, 12))(ebreak())(addi(a2, zero, 7))(
      ebreak());
  const auto x = registers_after(p.program());
  EXPECT_EQ(x[a0], kTextBegin + 4);
  EXPECT_EQ(x[a1], kTextBegin + 20);
  EXPECT_EQ(x[a2], 7u);
  EXPECT_EQ(x[0], 0u);
}

TEST(Opcodes, FenceDoesNothing) {
  const auto x =
      registers_after(Assembler()(addi(a0, zero, 3))(0x0ff0000f)(0x8330000f)(addi(a0, a0, 1))(ebreak()).program());
  EXPECT_EQ(x[a0], 4u);
}

}  // namespace
}  // namespace atlas::zkvm
