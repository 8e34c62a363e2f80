// Rows that a forger would write: operands and program look-up as they must be, everything else tried. The numbers are
// those of the list of attacks in docs/proof-system.md.
#include <gtest/gtest.h>

#include <zkvm/chips/branch/trace.hpp>
#include <zkvm/chips/compare/trace.hpp>
#include <zkvm/chips/div/trace.hpp>
#include <zkvm/chips/jump/trace.hpp>
#include <zkvm/chips/mul/trace.hpp>
#include <zkvm/chips/part_memory/trace.hpp>
#include <zkvm/chips/shift/trace.hpp>
#include <zkvm/executor/alu.hpp>
#include <zkvm/prover/row_judge.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

constexpr u32 kEdges[] = {0,          1,          2,          0x7fff,     0x8000,     0xffff,    0x10000,
                          0x7fffffff, 0x80000000, 0x80000001, 0xfffffffe, 0xffffffff, 0x9abcdef1};
constexpr u32 kP = BabyBear::kModulus;

// 18: of all sixteen witnesses of an order, one is accepted, and it tells the truth.
TEST(RowForgery, ComparisonsHaveOneWitness) {
  for (const u32 x : kEdges) {
    for (const u32 y : kEdges) {
      for (const bool is_signed : {false, true}) {
        const u32 truth = is_signed ? static_cast<i32>(x) < static_cast<i32>(y) : x < y;
        const StepView s = step_of(is_signed ? Op::kSlt : Op::kSltu, x, y, truth);
        auto row = chips::trace_row(std::type_identity<chips::Compare>{}, s);
        ASSERT_TRUE(judge<chips::Compare>(row).accepted);
        auto branch = chips::trace_row(std::type_identity<chips::BranchLess>{},
                                       step_of(is_signed ? Op::kBlt : Op::kBltu, x, y, 0));
        for (u32 witness = 0; witness < 16; ++witness) {
          row.order = {witness & 1, witness >> 1 & 1, witness >> 2 & 1, witness >> 3};
          if (judge<chips::Compare>(row).accepted) {
            EXPECT_EQ(row.order.less, truth) << x << ' ' << y;
          }
          branch.order = row.order;
          branch.target = 20;
          for (const u32 next : {8u, 20u}) {
            branch.next = next;
            if (judge<chips::BranchLess>(branch).accepted) {
              EXPECT_EQ(next, truth != 0 ? 20u : 8u) << x << ' ' << y;
            }
          }
        }
      }
    }
  }
}

TEST(RowForgery, EqualityCannotBeDenied) {
  for (const u32 x : kEdges) {
    for (const u32 y : kEdges) {
      auto row = chips::trace_row(std::type_identity<chips::BranchEqual>{}, step_of(Op::kBeq, x, y, 0));
      row.target = 20;
      bool found = false;
      for (const u32 equal : {0u, 1u, 2u, kP - 1}) {
        for (const u32 next : {8u, 20u}) {
          row.equal = equal;
          row.next = next;
          if (!judge<chips::BranchEqual>(row).accepted) continue;
          found = true;
          EXPECT_EQ(next, x == y ? 20u : 8u);
        }
      }
      EXPECT_TRUE(found);
    }
  }
}

// 20: whatever distance, byte move and sign a row claims, an accepted one shifts as its instruction says.
TEST(RowForgery, ShiftsHaveOneResult) {
  for (const u32 x : {0x80000001u, 0x7ffffffeu, 0xffffffffu, 0x12345678u}) {
    for (u32 y = 0; y < 40; y += 3) {
      for (const Op op : {Op::kSll, Op::kSrl, Op::kSra}) {
        const u32 truth = op == Op::kSll   ? compute<Op::kSll>(x, y)
                          : op == Op::kSrl ? compute<Op::kSrl>(x, y)
                                           : compute<Op::kSra>(x, y);
        unsigned accepted = 0;
        for (u32 claimed = 0; claimed < 32; ++claimed) {  // the witness of another distance, or of the other sign
          for (const u32 sign : {0u, 1u}) {
            for (const Op other : {Op::kSll, Op::kSrl, Op::kSra}) {
              const u32 result = other == Op::kSll   ? compute<Op::kSll>(x, claimed)
                                 : other == Op::kSrl ? compute<Op::kSrl>(x, claimed)
                                                     : compute<Op::kSra>(x, claimed);
              auto row = chips::trace_row(std::type_identity<chips::Shift>{}, step_of(other, x, claimed, result));
              const auto honest = chips::trace_row(std::type_identity<chips::Shift>{}, step_of(op, x, y, truth));
              row.is_sll = honest.is_sll;
              row.is_srl = honest.is_srl;
              row.is_sra = honest.is_sra;
              row.second = honest.second;
              row.sign = sign;
              row.fill = sign * (256 - row.power);
              if (!judge<chips::Shift>(row).accepted) continue;
              ++accepted;
              EXPECT_EQ(row.result.lo | row.result.hi << 16, truth);
            }
          }
        }
        EXPECT_GE(accepted, 1u);
      }
    }
  }
}

