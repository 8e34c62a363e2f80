#pragma once
// Equality polynomials and the univariate skip's weights.
#include <stark/config.hpp>

namespace atlas::stark {

inline Ext eq(const Ext& a, const Ext& b) {
  const Ext product = a * b;
  return Ext::one() - a - b + product + product;
}

/// eq(point, x) for all x, bit i of the index belonging to point[i].
inline std::vector<Ext> eq_table(std::span<const Ext> point) {
  std::vector<Ext> out(std::size_t{1} << point.size());
  out[0] = Ext::one();
  for (std::size_t i = 0; i < point.size(); ++i) {
    const std::size_t half = std::size_t{1} << i;
    for (std::size_t x = 0; x < half; ++x) {
      out[half + x] = out[x] * point[i];
      out[x] -= out[half + x];
    }
  }
  return out;
}

/// eq(point, index), index < 2^point.size().
inline Ext eq_at(std::span<const Ext> point, u64 index) {
  Ext out = Ext::one();
  for (std::size_t i = 0; i < point.size(); ++i) out *= (index >> i & 1) != 0 ? point[i] : Ext::one() - point[i];
  return out;
}

/// Σ over x < count of eq(point, x), count ≤ 2^point.size().
inline Ext eq_prefix(std::span<const Ext> point, u64 count) {
  if (count >> point.size() != 0) return Ext::one();
  Ext sum = Ext::zero(), path = Ext::one();
  for (std::size_t i = point.size(); i-- > 0;) {
    const Ext zero = path * (Ext::one() - point[i]);
    if ((count >> i & 1) != 0) {
      sum += zero;
      path *= point[i];
    } else {
      path = zero;
    }
  }
  return sum;
}

/// L_i(x), the Lagrange basis of H = {w^i}, as (1/32)·Σ_k (x·w^−i)^k: no division, so no point is special.
struct SkipWeights {
  Ext at[kSkip];
  explicit SkipWeights(const Ext& x) {
    Ext powers[kSkip];
    powers[0] = Ext(BabyBear(kSkip).inverse());
    for (unsigned k = 1; k < kSkip; ++k) powers[k] = powers[k - 1] * x;
    const BabyBear inverse_root = BabyBear::root_of_unity(kSkipLog).inverse();
    BabyBear step = BabyBear::one();  // w^−i
    for (unsigned i = 0; i < kSkip; ++i, step *= inverse_root) {
      Ext sum = Ext::zero();
      BabyBear factor = BabyBear::one();
      for (unsigned k = 0; k < kSkip; ++k, factor *= step) sum += powers[k] * factor;
      at[i] = sum;
    }
  }
  Ext dot(std::span<const Ext> values) const {
    Ext sum = Ext::zero();
    for (unsigned i = 0; i < kSkip; ++i) sum += at[i] * values[i];
    return sum;
  }
};

/// Coefficients of the constraints' first message: degree at most kMaxDegree·(kSkip − 1).
inline constexpr unsigned kSkipCoefficients = kMaxDegree * (kSkip - 1) + 1;

inline Ext evaluate(std::span<const Ext> coefficients, const Ext& x) {
  Ext out = Ext::zero();
  for (std::size_t i = coefficients.size(); i-- > 0;) out = out * x + coefficients[i];
  return out;
}

}  // namespace atlas::stark
