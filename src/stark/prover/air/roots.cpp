#include <stark/prover/air/forger.hpp>

namespace atlas::stark {
namespace {

/// Coefficients, lowest first; the last is not zero.
using Poly = std::vector<BabyBear>;

void trim(Poly& a) {
  while (!a.empty() && a.back().is_zero()) a.pop_back();
}
Poly remainder(Poly a, const Poly& b) {
  const BabyBear scale = b.back().inverse();
  while (a.size() >= b.size()) {
    const BabyBear factor = a.back() * scale;
    const std::size_t shift = a.size() - b.size();
    for (std::size_t i = 0; i < b.size(); ++i) a[shift + i] -= factor * b[i];
    trim(a);
  }
  return a;
}
Poly multiply(const Poly& a, const Poly& b, const Poly& modulus) {
  if (a.empty() || b.empty()) return {};
  Poly out(a.size() + b.size() - 1, BabyBear::zero());
  for (std::size_t i = 0; i < a.size(); ++i) {
    for (std::size_t j = 0; j < b.size(); ++j) out[i + j] += a[i] * b[j];
  }
  trim(out);
  return remainder(std::move(out), modulus);
}
Poly power(Poly base, u32 exponent, const Poly& modulus) {
  Poly out = {BabyBear::one()};
  for (; exponent != 0; exponent >>= 1, base = multiply(base, base, modulus)) {
    if (exponent & 1) out = multiply(out, base, modulus);
  }
  return out;
}
Poly gcd(Poly a, Poly b) {
  while (!b.empty()) {
    Poly rest = remainder(std::move(a), b);
    a = std::move(b);
    b = std::move(rest);
  }
  return a;
}
Poly minus(Poly a, std::size_t place, BabyBear value) {
  if (a.size() <= place) a.resize(place + 1, BabyBear::zero());
  a[place] -= value;
  trim(a);
  return a;
}

/// Of a product of different linear factors (Cantor and Zassenhaus): (x + s)^((p−1)/2) is 1 at half of the roots.
void split(const Poly& a, u32 shift, std::vector<BabyBear>& out) {
  if (a.size() < 2) return;
  if (a.size() == 2) {
    out.push_back(-a[0] * a[1].inverse());
    return;
  }
  for (;; ++shift) {
    const Poly half = power(remainder({BabyBear(shift), BabyBear::one()}, a), (BabyBear::kModulus - 1) / 2, a);
    const Poly some = gcd(a, minus(half, 0, BabyBear::one()));
    if (some.size() < 2 || some.size() == a.size()) continue;
    split(some, shift + 1, out);
    const Poly others = gcd(a, minus(half, 0, -BabyBear::one()));
    split(others, shift + 1, out);
    // A root at −s is in neither.
    if (some.size() + others.size() - 1 != a.size()) out.push_back(-BabyBear(shift));
    return;
  }
}

}  // namespace

std::vector<BabyBear> roots_of(const std::array<BabyBear, 4>& y) {
  // Newton's differences: y0 + d1·t + d2·t(t − 1)/2 + d3·t(t − 1)(t − 2)/6.
  const BabyBear d1 = y[1] - y[0], d2 = y[2] - y[1] - d1, d3 = (y[3] - y[2]) - (y[2] - y[1]) - d2;
  const BabyBear half = BabyBear(2).inverse(), sixth = BabyBear(6).inverse();
  Poly a = {y[0], d1 - d2 * half + d3 * 2 * sixth, d2 * half - d3 * half, d3 * sixth};
  trim(a);
  std::vector<BabyBear> out;
  if (a.size() < 2) return out;
  if (a.size() == 2) {
    split(a, 0, out);
    return out;
  }
  // x^p − x has every element as a root, once.
  const Poly all = power({BabyBear::zero(), BabyBear::one()}, BabyBear::kModulus, a);
  split(gcd(a, minus(all, 1, BabyBear::one())), 0, out);
  return out;
}

}  // namespace atlas::stark
