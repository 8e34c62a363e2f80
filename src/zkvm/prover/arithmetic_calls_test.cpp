// Rows of arithmetic primitives, call by call: honest ones hold and say what the executor's primitive says; what they
// cost; and what a forger would write. The numbers are those of the list of attacks in docs/proof-system.md.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <base/u256.hpp>
#include <crypto/secp256k1_field.hpp>
#include <zkvm/chips/extension/trace.hpp>
#include <zkvm/chips/secp256k1/trace.hpp>
#include <zkvm/chips/u256/trace.hpp>
#include <zkvm/executor/primitives.hpp>
#include <zkvm/prover/call_judge.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;
using testing::IsEmpty;
using testing::Not;

constexpr u32 kP = BabyBear::kModulus;

/// The primitive's own result stands in the step, so balance means that the rows compute the same.
void expect_proved(const CallJudge& judge) {
  EXPECT_THAT(judge.problems(), IsEmpty());
  EXPECT_EQ(judge.unanswered(), 0u);
}
void print_cost(const char* name, const CallJudge& judge, u64 cells, u64 messages) {
  std::printf("%-28s %5llu rows %8llu cells %8llu messages\n", name, static_cast<unsigned long long>(judge.rows()),
              static_cast<unsigned long long>(judge.cells()), static_cast<unsigned long long>(judge.messages()));
  EXPECT_LE(judge.cells(), cells) << name;
  EXPECT_LE(judge.messages(), messages) << name;
}
template <class Chip>
CallJudge judged(const RowOf<Chip>& row) {
  CallJudge judge;
  judge.append<Chip>(row);
  return judge;
}
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

using Words = std::array<u32, 8>;
Words words_of(const u256& x) {
  Words out;
  std::memcpy(out.data(), x.limb, sizeof out);
  return out;
}
template <unsigned kCount>
void put(const u256& x, MemoryWord<u32> (&words)[kCount], unsigned at = 0) {
  for (unsigned i = 0; i < 8; ++i) {
    words[at + i].lo = words_of(x)[i] & 0xffff;
    words[at + i].hi = words_of(x)[i] >> 16;
  }
}
chips::Number<u32> number_of(const u256& x) {
  chips::Number<u32> out;
  for (unsigned i = 0; i < 16; ++i) out.limb[i] = words_of(x)[i / 2] >> 16 * (i % 2) & 0xffff;
  return out;
}
u256 random_u256(std::mt19937_64& random) {
  return u256(random(), random(), random(), random());
}

// 256-bit modular arithmetic.

const u256 kMax = u256::max();
/// Words of a, b, c, m, result by index.
struct Layout {
  u32 a = 1, b = 12, c = 24, m = 40, result = 60;
};

const char* u256_call(CallJudge& judge, Ecall function, const u256& a, const u256& b, const u256& c, const u256& m,
                      const Layout& at = {}) {
  std::vector<u32> memory(90, 0x5a5a5a5a);
  const std::pair<u32, const u256*> operands[] = {{at.a, &a}, {at.b, &b}, {at.c, &c}, {at.m, &m}};
  for (const auto& [index, value] : operands) std::ranges::copy(words_of(*value), memory.begin() + index);
  TestCall call(function, std::move(memory));
  const u32 indices[] = {at.a, at.b, at.c, at.m, at.result};
  for (unsigned k = 0; k < 5; ++k) call.argument(k, TestCall::address_of(indices[k]));
  for (unsigned k = 0; k < 4; ++k) call.read(k, indices[k], 8);
  call.write(at.result, function == Ecall::kMulDiv ? 16 : 8);
  const char* refused = nullptr;
  const EcallStep& step = call.finish([&](u32* words) {
    refused = primitives::mul_div(words + at.a, words + at.b, words + at.c, words + at.m, words + at.result,
                                  function == Ecall::kMulDiv);
  });
  if (refused == nullptr) chips::append_u256(judge, step);
  return refused;
}

