#include <base/u256.hpp>
#include <crypto/secp256k1.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {

u64 ecrecover_gas(ByteView, Fork) {
  return 3000;
}

// Input: hash, v, r, s of 32 bytes each, zero-padded on the right. v is 27 or 28. No valid signature: empty output.
bool ecrecover_run(ByteView input, Bytes& output) {
  constexpr std::size_t kInputSize = 128;
  output.clear();
  u8 padded[kInputSize] = {};
  std::copy_n(input.begin(), std::min(input.size(), kInputSize), padded);
  const u256 v = u256::from_be(padded + 32);
  if (v != u256(27) && v != u256(28)) return true;
  const auto y_parity = static_cast<u8>(v.low_u64() - 27);
  const auto address = crypto::ecrecover(Hash256::from(ByteView(padded, 32)), y_parity, u256::from_be(padded + 64),
                                         u256::from_be(padded + 96));
  if (!address) return true;
  output.assign(32, 0);
  std::copy(address->begin(), address->end(), output.begin() + 12);
  return true;
}

}  // namespace atlas::evm::precompiles
