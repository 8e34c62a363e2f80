#include <crypto/sha256.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {

u64 sha256_gas(ByteView input, Fork) {
  constexpr u64 kBase = 60;
  constexpr u64 kPerWord = 12;
  return kBase + kPerWord * words(input);
}

bool sha256_run(ByteView input, Bytes& output) {
  const Hash256 hash = crypto::sha256(input);
  output.assign(hash.begin(), hash.end());
  return true;
}

}  // namespace atlas::evm::precompiles