TEST(ArithmeticCalls, U256) {
  std::mt19937_64 random(1);
  std::vector<u256> numbers = {0,
                               1,
                               2,
                               255,
                               65535,
                               65536,
                               kMax,
                               kMax - u256(1),
                               u256::power_of_two(255),
                               u256::power_of_two(128),
                               u256::power_of_two(128) - u256(1)};
  for (unsigned i = 0; i < 3; ++i) numbers.push_back(random_u256(random));
  u64 proved = 0;
  for (const u256& a : numbers) {
    for (const u256& b : numbers) {
      for (const u256& c : {u256(0), kMax, random_u256(random)}) {
        for (const u256& m : numbers) {
          CallJudge judge;
          if (u256_call(judge, proved % 2 == 0 ? Ecall::kMulMod : Ecall::kMulDiv, a, b, c, m) != nullptr) continue;
          ++proved;
          expect_proved(judge);
        }
      }
    }
  }
  EXPECT_GT(proved, 1000u);
  CallJudge mod, div;
  EXPECT_EQ(u256_call(mod, Ecall::kMulMod, 2, 3, 4, kMax), nullptr);
  EXPECT_EQ(u256_call(div, Ecall::kMulDiv, 2, 3, 4, kMax), nullptr);
  print_cost("mul_mod", mod, 376, 283);
  print_cost("mul_div", div, 376, 283);
}

// 23, overlapping pointers: operands that share words with one another and with the result.
TEST(ArithmeticCalls, U256Overlaps) {
  std::mt19937_64 random(2);
  const u256 a = random_u256(random) >> 1, m = random_u256(random) | u256::power_of_two(255);
  for (const Layout& at : {Layout{1, 1, 1, 40, 1}, Layout{1, 4, 24, 40, 40}, Layout{1, 12, 24, 40, 36},
                           Layout{1, 12, 24, 40, 2}, Layout{9, 1, 9, 40, 1}, Layout{5, 5, 5, 5, 5}}) {
    for (const Ecall function : {Ecall::kMulMod, Ecall::kMulDiv}) {
      CallJudge judge;
      const char* refused = u256_call(judge, function, a, a, a, m, at);
      EXPECT_EQ(refused == nullptr, at.a != at.m);
      expect_proved(judge);
    }
  }
}

