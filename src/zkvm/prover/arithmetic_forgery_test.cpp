// What a forger would write into rows of arithmetic primitives. The numbers are those of the list of attacks in
// docs/proof-system.md.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/arithmetic_claims.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using testing::IsEmpty;
using testing::Not;

template <class Chip>
void expect_refused(const RowOf<Chip>& row, const std::string& what) {
  EXPECT_THAT(judged<Chip>(row).problems(), Not(IsEmpty())) << Chip::kName << ": " << what;
}

/// Every cell of the row changed alone, in several ways: a constraint or look-up fails, or the row says something else
/// to other rows. Returns the columns of which some change does neither.
template <class Chip>
std::vector<u32> inert_columns(const RowOf<Chip>& honest) {
  const CallJudge truth = judged<Chip>(honest);
  EXPECT_THAT(truth.problems(), IsEmpty());
  std::vector<u32> out;
  for (u32 i = 0; i < sizeof(honest) / sizeof(u32); ++i) {
    for (const u32 delta : {1u, kP - 1, 2u, 255u, 256u, 65536u, kP - 65536, 1u << 20, kP / 2}) {
      RowOf<Chip> row = honest;
      u32& cell = reinterpret_cast<u32*>(&row)[i];
      cell = static_cast<u32>((u64{cell} + delta) % kP);
      const CallJudge judge = judged<Chip>(row);
      if (judge.problems().empty() && judge.left_over() == truth.left_over()) {
        out.push_back(i);
        break;
      }
    }
  }
  return out;
}
template <class Chip>
std::vector<u32> columns(std::initializer_list<std::pair<u32, u32>> ranges) {
  std::vector<u32> out;
  for (const auto& [first, count] : ranges) {
    for (u32 i = 0; i < count; ++i) out.push_back(first + i);
  }
  return out;
}

// 23: results that are not reduced, borrow signs, quotients past 2^256, no modulus, modulus 1 and 2^256 − 1.
TEST(ArithmeticForgery, U256HasOneResult) {
  std::mt19937_64 random(3);
  for (const u256& m : {u256(1), u256(2), kMax, kMax - u256(1), random_u256(random), u256(random()), u256(65536)}) {
    for (const u256& a : {u256(0), u256(1) % m, m - u256(1), random_u256(random) % m}) {
      for (const u256& b : {kMax, u256(0), m, random_u256(random)}) {
        const u256 c = random_u256(random);
        u32 out[16];
        ASSERT_EQ(primitives::mul_div(words_of(a).data(), words_of(b).data(), words_of(c).data(), words_of(m).data(),
                                      out, true),
                  nullptr);
        u256 q, r;
        std::memcpy(q.limb, out, 32);
        std::memcpy(r.limb, out + 8, 32);
        EXPECT_THAT(judged<chips::U256>(u256_row(a, b, c, m, q, r)).problems(), IsEmpty());
        // Around the true result, with everything else that follows.
        for (const u64 k : {1u, 2u, 3u}) {
          expect_refused<chips::U256>(u256_row(a, b, c, m, q - u256(k), r + u256(k) * m), "a larger remainder");
          expect_refused<chips::U256>(u256_row(a, b, c, m, q + u256(k), r - u256(k) * m), "a negative remainder");
          expect_refused<chips::U256>(u256_row(a, b, c, m, q, r + u256(k)), "another remainder");
          expect_refused<chips::U256>(u256_row(a, b, c, m, q + u256(k), r), "another quotient");
        }
        // r ≥ m with every witness of an order.
        RowOf<chips::U256> row = u256_row(a, b, c, m, q - u256(1), r + m);
        for (unsigned i = 0; i < 16; ++i) {
          row.remainder_less = {};
          row.remainder_less.highest[i] = 1;
          const i64 difference = i64{number_of(m).limb[i]} - row.remainder.limb[i];
          row.remainder_less.margin = field_of(difference - 1);
          expect_refused<chips::U256>(row, "an order that is not");
        }
      }
    }
  }
  // m = 0 leaves every remainder: none is less than it.
  for (const u256& q : {u256(0), u256(7), kMax}) expect_refused<chips::U256>(u256_row(2, 3, 4, 0, q, 10), "m = 0");
  // Neither factor below m, though the quotient fits.
  expect_refused<chips::U256>(u256_row(5, 6, 0, 4, 7, 2), "both factors above the modulus");
  // A quotient of 2^512 − 2^257 + 1, cut off.
  expect_refused<chips::U256>(u256_row(kMax, kMax, 0, 1, 1, 0), "a quotient past 2^256");
  // Carries anywhere else.
  const RowOf<chips::U256> honest = u256_row(3, kMax, 5, 7, (kMax / u256(7)) * u256(3), 5);
  for (unsigned j = 0; j < chips::U256::kCarries; ++j) {
    for (const u32 delta : {1u, kP - 1, 8192u, kP / 2}) {
      RowOf<chips::U256> row = honest;
      row.carry[j] = static_cast<u32>((u64{row.carry[j]} + delta) % kP);
      expect_refused<chips::U256>(row, "another carry");
    }
  }
}