// 19: products that are right modulo p only, and carries that wrap.
TEST(RowForgery, ProductsHaveOneResult) {
  for (const u32 x : kEdges) {
    for (const u32 y : kEdges) {
      const auto honest = chips::trace_row(std::type_identity<chips::Mul>{}, step_of(Op::kMul, x, y, x * y));
      ASSERT_TRUE(judge<chips::Mul>(honest).accepted);
      for (const i64 delta : {i64{1}, i64{-1}, i64{65536}, i64{kP} % 65536, i64{1} << 15}) {
        auto row = honest;  // a limb off by delta, the carry moved so that the equation holds modulo p
        row.product.lo = field_of(i64{row.product.lo} + delta);
        row.carry[0] = field_of(i64{row.carry[0]} -
                                static_cast<i64>((BabyBear(field_of(delta)) * BabyBear(kInverse16)).canonical()));
        row.carry[1] =
            (BabyBear(row.carry[1]) + (BabyBear(row.carry[0]) - BabyBear(honest.carry[0])) * BabyBear(kInverse16))
                .canonical();
        EXPECT_FALSE(judge<chips::Mul>(row).accepted) << x << ' ' << y << ' ' << delta;
      }
      for (const Op op : {Op::kMulh, Op::kMulhsu, Op::kMulhu}) {
        const u32 truth = op == Op::kMulh     ? compute<Op::kMulh>(x, y)
                          : op == Op::kMulhsu ? compute<Op::kMulhsu>(x, y)
                                              : compute<Op::kMulhu>(x, y);
        const auto high = chips::trace_row(std::type_identity<chips::MulHigh>{}, step_of(op, x, y, truth));
        ASSERT_TRUE(judge<chips::MulHigh>(high).accepted) << x << ' ' << y;
        for (u32 signs = 0; signs < 4; ++signs) {  // false signs with the product and carries that belong to them
          auto row = high;
          row.sign_x = signs & 1;
          row.sign_y = signs >> 1;
          u64 carry = 0;
          u32 limb[4];
          for (unsigned j = 0; j < 4; ++j) {
            carry += chips::product_limb_of(j, x, row.sign_x != 0, y, row.sign_y != 0);
            limb[j] = static_cast<u32>(carry & 0xffff);
            carry >>= 16;
            row.carry[j] = static_cast<u32>(carry);
          }
          row.low = {limb[0], limb[1]};
          row.high = {limb[2], limb[3]};
          if (judge<chips::MulHigh>(row).accepted) {
            EXPECT_EQ(row.high.lo | row.high.hi << 16, truth);
          }
        }
      }
    }
  }
}

