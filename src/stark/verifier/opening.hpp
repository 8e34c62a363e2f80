#pragma once
// From column claims to hash openings: a sumcheck over the stacked columns, their random combination g, and the
// BaseFold argument for g(u): folds by 16, queries in the unique-decoding regime.
#include <stark/verifier/constraints.hpp>

namespace atlas::stark {

/// The value of the claims' weight at u for every stacked column: Σ over placed columns of γ^claim·weight.
/// `u`: stack_log coordinates, low first.
std::vector<Ext> stacked_weights(const Machine& machine, const Parameters& parameters, const Layout& layout,
                                 const ColumnClaims& claims, const Ext& gamma, std::span<const Ext> u);

/// Of the 2^log-th root of unity w: w^rev(position), the point that a codeword's position stands for.
BabyBear domain_point(u32 position, u32 log);

/// 16 neighbouring values of a codeword with 2^log positions, the first at 16·leaf, folded by four challenges.
Ext fold_coset(const Ext* values, u32 leaf, u32 log, const Ext* challenges);

/// Sorted, each once.
std::vector<u32> unique_sorted(std::vector<u32> values);

Result<void, VerifyError> verify_opening(VerifierChannel& channel, const Machine& machine, const Parameters& parameters,
                                         const Layout& layout, const MerkleCap* caps, const ColumnClaims& claims);

}  // namespace atlas::stark
