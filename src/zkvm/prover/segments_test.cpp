// Executions of many segments: cut by the limits, proved one by one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/all_chips.hpp>
#include <zkvm/prover/call_rows.hpp>
#include <zkvm/prover/recorder.hpp>
#include <zkvm/prover/segments_program.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::Each;
using testing::Ge;
using testing::IsEmpty;

std::vector<u64> cycles_of(const ExecutionPlan& plan) {
  std::vector<u64> out;
  for (const PlannedSegment& s : plan.segments) out.push_back(s.cycles);
  return out;
}

Result<ExecutionPlan, ProveError> plan_of(const ProgramProver& prover, const ProveOptions& options) {
  return prover.plan({}, options, [](u32, const Snapshot&) {});
}

TEST(Segments, EndAtTheirCycles) {
  const Program program = scatter(40, 97);
  const ProgramProver prover(program, small_parameters());
  const auto plan = plan_of(prover, {.segment_cycles = 60});
  ASSERT_TRUE(plan.ok()) << plan.error().text;
  std::vector<u64> cycles = cycles_of(*plan);
  ASSERT_GE(plan->executions, 8u);
  cycles.resize(plan->executions);
  const u64 last = cycles.back();
  cycles.pop_back();
  EXPECT_THAT(cycles, Each(60));
  EXPECT_LE(last, 60u);
  EXPECT_EQ(plan->claim().cycles, 60 * cycles.size() + last);
  EXPECT_GE(plan->segments.size(), plan->executions + 2) << "the words of initialisation segments are cut, too";
}

// Messages end segments where another step might not fit; what the tables cost is known.
TEST(Segments, EndAtTheirMessages) {
  const Program program = scatter(3000, 97);
  const ProgramProver prover(program, small_parameters());
  const stark::Machine& machine = prover.key().machine().machine();
  constexpr u64 kMessages = 1'900'000;
  const auto plan = plan_of(prover, {.segment_messages = kMessages});
  ASSERT_TRUE(plan.ok()) << plan.error().text;
  ASSERT_GE(plan->executions, 2u);
  for (u32 s = 0; s < plan->executions; ++s) {
    u64 messages = 0;
    for (std::size_t c = 0; c < kChips; ++c) {
      messages += u64{plan->segments[s].heights[c]} * machine.chips[c].shape.messages_on(stark::Bus::kLocal);
    }
    EXPECT_LE(messages, kMessages);
    if (s + 1 < plan->executions) {
      EXPECT_GE(messages, kMessages / 10 * 8) << "segment " << s << " is nearly full";
    }
  }
}

// However small the limits, a segment has a step, and a call that fills one is tried alone.
TEST(Segments, AreNeverEmpty) {
  const Program program = scatter(3, 97);
  const ProgramProver prover(program, small_parameters());
  for (const ProveOptions& options : {ProveOptions{.segment_cycles = 1}, ProveOptions{.segment_messages = 1}}) {
    const auto plan = plan_of(prover, options);
    ASSERT_TRUE(plan.ok()) << plan.error().text;
    std::vector<u64> cycles = cycles_of(*plan);
    cycles.resize(plan->executions);
    EXPECT_THAT(cycles, Each(Ge(1u)));
    EXPECT_GE(plan->executions, 20u);
  }
}

struct Both {
  static constexpr bool kClocked = true;
  AccessClock& clock_;
  RowCounts counts;
  SegmentRows rows;
  AccessClock& clock() { return clock_; }
  bool before(const EcallPlan& plan) { return count_call_rows(plan, counts); }
  bool step(const Step&) { return true; }
  bool ecall(const EcallStep& s) {
    append_call_rows(s, rows);
    return true;
  }
};

// The first pass counts what the second writes.
TEST(Segments, CallsAreCounted) {
  const Program program = all_chips_program();
  Executor executor(program, all_chips_hints());
  AccessClock clock(executor.memory());
  clock.begin_segment();
  Both both{clock, {}, SegmentRows({})};
  ASSERT_EQ(executor.observe(both), Stop::kHalted);
  u64 total = 0;
  for (std::size_t c = 0; c < kChips; ++c) {
    EXPECT_EQ(both.counts.of_chip[c], both.rows.count(c)) << "chip " << c;
    total += both.rows.count(c);
  }
  EXPECT_GE(total, 27u);  // 3 + 8 + 8 + 8 words
}

TEST(Segments, TracesHold) {
  const Program program = scatter(40, 97);
  const ProgramProver prover(program, small_parameters());
  const auto witness = prover.witness({}, {.segment_cycles = 60});
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  EXPECT_THAT(stark::check_execution(prover.key().machine().machine(), sources(), witness->segments), IsEmpty());
}

TEST(Segments, OfAllInstructionsHold) {
  const Program program = all_chips_program();
  const ProgramProver prover(program, small_parameters());
  const auto witness = prover.witness(all_chips_hints(), {.segment_cycles = 60});
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  EXPECT_GE(witness->segments.size(), 8u);
  EXPECT_THAT(stark::check_execution(prover.key().machine().machine(), sources(), witness->segments), IsEmpty());
}

TEST(Segments, AreProved) {
  const Program program = scatter(40, 97);
  const ProgramProver prover(program, small_parameters());
  const ProveOptions options{.segment_cycles = 60};
  const auto proved = prover.prove({}, options);
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  const auto claim = verify_execution(prover.key(), proved->bytes);
  ASSERT_TRUE(claim.ok()) << stark::name_of(claim.error());
  EXPECT_EQ(claim->cycles, proved->claim.cycles);
  EXPECT_EQ(claim->public_output, proved->claim.public_output);
  // Segment by segment comes to the same as all at once.
  const auto witness = prover.witness({}, options);
  EXPECT_EQ(stark::prove_execution(prover.proving_key(), witness->segments, options.isa), proved->bytes);
  // One segment proves the same claim.
  const auto whole = prover.prove({});
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(whole->claim.public_output, claim->public_output);
  EXPECT_EQ(whole->claim.cycles, claim->cycles);
  EXPECT_EQ(whole->times.size(), 2u);
}

TEST(Segments, EveryFunctionHasChips) {
  for (u32 f = 0; f < abi::kEcallEnd; ++f) {
    EcallPlan plan;
    plan.function = static_cast<abi::Ecall>(f);
    RowCounts counts;
    EXPECT_EQ(count_call_rows(plan, counts), std::string_view(name_of(plan.function)) != "unknown") << f;
  }
}

}  // namespace
}  // namespace atlas::zkvm
