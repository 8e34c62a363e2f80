// Proves that someone signed a digest without showing the signature. Hints: digest (32 bytes), y parity (a word), r and
// s (32 bytes each, big-endian). Commits the digest's signer: 12 zero bytes, then the address; all zero if it is
// invalid.
#include <atlas/guest.hpp>

#include <crypto/secp256k1.hpp>

using namespace atlas;

int main() {
  const auto digest = guest::hint<Hash256>();
  const u32 parity = guest::hint_word();
  const u256 r = u256::from_be(guest::hint<Hash256>());
  const u256 s = u256::from_be(guest::hint<Hash256>());
  Hash256 output;
  if (parity <= 1) {
    guest::Phase phase("signature");
    if (const auto signer = crypto::ecrecover(digest, static_cast<u8>(parity), r, s)) {
      std::copy(signer->begin(), signer->end(), output.begin() + 12);
    }
  }
  guest::commit(output);
  return 0;
}
