#pragma once
// All constraints of all chips and the bus's leaf claims, by one sumcheck with univariate skip.
#include <stark/verifier/bus.hpp>

namespace atlas::stark {

/// What prover and verifier derive alike before the first message.
struct ConstraintWeights {
  std::vector<Ext> lambda_powers;            ///< λ^1 … λ^(number of constraints)
  std::vector<std::vector<Ext>> numerators;  ///< [chip][message], FoldWeights::numerators
  std::vector<std::vector<Ext>> denominators;
  Ext claim;  ///< what everything sums to

  FoldWeights of_chip(std::size_t chip, const Layout& layout, const BusChallenge* challenges) const {
    return {lambda_powers.data() + layout.constraint_offset[chip], numerators[chip].data(), denominators[chip].data(),
            challenges};
  }
};
/// Draws λ and μ.
ConstraintWeights constraint_weights(Transcript& transcript, const Machine& machine, const Layout& layout,
                                     const BusClaims& bus);

/// Column claims: each committed column's Σ_rows weight(row)·value, the weight being Lagrange ⊗ eq at `point`.
struct ColumnClaims {
  std::vector<Ext> low;     ///< L_i(r_0), i < 32: the weights of a row's low bits
  std::vector<Ext> high;    ///< r of bits kSkipLog, kSkipLog + 1, …
  std::vector<Ext> values;  ///< Layout::claim_offset
};
Result<ColumnClaims, VerifyError> verify_constraints(VerifierChannel& channel, const Machine& machine,
                                                     const Layout& layout, const BusClaims& bus,
                                                     const BusChallenge* challenges);

/// The row that a chip's fold is evaluated on: committed claims, then closed columns.
std::vector<Ext> claimed_row(const ChipDescription& chip, u32 row_log, std::span<const Ext> claims,
                             std::span<const Ext> low, std::span<const Ext> high);

}  // namespace atlas::stark
