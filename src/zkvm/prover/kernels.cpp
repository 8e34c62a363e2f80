#include <zkvm/machine/chips.hpp>
#include <zkvm/prover/kernels.hpp>

namespace atlas::zkvm {
namespace {

template <stark::Isa isa, class... Chips>
std::span<const stark::ChipKernels> table_of(ChipList<Chips...>) {
  static const stark::ChipKernels table[] = {kernels_of<isa, Chips>()...};
  return table;
}

}  // namespace

const stark::MachineKernels& machine_kernels() {
  using enum stark::Isa;
  static const stark::MachineKernels kernels{
      {table_of<kPortable>(AllChips{}), table_of<kAvx2>(AllChips{}), table_of<kAvx512>(AllChips{})}};
  return kernels;
}

}  // namespace atlas::zkvm
