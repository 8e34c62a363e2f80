#include <field/packed/avx512.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/toy/chips.hpp>

namespace atlas::stark::toy {
extern const std::span<const ChipKernels> kKernelsAvx512;
const std::span<const ChipKernels> kKernelsAvx512 =
    MachineKernelsOf<field::PackedAvx512, WordsAvx512, Fibonacci, ByteTable, MixingTable, Cell, Image>::kTables;
}  // namespace atlas::stark::toy
