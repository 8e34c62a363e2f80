// Every refusal of the AIR compiler, by a chip that deserves it; and the toy machine, which deserves none.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stark/prover/air/trace_checker.hpp>
#include <stark/toy/sources.hpp>

namespace atlas::stark {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Tag kLocalTag{"pair", 1, 1, TagKind::kPermutation, Bus::kLocal};
constexpr Tag kOtherTag{"twin", 1, 1, TagKind::kPermutation, Bus::kLocal};
constexpr Tag kPairLookup{"pair", 1, 1, TagKind::kLookup, Bus::kLocal};
constexpr Tag kPairBoundary{"pair", 1, 1, TagKind::kPermutation, Bus::kBoundary};
constexpr Tag kNoId{"nobody", 0, 1, TagKind::kPermutation, Bus::kLocal};
constexpr Tag kTable{"table", 2, 1, TagKind::kLookup, Bus::kLocal};
constexpr Tag kBorder{"border", 3, 1, TagKind::kPermutation, Bus::kBoundary};
constexpr Tag kBorderTable{"border table", 4, 1, TagKind::kLookup, Bus::kBoundary};

/// Two columns, the first boolean; `kCase` chooses what is said about them.
enum class Case {
  kGood,
  kUnused,
  kTimesZero,
  kDegree,
  kFieldDegree,
  kZeroRow,
  kZeroRowMultiplicity,
  kNotBoolean,
  kProduct,
  kSum,
  kTied,
  kUntied,
  kSameId,
  kBothKinds,
  kBothBuses,
  kZeroId,
  kBoundaryColumn,
  kBoundaryLookup,
  kFreeTable,
  kNoTable
};
template <Case kCase>
struct Sample {
  static constexpr const char* kName = "sample";
  template <class T>
  struct Row {
    T flag, value;
  };
  static constexpr unsigned kBoundaryColumns = 1, kFixedColumns = 0, kClosedColumns = 0;
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& r = b.template row<Row>();
    b.assert_zero(r.flag * (r.flag - 1));
    if constexpr (kCase != Case::kUnused && kCase != Case::kTimesZero && kCase != Case::kUntied)
      b.assert_zero(r.flag * r.value);
    if constexpr (kCase == Case::kTimesZero) b.assert_zero(r.value * 0);
    if constexpr (kCase == Case::kDegree) b.assert_zero(r.flag * r.flag * r.value * r.value);
    if constexpr (kCase == Case::kFieldDegree) b.send(kLocalTag, r.flag, {r.value * r.value * r.value * r.value});
    if constexpr (kCase == Case::kZeroRow) b.assert_zero(r.value - 1);
    if constexpr (kCase == Case::kZeroRowMultiplicity) b.send(kLocalTag, 1 - r.flag, {r.value});
    if constexpr (kCase == Case::kNotBoolean) b.send(kLocalTag, r.value, {r.value});
    if constexpr (kCase == Case::kProduct) b.send(kLocalTag, r.flag * r.flag, {r.value});
    if constexpr (kCase == Case::kSum) b.send(kLocalTag, r.flag + r.flag, {r.value});
    // Flags of which one at most is set, because they say so, or not.
    if constexpr (kCase == Case::kTied || kCase == Case::kUntied) {
      b.assert_zero(r.value * (r.value - 1));
      b.send(kLocalTag, r.flag + r.value, {r.value});
    }
    if constexpr (kCase == Case::kSameId) {
      b.send(kLocalTag, r.flag, {r.value});
      b.receive(kOtherTag, r.flag, {r.value});
    }
    if constexpr (kCase == Case::kBothKinds) {
      b.send(kLocalTag, r.flag, {r.value});
      b.receive(kPairLookup, r.flag, {r.value});
    }
    if constexpr (kCase == Case::kBothBuses) {
      b.send(kLocalTag, r.flag, {r.value});
      b.receive(kPairBoundary, r.flag, {r.flag});
    }
    if constexpr (kCase == Case::kZeroId) b.send(kNoId, r.flag, {r.value});
    if constexpr (kCase == Case::kBoundaryColumn) b.send(kBorder, r.flag, {r.value});
    if constexpr (kCase == Case::kBoundaryLookup) b.receive(kBorderTable, r.flag, {r.flag});
    if constexpr (kCase == Case::kFreeTable) b.receive(kTable, r.value, {r.value});
    if constexpr (kCase == Case::kNoTable) b.send(kTable, r.flag, {r.value});
  }
};

template <Case kCase>
std::vector<std::string> refusals(u32 fixed_height = 0) {
  const ChipDescription description = describe<Sample<kCase>>(64, fixed_height);
  const ChipSource source[] = {source_of<Sample<kCase>>(description)};
  return compile(source);
}

