#pragma once
// The prover's half of verifier/bus: the tree of fractions and its sumchecks, layer by layer.
#include <stark/prover/chip_kernels.hpp>
#include <stark/prover/ext_planes.hpp>
#include <stark/transcript/channel.hpp>
#include <stark/verifier/bus.hpp>

namespace atlas::stark {

/// The first `p.size()` fractions of a layer; the others, up to 2^log, are 0/1. The length is 2^log or a multiple
/// of 32.
struct FractionLayer {
  ExtPlanes p, q;
};

/// columns[chip][column]: all columns of the chip's rows.
FractionLayer make_leaves(Bus bus, const Machine& machine, const MachineKernels& kernels, Isa isa, const Layout& layout,
                          const std::vector<std::vector<const u32*>>& columns, const BusChallenge* challenges);

BusClaims prove_bus(ProverChannel& channel, std::vector<FractionLayer> leaves, u32 log, Isa isa);

}  // namespace atlas::stark
