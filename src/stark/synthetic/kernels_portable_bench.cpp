#include <field/packed/portable.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/synthetic/machine.hpp>

namespace atlas::stark::synthetic {
const std::span<const ChipKernels> kKernelsPortable =
    MachineKernelsOf<field::PackedPortable, WordsPortable, Step, Range, Border>::kTables;
}  // namespace atlas::stark::synthetic
