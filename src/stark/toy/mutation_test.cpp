// Each cell changed, each constraint and message dropped: nothing false is accepted, nothing is superfluous.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stark/prover/air/mutation.hpp>
#include <stark/toy/sources.hpp>

namespace atlas::stark::toy {
namespace {

/// Both kinds of segment in one, so that every message is sent somewhere.
std::vector<SegmentWitness> execution() {
  const Parameters parameters = small_parameters();
  toy::Run run = start(8);
  std::vector<SegmentWitness> out;
  out.push_back(segment(run, 1, 40, parameters));
  out.push_back(closing_segment(run, parameters));
  return out;
}

TEST(Mutation, OnlyIdleRowsHaveInertCells) {
  const CellMutation result = mutate_cells(kMachine, sources(), execution());
  std::printf("%s\n", summary(result).c_str());
  EXPECT_GT(result.tried, 100u);
  EXPECT_THAT(result.inert_in_live_rows, testing::IsEmpty());
  // A row whose flag is 0 says nothing: its columns are multiplied by the flag. (An image row's flag: a word that
  // nothing touched is sent and received at once.)
  EXPECT_THAT(result.inert_in_idle_rows,
              testing::IsSubsetOf({"fibonacci 1", "fibonacci 2", "fibonacci 3", "fibonacci 4", "fibonacci 5",
                                   "fibonacci 6", "cell 1", "cell 2", "cell 3", "cell 4", "cell 5", "cell 6", "image 0",
                                   "image 1", "image 2", "image 3", "image 4"}));
}

TEST(Mutation, NothingCanBeLeftOut) {
  const OmissionScore score = total(drop_assertions(kMachine, sources(), execution()));
  std::printf("%s\n", summary(score).c_str());
  EXPECT_THAT(score.survivors, testing::IsEmpty());
  EXPECT_EQ(score.percent(), 100);
  EXPECT_EQ(score.constraints, 6u);
  EXPECT_EQ(score.lookups, 3u);
}

/// A constraint that follows from another: the score must not be 100 %.
struct Doubled {
  static constexpr const char* kName = "doubled";
  template <class T>
  struct Row {
    T real, a, b;
  };
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static void constexpr eval(Builder& builder) {
    const auto& row = builder.template row<Row>();
    builder.assert_zero(row.real * (row.real - 1));
    builder.assert_zero(row.a - row.b);
    builder.assert_zero(row.a * 3 - row.b * 3);
    builder.send(kState, row.real, {row.a, row.b, row.b});
    builder.receive(kState, row.real, {row.a, row.b, row.b});
  }
};

TEST(Mutation, FindsWhatIsSuperfluous) {
  static constexpr ChipDescription kTable[] = {describe<Doubled>(64)};
  static constexpr Machine kDoubled{"doubled", kTable, 0, nullptr, nullptr, {}};
  const ChipSource chips[] = {source_of<Doubled>(kTable[0])};
  std::vector<SegmentWitness> witness(1);
  witness[0].tables.push_back(zero_table(32, 3));
  set_row<Doubled::Row>(witness[0].tables[0], 0, {1, 5, 5});
  const OmissionScore score = total(drop_assertions(kDoubled, chips, witness));
  EXPECT_THAT(score.survivors,
              testing::ElementsAre(testing::HasSubstr("constraint 1"), testing::HasSubstr("constraint 2")));
  EXPECT_LT(score.percent(), 100);
}

}  // namespace
}  // namespace atlas::stark::toy
