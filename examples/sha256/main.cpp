// Commits SHA-256 of a message, computed by instructions alone: what a primitive saves shows against it.
#include <atlas/guest.hpp>

#include <crypto/sha256.hpp>

using namespace atlas;

namespace {

Hash256 sha256_in_software(const Bytes& message) {
  u32 state[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  Bytes padded = message;
  padded.push_back(0x80);
  while (padded.size() % 64 != 56) padded.push_back(0);
  for (unsigned shift = 64; shift > 0; shift -= 8) {
    padded.push_back(static_cast<u8>(static_cast<u64>(message.size()) * 8 >> (shift - 8)));
  }
  crypto::portable::sha256_compress(state, padded.data(), padded.size() / 64);
  Hash256 out;
  for (unsigned i = 0; i < 32; ++i) out[i] = static_cast<u8>(state[i / 4] >> (24 - i % 4 * 8));
  return out;
}

}  // namespace

int main() {
  constexpr u32 kMessageMax = 1U << 24;
  const Bytes message = guest::hint_bytes(kMessageMax);
  guest::Phase phase("hashing");
  guest::commit(sha256_in_software(message));
  return 0;
}
