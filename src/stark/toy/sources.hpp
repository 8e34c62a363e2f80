#pragma once
// For tests: the toy machine's chips as the AIR compiler and the trace checker want them.
#include <stark/prover/air/compiler.hpp>
#include <stark/toy/machine.hpp>

namespace atlas::stark::toy {

inline std::vector<ChipSource> sources() {
  return {source_of<Fibonacci>(kChipTable[kFibonacci]), source_of<ByteTable>(kChipTable[kByteTable]),
          source_of<MixingTable>(kChipTable[kMixingTable]), source_of<Cell>(kChipTable[kCell]),
          source_of<Image>(kChipTable[kImage])};
}

}  // namespace atlas::stark::toy
