// The analysis proves what holds and nothing else: chips that are functions, and the same with something left out.
#include <gtest/gtest.h>

#include <stark/prover/air/determinism.hpp>

namespace atlas::stark {
namespace {

constexpr Tag kIn{"in", 1, 3, TagKind::kPermutation, Bus::kLocal};
constexpr Tag kOut{"out", 2, 2, TagKind::kPermutation, Bus::kLocal};
constexpr Tag kByte{"byte", 3, 1, TagKind::kLookup, Bus::kLocal};
constexpr Tag kSquare{"square", 4, 2, TagKind::kLookup, Bus::kLocal};
const std::vector<TagRule> kRules = {{&kIn, 1, {}}, {&kOut, 1, {}}, {&kByte, 1, {256}}, {&kSquare, 1, {}}};

struct Base {
  static constexpr unsigned kBoundaryColumns = 0, kFixedColumns = 0, kClosedColumns = 0;
};
template <class Chip>
std::vector<Undetermined> open_of() {
  DeterminismReport report;
  check_determinism("chip", shape_of<Chip>().width(), polynomials_of<Chip>(), kRules, report);
  return report.open;
}

/// z = x + y mod 256: z is looked up as a byte, the carry is boolean; or not.
template <bool kLooksUp, bool kIsBoolean>
struct Sum : Base {
  template <class T>
  struct Row {
    T real, name, x, y, z;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    const auto carry = (row.x + row.y - row.z) * BabyBear(256).inverse().canonical();
    b.assert_zero(row.real * (row.real - 1));
    if constexpr (kIsBoolean) b.assert_zero(carry * (carry - 1));
    if constexpr (kLooksUp) b.send(kByte, row.real, {row.z});
    b.receive(kIn, row.real, {row.name, row.x, row.y});
    b.send(kOut, row.real, {row.name, row.z});
  }
};

TEST(Determinism, SumWithCarry) {
  EXPECT_TRUE((open_of<Sum<true, true>>().empty()));
  ASSERT_EQ((open_of<Sum<false, true>>().size()), 1u);
  EXPECT_EQ((open_of<Sum<false, true>>()[0].what), "sends out [field 1, flags 0]");
  EXPECT_EQ((open_of<Sum<true, false>>().size()), 1u);
}

/// x = low + kWeight·high, both bytes; high is sent.
template <u32 kWeight>
struct Split : Base {
  template <class T>
  struct Row {
    T real, name, x, low, high;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.assert_zero(row.real * (row.real - 1));
    b.assert_zero(row.low + row.high * kWeight - row.x);
    b.send(kByte, row.real, {row.low});
    b.send(kByte, row.real, {row.high});
    b.receive(kIn, row.real, {row.name, row.x, b.constant(0)});
    b.send(kOut, row.real, {row.name, row.high});
  }
};

TEST(Determinism, MixedRadix) {
  EXPECT_TRUE(open_of<Split<256>>().empty());
  EXPECT_TRUE(open_of<Split<1 << 20>>().empty());
  EXPECT_EQ(open_of<Split<255>>().size(), 1u);      // 255 is 255·1 + 0 and 0·255 + 255
  EXPECT_EQ(open_of<Split<1 << 23>>().size(), 1u);  // 255·2^23 > p: a sum may wrap
}

/// is_zero says whether x = 0.
template <bool kIsTied>
struct ZeroTest : Base {
  template <class T>
  struct Row {
    T real, name, x, is_zero, inverse;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.assert_zero(row.real * (row.real - 1));
    if constexpr (kIsTied) b.assert_zero(row.is_zero * row.x);
    b.assert_zero(row.x * row.inverse + row.is_zero - row.real);
    b.receive(kIn, row.real, {row.name, row.x, b.constant(0)});
    b.send(kOut, row.real, {row.name, row.is_zero});
  }
};

TEST(Determinism, TestForZero) {
  EXPECT_TRUE(open_of<ZeroTest<true>>().empty());
  EXPECT_EQ(open_of<ZeroTest<false>>().size(), 1u);
}

/// Two kinds of rows; the message that they answer names the kind, or does not.
template <bool kIsNamed, bool kIsBounded>
struct Kinds : Base {
  template <class T>
  struct Row {
    T is_plain, is_square, name, x, square;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    const auto real = row.is_plain + row.is_square;
    if constexpr (kIsBounded) b.assert_zero(row.is_square * (row.is_square - 1));
    b.assert_zero(real * (real - 1));
    b.send(kSquare, real, {row.x, row.square});
    b.receive(kIn, real, {row.name, row.x, kIsNamed ? row.is_square : b.constant(0)});
    b.send(kOut, real, {row.name, row.is_square * row.square + row.is_plain * row.x});
  }
};

TEST(Determinism, KindsOfRows) {
  EXPECT_TRUE((open_of<Kinds<true, true>>().empty()));
  ASSERT_EQ((open_of<Kinds<false, true>>().size()), 1u);
  EXPECT_EQ((open_of<Kinds<false, true>>()[0].what), "flags [0 or 1]");
  EXPECT_FALSE((open_of<Kinds<true, false>>().empty()));
}

/// A second message is heard under a name that the row chooses, or that follows.
template <bool kNameFollows>
struct Answer : Base {
  template <class T>
  struct Row {
    T real, name, x, other, y;
  };
  template <class Builder>
  static constexpr void eval(Builder& b) {
    const auto& row = b.template row<Row>();
    b.assert_zero(row.real * (row.real - 1));
    b.receive(kIn, row.real, {row.name, row.x, b.constant(0)});
    b.receive(kIn, row.real, {kNameFollows ? row.name + 1 : row.other, row.y, row.other});
    b.send(kOut, row.real, {row.name, row.y});
  }
};

TEST(Determinism, NamesOfAnswers) {
  EXPECT_TRUE(open_of<Answer<true>>().empty());
  EXPECT_EQ(open_of<Answer<false>>().size(), 2u);  // the name, and what is made of the answer
}

}  // namespace
}  // namespace atlas::stark
