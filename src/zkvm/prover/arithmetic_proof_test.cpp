// Programs that call the arithmetic primitives at their edges, proved and verified: their outputs are the executor's.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <base/u256.hpp>
#include <zkvm/isa/assembler.hpp>
#include <zkvm/prover/small_machine.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;
using testing::IsEmpty;

constexpr u32 kP = BabyBear::kModulus;

/// A program over one array of words.
class Calls {
 public:
  explicit Calls(std::vector<u32> words) : words_(std::move(words)) {}
  static u32 at(u32 word) { return kDataBegin + 64 + 4 * word; }
  /// Arguments that are pointers come first, `pointers` of them, as words of the array.
  void add(Ecall function, std::initializer_list<u32> arguments, unsigned pointers) {
    u32 k = 0;
    for (const u32 v : arguments) {
      a_.li(a0 + k, k < pointers ? at(v) : v);
      ++k;
    }
    a_.li(a7, static_cast<u32>(function))(ecall());
  }
  /// Commits the eight words from `word` on.
  Program commit(u32 word) {
    a_.li(s0, at(word)).li(s1, kDataBegin);
    for (i32 k = 0; k < 8; ++k) a_(lw(t0, s0, 4 * k))(sw(t0, s1, 4 * k));
    return a_.finish().program({{kDataBegin + 64, words_}});
  }

 private:
  Assembler a_;
  std::vector<u32> words_;
};

void expect_proved(const Program& program) {
  const ProgramProver prover(program, small_parameters());
  const auto witness = prover.witness({});
  ASSERT_TRUE(witness.ok()) << witness.error().text;
  ASSERT_THAT(stark::check_execution(prover.key().machine().machine(), sources(), witness->segments), IsEmpty());
  const auto proved = prover.prove({});
  ASSERT_TRUE(proved.ok()) << proved.error().text;
  const auto claim = verify_execution(prover.key(), proved->bytes);
  ASSERT_TRUE(claim.ok());
  Executor executor(program, {});
  ASSERT_EQ(executor.run(), Stop::kHalted);
  EXPECT_EQ(std::memcmp(claim->public_output.data(), executor.state().output.data(), 32), 0);
  EXPECT_EQ(claim->cycles, executor.state().cycle);
}
void put(std::vector<u32>& words, u32 at, const u256& x) {
  std::memcpy(words.data() + at, x.limb, 32);
}

TEST(ArithmeticProof, U256) {
  const u256 max = u256::max();
  std::vector<u32> words(8 * 12);
  const u256 numbers[] = {0,
                          1,
                          2,
                          65535,
                          max,
                          max - u256(1),
                          u256::power_of_two(255),
                          u256::power_of_two(128),
                          u256(0x123456789abcdef0, 0xfedcba9876543210, 0x0f1e2d3c4b5a6978, 0x8796a5b4c3d2e1f0)};
  constexpr u32 kNumbers = std::size(numbers), kResult = 8 * 10;
  for (u32 i = 0; i < kNumbers; ++i) put(words, 8 * i, numbers[i]);
  Calls calls(words);
  for (u32 a = 0; a < kNumbers; ++a) {
    for (u32 m = 1; m < kNumbers; ++m) {
      const u32 b = (a * 5 + m) % kNumbers, c = (a + 3 * m) % kNumbers;
      if (!(numbers[a] < numbers[m]) && !(numbers[b] < numbers[m])) continue;
      calls.add((a + m) % 2 == 0 ? Ecall::kMulMod : Ecall::kMulDiv, {8 * a, 8 * b, 8 * c, 8 * m, kResult}, 5);
    }
  }
  // Operands that overlap one another and the result: last, since they change the numbers.
  calls.add(Ecall::kMulDiv, {8 * 8, 8 * 8 - 3, 8 * 8 - 5, 8 * 5, 8 * 8 - 1}, 5);
  calls.add(Ecall::kMulMod, {8 * 2, 8 * 2, 8 * 2, 8 * 4, 8 * 2}, 5);
  expect_proved(calls.commit(8 * 8));
}

TEST(ArithmeticProof, Secp256k1) {
  const u256 prime = u256::max() - u256((u64{1} << 32) + 976);
  const u256 numbers[] = {0,
                          1,
                          976,
                          prime - u256(1),
                          prime - u256(0xfc2f),
                          prime - u256(0x10000),
                          prime - u256(u64{1} << 33),
                          u256::power_of_two(255),
                          u256(0x79be667ef9dcbbac, 0x55a06295ce870b07, 0x029bfcdb2dce28d9, 0x59f2815b16f81798),
                          u256(0x483ada7726a3c465, 0x5da4fbfc0e1108a8, 0xfd17b448a6855419, 0x9c47d08ffb10d4b8)};
  constexpr u32 kNumbers = std::size(numbers);
  std::vector<u32> words;
  for (u32 i = 0; i < kNumbers; ++i) {
    for (u32 j = 1; j < kNumbers; j += 3) {
      const u32 at = static_cast<u32>(words.size());
      words.resize(at + 32);
      put(words, at, numbers[i]);
      put(words, at + 8, numbers[j]);
      put(words, at + 16, numbers[(i + j) % kNumbers]);
      put(words, at + 24, numbers[(i * 7 + j) % kNumbers]);
    }
  }
  Calls calls(words);
  for (u32 at = 0; at < words.size(); at += 32) {
    calls.add(Ecall::kSecp256k1Double, {at}, 1);
    calls.add(Ecall::kSecp256k1Add, {at, at + 16}, 2);
    calls.add(Ecall::kSecp256k1Add, {at + 16, at}, 2);
  }
  calls.add(Ecall::kSecp256k1Add, {3, 7}, 2);  // Q lies in P, half a coordinate further
  expect_proved(calls.commit(0));
}

TEST(ArithmeticProof, Extension) {
  std::mt19937 random(1);
  std::vector<u32> words(400);
  constexpr u32 kEdges[] = {0, 1, kP - 1, 0xffff, 0x10000, 0x77ffffff, 0x77ff0000};
  for (u32& word : words)
    word = random() % 3 == 0 ? kEdges[random() % std::size(kEdges)] : static_cast<u32>(random() % kP);
  Calls calls(words);
  for (const u32 count : {1u, 2u, 20u}) {
    calls.add(Ecall::kExtensionDotBase, {0, 5, 30, count}, 3);
    calls.add(Ecall::kExtensionDot, {5, 30, 170, count}, 3);
    calls.add(Ecall::kExtensionDot, {10, 8, 9, count}, 3);
    calls.add(Ecall::kEqExpand, {15, 300, count}, 2);
    calls.add(Ecall::kEqExpand, {15, 18, count}, 2);
  }
  expect_proved(calls.commit(15));
}

}  // namespace
}  // namespace atlas::zkvm
