#include <field/packed/avx512.hpp>
#include <stark/prover/chip_kernels_impl.hpp>
#include <stark/synthetic/machine.hpp>

namespace atlas::stark::synthetic {
const std::span<const ChipKernels> kKernelsAvx512 =
    MachineKernelsOf<field::PackedAvx512, WordsAvx512, Step, Range, Border>::kTables;
}  // namespace atlas::stark::synthetic
