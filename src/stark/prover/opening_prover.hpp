#pragma once
// The prover's half of verifier/opening.
#include <stark/prover/stacked_tree.hpp>
#include <stark/transcript/channel.hpp>
#include <stark/verifier/opening.hpp>

namespace atlas::stark {

/// The smallest nonce that works, absorbed and sent.
void grind(ProverChannel& channel, Label label, u32 bits, Isa isa);

/// trees[TreeId].
void prove_opening(ProverChannel& channel, const Parameters& parameters, const Layout& layout,
                   const StackedTree* const* trees, const ColumnClaims& claims, Isa isa);

}  // namespace atlas::stark
