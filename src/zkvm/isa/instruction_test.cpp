#include <random>

#include <gtest/gtest.h>

#include <zkvm/isa/assembler.hpp>
#include <zkvm/isa/instruction.hpp>
#include <zkvm/isa/reference.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

TEST(Decode, FieldsOfEveryFormat) {
  EXPECT_EQ(decode(lui(a0, 0xfffff)), (Instruction{Op::kLui, a0, 0, 0, -4096}));
  EXPECT_EQ(decode(auipc(t0, 1)), (Instruction{Op::kAuipc, t0, 0, 0, 4096}));
  for (const i32 d : {-1048576, -4, 0, 4, 2, 2048, 1048574, -2046}) {
    EXPECT_EQ(decode(jal(ra, d)), (Instruction{Op::kJal, ra, 0, 0, d}));
  }
  for (const i32 d : {-4096, -2, 0, 2, 2048, 4094, -2050, 30, 1024}) {
    EXPECT_EQ(decode(bgeu(a0, a1, d)), (Instruction{Op::kBgeu, 0, a0, a1, d}));
  }
  for (const i32 v : {-2048, -1, 0, 1, 31, 32, 2047}) {
    EXPECT_EQ(decode(jalr(ra, t1, v)), (Instruction{Op::kJalr, ra, t1, 0, v}));
    EXPECT_EQ(decode(lhu(a0, sp, v)), (Instruction{Op::kLhu, a0, sp, 0, v}));
    EXPECT_EQ(decode(sb(a0, sp, v)), (Instruction{Op::kSb, 0, sp, a0, v}));
    EXPECT_EQ(decode(sltiu(t6, s11, v)), (Instruction{Op::kSltiu, t6, s11, 0, v}));
  }
  for (const i32 n : {0, 1, 16, 31}) {
    EXPECT_EQ(decode(slli(a0, a1, n)), (Instruction{Op::kSlli, a0, a1, 0, n}));
    EXPECT_EQ(decode(srli(a0, a1, n)), (Instruction{Op::kSrli, a0, a1, 0, n}));
    EXPECT_EQ(decode(srai(a0, a1, n)), (Instruction{Op::kSrai, a0, a1, 0, n}));
  }
  EXPECT_EQ(decode(mulhsu(a0, a1, a2)), (Instruction{Op::kMulhsu, a0, a1, a2, 0}));
  EXPECT_EQ(decode(ecall()), (Instruction{Op::kEcall, 0, 0, 0, 0}));
}

// Exactly the encodings of the specification's table decode, under its names: over all opcodes, funct3 and funct7 with
// random fields in between, and over random words.
TEST(Decode, AgreesWithTheSpecificationsTable) {
  std::mt19937 random(1);
  u64 legal = 0;
  const auto check = [&](u32 word) {
    const std::string_view expected = reference_name(word);
    const Instruction i = decode(word);
    if (expected.empty()) {
      ASSERT_EQ(i, Instruction{}) << hex32(word);
      return;
    }
    ++legal;
    ASSERT_EQ(mnemonic(i.op), expected == "fence" ? "addi" : expected) << hex32(word);
    if (expected == "fence") {
      ASSERT_EQ(i, (Instruction{Op::kAddi, 0, 0, 0, 0}));
    }
  };
  for (u32 fixed = 0; fixed < 1U << 17; ++fixed) {
    check((fixed & 0x7f) | (fixed >> 7 & 7) << 12 | (fixed >> 10) << 25 | (random() & 0x01ff8f80));
  }
  for (u32 k = 0; k < 2'000'000; ++k) check(static_cast<u32>(random()));
  for (u32 k = 0; k < 32; ++k) check(0x73 | k << 20), check(0x73 | k << 7), check(0x73 | k << 15);
  for (const u32 word : {0u, ~0u, 0x0000100fu /* fence.i */, 0x30529073u /* csrw */, 0x0001u /* c.nop */}) {
    EXPECT_EQ(decode(word).op, Op::kIllegal) << hex32(word);
  }
  EXPECT_GT(legal, 10'000u);
}

TEST(Disassembler, WritesWhatAnAssemblerReads) {
  EXPECT_EQ(to_text(decode(bne(a0, a1, -8)), 0x10048), "bne a0, a1, 0x10040");
  EXPECT_EQ(to_text(decode(lw(a0, sp, -4)), 0), "lw a0, -4(sp)");
  EXPECT_EQ(to_text(decode(sw(a0, sp, 8)), 0), "sw a0, 8(sp)");
  EXPECT_EQ(to_text(decode(lui(t0, 0x12345)), 0), "lui t0, 0x12345");
  EXPECT_EQ(to_text(decode(srai(t0, t1, 31)), 0), "srai t0, t1, 31");
  EXPECT_EQ(to_text(decode(remu(s0, s1, s2)), 0), "remu s0, s1, s2");
  EXPECT_EQ(to_text(decode(jal(ra, 16)), 0x1000), "jal ra, 0x1010");
  EXPECT_EQ(to_text(decode(0), 0), "illegal");
  EXPECT_EQ(hex(0), "0x0");
  EXPECT_EQ(hex(0x10), "0x10");
}

TEST(Families, EveryOpHasOneAndEveryFamilyAnOp) {
  bool seen[kFamilies] = {};
  for (unsigned k = 0; k < kOps; ++k) seen[static_cast<unsigned>(family_of(static_cast<Op>(k)))] = true;
  for (const bool s : seen) EXPECT_TRUE(s);
}

}  // namespace
}  // namespace atlas::zkvm
