// Programs from instructions to verdict.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;

Program count_to(u32 n) {
  Assembler a;
  a.li(s0, kDataBegin).li(s1, n)(addi(a0, zero, 0))(addi(a1, zero, 1));
  const u32 loop = a.pc();
  a(add(a2, a0, a1))(addi(a0, a1, 0))(addi(a1, a2, 0))(addi(s1, s1, -1));
  a(bne(s1, zero, static_cast<i32>(loop - a.pc())));
  a(sw(a0, s0, 0));
  return a.finish().program();
}

TEST(Machine, Compiles) {
  EXPECT_THAT(stark::compile(sources()), IsEmpty());
}

TEST(Machine, TracesOfFibonacciHold) {
  const Program program = count_to(10);
  const ProgramProver prover(program, small_parameters());
  const auto witness = prover.witness({});
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  EXPECT_THAT(stark::check_execution(prover.key().machine().machine(), sources(), witness->segments), IsEmpty());
}

TEST(Machine, ProvesFibonacci) {
  const Program program = count_to(1000);
  const ProgramProver prover(program, small_parameters());
  const auto proved = prover.prove({});
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  const auto claim = verify_execution(prover.key(), proved->bytes);
  ASSERT_TRUE(claim.ok()) << stark::name_of(claim.error());
  EXPECT_EQ(claim->cycles, proved->claim.cycles);
  EXPECT_EQ(claim->public_output, proved->claim.public_output);
}

}  // namespace
}  // namespace atlas::zkvm
