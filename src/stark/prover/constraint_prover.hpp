#pragma once
// The prover's half of verifier/constraints.
#include <stark/prover/bus_prover.hpp>
#include <stark/verifier/constraints.hpp>

namespace atlas::stark {

ColumnClaims prove_constraints(ProverChannel& channel, const Machine& machine, const MachineKernels& kernels, Isa isa,
                               const Layout& layout, const BusClaims& bus, const BusChallenge* challenges,
                               const std::vector<std::vector<const u32*>>& columns);

}  // namespace atlas::stark
