#pragma once
// Sums k_1·P_1 + … + k_n·P_n of points of prime order, with the curve's endomorphism splitting every scalar into short
// parts. Few points: Straus with width-5 non-adjacent forms. Many: Pippenger's buckets with signed digits.
//
// `Group` gives: F (the field); kParts; kPartBits; endomorphism(Affine) with eigenvalue λ; split(u256 k), which returns
// k_j < 2^kPartBits with k = Σ k_j·λ^j modulo the group's order.
#include <array>
#include <vector>

#include <base/ensure.hpp>
#include <base/u256.hpp>
#include <crypto/curve.hpp>

namespace atlas::crypto {

namespace msm_detail {

inline constexpr unsigned kStrausWidth = 5;
inline constexpr unsigned kOddMultiples = 1U << (kStrausWidth - 2);  // P, 3P, …, 15P
/// Above this many points Straus' tables cost more memory and time than buckets.
inline constexpr std::size_t kStrausPointsMax = 96;

/// Bits [at, at + count) of k, count ≤ 16; zero beyond the number.
inline u32 bits_at(const u256& k, unsigned at, unsigned count) {
  u32 r = 0;
  for (unsigned i = 0; i < 2; ++i) {
    const unsigned word = at / 64 + i;
    if (word > 3) break;
    if (i == 0) {
      r = static_cast<u32>(k.word(word) >> (at % 64));
    } else if (at % 64 + count > 64) {
      r |= static_cast<u32>(k.word(word) << (64 - at % 64));
    }
  }
  return r & ((1U << count) - 1);
}

/// Width-w non-adjacent form: odd digits below 2^(w−1) in size, each followed by w − 1 zeros at least.
template <unsigned Bits>
std::array<i8, Bits + 1> width_form(const u256& k) {
  constexpr unsigned w = kStrausWidth;
  std::array<i8, Bits + 1> digits{};
  u32 carry = 0;
  for (unsigned i = 0; i <= Bits;) {
    const u32 low = i < 256 ? bits_at(k, i, 1) : 0;
    if (low == carry) {  // the rest with carry is even
      ++i;
      continue;
    }
    const unsigned count = std::min(w, Bits + 1 - i);
    const u32 value = (i < 256 ? bits_at(k, i, count) : 0) + carry;
    carry = count == w && value >= (1U << (w - 1)) ? 1 : 0;
    digits[i] = static_cast<i8>(static_cast<int>(value) - (carry != 0 ? 1 << w : 0));
    i += count;
  }
  return digits;
}

template <class Group>
Jacobian<typename Group::F> straus(std::span<const Affine<typename Group::F>> points, std::span<const u256> scalars) {
  using F = typename Group::F;
  constexpr unsigned kParts = Group::kParts;
  std::vector<Jacobian<F>> multiples;
  multiples.reserve(points.size() * kOddMultiples);
  for (const Affine<F>& point : points) {
    multiples.push_back(point);
    const Jacobian<F> twice = multiples.back().doubled();
    for (unsigned i = 1; i < kOddMultiples; ++i) multiples.push_back(multiples.back() + twice);
  }
  // tables[j] holds the odd multiples of λ^j·P for every point, in order.
  std::array<std::vector<Affine<F>>, kParts> tables;
  tables[0] = to_affine<F>(multiples);
  for (unsigned j = 1; j < kParts; ++j) {
    tables[j].reserve(tables[0].size());
    for (const Affine<F>& p : tables[j - 1]) tables[j].push_back(Group::endomorphism(p));
  }
  std::vector<std::array<i8, Group::kPartBits + 1>> digits;
  digits.reserve(points.size() * kParts);
  for (const u256& k : scalars) {
    for (const u256& part : Group::split(k)) digits.push_back(width_form<Group::kPartBits>(part));
  }

  Jacobian<F> sum;
  for (unsigned bit = Group::kPartBits + 1; bit-- > 0;) {
    sum = sum.doubled();
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const int digit = digits[i][bit];
      if (digit == 0) continue;
      const Affine<F>& p = tables[i % kParts][i / kParts * kOddMultiples + static_cast<unsigned>(std::abs(digit)) / 2];
      sum = sum + (digit > 0 ? p : -p);
    }
  }
  return sum;
}

template <class Group>
Jacobian<typename Group::F> pippenger(std::span<const Affine<typename Group::F>> points,
                                      std::span<const u256> scalars) {
  using F = typename Group::F;
  constexpr unsigned kParts = Group::kParts;
  const std::size_t count = points.size() * kParts;
  std::vector<Affine<F>> bases;
  std::vector<u256> parts;
  bases.reserve(count);
  parts.reserve(count);
  for (std::size_t i = 0; i < points.size(); ++i) {
    bases.push_back(points[i]);
    for (unsigned j = 1; j < kParts; ++j) bases.push_back(Group::endomorphism(bases.back()));
    for (const u256& part : Group::split(scalars[i])) parts.push_back(part);
  }

  // Per window: one mixed addition (11 multiplications) a base and two general ones (16) for each of 2^(w−1) buckets.
  unsigned width = 4;
  const auto cost = [&](unsigned w) { return (Group::kPartBits / w + 1) * (11 * u64{count} + (u64{16} << w)); };
  while (width < 15 && cost(width + 1) < cost(width)) ++width;

  const unsigned windows = Group::kPartBits / width + 1;  // one bit more than the scalars', for the last carry
  std::vector<Jacobian<F>> buckets(std::size_t{1} << (width - 1));
  Jacobian<F> sum;
  for (unsigned window = windows; window-- > 0;) {
    for (unsigned i = 0; i < width; ++i) sum = sum.doubled();
    std::fill(buckets.begin(), buckets.end(), Jacobian<F>());
    for (std::size_t i = 0; i < count; ++i) {
      // The signed digit of this window: a lower window of 2^(w−1) or more has borrowed one from it. Whether it did
      // depends on its top bit alone, since its own incoming carry is added to this window's digit only as a value.
      const u32 value =
          bits_at(parts[i], window * width, width) + (window > 0 ? bits_at(parts[i], window * width - 1, 1) : 0);
      const bool negative = bits_at(parts[i], window * width + width - 1, 1) != 0;
      const int digit = static_cast<int>(value) - (negative ? 1 << width : 0);
      if (digit == 0) continue;
      Jacobian<F>& bucket = buckets[static_cast<std::size_t>(std::abs(digit)) - 1];
      bucket = bucket + (digit > 0 ? bases[i] : -bases[i]);
    }
    // Σ i·bucket_i as the sum of the running sums from the top.
    Jacobian<F> running, total;
    for (std::size_t i = buckets.size(); i-- > 0;) {
      running = running + buckets[i];
      total = total + running;
    }
    sum = sum + total;
  }
  return sum;
}

}  // namespace msm_detail

/// Points of the prime-order subgroup (infinity allowed) and as many scalars of any size below 2^256.
template <class Group>
Jacobian<typename Group::F> multi_scalar_multiply(std::span<const Affine<typename Group::F>> points,
                                                  std::span<const u256> scalars) {
  ENSURE(points.size() == scalars.size(), "one scalar a point");
  return points.size() <= msm_detail::kStrausPointsMax ? msm_detail::straus<Group>(points, scalars)
                                                       : msm_detail::pippenger<Group>(points, scalars);
}

}  // namespace atlas::crypto