TEST(ArithmeticForgery, EveryCellOfU256Matters) {
  std::mt19937_64 random(4);
  const u256 m = random_u256(random);
  CallJudge unused;
  const RowOf<chips::U256> row = u256_row(random_u256(random) % m, 0, 5, m, 0, 5);
  // mul_mod writes no quotient.
  EXPECT_EQ(inert_columns<chips::U256>(row), columns<chips::U256>({{ATLAS_COLUMN(chips::U256, old_quotient), 32}}));
}

/// Every witness of "below p" that could make sense, put into `place` of the row.
template <class Chip>
void expect_refused_below(RowOf<Chip> row, chips::secp256k1::BelowPrime<u32> RowOf<Chip>::* place, const u256& number) {
  const chips::Number<u32> limbs = number_of(number);
  u32 missing = chips::secp256k1::kPrimeOnes;
  for (unsigned i = 3; i < 16; ++i) missing -= limbs.limb[i];
  const i64 close = 0xfffe - i64{limbs.limb[2]} + 65535 - limbs.limb[1];
  for (const i64 value : {i64{0}, i64{1}, i64{missing}, close, -close}) {
    for (unsigned flags = 0; flags < 4; ++flags) {
      row.*place = {BabyBear(field_of(value)).inverse().canonical(), flags & 1, flags >> 1};
      expect_refused<Chip>(row, "a coordinate past p");
    }
  }
}

