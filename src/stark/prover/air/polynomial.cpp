#include <algorithm>

#include <stark/prover/air/polynomial.hpp>

namespace atlas::stark {

Monomial product(Monomial a, Monomial b) {
  u16 columns[2 * kMonomialColumns]{};
  unsigned count = 0;
  for (const Monomial m : {a, b}) for_each_column(m, [&](u32 c) { columns[count++] = static_cast<u16>(c + 1); });
  ENSURE(count <= kMonomialColumns, "a polynomial's degree is at most four");
  std::sort(columns, columns + count);
  Monomial out = 0;
  for (unsigned i = 0; i < count; ++i) out |= Monomial{columns[i]} << 16 * i;
  return out;
}

void Polynomial::add(Monomial monomial, BabyBear coefficient) {
  BabyBear& term = terms_.try_emplace(monomial, BabyBear::zero()).first->second;
  term += coefficient;
  if (term.is_zero()) terms_.erase(monomial);
}

Polynomial operator+(const Polynomial& a, const Polynomial& b) {
  if (b.is_zero()) return a;
  if (a.is_zero()) return b;
  Polynomial out;
  out.terms_ = a.terms_;
  for (const auto& [monomial, coefficient] : b.terms_) out.add(monomial, coefficient);
  return out;
}

Polynomial operator-(const Polynomial& a, const Polynomial& b) {
  if (b.is_zero()) return a;
  Polynomial out;
  out.terms_ = a.terms_;
  for (const auto& [monomial, coefficient] : b.terms_) out.add(monomial, -coefficient);
  return out;
}

Polynomial operator*(const Polynomial& a, const Polynomial& b) {
  Polynomial out;
  for (const auto& [m, c] : a.terms_) {
    for (const auto& [n, d] : b.terms_) out.add(product(m, n), c * d);
  }
  for (const Polynomial* side : {&a, &b}) {
    for (Polynomial& factor : side->factors()) out.factors_.push_back(std::move(factor));
  }
  return out;
}

}  // namespace atlas::stark
