#pragma once
// eval() on claimed column values, as the verifier runs it: once a chip, on elements of the extension. Everything here
// is a call: inlined, the products of a machine's chips would be millions of instructions for code that runs once a
// proof.
#include <stark/air/folding_builder.hpp>

namespace atlas::stark {

/// A column's claim, or an expression of claims.
struct Claimed {
  using Base = BabyBear;
  Ext value;

  Claimed() = default;
  explicit Claimed(BabyBear base) : value(base) {}
  explicit Claimed(const Ext& v) : value(v) {}

  [[gnu::noinline]] friend Claimed operator+(const Claimed& a, const Claimed& b) { return Claimed(a.value + b.value); }
  [[gnu::noinline]] friend Claimed operator-(const Claimed& a, const Claimed& b) { return Claimed(a.value - b.value); }
  [[gnu::noinline]] friend Claimed operator*(const Claimed& a, const Claimed& b) { return Claimed(a.value * b.value); }
  [[gnu::noinline]] friend Claimed operator+(const Claimed& a, u32 k) { return Claimed(a.value + BabyBear(k)); }
  [[gnu::noinline]] friend Claimed operator-(const Claimed& a, u32 k) { return Claimed(a.value - BabyBear(k)); }
  [[gnu::noinline]] friend Claimed operator*(const Claimed& a, u32 k) { return Claimed(a.value * BabyBear(k)); }
  friend Claimed operator+(u32 k, const Claimed& a) { return a + k; }
  friend Claimed operator-(u32 k, const Claimed& a) { return -a + k; }
  friend Claimed operator*(u32 k, const Claimed& a) { return a * k; }
  [[gnu::noinline]] Claimed operator-() const { return Claimed(-value); }
};

class ClaimBuilder {
 public:
  using Expr = Claimed;

  ClaimBuilder(const Ext* row, const FoldWeights& weights) : row_(row), weights_(weights) {}

  template <template <class> class Row>
  const Row<Claimed>& row() const {
    return *reinterpret_cast<const Row<Claimed>*>(row_);
  }
  Claimed constant(u32 value) const { return Claimed(BabyBear(value)); }
  [[gnu::noinline]] void assert_zero(const Claimed& value) {
    sum_ += weights_.constraints[constraint_++] * value.value;
  }
  template <std::size_t N>
  void send(const Tag& tag, const Claimed& multiplicity, const Claimed (&fields)[N]) {
    message(tag, multiplicity.value, fields, N);
  }
  template <std::size_t N>
  void receive(const Tag& tag, const Claimed& multiplicity, const Claimed (&fields)[N]) {
    message(tag, -multiplicity.value, fields, N);
  }
  const Ext& sum() const { return sum_; }

 private:
  [[gnu::noinline]] void message(const Tag& tag, const Ext& numerator, const Claimed* fields, std::size_t count) {
    const BusChallenge& challenge = weights_.challenges[static_cast<unsigned>(tag.bus)];
    Ext denominator = challenge.alpha - challenge.beta[0] * BabyBear(tag.id);
    for (std::size_t i = 0; i < count; ++i) denominator -= challenge.beta[i + 1] * fields[i].value;
    sum_ += weights_.numerators[message_] * numerator + weights_.denominators[message_] * denominator;
    ++message_;
  }

  const Ext* row_;
  const FoldWeights& weights_;
  unsigned constraint_ = 0;
  unsigned message_ = 0;
  Ext sum_ = Ext::zero();
};

}  // namespace atlas::stark