// 23: equal points with a free slope, x_Q = x_P + p, coordinates and results that are not below p.
TEST(ArithmeticForgery, Secp256k1SumsAreUnique) {
  using chips::Secp256k1Add;
  using Row = RowOf<Secp256k1Add>;
  std::mt19937_64 random(7);
  for (const u256& x : {u256(1), u256(0), u256(u64{1} << 32), random_u256(random) >> 1}) {
    const u256 y = random_u256(random) % kPrime;
    for (const u256& slope : {u256(0), u256(5), random_u256(random)}) {
      Row row = add_row({x, y}, {x, y}, slope, third(x, y, x, slope));
      expect_refused<Secp256k1Add>(row, "equal points");
      for (const u32 value : {1u, 2u, kP - 1}) {
        for (u32& cell : row.unequal) cell = value;
        expect_refused<Secp256k1Add>(row, "equal points");
      }
      if (!(x + kPrime < x)) {
        expect_refused_below<Secp256k1Add>(add_row({x, y}, {x + kPrime, y}, slope, third(x, y, x, slope)),
                                           &Row::q_x_below, x + kPrime);
        expect_refused_below<Secp256k1Add>(add_row({x + kPrime, y}, {x, y}, slope, third(x, y, x, slope)),
                                           &Row::p_x_below, x + kPrime);
      }
    }
  }
  // The same class, another number: inputs and results.
  const u256 small[] = {0, 1, 976, 65536, u256(u64{1} << 32)};
  for (const u256& x : small) {
    for (const u256& y : small) {
      const u256 slope = random_u256(random) % kPrime, x1 = random_u256(random) % kPrime;
      const Coordinate s = coordinate(slope), first = coordinate(x1);
      const Coordinate second = s.sqr() - first - coordinate(x), y1 = s * (first - coordinate(x)) - coordinate(y);
      const Point p{x1, value_of(y1)}, q{value_of(second), value_of(y1 + s * (second - first))};
      EXPECT_THAT(judged<Secp256k1Add>(add_row(p, q, slope, {x, y})).problems(), IsEmpty());
      expect_refused_below<Secp256k1Add>(add_row(p, q, slope, {x + kPrime, y}), &Row::x_below, x + kPrime);
      expect_refused_below<Secp256k1Add>(add_row(p, q, slope, {x, y + kPrime}), &Row::y_below, y + kPrime);
      expect_refused<Secp256k1Add>(add_row(p, q, slope, {x + u256(1), y}), "another x");
      expect_refused<Secp256k1Add>(add_row(p, q, slope, {x, y + u256(1)}), "another y");
      expect_refused<Secp256k1Add>(add_row(p, q, slope + u256(1), third(p.x, p.y, q.x, slope + u256(1))), "a slope");
    }
  }
  for (const u256& y : {u256(3), u256(0), u256(976)}) {
    const Point p{1, y}, q{2, 5};
    const Coordinate s = coordinate(q.y) - coordinate(y);
    const Point sum = third(1, y, 2, value_of(s));
    EXPECT_THAT(judged<Secp256k1Add>(add_row(p, q, value_of(s), sum)).problems(), IsEmpty());
    expect_refused_below<Secp256k1Add>(add_row({1, y + kPrime}, q, value_of(s), sum), &Row::p_y_below, y + kPrime);
    expect_refused_below<Secp256k1Add>(add_row(p, {2, q.y + kPrime}, value_of(s), sum), &Row::q_y_below, q.y + kPrime);
  }
}

// 23: y = 0, and y = p, leave the slope of a double free.
TEST(ArithmeticForgery, Secp256k1DoublesAreUnique) {
  using chips::Secp256k1Double;
  using Row = RowOf<Secp256k1Double>;
  std::mt19937_64 random(8);
  for (const u256& slope : {u256(0), u256(5), random_u256(random)}) {
    Row row = double_row({0, 0}, slope, third(0, 0, 0, slope));
    for (const u32 value : {0u, 1u, kP - 1}) {
      row.nonzero = value;
      expect_refused<Secp256k1Double>(row, "y = 0");
    }
    expect_refused_below<Secp256k1Double>(double_row({0, kPrime}, slope, third(0, 0, 0, slope)), &Row::p_y_below,
                                          kPrime);
    expect_refused_below<Secp256k1Double>(double_row({kPrime, kPrime}, slope, third(0, 0, 0, slope)), &Row::p_x_below,
                                          kPrime);
  }
  for (const u256& x : {u256(3), u256(0), random_u256(random) >> 1}) {
    const u256 y = random_u256(random) % kPrime;
    const Coordinate square = coordinate(x).sqr();
    const u256 slope = value_of((square.doubled() + square) * coordinate(y).doubled().inverse());
    const Point result = third(x, y, x, slope);
    EXPECT_THAT(judged<Secp256k1Double>(double_row({x, y}, slope, result)).problems(), IsEmpty());
    expect_refused<Secp256k1Double>(double_row({x, y}, slope + u256(1), third(x, y, x, slope + u256(1))), "a slope");
    expect_refused<Secp256k1Double>(double_row({x, y}, slope, {result.x, result.y + u256(1)}), "another y");
    if (!(x + kPrime < x)) {
      expect_refused_below<Secp256k1Double>(double_row({x + kPrime, y}, slope, result), &Row::p_x_below, x + kPrime);
    }
  }
}

