#pragma once
// The chips' packed kernels, compiled once for each instruction set.
#include <stark/prover/chip_kernels_impl.hpp>
#include <zkvm/machine/chips.hpp>

namespace atlas::zkvm {

template <class Packed, class Words, class... Chips>
constexpr std::span<const stark::ChipKernels> tables_of(ChipList<Chips...>) {
  return stark::MachineKernelsOf<Packed, Words, Chips...>::kTables;
}

}  // namespace atlas::zkvm
