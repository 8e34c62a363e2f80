#include <base/u256.hpp>
#include <crypto/p256.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {

u64 p256verify_gas(ByteView, Fork) {
  return 6900;
}

// Input: hash, r, s, qx, qy of 32 bytes each. A bad length or signature is no failure: the output is empty.
bool p256verify_run(ByteView input, Bytes& output) {
  constexpr std::size_t kInputSize = 160;
  output.clear();
  if (input.size() != kInputSize) return true;
  const u8* in = input.data();
  if (!crypto::p256_verify(Hash256::from(input), u256::from_be(in + 32), u256::from_be(in + 64), u256::from_be(in + 96),
                           u256::from_be(in + 128))) {
    return true;
  }
  output.assign(32, 0);
  output[31] = 1;
  return true;
}

}  // namespace atlas::evm::precompiles
