// Buffers that come and go: none shares a word with another, and what was given back is used again.
#include <random>
#include <vector>

#include <gtest/gtest.h>

#include <stark/prover/word_buffer.hpp>

namespace atlas::stark {
namespace {

constexpr std::size_t kLarge = std::size_t{1} << 20;  // words: 4 MiB, so kept

TEST(WordBuffer, BuffersAreApart) {
  std::mt19937 random(1);
  std::vector<std::pair<WordBuffer, u32>> live;
  const auto check = [](const std::pair<WordBuffer, u32>& one) {
    const u32* const words = one.first.data();
    for (std::size_t i = 0; i < one.first.size(); i += 511) ASSERT_EQ(words[i], one.second);
    ASSERT_EQ(words[one.first.size() - 1], one.second);
  };
  for (u32 step = 1; step <= 400; ++step) {
    if (live.size() > 12 || (!live.empty() && random() % 2 == 0)) {
      const std::size_t k = random() % live.size();
      check(live[k]);
      std::swap(live[k], live.back());
      live.pop_back();
      continue;
    }
    const std::size_t words = random() % 4 == 0 ? 1 + random() % 1000 : 1 + random() % (3 * kLarge);
    live.emplace_back(WordBuffer(words), step);
    std::fill(live.back().first.data(), live.back().first.data() + words, step);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(live.back().first.data()) % 64, 0u);
  }
  for (const auto& one : live) check(one);
  live.clear();
  WordBuffer::release_kept();
}

TEST(WordBuffer, PiecesComeFromWhatWasGivenBack) {
  WordBuffer::release_kept();
  const u32* begin = nullptr;
  {
    const WordBuffer whole(8 * kLarge);
    begin = whole.data();
  }
  std::vector<WordBuffer> pieces;
  for (unsigned k = 0; k < 8; ++k) {
    pieces.emplace_back(kLarge);
    EXPECT_TRUE(pieces.back().data() >= begin && pieces.back().data() < begin + 8 * kLarge) << k;
  }
  // Given back in any order they are one again.
  for (const unsigned k : {3u, 0u, 7u, 1u, 2u, 6u, 4u, 5u}) pieces[k] = WordBuffer();
  EXPECT_EQ(WordBuffer(8 * kLarge).data(), begin);
  WordBuffer::release_kept();
}

}  // namespace
}  // namespace atlas::stark
