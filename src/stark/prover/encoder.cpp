#include <map>
#include <mutex>

#include <tbb/blocked_range.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <crypto/blake3.hpp>
#include <stark/prover/encoder.hpp>

namespace atlas::stark {
namespace {

constexpr unsigned kMaxInnerLog = 11;  // 2^11 rows of 64 bytes: 128 KiB, an eighth of L2
constexpr unsigned kGroup = 16;        // adjacent rows that the outer transform takes together

u32 reverse_bits(u32 x, unsigned bits) {
  u32 out = 0;
  for (unsigned i = 0; i < bits; ++i) out |= (x >> i & 1) << (bits - 1 - i);
  return out;
}

/// Roots and scaling factors for one size; made once, kept for the life of the process.
struct Plan {
  unsigned log, outer_log, inner_log;
  std::vector<std::vector<u32>> roots;
  std::vector<const u32*> twiddles;
  std::vector<u32> middle[2];  ///< [coset][outer position][inner index]
  std::vector<u32> shift;      ///< w^(n2·i1), for the coset

  explicit Plan(unsigned stack_log) : log(stack_log) {
    ENSURE(log >= 4, "a tile transform takes at least 16 rows");
    inner_log = std::min(kMaxInnerLog, std::max(log / 2, 4u));
    outer_log = log - inner_log;
    roots.resize(13);
    for (unsigned l = 1; l <= 12; ++l) {
      const BabyBear w = BabyBear::root_of_unity(l);
      BabyBear x = BabyBear::one();
      for (u32 i = 0; i < 1u << (l - 1); ++i, x *= w) roots[l].push_back(x.raw);
    }
    for (const auto& table : roots) twiddles.push_back(table.data());
    const BabyBear root = BabyBear::root_of_unity(log);
    const BabyBear coset = BabyBear::root_of_unity(log + 1);
    const std::size_t outer = std::size_t{1} << outer_log, inner = std::size_t{1} << inner_log;
    for (unsigned c = 0; c < 2; ++c) {
      middle[c].resize(outer * inner);
      for (u32 position = 0; position < outer; ++position) {
        const BabyBear step = root.pow(reverse_bits(position, outer_log)) * (c == 0 ? BabyBear::one() : coset);
        BabyBear x = BabyBear::one();
        for (std::size_t j = 0; j < inner; ++j, x *= step) middle[c][position * inner + j] = x.raw;
      }
    }
    const BabyBear step = coset.pow(inner);
    BabyBear x = BabyBear::one();
    for (std::size_t i = 0; i < outer; ++i, x *= step) shift.push_back(x.raw);
  }
};

const Plan& plan_of(unsigned log) {
  static std::mutex mutex;
  static std::map<unsigned, std::unique_ptr<Plan>> plans;
  const std::lock_guard lock(mutex);
  auto& plan = plans[log];
  if (!plan) plan = std::make_unique<Plan>(log);
  return *plan;
}

/// Outer transforms of `kGroup` adjacent rows on both cosets: from the columns to the codeword's place.
void outer_transform(const ColumnBlocks& columns, std::size_t tile, std::size_t first_row, const Plan& plan,
                     const NttKernels& kernels, u32* scratch, u32* codeword) {
  const std::size_t outer = std::size_t{1} << plan.outer_log, inner = std::size_t{1} << plan.inner_log;
  const std::size_t per_column = std::size_t{1} << (columns.log - columns.block_log);
  const std::size_t block_mask = (std::size_t{1} << columns.block_log) - 1;
  static constexpr u32 kZeros[kGroup] = {};
  // scratch[(g·outer + i1)·16 + column]: each of the 16 transforms is contiguous.
  for (unsigned coset = 0; coset < 2; ++coset) {
    for (std::size_t i1 = 0; i1 < outer; ++i1) {
      const std::size_t row = i1 * inner + first_row;
      const u32* source[kTileColumns];
      for (std::size_t c = 0; c < kTileColumns; ++c) {
        const u32* block = columns.blocks[(tile * kTileColumns + c) * per_column + (row >> columns.block_log)];
        source[c] = block == nullptr ? kZeros : block + (row & block_mask);
      }
      u32 rows[kGroup * kTileColumns];
      kernels.transpose(source, rows);
      if (coset == 1) {
        u32 factors[kGroup];
        std::fill(std::begin(factors), std::end(factors), plan.shift[i1]);
        kernels.scale_rows(rows, factors, kGroup);
      }
      for (unsigned g = 0; g < kGroup; ++g) {
        std::memcpy(scratch + (g * outer + i1) * kTileColumns, rows + g * kTileColumns, sizeof(u32) * kTileColumns);
      }
    }
    for (unsigned g = 0; g < kGroup; ++g) {
      kernels.transform(scratch + g * outer * kTileColumns, plan.outer_log, plan.twiddles.data());
    }
    u32* out = codeword + coset * outer * inner * kTileColumns;
    for (std::size_t i1 = 0; i1 < outer; ++i1) {
      u32* to = out + (i1 * inner + first_row) * kTileColumns;
      for (unsigned g = 0; g < kGroup; ++g) {
        std::memcpy(to + g * kTileColumns, scratch + (g * outer + i1) * kTileColumns, sizeof(u32) * kTileColumns);
      }
      kernels.scale_rows(to, plan.middle[coset].data() + i1 * inner + first_row, kGroup);
    }
  }
}

}  // namespace

Encoded encode(const ColumnBlocks& columns, Isa isa, bool with_leaves) {
  const Plan& plan = plan_of(columns.log);
  const NttKernels& ntt = ntt_kernels(isa);
  const HashKernels& hash = hash_kernels(isa);
  const std::size_t outer = std::size_t{1} << plan.outer_log, inner = std::size_t{1} << plan.inner_log;
  ENSURE(columns.block_log >= 4 && columns.block_log <= columns.log, "blocks hold whole groups of rows");

  Encoded out;
  out.codewords = {columns.log + 1, columns.tiles, WordBuffer(columns.tiles * kTileColumns * 2 << columns.log)};
  const std::size_t tile_words = kTileColumns * 2 << columns.log;
  tbb::enumerable_thread_specific<WordBuffer> scratches([&] { return WordBuffer(outer * kGroup * kTileColumns); });
  tbb::parallel_for(std::size_t{0}, columns.tiles * (inner / kGroup), [&](std::size_t task) {
    const std::size_t tile = task / (inner / kGroup), first_row = task % (inner / kGroup) * kGroup;
    outer_transform(columns, tile, first_row, plan, ntt, scratches.local().data(),
                    out.codewords.words.data() + tile * tile_words);
  });

  if (with_leaves) out.leaves = DigestBuffer(std::size_t{2} << columns.log);
  tbb::enumerable_thread_specific<std::vector<u32>> states([&] { return std::vector<u32>(inner * 8); });
  tbb::parallel_for(std::size_t{0}, 2 * outer, [&](std::size_t block) {
    u32* state = states.local().data();
    if (with_leaves) {
      for (std::size_t i = 0; i < inner * 8; ++i) state[i] = crypto::kBlake3Iv[i / kHashLanes % 8];
    }
    for (std::size_t tile = 0; tile < columns.tiles; ++tile) {
      u32* rows = out.codewords.words.data() + tile * tile_words + block * inner * kTileColumns;
      ntt.transform(rows, plan.inner_log, plan.twiddles.data());
      if (with_leaves) hash.absorb_rows(rows, inner, state);
    }
    if (!with_leaves) return;
    for (std::size_t i = 0; i < inner; ++i) {
      Digest& leaf = out.leaves[block * inner + i];
      for (unsigned k = 0; k < 8; ++k)
        leaf.word[k] = state[i / kHashLanes * (8 * kHashLanes) + k * kHashLanes + i % kHashLanes];
    }
  });
  return out;
}

}  // namespace atlas::stark