TEST(AirCompiler, Refuses) {
  EXPECT_THAT(refusals<Case::kGood>(), IsEmpty());
  EXPECT_THAT(refusals<Case::kProduct>(), IsEmpty());
  EXPECT_THAT(refusals<Case::kUnused>(), ElementsAre(HasSubstr("column 1 is never used")));
  EXPECT_THAT(refusals<Case::kTimesZero>(), ElementsAre(HasSubstr("column 1 is never used")));
  EXPECT_THAT(refusals<Case::kDegree>(), ElementsAre(HasSubstr("the constraint has degree 4")));
  EXPECT_THAT(refusals<Case::kFieldDegree>(), ElementsAre(HasSubstr("a field has degree 4")));
  EXPECT_THAT(refusals<Case::kZeroRow>(), ElementsAre(HasSubstr("the constraint does not vanish on the zero row")));
  EXPECT_THAT(refusals<Case::kZeroRowMultiplicity>(),
              ElementsAre(HasSubstr("the multiplicity does not vanish on the zero row")));
  EXPECT_THAT(refusals<Case::kNotBoolean>(), ElementsAre(HasSubstr("no constraint makes the multiplicity 0 or 1")));
  EXPECT_THAT(refusals<Case::kSum>(), ElementsAre(HasSubstr("no constraint makes the multiplicity 0 or 1")));
  EXPECT_THAT(refusals<Case::kTied>(), IsEmpty());
  EXPECT_THAT(refusals<Case::kUntied>(), ElementsAre(HasSubstr("no constraint makes the multiplicity 0 or 1")));
  EXPECT_THAT(refusals<Case::kSameId>(), ElementsAre(HasSubstr("shares its id with the different tag 'pair'")));
  EXPECT_THAT(refusals<Case::kBothKinds>(64), ElementsAre(HasSubstr("shares its id with the different tag 'pair'")));
  EXPECT_THAT(refusals<Case::kBothBuses>(), ElementsAre(HasSubstr("shares its id with the different tag 'pair'")));
  EXPECT_THAT(refusals<Case::kZeroId>(), ElementsAre(HasSubstr("a tag's id is in [1, p)")));
  EXPECT_THAT(refusals<Case::kBoundaryColumn>(),
              ElementsAre(HasSubstr("names column 1, which is not in the boundary")));
  EXPECT_THAT(refusals<Case::kBoundaryLookup>(64), ElementsAre(HasSubstr("look-ups are local")));
  EXPECT_THAT(refusals<Case::kFreeTable>(), ElementsAre(HasSubstr("only a chip of fixed height may receive it")));
  EXPECT_THAT(refusals<Case::kFreeTable>(64), IsEmpty());
  EXPECT_THAT(refusals<Case::kNoTable>(), ElementsAre(HasSubstr("no table receives it")));
  EXPECT_THAT(refusals<Case::kDegree>()[0], HasSubstr("compiler_test.cpp:"));
}

}  // namespace

namespace toy {
namespace {

std::vector<SegmentWitness> execution() {
  const Parameters parameters = small_parameters();
  Run run = start(8);
  std::vector<SegmentWitness> out;
  out.push_back(segment(run, 1, 40, parameters));
  out.push_back(segment(run, 2, 32, parameters));
  out.push_back(closing_segment(run, parameters));
  return out;
}

TEST(AirCompiler, TakesTheToyMachine) {
  EXPECT_THAT(compile(sources()), IsEmpty());
}

TEST(TraceChecker, TakesAnHonestExecution) {
  EXPECT_THAT(check_execution(kMachine, sources(), execution()), IsEmpty());
}

TEST(TraceChecker, NamesWhatIsWrong) {
  auto segments = execution();
  segments[0].tables[kFibonacci].set(3, 7, BabyBear(5));  // product
  EXPECT_THAT(check_execution(kMachine, sources(), segments),
              ElementsAre(testing::AllOf(HasSubstr("segment 0, chip 'fibonacci', row 3"), HasSubstr("chips.hpp:"),
                                         HasSubstr("constraint 2 is"))));
  segments = execution();
  segments[1].tables[kByteTable].set(0, 0, BabyBear(1));  // a multiplicity
  EXPECT_THAT(check_execution(kMachine, sources(), segments),
              ElementsAre(HasSubstr("segment 1, local bus: message 'byte' (0) is")));
  segments = execution();
  segments[2].tables[kImage].set(2, 3, BabyBear(1));  // a last value
  const auto problems = check_execution(kMachine, sources(), segments);
  EXPECT_THAT(problems, testing::SizeIs(2));
  EXPECT_THAT(problems, testing::Each(HasSubstr("boundary bus: message 'word' (2, ")));
}

// Every cell of every chip changed alone: the checker sees it, or the column is inert in that row and listed here.
TEST(TraceChecker, EveryCellMatters) {
  const auto honest = execution();
  const auto chips = sources();
  for (std::size_t s = 0; s < honest.size(); ++s) {
    for (std::size_t c = 0; c < kChips; ++c) {
      const TraceTable& table = honest[s].tables[c];
      for (const u32 row : {0u, 1u, 7u, 31u}) {
        if (row >= table.height) continue;
        for (u32 i = 0; i < table.width; ++i) {
          auto mutated = execution();
          TraceTable& target = mutated[s].tables[c];
          target.set(row, i, target.get(row, i) + BabyBear::one());
          const auto problems = check_execution(kMachine, chips, mutated, 1);
          // A table row that nothing looks up sends nothing, whatever its (fixed) values are; a padding row's other
          // columns are multiplied by its flag.
          const bool is_idle = table.get(row, 0).is_zero();
          // An image row of zeros, made real, is a word 0 that nothing touched: it sends what it receives.
          const bool is_inert = is_idle && ((i != 0 && !(c == kFibonacci && i == 7)) || (i == 0 && c == kImage));
          EXPECT_EQ(problems.empty(), is_inert)
              << "segment " << s << " chip " << c << " row " << row << " column " << i;
        }
      }
    }
  }
}

// Without a message the honest execution no longer balances.
TEST(TraceChecker, EveryMessageMatters) {
  const auto honest = execution();
  const auto chips = sources();
  for (std::size_t c = 0; c < kChips; ++c) {
    for (std::size_t m = 0; m < chips[c].shape.message_count; ++m) {
      const Omission omission{c, {}, m};
      EXPECT_THAT(check_execution(kMachine, chips, honest, 1, &omission), testing::SizeIs(1)) << c << ' ' << m;
    }
  }
}

}  // namespace
}  // namespace toy
}  // namespace atlas::stark
