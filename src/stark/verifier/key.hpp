#pragma once
#include <stark/air/machine.hpp>
#include <stark/transcript/transcript.hpp>
#include <stark/verifier/parameters.hpp>

namespace atlas::stark {

struct VerifyingKey {
  const Machine* machine = nullptr;
  Parameters parameters;
  MerkleCap fixed_cap;  ///< of the fixed columns; empty if no chip has any
  Digest digest;        ///< binds all of the above; the first thing in every transcript

  /// Computes `digest` from the rest: names, shapes, caps on heights, parameters and the fixed root.
  Digest compute_digest() const;
};

enum class VerifyError : u8 {
  kTruncated = 1,    ///< the proof ends early, or a field element is not canonical
  kTrailing,         ///< bytes after the proof's end
  kHeights,          ///< a height that the key does not allow
  kTooManyMessages,  ///< Σ height·messages ≥ p, or the boundary cap exceeded
  kTooManyCells,     ///< more stacked columns than the key's cap
  kProofOfWork,
  kBusRound,  ///< a layer's claim does not follow from the one above
  kZeroDenominator,
  kLocalBus,       ///< the local messages do not balance
  kConstraintSum,  ///< the first constraint message does not sum to the claim
  kConstraints,    ///< the folded constraints do not come to the last claim
  kStackedClaim,   ///< the stacked values do not come to the column claims
  kFinalPolynomial,
  kMerkle,       ///< an opening does not lead to its root
  kFold,         ///< a fold disagrees with the layer below, or a row with g
  kBoundaryBus,  ///< boundary remainders do not sum to zero over the execution
  kSegments,     ///< the public values do not make an execution, or too many segments
  kFormat,       ///< a header or a length that the format does not allow
};
const char* name_of(VerifyError error);

}  // namespace atlas::stark
