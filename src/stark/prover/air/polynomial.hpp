#pragma once
// A chip's expressions as polynomials in its columns, for analyses that must know more than degrees.
#include <map>

#include <stark/air/chip.hpp>

namespace atlas::stark {

/// Up to four columns of 16 bits each, column + 1, rising from the lowest bits; 0 is the constant.
using Monomial = u64;
inline constexpr unsigned kMonomialColumns = 4;
Monomial product(Monomial a, Monomial b);

/// A sum of monomials that remembers its factors where it was written as a product. The degree is at most four.
class Polynomial {
 public:
  Polynomial() = default;
  explicit Polynomial(u32 constant) : Polynomial(BabyBear(constant)) {}
  explicit Polynomial(BabyBear constant) {
    if (!constant.is_zero()) terms_[0] = constant;
  }
  static Polynomial column(u32 index) {
    Polynomial out;
    out.terms_[index + 1] = BabyBear::one();
    return out;
  }

  const std::map<Monomial, BabyBear>& terms() const { return terms_; }
  bool is_constant() const { return terms_.empty() || (terms_.size() == 1 && terms_.begin()->first == 0); }
  bool is_zero() const { return terms_.empty(); }
  BabyBear constant() const {
    const auto it = terms_.find(0);
    return it == terms_.end() ? BabyBear::zero() : it->second;
  }
  /// Those that were multiplied, or the polynomial itself.
  std::vector<Polynomial> factors() const { return factors_.empty() ? std::vector{*this} : factors_; }

  friend Polynomial operator+(const Polynomial& a, const Polynomial& b);
  friend Polynomial operator-(const Polynomial& a, const Polynomial& b);
  friend Polynomial operator*(const Polynomial& a, const Polynomial& b);
  friend Polynomial operator+(const Polynomial& a, u32 k) { return a + Polynomial(k); }
  friend Polynomial operator-(const Polynomial& a, u32 k) { return a - Polynomial(k); }
  friend Polynomial operator*(const Polynomial& a, u32 k) { return a * Polynomial(k); }
  friend Polynomial operator+(u32 k, const Polynomial& a) { return a + k; }
  friend Polynomial operator-(u32 k, const Polynomial& a) { return Polynomial(k) - a; }
  friend Polynomial operator*(u32 k, const Polynomial& a) { return a * k; }
  Polynomial operator-() const { return Polynomial() - *this; }

 private:
  void add(Monomial monomial, BabyBear coefficient);
  std::map<Monomial, BabyBear> terms_;
  std::vector<Polynomial> factors_;
};

/// Calls visit(column) for each of a monomial's columns.
template <class Visit>
void for_each_column(Monomial monomial, const Visit& visit) {
  for (; monomial != 0; monomial >>= 16) visit(static_cast<u32>(monomial & 0xffff) - 1);
}

}  // namespace atlas::stark
