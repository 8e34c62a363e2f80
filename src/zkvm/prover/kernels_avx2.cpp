#include <field/packed/avx2.hpp>
#include <zkvm/prover/kernels_impl.hpp>

namespace atlas::zkvm {
extern const std::span<const stark::ChipKernels> kKernelsAvx2;
constinit const std::span<const stark::ChipKernels> kKernelsAvx2 =
    tables_of<field::PackedAvx2, stark::WordsAvx2>(AllChips{});
}  // namespace atlas::zkvm
