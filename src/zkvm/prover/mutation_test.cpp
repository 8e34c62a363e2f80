// Every cell of every chip changed alone: nothing false is accepted. Every constraint and message left out: something
// false would be accepted, so nothing is superfluous and nothing goes untested.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stark/prover/air/mutation.hpp>
#include <zkvm/prover/all_chips.hpp>
#include <zkvm/prover/arithmetic_claims.hpp>
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
  Program program;
  ProgramProver prover{program, small_parameters()};
  std::vector<stark::SegmentWitness> segments;
  explicit Execution(Program executed = all_chips_program()) : program(std::move(executed)) {
    auto witness = prover.witness(all_chips_hints());
    ENSURE(witness.ok(), "the program runs");
    segments = std::move(witness->segments);
  }
  const stark::Machine& machine() const { return prover.key().machine().machine(); }
};

/// Points whose coordinates, or whose sum's, are within 2^16 of secp256k1's p: where chips look up what they need not
/// elsewhere. (No point has to be on the curve.)
Program edges_program() {
  const u256 x = kPrime - u256(2), y = kPrime - u256(3);
  std::vector<u32> words;
  Assembler a;
  const auto call = [&](Ecall function, std::initializer_list<Coordinate> coordinates) {
    const auto at = kDataBegin + 4 * static_cast<u32>(words.size());
    for (const Coordinate& c : coordinates) {
      for (const u32 word : words_of(value_of(c))) words.push_back(word);
    }
    a.call(static_cast<u32>(function), {at, at + 64});
  };
  const Coordinate x_near = coordinate(x), y_near = coordinate(y), three = coordinate(3);
  call(Ecall::kSecp256k1Add, {x_near, y_near, coordinate(x - u256(1)), coordinate(y - u256(1))});
  call(Ecall::kSecp256k1Double, {x_near, y_near});
  // The result chosen, and points from it and a slope.
  const Coordinate s = coordinate(7), x1 = coordinate(5), x2 = s.sqr() - x1 - x_near, y1 = s * (x1 - x_near) - y_near;
  call(Ecall::kSecp256k1Add, {x1, y1, x2, y1 + s * (x2 - x1)});
  const auto twice = [&](const Coordinate& slope, const Coordinate& of) {
    call(Ecall::kSecp256k1Double, {of, three * of.sqr() * slope.doubled().inverse()});
  };
  twice(s, (s.sqr() - x_near).halved());
  // y = slope·(3·x1 − slope²) − 3·x1²/(2·slope): x1 = slope² ± √((slope⁴ − 2·slope·y)/3), for a slope that has a root.
  for (Coordinate slope = s;; slope = slope + coordinate(1)) {
    const auto root = ((slope.sqr().sqr() - (slope * y_near).doubled()) * three.inverse()).sqrt();
    if (!root) continue;
    twice(slope, slope.sqr() + *root);
    return a.finish().program({{kDataBegin, words}});
  }
}

TEST(MachineMutation, EveryCellMatters) {
  const Execution e;
  ASSERT_THAT(stark::check_execution(e.machine(), sources(), e.segments), testing::IsEmpty());
  const stark::CellMutation result = stark::mutate_cells(e.machine(), sources(), e.segments);
  std::printf("%s\n", stark::summary(result).c_str());
  EXPECT_GT(result.tried, 10000u);
  EXPECT_THAT(result.inert_in_live_rows, testing::UnorderedElementsAreArray(inert()));
}

/// All chips of the machine, each once: those of instructions, words and tables by search, primitives by the rows of
/// their own tests, as their hundreds of columns are too many for it. Every message by the execution. The search takes
/// minutes unless it is for one assertion in a few.
void expect_nothing_superfluous(u32 one_in) {
  Execution e;
  std::vector<stark::OmissionScore> scores;
  constexpr std::size_t kSearched = StepChips::kCount + WordChips::kCount;
  const std::pair<std::size_t, std::size_t> kParts[] = {{0, kSearched},
                                                        {kSearched + PrimitiveChips::kCount, TableChips::kCount}};
  for (const auto& [first, count] : kParts) {
    const auto found = stark::drop_assertions(e.machine(), sources(), e.segments, forged_rows(),
                                              {.first_chip = first, .chips = count, .one_in = one_in});
    scores.insert(scores.end(), found.begin(), found.end());
  }
  std::printf("%s\n", stark::summary(stark::total(scores)).c_str());
  for (stark::SegmentWitness& segment : Execution(edges_program()).segments) e.segments.push_back(std::move(segment));
  for (const auto& rows : {hash_omissions(), arithmetic_omissions()}) {
    for (stark::OmissionScore score : rows) {
      const auto is_this = [&score](const stark::ChipSource& source) { return source.name == score.chip; };
      const auto chip = std::find_if(sources().begin(), sources().end(), is_this);
      ASSERT_NE(chip, sources().end()) << score.chip;
      const auto said = stark::drop_messages(sources(), e.segments, static_cast<std::size_t>(chip - sources().begin()));
      scores.push_back(stark::total(std::array{score, said}));
      scores.back().chip = score.chip;
    }
  }
  if (one_in != 1) std::printf("mutation | of what is searched, one constraint and look-up in %u\n", one_in);
  std::printf("%s", stark::table_of(scores).c_str());
  std::vector<std::string> judged, chips;
  for (const stark::OmissionScore& score : scores) judged.push_back(score.chip);
  for (const stark::ChipSource& source : sources()) chips.emplace_back(source.name);
  EXPECT_THAT(judged, testing::UnorderedElementsAreArray(chips));  // a new chip is in one of the lists
  const stark::OmissionScore all = stark::total(scores);
  EXPECT_THAT(all.survivors, testing::IsEmpty());
  EXPECT_EQ(all.killed(), all.all());
}

TEST(MachineMutation, NothingCanBeLeftOut) {
  expect_nothing_superfluous(std::getenv("ATLAS_LARGE") == nullptr ? 8 : 1);
}

}  // namespace
}  // namespace atlas::zkvm
