#include <crypto/ripemd160.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {

u64 ripemd160_gas(ByteView input, Fork) {
  constexpr u64 kBase = 600;
  constexpr u64 kPerWord = 120;
  return kBase + kPerWord * words(input);
}

bool ripemd160_run(ByteView input, Bytes& output) {
  const FixedBytes<20> hash = crypto::ripemd160(input);
  output.assign(32, 0);
  std::copy(hash.begin(), hash.end(), output.begin() + 12);
  return true;
}

}  // namespace atlas::evm::precompiles
