#pragma once
// The chips' packed kernels (stark/prover/chip_kernels.hpp). They take long to compile: src/CMakeLists.txt lists the
// chips of each folder, and cmake/ChipKernels.cmake makes one file of them for each instruction set.
#include <stark/prover/chip_kernels.hpp>

namespace atlas::zkvm {

template <stark::Isa isa, class Chip>
const stark::ChipKernels& kernels_of();

/// All chips in the key's order.
const stark::MachineKernels& machine_kernels();

}  // namespace atlas::zkvm
