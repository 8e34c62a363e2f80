// Commits Keccak-256 of a message that stays private: the hints hold its length in bytes, then the message.
#include <atlas/guest.hpp>

#include <crypto/keccak.hpp>

using namespace atlas;

int main() {
  constexpr u32 kMessageMax = 1U << 24;
  const Bytes message = guest::hint_bytes(kMessageMax);
  guest::Phase phase("hashing");
  guest::commit(crypto::keccak256(message));
  return 0;
}
