// Every cell of every chip changed alone: nothing false is accepted. Every constraint and message left out: something
// false would be accepted, so nothing is superfluous and nothing goes untested.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stark/prover/air/mutation.hpp>
#include <zkvm/prover/all_chips.hpp>
#include <zkvm/prover/forged_rows.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;

// Inert in some rows that say something, because nothing they say depends on it there:
//   branch equal 17, 18  inverses of a difference, when there is none
//   div 33, 36 … 39      quotient's sign and the margin of remainder and divisor, when the divisor is 0
//   ecall 39, 40, 42     pointer and word count, when nothing is moved
//   blake3 17            inverse of blocks − 1, when there is one
//   merkle level 10      inverse of level − 15, on that level
//   u256 150 … 181       the words under the quotient, which mul_mod does not write
//   secp256k1 add 272, double 190   inverse of 0, where a coordinate is within 2^16 of p
std::vector<std::string> inert() {
  std::vector<std::string> out = {"branch equal 17",
                                  "branch equal 18",
                                  "div 33",
                                  "div 36",
                                  "div 37",
                                  "div 38",
                                  "div 39",
                                  "ecall 39",
                                  "ecall 40",
                                  "ecall 42",
                                  "blake3 17",
                                  "merkle level 10",
                                  "secp256k1 add 272",
                                  "secp256k1 double 190"};
  for (u32 column = 150; column < 182; ++column) out.push_back("u256 " + std::to_string(column));
  return out;
}

struct Execution {
  Program program = all_chips_program();
  ProgramProver prover{program, small_parameters()};
  std::vector<stark::SegmentWitness> segments;
  Execution() {
    auto witness = prover.witness(all_chips_hints());
    ENSURE(witness.ok(), "the program runs");
    segments = std::move(witness->segments);
  }
  const stark::Machine& machine() const { return prover.key().machine().machine(); }
};

TEST(MachineMutation, EveryCellMatters) {
  const Execution e;
  ASSERT_THAT(stark::check_execution(e.machine(), sources(), e.segments), testing::IsEmpty());
  const stark::CellMutation result = stark::mutate_cells(e.machine(), sources(), e.segments);
  std::printf("%s\n", stark::summary(result).c_str());
  EXPECT_GT(result.tried, 10000u);
  EXPECT_THAT(result.inert_in_live_rows, testing::UnorderedElementsAreArray(inert()));
}

/// The chips of instructions and words, then the segment table. Primitives have a budget of their own below.
void expect_nothing_superfluous(u32 one_in) {
  const Execution e;
  const std::pair<std::size_t, std::size_t> kParts[] = {{0, StepChips::kCount + WordChips::kCount},
                                                        {kIndexOf<chips::SegmentTable>, 1}};
  for (const auto& [first, count] : kParts) {
    const stark::OmissionScore score = stark::drop_assertions(e.machine(), sources(), e.segments, forged_rows(),
                                                              {.first_chip = first, .chips = count, .one_in = one_in});
    std::printf("%s\n", stark::summary(score).c_str());
    EXPECT_THAT(score.survivors, testing::IsEmpty());
    EXPECT_EQ(score.percent(), 100);
  }
}

TEST(MachineMutation, ASampleCannotBeLeftOut) {
  expect_nothing_superfluous(8);
}
TEST(MachineMutation, NothingCanBeLeftOut) {
  if (std::getenv("ATLAS_LARGE") == nullptr) GTEST_SKIP() << "takes minutes: left out unless ATLAS_LARGE is set";
  expect_nothing_superfluous(1);
}

}  // namespace
}  // namespace atlas::zkvm
