#include <field/packed/portable.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/toy/chips.hpp>

namespace atlas::stark::toy {
extern const std::span<const ChipKernels> kKernelsPortable;
const std::span<const ChipKernels> kKernelsPortable =
    MachineKernelsOf<field::PackedPortable, WordsPortable, Fibonacci, ByteTable, MixingTable, Cell, Image>::kTables;
}  // namespace atlas::stark::toy
