#include <cstring>

#include <secp256k1.h>
#include <secp256k1_recovery.h>
#include <sys/random.h>

#include <base/ensure.hpp>
#include <platform/accel.hpp>

namespace atlas::platform::accel {
namespace {

// One context for the process, never changed after construction, hence safe to share between threads. Its random seed
// blinds the multiplications with secret keys against side channels.
const secp256k1_context* context() {
  static const secp256k1_context* const shared = [] {
    secp256k1_context* created = secp256k1_context_create(SECP256K1_CONTEXT_SIGN | SECP256K1_CONTEXT_VERIFY);
    ENSURE(created != nullptr, "libsecp256k1 could not allocate its context");
    u8 seed[32];
    ENSURE(getrandom(seed, sizeof seed, 0) == sizeof seed, "the kernel gave no random bytes for libsecp256k1");
    ENSURE(secp256k1_context_randomize(created, seed) == 1, "libsecp256k1 could not randomise its context");
    return created;
  }();
  return shared;
}

void write_public_key(const secp256k1_pubkey& key, u8* out) {
  u8 encoded[65];
  std::size_t size = sizeof encoded;
  secp256k1_ec_pubkey_serialize(context(), encoded, &size, &key, SECP256K1_EC_UNCOMPRESSED);
  std::memcpy(out, encoded + 1, 64);
}

}  // namespace

Outcome secp256k1_recover(const u8* digest, u8 y_parity, const u8* r, const u8* s, u8* public_key) {
  if (y_parity > 1) return Outcome::kInvalid;
  u8 compact[64];
  std::memcpy(compact, r, 32);
  std::memcpy(compact + 32, s, 32);
  secp256k1_ecdsa_recoverable_signature signature;
  secp256k1_pubkey key;
  // The library refuses r, s ≥ n when parsing and zero when recovering.
  if (secp256k1_ecdsa_recoverable_signature_parse_compact(context(), &signature, compact, y_parity) == 0 ||
      secp256k1_ecdsa_recover(context(), &key, &signature, digest) == 0) {
    return Outcome::kInvalid;
  }
  write_public_key(key, public_key);
  return Outcome::kDone;
}

Outcome secp256k1_sign(const u8* digest, const u8* private_key, u8* r, u8* s, u8& y_parity) {
  secp256k1_ecdsa_recoverable_signature signature;
  if (secp256k1_ecdsa_sign_recoverable(context(), &signature, digest, private_key, nullptr, nullptr) == 0) {
    return Outcome::kInvalid;
  }
  u8 compact[64];
  int recovery_id = 0;
  secp256k1_ecdsa_recoverable_signature_serialize_compact(context(), compact, &recovery_id, &signature);
  // Ids 2 and 3 (x(R) ≥ n) have probability 2^-127 and no Ethereum encoding.
  ENSURE(recovery_id <= 1, "signature's R has x above the group order");
  std::memcpy(r, compact, 32);
  std::memcpy(s, compact + 32, 32);
  y_parity = static_cast<u8>(recovery_id);
  return Outcome::kDone;
}

Outcome secp256k1_public_key(const u8* private_key, u8* public_key) {
  secp256k1_pubkey key;
  if (secp256k1_ec_pubkey_create(context(), &key, private_key) == 0) return Outcome::kInvalid;
  write_public_key(key, public_key);
  return Outcome::kDone;
}

}  // namespace atlas::platform::accel
