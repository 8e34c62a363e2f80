// Every fault: kind, address, pc, and that the machine stands before the instruction that failed.
#include <gtest/gtest.h>

#include <zkvm/executor/observe.hpp>
#include <zkvm/isa/assembler.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

struct Listener final : EcallListener {
  std::vector<std::string> said;
  void log(const std::string& text) override { said.push_back("log " + text); }
  void phase(const std::string& name) override { said.push_back("phase " + name); }
};

/// The fault of both loops, which must agree; `at` is the pc, in instructions from the begin.
Fault fault_of(const Program& program, u32 at, ByteView hints = {}, ExecutorOptions options = {}) {
  Executor fast(program, hints, options);
  Executor observed(program, hints, options);
  NullSink sink;
  EXPECT_EQ(fast.run(100'000), Stop::kFault);
  EXPECT_EQ(observed.observe(sink, 100'000), Stop::kFault);
  EXPECT_EQ(fast.state(), observed.state());
  EXPECT_EQ(fast.fault().kind, observed.fault().kind);
  EXPECT_EQ(fast.fault().address, observed.fault().address);
  EXPECT_EQ(fast.fault().detail, observed.fault().detail);
  EXPECT_EQ(fast.fault().pc, kTextBegin + 4 * at);
  EXPECT_EQ(fast.state().pc, kTextBegin + 4 * at);
  EXPECT_EQ(fast.run(), Stop::kFault) << "a fault is the end";
  return fast.fault();
}
void expect_fault(const Assembler& a, u32 at, FaultKind kind, u32 address) {
  const Fault f = fault_of(a.program(), at);
  EXPECT_EQ(f.kind, kind) << to_text(f, a.program());
  EXPECT_EQ(f.address, address) << hex32(f.address);
}

TEST(Fault, Instructions) {
  expect_fault(Assembler()(addi(a0, zero, 1))(0), 1, FaultKind::kIllegalInstruction, kTextBegin + 4);
  expect_fault(Assembler()(ebreak()), 0, FaultKind::kBreakpoint, kTextBegin);
}

TEST(Fault, Jumps) {
  expect_fault(Assembler()(jal(zero, 6)), 0, FaultKind::kMisalignedJump, kTextBegin + 6);
  expect_fault(Assembler()(jal(zero, -4)), 0, FaultKind::kPcOutside, kTextBegin - 4);
  // To the next instruction a jump is no different from going on.
  expect_fault(Assembler()(jal(zero, 4))(jal(zero, 4)), 2, FaultKind::kPcOutside, kTextBegin + 8);
  expect_fault(Assembler()(beq(zero, zero, 10)), 0, FaultKind::kMisalignedJump, kTextBegin + 10);
  expect_fault(Assembler()(bne(zero, zero, 10))(ebreak()), 1, FaultKind::kBreakpoint, kTextBegin + 4);
  expect_fault(Assembler()(beq(zero, zero, 4000)), 0, FaultKind::kPcOutside, kTextBegin + 4000);
  expect_fault(Assembler()(jalr(ra, zero, 3)), 0, FaultKind::kMisalignedJump, 2);
  expect_fault(Assembler()(jalr(ra, zero, -4)), 0, FaultKind::kPcOutside, 0xfffffffc);
  expect_fault(Assembler()(addi(a0, zero, 1)), 1, FaultKind::kPcOutside, kTextBegin + 4);
  // A faulting jump writes no link.
  EXPECT_EQ(fault_of(Assembler()(jalr(ra, zero, 2)).program(), 0).cycle, 0u);
}

TEST(Fault, Memory) {
  const auto with_base = [](u32 base) { return Assembler().li(s0, base); };
  expect_fault(with_base(kDataBegin)(lw(a0, s0, 2)), 2, FaultKind::kMisalignedLoad, kDataBegin + 2);
  expect_fault(with_base(kDataBegin)(lw(a0, s0, 1)), 2, FaultKind::kMisalignedLoad, kDataBegin + 1);
  expect_fault(with_base(kDataBegin)(lh(a0, s0, 1)), 2, FaultKind::kMisalignedLoad, kDataBegin + 1);
  expect_fault(with_base(kDataBegin)(lhu(a0, s0, 3)), 2, FaultKind::kMisalignedLoad, kDataBegin + 3);
  expect_fault(with_base(kDataBegin)(sw(a0, s0, 3)), 2, FaultKind::kMisalignedStore, kDataBegin + 3);
  expect_fault(with_base(kDataBegin)(sh(a0, s0, -1)), 2, FaultKind::kMisalignedStore, kDataBegin - 1);
  expect_fault(with_base(kTextBegin)(lw(a0, s0, 0)), 2, FaultKind::kLoadFromText, kTextBegin);
  expect_fault(with_base(kTextBegin)(lbu(a0, s0, 11)), 2, FaultKind::kLoadFromText, kTextBegin + 11);
  expect_fault(with_base(kTextBegin)(sw(a0, s0, 8)), 2, FaultKind::kStoreToText, kTextBegin + 8);
  expect_fault(with_base(kTextBegin)(sb(a0, s0, 3)), 2, FaultKind::kStoreToText, kTextBegin + 3);
  expect_fault(with_base(kTextBegin)(sh(a0, s0, 10)), 2, FaultKind::kStoreToText, kTextBegin + 10);
  expect_fault(with_base(kTextBegin)(sw(a0, s0, -4)), 2, FaultKind::kStoreOutside, kTextBegin - 4);
  expect_fault(with_base(0)(lw(a0, s0, 0)), 2, FaultKind::kLoadOutside, 0);
  expect_fault(with_base(0)(sb(a0, s0, 1)), 2, FaultKind::kStoreOutside, 1);
  // The first word after the text is memory.
  expect_fault(with_base(kTextBegin)(sw(s0, s0, 16))(ebreak()), 3, FaultKind::kBreakpoint, kTextBegin + 12);
  const Program beyond = with_base(kTextBegin + 0x2000)(lw(a0, s0, 12))(ebreak()).program();
  EXPECT_EQ(fault_of(beyond, 3, {}, {.memory_limit = 0x2000 + 4}).kind, FaultKind::kBreakpoint);
  EXPECT_EQ(fault_of(beyond, 2, {}, {.memory_limit = 0x1ffc}).kind, FaultKind::kLoadOutside);
}

TEST(Fault, Budget) {
  const Program p = Assembler()(jal(zero, 0)).program();
  for (const u64 budget : {u64{0}, u64{1}, u64{2}, u64{1000}, u64{1001}}) {
    const Fault f = fault_of(p, 0, {}, {.budget = budget});
    EXPECT_EQ(f.kind, FaultKind::kBudgetSpent);
    EXPECT_EQ(f.cycle, budget);
  }
  // Straight code that is longer than the budget.
  Assembler straight;
  for (int k = 0; k < 100; ++k) straight(addi(a0, a0, 1));
  straight(jal(zero, -400));
  for (u64 budget = 95; budget < 110; ++budget) {
    const Program kept = straight.program();
    Executor exact(kept, {}, {.budget = budget});
    EXPECT_EQ(exact.run(), Stop::kFault);
    EXPECT_EQ(exact.state().cycle, budget);
    EXPECT_EQ(exact.state().x[a0], budget - budget / 101);
  }
}

TEST(Fault, Ecalls) {
  const auto kind_of = [](const Assembler& a, u32 at) { return fault_of(a.program(), at).kind; };
  Assembler unknown = Assembler().call(12345);
  EXPECT_EQ(kind_of(unknown, 2), FaultKind::kBadEcall);
  EXPECT_EQ(kind_of(Assembler().call(0, {0}), 4), FaultKind::kHaltWithoutCommit);
  const Fault halted = fault_of(Assembler().call(0, {7}).program(), 4);
  EXPECT_EQ(halted.kind, FaultKind::kHalted);
  EXPECT_EQ(halted.address, 7u);
  EXPECT_EQ(kind_of(Assembler().call(2, {kDataBegin}).call(2, {kDataBegin}), 9), FaultKind::kDoubleCommit);
  EXPECT_EQ(kind_of(Assembler().call(1, {kDataBegin, 1}), 6), FaultKind::kHintExhausted);
  EXPECT_EQ(kind_of(Assembler().call(1, {kDataBegin, 0}), 6), FaultKind::kBadArgument);
  EXPECT_EQ(kind_of(Assembler().call(1, {kDataBegin, abi::kHintWordsMax + 1}), 6), FaultKind::kBadArgument);
  EXPECT_EQ(kind_of(Assembler().call(2, {kDataBegin + 2}), 4), FaultKind::kBadPointer);
  EXPECT_EQ(kind_of(Assembler().call(2, {kTextBegin}), 4), FaultKind::kBadPointer);
  EXPECT_EQ(kind_of(Assembler().call(2, {0xfffffff0}), 4), FaultKind::kBadPointer);
  EXPECT_EQ(kind_of(Assembler().call(2, {0}), 4), FaultKind::kBadPointer);
  EXPECT_EQ(kind_of(Assembler().call(16, {kTextBegin - 100}), 4), FaultKind::kBadPointer) << "reaches into the text";
}

TEST(Fault, TextsNameKindPlaceAndInstruction) {
  Program p = Assembler().li(s0, kTextBegin)(sw(a0, s0, 0)).program();
  p.symbols = {{kTextBegin, 12, "overwrite"}};
  const std::string text = to_text(fault_of(p, 2), p);
  EXPECT_EQ(text,
            "store to 0x01000000, inside the program text: a stack overflow, or code that changes itself, at pc "
            "0x01000008 in overwrite+0x8 (sw a0, 0(s0)), after 2 cycles");
  for (unsigned k = 0; k <= static_cast<unsigned>(FaultKind::kBudgetSpent); ++k) {
    EXPECT_STRNE(name_of(static_cast<FaultKind>(k)), "unknown");
    EXPECT_GT(to_text({.kind = static_cast<FaultKind>(k), .pc = kTextBegin, .address = 0, .cycle = 0, .detail = "d"}, p)
                  .size(),
              20u);
  }
}

TEST(Execution, HintsCommitAndSideTalk) {
  Assembler a;
  a.call(4, {kDataBegin + 64, 2}).call(1, {kDataBegin, 3}).call(3, {kDataBegin + 64, 5}).call(4, {0, 0}).finish();
  const Program p = a.program({{kDataBegin + 64, {0x6c6c6568, 0x6f}}});
  const Bytes hints = {1, 2, 3, 4, 5, 6, 7, 8, 9};  // the last word is padded
  Listener listener;
  Executor e(p, hints, {.listener = &listener});
  ASSERT_EQ(e.run(), Stop::kHalted);
  EXPECT_EQ(e.run(), Stop::kHalted);
  Hash256 expected;
  std::copy(hints.begin(), hints.end(), expected.begin());
  EXPECT_EQ(e.state().public_output(), expected);
  EXPECT_EQ(e.state().hint_position, 3u);
  EXPECT_EQ(listener.said, (std::vector<std::string>{"phase he", "log hello", "phase "}));
  // Instructions executed, the last ecall included.
  EXPECT_EQ(e.state().cycle, p.text.size());
}

}  // namespace
}  // namespace atlas::zkvm
