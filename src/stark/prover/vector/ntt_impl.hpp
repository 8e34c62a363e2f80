#pragma once
// Number-theoretic transform down the rows of a tile: a row is 16 columns, so butterflies never cross lanes.
#include <stark/prover/vector/kernels.hpp>

namespace atlas::stark {

template <class P, class W>
struct NttKernelsOf {
  static constexpr unsigned kParts = kTileColumns / P::kLanes;

  /// kLevels levels of decimation in frequency on blocks of 2^log_m rows, without touching memory in between.
  template <unsigned kLevels>
  static void pass(u32* rows, unsigned log_n, unsigned log_m, const u32* const* twiddles) {
    constexpr unsigned kPoints = 1u << kLevels;
    const std::size_t stride = std::size_t{1} << (log_m - kLevels);
    for (std::size_t block = 0; block < std::size_t{1} << log_n; block += std::size_t{1} << log_m) {
      for (std::size_t j = 0; j < stride; ++j) {
        for (unsigned part = 0; part < kParts; ++part) {
          u32* at = rows + (block + j) * kTileColumns + part * P::kLanes;
          P x[kPoints];
#pragma GCC unroll 16
          for (unsigned q = 0; q < kPoints; ++q) x[q] = P::load(at + q * stride * kTileColumns);
#pragma GCC unroll 4
          for (unsigned level = 0; level < kLevels; ++level) {
            const u32* table = twiddles[log_m - level] + j;
            const unsigned half = kPoints >> (level + 1);
#pragma GCC unroll 8
            for (unsigned q = 0; q < half; ++q) {
              const P w(BabyBear::from_raw(table[q * stride]));
#pragma GCC unroll 8
              for (unsigned k = q; k < kPoints; k += 2 * half) {
                const P difference = x[k] - x[k + half];
                x[k] = x[k] + x[k + half];
                x[k + half] = difference * w;
              }
            }
          }
#pragma GCC unroll 16
          for (unsigned q = 0; q < kPoints; ++q) x[q].store(at + q * stride * kTileColumns);
        }
      }
    }
  }

  static void transform(u32* rows, unsigned log, const u32* const* twiddles) {
    unsigned left = log;
    while (left >= 3) {
      pass<3>(rows, log, left, twiddles);
      left -= 3;
    }
    if (left == 2) pass<2>(rows, log, 2, twiddles);
    if (left == 1) pass<1>(rows, log, 1, twiddles);
  }

  static void scale_rows(u32* rows, const u32* factors, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      const P f(BabyBear::from_raw(factors[i]));
      for (unsigned part = 0; part < kParts; ++part) {
        u32* at = rows + i * kTileColumns + part * P::kLanes;
        (P::load(at) * f).store(at);
      }
    }
  }

  static void transpose(const u32* const* src, u32* dst) { W::transpose(src, dst); }

  static constexpr NttKernels kTable{transform, scale_rows, transpose};
};

}  // namespace atlas::stark