TEST(ArithmeticForgery, EveryCellOfSecp256k1Matters) {
  std::mt19937_64 random(9);
  using chips::Secp256k1Add, chips::Secp256k1Double;
  // Points whose x agree in three bytes: that part says nothing about the others, nor its inverse.
  const u256 x1 = random_u256(random) >> 1, y1 = random_u256(random) >> 1, y2 = random_u256(random) >> 1;
  const u256 x2 = x1 ^ u256::power_of_two(100) ^ u256::power_of_two(3);
  const u256 slope = value_of((coordinate(y2) - coordinate(y1)) * (coordinate(x2) - coordinate(x1)).inverse());
  const auto sum = add_row({x1, y1}, {x2, y2}, slope, third(x1, y1, x2, slope));
  std::vector<std::pair<u32, u32>> free;
  std::vector<u32> expected;
  for (u32 j = 0; j < Secp256k1Add::kParts; ++j) {
    if (j != 0 && j != 4) expected.push_back(ATLAS_COLUMN(Secp256k1Add, unequal) + j);
  }
  EXPECT_EQ(inert_columns<Secp256k1Add>(sum), expected);
  const Coordinate square = coordinate(x1).sqr();
  const u256 tangent = value_of((square.doubled() + square) * coordinate(y1).doubled().inverse());
  const auto twice = double_row({x1, y1}, tangent, third(x1, y1, x1, tangent));
  EXPECT_THAT(inert_columns<Secp256k1Double>(twice), IsEmpty());
}

// 3, 23: a word that is its element plus p, where it is read and where it is made.
TEST(ArithmeticForgery, ExtensionWordsAreCanonical) {
  const auto forge = [](u32 lo, u32 hi) {
    std::vector<Limbs<u32>> out;  // the same number modulo p, with other limbs
    const u64 value = lo + (u64{hi} << 16);
    for (const u64 alias : {value + kP, value + u64{2} * kP}) {
      if (alias >> 32 == 0) out.push_back({static_cast<u32>(alias & 0xffff), static_cast<u32>(alias >> 16)});
    }
    if (lo != 0) out.push_back({0, static_cast<u32>((hi + u64{lo} * kInverse16) % kP)});
    return out;
  };
  u64 forged = 0;
  for (u64 seed = 1; seed < 20; ++seed) {
    const std::vector<u32> memory = field_words(100, seed);
    auto ends = first_row<chips::ExtensionDot>(Ecall::kExtensionDot, 3, memory);
    auto term = first_row<chips::DotTerm>(Ecall::kExtensionDot, 3, memory);
    auto base = first_row<chips::DotBaseTerm>(Ecall::kExtensionDotBase, 3, memory);
    auto step = first_row<chips::EqStep>(Ecall::kEqExpand, 3, memory);
    auto expand = first_row<chips::EqExpand>(Ecall::kEqExpand, 3, memory);
    const auto read = [&]<class Chip>(std::type_identity<Chip>, RowOf<Chip>& row, chips::FieldWord<u32>& w) {
      EXPECT_THAT(judged<Chip>(row).problems(), IsEmpty());
      const chips::FieldWord<u32> honest = w;
      for (const Limbs<u32>& limbs : forge(w.word.lo, w.word.hi)) {
        if (limbs.hi >= 1u << 16) continue;  // memory holds limbs
        for (const u32 flag : {0u, 1u, 2u, kP - 1}) {
          w.word.lo = limbs.lo;
          w.word.hi = limbs.hi;
          w.is_low_set = flag;
          expect_refused<Chip>(row, "a word that is read");
          ++forged;
        }
      }
      w = honest;
    };
    const auto made = [&]<class Chip>(std::type_identity<Chip>, RowOf<Chip>& row, chips::NewFieldWord<u32>& w) {
      const chips::NewFieldWord<u32> honest = w;
      for (const Limbs<u32>& limbs : forge(w.value.lo, w.value.hi)) {
        for (const u32 flag : {0u, 1u, 2u, kP - 1}) {
          w = {limbs, flag};
          expect_refused<Chip>(row, "a word that is made");
          ++forged;
        }
      }
      w = honest;
    };
    for (unsigned i = 0; i < 5; ++i) {
      read(std::type_identity<chips::ExtensionDot>{}, ends, ends.sum[i]);
      made(std::type_identity<chips::ExtensionDot>{}, ends, ends.next[i]);
      read(std::type_identity<chips::DotTerm>{}, term, term.x[i]);
      read(std::type_identity<chips::DotTerm>{}, term, term.y[i]);
      read(std::type_identity<chips::DotBaseTerm>{}, base, base.y[i]);
      read(std::type_identity<chips::EqExpand>{}, expand, expand.r[i]);
      read(std::type_identity<chips::EqStep>{}, step, step.t[i]);
      made(std::type_identity<chips::EqStep>{}, step, step.lower[i]);
      made(std::type_identity<chips::EqStep>{}, step, step.upper[i]);
    }
    read(std::type_identity<chips::DotBaseTerm>{}, base, base.x[0]);
  }
  EXPECT_GT(forged, 1000u);
}