/// The row of n = q·d + r with all that follows from the claimed numbers and signs.
RowOf<chips::Div> division(Op op, u32 n, u32 d, u32 q, u32 r, u32 signs, bool is_zero) {
  const bool is_quotient = op == Op::kDiv || op == Op::kDivu;
  auto row = chips::trace_row(std::type_identity<chips::Div>{}, step_of(op, n, d, is_quotient ? q : r));
  row.q = limbs_of(q);
  row.r = limbs_of(r);
  row.q0 = q & 255;
  row.q2 = q >> 16 & 255;
  row.sign_n = signs & 1;
  row.sign_d = signs >> 1 & 1;
  row.sign_q = signs >> 2 & 1;
  row.sign_r = signs >> 3;
  row.is_zero = is_zero;
  const u32 rest[] = {row.r.lo, row.r.hi, row.sign_r * 65535, row.sign_r * 65535};
  u64 carry = 0;
  for (unsigned j = 0; j < 4; ++j) {
    carry = (chips::product_limb_of(j, q, row.sign_q != 0, d, row.sign_d != 0) + rest[j] + carry) >> 16;
    row.carry[j] = static_cast<u32>(carry);
  }
  const i64 size_d = row.sign_d != 0 ? (i64{1} << 32) - d : i64{d};
  const i64 size_r = row.sign_r != 0 ? (i64{1} << 32) - r : i64{r};
  const auto margin = static_cast<u64>(size_d - size_r - 1);
  row.margin_lo = margin & 0xffff;
  row.margin_hi = margin >> 16 & 0xffff;
  const auto limb = [](u32 sign, u32 v) { return sign != 0 ? -i64{v} : i64{v}; };
  const i64 low = (limb(row.sign_d, d & 0xffff) - limb(row.sign_r, row.r.lo) - 1 - i64{row.margin_lo}) >> 16;
  row.borrow_one = static_cast<u32>(low & 1);
  row.borrow_two = low < 0;
  return row;
}

// 19: remainder not below the divisor, division by zero, −2^31 / −1, signs of the other kind.
TEST(RowForgery, DivisionsHaveOneResult) {
  for (const u32 n : kEdges) {
    for (const u32 d : kEdges) {
      for (const Op op : {Op::kDiv, Op::kDivu, Op::kRem, Op::kRemu}) {
        const bool is_signed = op == Op::kDiv || op == Op::kRem;
        const u32 q = is_signed ? compute<Op::kDiv>(n, d) : compute<Op::kDivu>(n, d);
        const u32 r = is_signed ? compute<Op::kRem>(n, d) : compute<Op::kRemu>(n, d);
        const bool is_quotient = op == Op::kDiv || op == Op::kDivu;
        const auto honest = chips::trace_row(std::type_identity<chips::Div>{}, step_of(op, n, d, is_quotient ? q : r));
        ASSERT_TRUE(judge<chips::Div>(honest).accepted) << n << " / " << d;
        for (const i64 k : {-2, -1, 0, 1, 2}) {
          const u32 false_q = q + static_cast<u32>(k), false_r = r - static_cast<u32>(k) * d;
          for (u32 signs = 0; signs < 16; ++signs) {
            for (const bool is_zero : {false, true}) {
              const auto row = division(op, n, d, false_q, false_r, signs, is_zero);
              if (!judge<chips::Div>(row).accepted) continue;
              EXPECT_EQ(row.result.lo | row.result.hi << 16, is_quotient ? q : r) << n << " / " << d << " k " << k;
            }
          }
        }
      }
    }
  }
}

/// Ways to take the limb sums lo = bits + 4·q + 2^16·c0 and hi + c0 apart, right ones and others: other bits, q from
/// another carry or modulo p, hi likewise.
template <class Visit>
void for_each_split(u32 lo, u32 hi, const Visit& visit) {
  for (u32 bits = 0; bits < 4; ++bits) {
    for (const i64 c0 : {-1, 0, 1, 2}) {
      const BabyBear q = (BabyBear(lo) - BabyBear(bits) - BabyBear(field_of(c0 * 65536))) * BabyBear(4).inverse();
      for (const i64 c1 : {-1, 0, 1, 2}) {
        visit(bits, q.canonical(), field_of(i64{hi} + c0 - c1 * 65536));
      }
    }
  }
}

// 18, 23: JALR drops bit 0, refuses bit 1, and goes to one slot; no target modulo p is another.
TEST(RowForgery, JumpsHaveOneTarget) {
  for (const u32 x : kEdges) {
    for (const u32 immediate : {0u, 1u, 4u, 0x7fcu, 0xfffff800u, 0xfff00000u, kP, 0 - kP}) {
      StepView s = step_of(Op::kJalr, x, 0, 0);
      s.fields.immediate = limbs_of(immediate);
      auto row = chips::trace_row(std::type_identity<chips::JumpRegister>{}, s);
      const u32 distance = x + immediate;
      unsigned accepted = 0;
      for_each_split((x & 0xffff) + (immediate & 0xffff), (x >> 16) + (immediate >> 16), [&](u32 bits, u32 q, u32 hi) {
        row.bit = bits;
        row.target = {q, hi};
        if (!judge<chips::JumpRegister>(row).accepted) return;
        ++accepted;
        EXPECT_EQ(bits, distance & 1);
        EXPECT_EQ(q + hi * (u64{1} << 14), distance >> 2);
      });
      EXPECT_EQ(accepted, (distance & 2) == 0 ? 1u : 0u) << x << ' ' << immediate;
    }
  }
}

