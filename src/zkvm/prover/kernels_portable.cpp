#include <field/packed/portable.hpp>
#include <zkvm/prover/kernels_impl.hpp>

namespace atlas::zkvm {
extern const std::span<const stark::ChipKernels> kKernelsPortable;
constinit const std::span<const stark::ChipKernels> kKernelsPortable =
    tables_of<field::PackedPortable, stark::WordsPortable>(AllChips{});
}  // namespace atlas::zkvm
