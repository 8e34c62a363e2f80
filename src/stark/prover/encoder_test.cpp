#include <random>

#include <gtest/gtest.h>

#include <stark/prover/encoder.hpp>

namespace atlas::stark {
namespace {

class EncoderTest : public testing::TestWithParam<std::tuple<Isa, unsigned>> {};

u32 reversed(u32 x, unsigned bits) {
  u32 out = 0;
  for (unsigned i = 0; i < bits; ++i) out |= (x >> i & 1) << (bits - 1 - i);
  return out;
}

// Codewords are the polynomials' values, digests those of the plain hash; the last columns are left out as null blocks.
TEST_P(EncoderTest, EvaluatesAndHashes) {
  const auto [isa, log] = GetParam();
  if (!field::is_supported(isa)) GTEST_SKIP() << "left out: the processor has no " << field::name_of(isa);
  std::mt19937_64 random(log);
  const unsigned block_log = std::min(log, 6u);
  constexpr std::size_t kTiles = 2;
  const std::size_t per_column = std::size_t{1} << (log - block_log);
  std::vector<u32> values(kTiles * kTileColumns << log);
  for (u32& v : values) v = static_cast<u32>(random() % BabyBear::kModulus);
  ColumnBlocks columns{log, block_log, kTiles, {}};
  for (std::size_t b = 0; b < kTiles * kTileColumns * per_column; ++b) {
    columns.blocks.push_back(b >= (kTiles * kTileColumns - 2) * per_column ? nullptr
                                                                           : values.data() + (b << block_log));
  }
  std::fill(values.end() - static_cast<std::ptrdiff_t>(std::size_t{2} << log), values.end(), 0);
  const Encoded encoded = encode(columns, isa, true);

  const BabyBear root = BabyBear::root_of_unity(log + 1);
  for (int sample = 0; sample < 12; ++sample) {
    const u32 position = sample == 0 ? 0 : static_cast<u32>(random()) & ((2u << log) - 1);
    const BabyBear x = root.pow(reversed(position, log + 1));
    std::vector<u32> row;
    for (std::size_t column = 0; column < kTiles * kTileColumns; ++column) {
      BabyBear y = BabyBear::zero();
      for (std::size_t i = std::size_t{1} << log; i-- > 0;) y = y * x + BabyBear::from_raw(values[(column << log) + i]);
      ASSERT_EQ(encoded.codewords.row(column / 16, position)[column % 16], y.raw) << column << " at " << position;
      row.push_back(y.raw);
    }
    ASSERT_EQ(encoded.leaves[position], hash_leaf(row));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, EncoderTest,
                         testing::Combine(testing::ValuesIn(field::kAllIsas), testing::Values(4u, 8u, 9u, 13u)));

}  // namespace
}  // namespace atlas::stark
