#pragma once
// Σ a·b with one reduction at the end, where a packed type has a faster way; this one reduces each product.
#include <field/babybear.hpp>

namespace atlas::field {

template <class P>
struct SumOfProducts {
  P sum = P(BabyBear::zero());
  ATLAS_FORCE_INLINE void add(P a, P b) { sum += a * b; }
  ATLAS_FORCE_INLINE void add(P a, P b, P c, P d) { sum += a * b + c * d; }
  ATLAS_FORCE_INLINE P value() const { return sum; }
};

}  // namespace atlas::field
