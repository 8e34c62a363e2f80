#pragma once
#include <array>

#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

#include <stark/config.hpp>

namespace atlas::stark {

/// Σ of body(i, sums) over i < count; field sums do not depend on the order, so neither does a proof.
template <std::size_t N, class Body>
std::array<Ext, N> parallel_sums(std::size_t count, const Body& body) {
  std::array<Ext, N> out{};
  if (count == 1) {
    body(std::size_t{0}, out);
    return out;
  }
  tbb::enumerable_thread_specific<std::array<Ext, N>> partial([] { return std::array<Ext, N>{}; });
  tbb::parallel_for(std::size_t{0}, count, [&](std::size_t i) { body(i, partial.local()); });
  for (const auto& sums : partial) {
    for (std::size_t k = 0; k < N; ++k) out[k] += sums[k];
  }
  return out;
}

/// body(first, count) over [0, n) in pieces of `grain`, which is a multiple of 16.
template <class Body>
void parallel_ranges(std::size_t n, std::size_t grain, const Body& body) {
  const std::size_t pieces = (n + grain - 1) / grain;
  if (pieces <= 1) return body(std::size_t{0}, n);
  tbb::parallel_for(std::size_t{0}, pieces, [&](std::size_t i) { body(i * grain, std::min(grain, n - i * grain)); });
}

}  // namespace atlas::stark