// 8, 18: where a jump goes, whatever its target, no halted machine stands; nor where a text of any length ends.
TEST(RowForgery, JumpsDoNotHalt) {
  static_assert(kSlotsMax < kHaltSlot);
  u32 accepted = 0;
  for (const u32 slot : {0u, kSlotsMax - 1, kSlotsMax, kSlotsMax + 1, kHaltSlot - 1, kHaltSlot, kNowhere, kP - 1}) {
    auto row = chips::trace_row(std::type_identity<chips::JumpRegister>{}, step_of(Op::kJalr, 4 * slot, 0, 0));
    row.bit = 0;
    row.target = {slot & 0x3fff, slot >> 14};
    const Verdict verdict = judge<chips::JumpRegister>(row);
    accepted += verdict.accepted;
    for (const std::vector<u32>& said : verdict.messages) {
      if (said[0] == kStateTag.id && said[1] != 0) {
        EXPECT_LT(said[3], kHaltSlot) << slot;
      }
    }
  }
  EXPECT_EQ(accepted, 5u);
}

// 15, 20: a load names one word and one part of it; halfwords that are not aligned name none.
TEST(RowForgery, LoadsHaveOnePlace) {
  for (const u32 x : kEdges) {
    for (const u32 immediate : {0u, 1u, 2u, 0x7ffu, 0xfffff801u, kP}) {
      for (const Op op : {Op::kLbu, Op::kLhu}) {
        constexpr u32 kWord = 0x84838281;
        StepView s = step_of(op, x, 0, 0);
        s.fields.immediate = limbs_of(immediate);
        s.offset = x + immediate;
        s.word = memory_word(kWord, 3, s.at.time + kTickMemory);
        const u32 size = op == Op::kLhu ? 2 : 1,
                  part = kWord >> 8 * (s.offset & (4 - size)) & (size == 2 ? 0xffff : 0xff);
        s.result = part;
        const auto honest = chips::trace_row(std::type_identity<chips::LoadPart>{}, s);
        const bool is_aligned = s.offset % size == 0;
        EXPECT_EQ(judge<chips::LoadPart>(honest).accepted, is_aligned);
        for_each_split((x & 0xffff) + (immediate & 0xffff), (x >> 16) + (immediate >> 16),
                       [&](u32 bits, u32 q, u32 hi) {
                         s.offset = (s.offset & ~3u) | bits;
                         s.result = kWord >> 8 * (bits & (4 - size)) & (size == 2 ? 0xffff : 0xff);
                         auto row = chips::trace_row(std::type_identity<chips::LoadPart>{}, s);
                         row.address = {q, hi};
                         if (!judge<chips::LoadPart>(row).accepted) return;
                         EXPECT_TRUE(is_aligned);
                         EXPECT_EQ(q + hi * (u64{1} << 14), (x + immediate) >> 2);
                         EXPECT_EQ(row.value_lo, part);
                       });
      }
    }
  }
}

// 21: no two flags of a chip at once, and none that is neither 0 nor 1.
TEST(RowForgery, OneOperationARow) {
  auto row = chips::trace_row(std::type_identity<chips::Shift>{}, step_of(Op::kSll, 5, 1, 10));
  row.is_srl = 1;
  EXPECT_FALSE(judge<chips::Shift>(row).accepted);
  row.is_sll = 2;
  row.is_srl = kP - 1;
  EXPECT_FALSE(judge<chips::Shift>(row).accepted);
  auto division_row = division(Op::kDivu, 7, 2, 3, 1, 0, false);
  division_row.is_remu = 1;
  EXPECT_FALSE(judge<chips::Div>(division_row).accepted);
}

}  // namespace
}  // namespace atlas::zkvm
