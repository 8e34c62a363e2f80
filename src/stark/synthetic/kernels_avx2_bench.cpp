#include <field/packed/avx2.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/synthetic/machine.hpp>

namespace atlas::stark::synthetic {
const std::span<const ChipKernels> kKernelsAvx2 =
    MachineKernelsOf<field::PackedAvx2, WordsAvx2, Step, Range, Border>::kTables;
}  // namespace atlas::stark::synthetic
