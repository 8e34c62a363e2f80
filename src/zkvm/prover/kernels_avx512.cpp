#include <field/packed/avx512.hpp>
#include <zkvm/prover/kernels_impl.hpp>

namespace atlas::zkvm {
extern const std::span<const stark::ChipKernels> kKernelsAvx512;
constinit const std::span<const stark::ChipKernels> kKernelsAvx512 =
    tables_of<field::PackedAvx512, stark::WordsAvx512>(AllChips{});
}  // namespace atlas::zkvm
