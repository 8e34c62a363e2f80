#pragma once
// One row's constraints and messages folded into one number: Σ λ^e·C_e + Σ_j w_j·(κ·num_j + κ'·den_j). The verifier
// runs it on claimed column values, the prover on packed rows.
#include <stark/air/chip.hpp>

namespace atlas::stark {

/// Challenges of a bus: den = alpha − Σ_i beta[i]·m_i, beta[i] = eq(β, i).
struct BusChallenge {
  Ext alpha;
  Ext beta[kMaxArity];
};

/// What a chip's fold needs besides the row. Pointers live as long as the caller's arrays.
struct FoldWeights {
  const Ext* constraints = nullptr;          ///< λ^e of this chip's constraints, in order
  const Ext* numerators = nullptr;           ///< of message j: eq(ξ_hi, block_j)·(1 or μ^2 on the boundary bus)
  const Ext* denominators = nullptr;         ///< of message j: eq(ξ_hi, block_j)·(μ or μ^3)
  const BusChallenge* challenges = nullptr;  ///< [bus]
};

/// Which messages a fold takes in: all; or, for provers, the linear ones apart from everything else, as the sum of a
/// linear function over many rows is that function of the rows' sum.
enum class FoldPart : u8 { kAll, kLinear, kOthers };

/// T: what a column holds (lanes, lanes of extensions, Ext). X: an extension over T's lanes. `kShape` is the chip's,
/// needed for parts only.
template <class T, class X, FoldPart kPart = FoldPart::kAll, const ChipShape* kShape = nullptr>
class FoldingBuilder {
 public:
  using Expr = T;

  ATLAS_FORCE_INLINE FoldingBuilder(const T* row, const FoldWeights& weights) : row_(row), weights_(weights) {}

  template <template <class> class Row>
  ATLAS_FORCE_INLINE const Row<T>& row() const {
    return *reinterpret_cast<const Row<T>*>(row_);  // a Row is an array of T; the build has -fno-strict-aliasing
  }
  ATLAS_FORCE_INLINE T constant(u32 value) const { return T(typename T::Base(value)); }
  ATLAS_FORCE_INLINE void assert_zero(const T& value, std::source_location = {}) {
    if constexpr (kPart == FoldPart::kLinear) return;
    sum_ += scale(weights_.constraints[constraint_++], value);
  }
  template <std::size_t N>
  ATLAS_FORCE_INLINE void send(const Tag& tag, const T& multiplicity, const T (&fields)[N], std::source_location = {}) {
    message(tag, multiplicity, fields);
  }
  template <std::size_t N>
  ATLAS_FORCE_INLINE void receive(const Tag& tag, const T& multiplicity, const T (&fields)[N],
                                  std::source_location = {}) {
    message(tag, -multiplicity, fields);
  }
  ATLAS_FORCE_INLINE const X& sum() const { return sum_; }

 private:
  ATLAS_FORCE_INLINE static X broadcast(const Ext& value) {
    X out;
    for (unsigned i = 0; i < kExtensionDegree; ++i) out.c[i] = typename X::Base(value.c[i]);
    return out;
  }
  ATLAS_FORCE_INLINE static X scale(const Ext& factor, const T& value) { return broadcast(factor) * value; }

  template <std::size_t N>
  ATLAS_FORCE_INLINE void message(const Tag& tag, const T& numerator, const T (&fields)[N]) {
    if constexpr (kPart != FoldPart::kAll) {
      if (kShape->messages[message_].is_linear != (kPart == FoldPart::kLinear)) {
        ++message_;
        return;
      }
    }
    const BusChallenge& challenge = weights_.challenges[static_cast<unsigned>(tag.bus)];
    X denominator = broadcast(challenge.alpha - challenge.beta[0] * BabyBear(tag.id));
    for (std::size_t i = 0; i < N; ++i) denominator -= scale(challenge.beta[i + 1], fields[i]);
    sum_ += scale(weights_.numerators[message_], numerator);
    sum_ += broadcast(weights_.denominators[message_]) * denominator;
    ++message_;
  }

  const T* row_;
  const FoldWeights& weights_;
  unsigned constraint_ = 0;
  unsigned message_ = 0;
  X sum_ = X::zero();
};

}  // namespace atlas::stark
