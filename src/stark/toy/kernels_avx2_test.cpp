#include <field/packed/avx2.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/toy/chips.hpp>

namespace atlas::stark::toy {
extern const std::span<const ChipKernels> kKernelsAvx2;
const std::span<const ChipKernels> kKernelsAvx2 =
    MachineKernelsOf<field::PackedAvx2, WordsAvx2, Fibonacci, ByteTable, MixingTable, Cell, Image>::kTables;
}  // namespace atlas::stark::toy