RowOf<chips::U256> u256_row(const u256& a, const u256& b, const u256& c, const u256& m, const u256& q, const u256& r) {
  const Layout at;
  std::vector<u32> memory(90, 1);
  memory[at.m] = 2;  // a call that is allowed, to begin with
  TestCall call(Ecall::kMulMod, std::move(memory));
  const u32 indices[] = {at.a, at.b, at.c, at.m, at.result};
  for (unsigned k = 0; k < 5; ++k) call.argument(k, TestCall::address_of(indices[k]));
  for (unsigned k = 0; k < 4; ++k) call.read(k, indices[k], 8);
  RowOf<chips::U256> row = chips::u256_row(call.write(at.result, 8).finish([](u32*) {}));
  put(a, row.a);
  put(b, row.b);
  put(c, row.c);
  put(m, row.m);
  row.remainder = number_of(r);
  row.quotient = chips::bytes_of(number_of(q));
  complete(row);
  return row;
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

// secp256k1.

using Coordinate = crypto::Secp256k1Field<>;
struct Point {
  u256 x, y;
};
const u256 kPrime = kMax - u256((u64{1} << 32) + 976);
u256 value_of(const Coordinate& x) {
  return std::bit_cast<u256>(x.to_number());
}
Coordinate coordinate(const u256& x) {
  return Coordinate::from_number(std::bit_cast<Coordinate::Number>(x));
}

const char* add_call(CallJudge& judge, const Point& p, const Point& q, u32 p_at = 3, u32 q_at = 30) {
  std::vector<u32> memory(60, 0x77777777);
  const auto store = [&](u32 at, const u256& x) { std::ranges::copy(words_of(x), memory.begin() + at); };
  store(p_at, p.x);
  store(p_at + 8, p.y);
  store(q_at, q.x);
  store(q_at + 8, q.y);
  TestCall call(Ecall::kSecp256k1Add, std::move(memory));
  call.argument(0, TestCall::address_of(p_at)).argument(1, TestCall::address_of(q_at)).argument(3, 0xdeadbeef);
  call.read(1, q_at, 16).write(p_at, 16);
  const char* refused = nullptr;
  const EcallStep& step =
      call.finish([&](u32* words) { refused = primitives::secp256k1_add(words + p_at, words + q_at); });
  if (refused == nullptr) chips::append_secp256k1(judge, step);
  return refused;
}
const char* double_call(CallJudge& judge, const Point& p) {
  std::vector<u32> memory(40);
  std::ranges::copy(words_of(p.x), memory.begin() + 5);
  std::ranges::copy(words_of(p.y), memory.begin() + 13);
  TestCall call(Ecall::kSecp256k1Double, std::move(memory));
  call.argument(0, TestCall::address_of(5)).write(5, 16);
  const char* refused = nullptr;
  const EcallStep& step = call.finish([&](u32* words) { refused = primitives::secp256k1_double(words + 5); });
  if (refused == nullptr) chips::append_secp256k1(judge, step);
  return refused;
}

/// Numbers around every bound that the chips know.
std::vector<u256> edge_coordinates() {
  std::mt19937_64 random(5);
  std::vector<u256> out = {0, 1, 2, 255, 256, 65535, kPrime - u256(1), kPrime - u256(2)};
  for (const u64 below : {u64{0xfc2e}, u64{0xfc2f}, u64{0xfc30}, u64{0x10000}, u64{1} << 32, (u64{1} << 32) + 977,
                          u64{1} << 48, ~u64{0}}) {
    out.push_back(kPrime - u256(below));
  }
  out.push_back(kPrime - u256::power_of_two(200));
  out.push_back(u256::power_of_two(255));
  out.push_back(kMax >> 8);
  for (unsigned i = 0; i < 4; ++i) out.push_back(random_u256(random) % kPrime);
  return out;
}

TEST(ArithmeticCalls, Secp256k1) {
  const std::vector<u256> edges = edge_coordinates();
  u64 proved = 0;
  for (const u256& x1 : edges) {
    for (std::size_t i = 0; i < edges.size(); ++i) {
      const u256 &x2 = edges[i], &y1 = edges[(3 * i + 1) % edges.size()], &y2 = edges[(5 * i + 2) % edges.size()];
      CallJudge sum, twice;
      EXPECT_EQ(add_call(sum, {x1, y1}, {x2, y2}) != nullptr, x1 == x2);
      expect_proved(sum);
      EXPECT_EQ(double_call(twice, {x1, x2}) != nullptr, x2.is_zero());
      expect_proved(twice);
      proved += sum.rows() + twice.rows();
    }
  }
  EXPECT_GT(proved, 500u);
  // Results at the same edges: with the slope chosen, any x and y can come out.
  std::mt19937_64 random(6);
  for (const u256& x : edges) {
    for (const u256& y : edges) {
      const Coordinate slope = coordinate(random_u256(random)), x1 = coordinate(random_u256(random));
      const Coordinate x2 = slope.sqr() - x1 - coordinate(x), y1 = slope * (x1 - coordinate(x)) - coordinate(y);
      const Coordinate y2 = y1 + slope * (x2 - x1);
      CallJudge judge;
      ASSERT_EQ(add_call(judge, {value_of(x1), value_of(y1)}, {value_of(x2), value_of(y2)}), nullptr);
      expect_proved(judge);
    }
  }
  // 23, overlapping pointers: Q begins inside of P, where P is written, and the other way round.
  const u256 a = random_u256(random) >> 1, b = random_u256(random) >> 1;
  for (const auto& [p_at, q_at] : {std::pair{3u, 11u}, {20u, 12u}, {3u, 4u}, {9u, 2u}}) {
    CallJudge judge;
    ASSERT_EQ(add_call(judge, {a, b}, {b, a}, p_at, q_at), nullptr);
    expect_proved(judge);
  }
  CallJudge sum, twice;
  add_call(sum, {1, 2}, {3, 4});
  double_call(twice, {1, 2});
  print_cost("secp256k1_add", sum, 380, 298);
  print_cost("secp256k1_double", twice, 314, 239);
}

RowOf<chips::Secp256k1Add> add_row(const Point& p, const Point& q, const u256& slope, const Point& sum) {
  TestCall call(Ecall::kSecp256k1Add, std::vector<u32>(60, 1));
  call.argument(0, TestCall::address_of(3)).argument(1, TestCall::address_of(30)).read(1, 30, 16).write(3, 16);
  const EcallStep& step = call.finish([&](u32*) {});
  RowOf<chips::Secp256k1Add> row{};
  row.real = 1;
  row.call = chips::primitive_call(step, 0, 3);
  row.pointer = chips::address_of_index(30);
  chips::set_words(step.reads, step.time + kTickEcallReads + 1, row.q);
  chips::set_words(step.writes, step.time + kTickEcallWrites, row.p);
  put(p.x, row.p);
  put(p.y, row.p, 8);
  put(q.x, row.q);
  put(q.y, row.q, 8);
  row.slope = chips::bytes_of(number_of(slope));
  row.x = number_of(sum.x);
  row.y = number_of(sum.y);
  complete(row);
  return row;
}
RowOf<chips::Secp256k1Double> double_row(const Point& p, const u256& slope, const Point& result) {
  TestCall call(Ecall::kSecp256k1Double, std::vector<u32>(40, 1));
  call.argument(0, TestCall::address_of(5)).write(5, 16);
  const EcallStep& step = call.finish([&](u32*) {});
  RowOf<chips::Secp256k1Double> row{};
  row.real = 1;
  row.call = chips::primitive_call(step, 0, 5);
  chips::set_words(step.writes, step.time + kTickEcallWrites, row.p);
  put(p.x, row.p);
  put(p.y, row.p, 8);
  row.slope = chips::bytes_of(number_of(slope));
  row.x = number_of(result.x);
  row.y = number_of(result.y);
  complete(row);
  return row;
}
/// The third point of a line, mirrored.
Point third(const u256& x1, const u256& y1, const u256& x2, const u256& slope) {
  const Coordinate s = coordinate(slope), x = s.sqr() - coordinate(x1) - coordinate(x2);
  return {value_of(x), value_of(s * (coordinate(x1) - x) - coordinate(y1))};
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

// The extension.

u32 word_of(u64 x) {
  return static_cast<u32>(x % kP);
}
std::vector<u32> field_words(std::size_t count, u64 seed) {
  std::mt19937_64 random(seed);
  std::vector<u32> out(count);
  constexpr u32 kEdges[] = {0, 1, kP - 1, 0xffff, 0x10000, 0x77ff0000, 0x77ffffff};
  for (u32& word : out) word = random() % 3 == 0 ? kEdges[random() % std::size(kEdges)] : word_of(random());
  return out;
}

CallJudge dot_call(bool is_base, u32 count, u32 sum_at, u32 left_at, u32 right_at, u64 seed) {
  const u32 left_words = is_base ? count : 5 * count;
  TestCall call(is_base ? Ecall::kExtensionDotBase : Ecall::kExtensionDot, field_words(30 + 11 * count, seed));
  call.argument(0, TestCall::address_of(sum_at)).argument(1, TestCall::address_of(left_at));
  call.argument(2, TestCall::address_of(right_at)).argument(3, count).argument(4, 0x12345678);
  call.read(1, left_at, left_words).read(2, right_at, 5 * count).write(sum_at, 5);
  const EcallStep& step = call.finish([&](u32* words) {
    EXPECT_EQ(primitives::extension_dot(words + sum_at, words + left_at, words + right_at, count, is_base), nullptr);
  });
  CallJudge judge;
  chips::append_extension(judge, step);
  return judge;
}
CallJudge eq_call(u32 count, u32 table_at, u32 r_at, u64 seed) {
  TestCall call(Ecall::kEqExpand, field_words(30 + 10 * count, seed));
  call.argument(0, TestCall::address_of(table_at)).argument(1, TestCall::address_of(r_at)).argument(2, count);
  call.read(1, r_at, 5).write(table_at, 10 * count);
  const EcallStep& step = call.finish(
      [&](u32* words) { EXPECT_EQ(primitives::eq_expand(words + table_at, words + r_at, count), nullptr); });
  CallJudge judge;
  chips::append_extension(judge, step);
  return judge;
}

TEST(ArithmeticCalls, Extension) {
  u64 seed = 0;
  for (const u32 count : {1u, 2u, 3u, 64u, 65u, 4096u}) {
    for (unsigned again = 0; again < (count < 10 ? 20 : 1); ++again) {
      expect_proved(dot_call(true, count, 2, 10, 15 + count, ++seed));
      expect_proved(dot_call(false, count, 2, 10, 15 + 5 * count, ++seed));
      expect_proved(dot_call(false, count, 12, 10, 11, ++seed));  // everything overlaps
      expect_proved(dot_call(true, count, 12, 12, 12, ++seed));
      expect_proved(eq_call(count, 3, 14 + 10 * count, ++seed));
      expect_proved(eq_call(count, 3, 4, ++seed));
    }
  }
  const auto print = [](const char* name, const CallJudge& one, const CallJudge& two, u64 cells, u64 messages) {
    std::printf("%-28s %8llu cells %8llu messages, and for each element more %llu and %llu\n", name,
                static_cast<unsigned long long>(one.cells()), static_cast<unsigned long long>(one.messages()),
                static_cast<unsigned long long>(two.cells() - one.cells()),
                static_cast<unsigned long long>(two.messages() - one.messages()));
    EXPECT_LE(two.cells() - one.cells(), cells) << name;
    EXPECT_LE(two.messages() - one.messages(), messages) << name;
  };
  print("extension_dot_base", dot_call(true, 1, 2, 10, 20, 1), dot_call(true, 2, 2, 10, 20, 1), 45, 28);
  print("extension_dot", dot_call(false, 1, 2, 10, 20, 1), dot_call(false, 2, 2, 10, 20, 1), 65, 46);
  print("eq_expand", eq_call(1, 3, 24, 1), eq_call(2, 3, 24, 1), 85, 71);
}

/// Rows of a chip of one call.
template <class Chip>
struct RowCatcher {
  std::vector<RowOf<Chip>> rows;
  template <class Other>
  void append(const RowOf<Other>& row) {
    if constexpr (std::is_same_v<Other, Chip>) rows.push_back(row);
  }
};
template <class Chip>
RowOf<Chip> first_row(Ecall function, u32 count, std::vector<u32> memory) {
  TestCall call(function, std::move(memory));
  const bool is_base = function == Ecall::kExtensionDotBase;
  RowCatcher<Chip> rows;
  call.argument(0, TestCall::address_of(2)).argument(1, TestCall::address_of(10));
  if (function == Ecall::kEqExpand) {
    call.argument(2, count).read(1, 70, 5).write(2, 10 * count);
    call.argument(1, TestCall::address_of(70));
    chips::append_extension(rows, call.finish([&](u32* w) { primitives::eq_expand(w + 2, w + 70, count); }));
  } else {
    call.argument(2, TestCall::address_of(40)).argument(3, count);
    call.read(1, 10, is_base ? count : 5 * count).read(2, 40, 5 * count).write(2, 5);
    chips::append_extension(
        rows, call.finish([&](u32* w) { primitives::extension_dot(w + 2, w + 10, w + 40, count, is_base); }));
  }
  return rows.rows.at(0);
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
