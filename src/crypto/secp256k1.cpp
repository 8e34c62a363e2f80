#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <platform/accel.hpp>

namespace atlas::crypto {
namespace {

using platform::accel::Outcome;

}  // namespace

std::optional<PublicKey> recover_public_key(const Hash256& digest, u8 y_parity, const u256& r, const u256& s) {
  PublicKey key;
  switch (platform::accel::secp256k1_recover(digest.data(), y_parity, r.to_be().data(), s.to_be().data(), key.data())) {
    case Outcome::kDone:
      return key;
    case Outcome::kInvalid:
      return std::nullopt;
    case Outcome::kNotAccelerated:
      break;
  }
  return portable::recover_public_key(digest, y_parity, r, s);
}

Address address_of_public_key(const PublicKey& key) {
  return Address::from_right(keccak256(key));
}

std::optional<Address> ecrecover(const Hash256& digest, u8 y_parity, const u256& r, const u256& s) {
  const auto key = recover_public_key(digest, y_parity, r, s);
  if (!key) return std::nullopt;
  return address_of_public_key(*key);
}

std::optional<Signature> sign(const Hash256& digest, const Hash256& private_key) {
  Signature signature;
  Hash256 r;
  Hash256 s;
  switch (platform::accel::secp256k1_sign(digest.data(), private_key.data(), r.data(), s.data(), signature.y_parity)) {
    case Outcome::kDone:
      signature.r = u256::from_be(r);
      signature.s = u256::from_be(s);
      return signature;
    case Outcome::kInvalid:
      return std::nullopt;
    case Outcome::kNotAccelerated:
      break;
  }
  return portable::sign(digest, private_key);
}

std::optional<PublicKey> public_key_of(const Hash256& private_key) {
  PublicKey key;
  switch (platform::accel::secp256k1_public_key(private_key.data(), key.data())) {
    case Outcome::kDone:
      return key;
    case Outcome::kInvalid:
      return std::nullopt;
    case Outcome::kNotAccelerated:
      break;
  }
  return portable::public_key_of(private_key);
}

std::optional<Address> address_of_private_key(const Hash256& private_key) {
  const auto key = public_key_of(private_key);
  if (!key) return std::nullopt;
  return address_of_public_key(*key);
}

}  // namespace atlas::crypto
