#pragma once
// The prover's half of verifier/bus: the tree of fractions and its sumchecks, layer by layer. Leaves are never stored:
// what needs them computes them from the columns again, a few hundred rows at a time.
#include <stark/prover/bus_runs.hpp>
#include <stark/prover/chip_kernels.hpp>
#include <stark/transcript/channel.hpp>
#include <stark/verifier/bus.hpp>

namespace atlas::stark {

/// What the bus is about. columns[chip][column]: all columns of the chip's rows. Everything outlives the proof.
struct BusStatement {
  const Machine& machine;
  const MachineKernels& kernels;
  Isa isa;
  const Layout& layout;
  const std::vector<std::vector<const u32*>>& columns;
  const BusChallenge* challenges;  ///< [bus]
};

/// `seconds_of_layers`, if not null: how long the fractions' sums took, before the first message.
BusClaims prove_bus(ProverChannel& channel, const BusStatement& statement, double* seconds_of_layers = nullptr);

}  // namespace atlas::stark
