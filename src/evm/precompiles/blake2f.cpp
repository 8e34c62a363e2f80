#include <crypto/blake2b.hpp>
#include <evm/precompiles/entries.hpp>

namespace atlas::evm::precompiles {
namespace {

// rounds (4 bytes, big-endian) ‖ h (8 × 8, little-endian) ‖ m (16 × 8) ‖ t (2 × 8) ‖ f (1 byte).
constexpr std::size_t kInputSize = 213;
constexpr std::size_t kStateAt = 4;
constexpr std::size_t kMessageAt = 68;
constexpr std::size_t kOffsetAt = 196;
constexpr std::size_t kFinalAt = 212;

u32 rounds_of(ByteView input) {
  u32 be;
  std::memcpy(&be, input.data(), sizeof be);
  return __builtin_bswap32(be);
}

}  // namespace

u64 blake2f_gas(ByteView input, Fork) {
  return input.size() == kInputSize ? rounds_of(input) : 0;
}

bool blake2f_run(ByteView input, Bytes& output) {
  output.clear();
  if (input.size() != kInputSize || input[kFinalAt] > 1) return false;
  // Host and guest are little-endian, as the input's words are.
  u64 h[8];
  u64 m[16];
  u64 t[2];
  std::memcpy(h, input.data() + kStateAt, sizeof h);
  std::memcpy(m, input.data() + kMessageAt, sizeof m);
  std::memcpy(t, input.data() + kOffsetAt, sizeof t);
  crypto::blake2b_f(rounds_of(input), h, m, t, input[kFinalAt] == 1);
  output.resize(sizeof h);
  std::memcpy(output.data(), h, sizeof h);
  return true;
}

}  // namespace atlas::evm::precompiles
