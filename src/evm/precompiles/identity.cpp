#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {

u64 identity_gas(ByteView input, Fork) {
  constexpr u64 kBase = 15;
  constexpr u64 kPerWord = 3;
  return kBase + kPerWord * words(input);
}

bool identity_run(ByteView input, Bytes& output) {
  output.assign(input.begin(), input.end());
  return true;
}

}  // namespace atlas::evm::precompiles
