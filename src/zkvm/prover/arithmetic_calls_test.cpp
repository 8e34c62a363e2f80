// Rows of arithmetic primitives, call by call: honest ones hold and say what the executor's primitive says; what they
// cost.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/prover/arithmetic_claims.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;
using testing::IsEmpty;
using testing::Not;

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
// 256-bit modular arithmetic.

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

// secp256k1.

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

// The extension.

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

}  // namespace
}  // namespace atlas::zkvm
