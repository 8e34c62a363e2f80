// Rows of hash primitives, call by call: honest ones hold and say what the executor's primitive says; what they cost.
#include <random>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <zkvm/chips/blake3/trace.hpp>
#include <zkvm/chips/keccak/trace.hpp>
#include <zkvm/chips/merkle/trace.hpp>
#include <zkvm/chips/sha256/trace.hpp>
#include <zkvm/executor/primitives.hpp>
#include <zkvm/prover/call_judge.hpp>

namespace atlas::zkvm {
namespace {

using namespace test;
using abi::Ecall;
using testing::IsEmpty;

std::vector<u32> random_words(std::size_t count, u32 seed) {
  std::mt19937 random(seed);
  std::vector<u32> out(count);
  for (u32& word : out) word = static_cast<u32>(random());
  return out;
}

/// The primitive's own result stands in the step, so balance means that the rows compute the same.
void expect_proved(const CallJudge& judge) {
  EXPECT_THAT(judge.problems(), IsEmpty());
  EXPECT_EQ(judge.unanswered(), 0u);
}

/// What a call commits to in its own chips: printed, and held.
void expect_cost(const char* name, const CallJudge& judge, u64 cells_max, u64 messages_max) {
  std::printf("%-28s %5llu rows %8llu cells %8llu messages\n", name, static_cast<unsigned long long>(judge.rows()),
              static_cast<unsigned long long>(judge.cells()), static_cast<unsigned long long>(judge.messages()));
  EXPECT_LE(judge.cells(), cells_max);
  EXPECT_LE(judge.messages(), messages_max);
}

CallJudge blake3_call(u32 count, u32 flags, u32 length_and_counter, u32 blocks_at) {
  TestCall call(Ecall::kBlake3, random_words(16 * count + 40, count + flags));
  constexpr u32 kValueAt = 20;
  call.argument(0, TestCall::address_of(kValueAt)).argument(1, TestCall::address_of(blocks_at));
  call.argument(2, count).argument(3, flags).argument(4, length_and_counter);
  call.read(1, blocks_at, 16 * count).write(kValueAt, 8);
  const EcallStep& step = call.finish([&](u32* words) {
    EXPECT_EQ(primitives::blake3(words + kValueAt, words + blocks_at, count, flags, length_and_counter), nullptr);
  });
  CallJudge judge;
  chips::append_blake3(judge, step);
  return judge;
}

TEST(HashCalls, Blake3) {
  for (const u32 count : {1u, 2u, 3u, 7u}) {
    for (const u32 flags : {0u, 0x000b0001u, 0x00030003u, 0xffffffffu, 0x80010001u}) {
      for (const u32 tail : {64u, 0u, 0xffffff3fu, 0x12345601u}) {
        expect_proved(blake3_call(count, flags, tail, 33));
        expect_proved(blake3_call(count, flags, tail, 24));  // blocks begin in the chaining value
      }
    }
  }
  expect_cost("blake3, 1 block", blake3_call(1, 0x000b0001, 64, 33), 3100, 1130);
  expect_cost("blake3, 16 blocks", blake3_call(16, 0x000b0001, 64, 33), 48500, 17400);
}

template <unsigned kDigests>
CallJudge merkle_call(u32 index, u32 levels, u32 flags) {
  TestCall call(kDigests == 1 ? Ecall::kMerklePath : Ecall::kMerkleUpdate, random_words(20, index),
                random_words(8 * std::size_t{levels}, levels));
  call.argument(0, TestCall::address_of(3)).argument(1, index).argument(2, levels).argument(3, flags);
  call.write(3, 8 * kDigests);
  const std::vector<u32> siblings = random_words(8 * std::size_t{levels}, levels);
  const EcallStep& step = call.finish([&](u32* words) {
    EXPECT_EQ(primitives::merkle_path(words + 3, kDigests, index, levels, flags, siblings.data()), nullptr);
  });
  CallJudge judge;
  chips::append_merkle<kDigests>(judge, step);
  return judge;
}

TEST(HashCalls, Merkle) {
  for (const u32 levels : {1u, 2u, 15u, 16u, 17u, 31u, 32u}) {
    const u32 all = levels == 32 ? ~0u : (1u << levels) - 1;
    for (const u32 index : {0u, all, 0x9abc5678u & all}) {
      for (const u32 flags : {4u, 0xffffu}) {
        expect_proved(merkle_call<1>(index, levels, flags));
        expect_proved(merkle_call<2>(index, levels, flags));
      }
    }
  }
  expect_cost("merkle_path, 20 levels", merkle_call<1>(5, 20, 4), 59600, 20700);
  expect_cost("merkle_update, 20 levels", merkle_call<2>(5, 20, 4), 119100, 41400);
}

CallJudge keccak_call(u32 seed) {
  TestCall call(Ecall::kKeccakF, seed == 0 ? std::vector<u32>(60) : random_words(60, seed));
  call.argument(0, TestCall::address_of(7)).write(7, 50);
  CallJudge judge;
  chips::append_keccak(judge, call.finish([](u32* words) { primitives::keccak_f(words + 7); }));
  return judge;
}

TEST(HashCalls, Keccak) {
  for (const u32 seed : {0u, 1u, 2u}) expect_proved(keccak_call(seed));
  expect_cost("keccak_f", keccak_call(3), 56900, 600);
}

CallJudge sha256_call(u32 count, u32 blocks_at, u32 word) {
  std::vector<u32> memory = random_words(16 * count + 40, count);
  if (word != 1) memory.assign(memory.size(), word);
  TestCall call(Ecall::kSha256, memory);
  constexpr u32 kValueAt = 20;
  call.argument(0, TestCall::address_of(kValueAt)).argument(1, TestCall::address_of(blocks_at)).argument(2, count);
  call.read(1, blocks_at, 16 * count).write(kValueAt, 8);
  CallJudge judge;
  chips::append_sha256(
      judge, call.finish([&](u32* words) { primitives::sha256(words + kValueAt, words + blocks_at, count); }));
  return judge;
}

TEST(HashCalls, Sha256) {
  for (const u32 count : {1u, 2u, 5u}) {
    for (const u32 word : {0u, 1u, ~0u}) {
      expect_proved(sha256_call(count, 33, word));
      expect_proved(sha256_call(count, 24, word));  // blocks begin in the state
    }
  }
  expect_cost("sha256, 1 block", sha256_call(1, 33, 1), 8600, 200);
}

}  // namespace
}  // namespace atlas::zkvm