// A count of 0, or past 4096, and one that a1's words do not fit.
TEST(ArithmeticForgery, ExtensionRunsAreBounded) {
  const auto honest = first_row<chips::ExtensionDot>(Ecall::kExtensionDot, 3, field_words(100, 1));
  for (const Limbs<u32>& count : {Limbs<u32>{0, 0}, {4097, 0}, {0, 1}, {65535, 0}, {3, 1}}) {
    for (const u32 low : {0u, 1u, 63u, 64u, kP - 1}) {
      auto row = honest;
      row.call.argument[2] = count;
      row.count_low = low;
      row.left_words = 5 * count.lo;
      expect_refused<chips::ExtensionDot>(row, "count");
    }
  }
  const auto expand = first_row<chips::EqExpand>(Ecall::kEqExpand, 3, field_words(100, 1));
  for (const Limbs<u32>& count : {Limbs<u32>{0, 0}, {4097, 0}, {3, 1}}) {
    for (const u32 low : {0u, 63u, 64u, kP - 1}) {
      auto row = expand;
      row.call.argument[1] = count;
      row.count_low = low;
      expect_refused<chips::EqExpand>(row, "count");
    }
  }
}

TEST(ArithmeticForgery, EveryCellOfExtensionMatters) {
  std::vector<u32> memory(100);
  for (u32 i = 0; i < memory.size(); ++i) memory[i] = word_of(0x9e3779b97f4a7c15ull * (i + 1) >> 20 | 1);
  EXPECT_THAT(inert_columns<chips::ExtensionDot>(first_row<chips::ExtensionDot>(Ecall::kExtensionDot, 3, memory)),
              IsEmpty());
  EXPECT_THAT(inert_columns<chips::DotTerm>(first_row<chips::DotTerm>(Ecall::kExtensionDot, 3, memory)), IsEmpty());
  EXPECT_THAT(inert_columns<chips::DotBaseTerm>(first_row<chips::DotBaseTerm>(Ecall::kExtensionDotBase, 3, memory)),
              IsEmpty());
  EXPECT_THAT(inert_columns<chips::EqExpand>(first_row<chips::EqExpand>(Ecall::kEqExpand, 3, memory)), IsEmpty());
  EXPECT_THAT(inert_columns<chips::EqStep>(first_row<chips::EqStep>(Ecall::kEqExpand, 3, memory)), IsEmpty());
}

}  // namespace
}  // namespace atlas::zkvm
