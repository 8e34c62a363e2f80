#include <crypto/rfc6979.hpp>
#include <crypto/sha256.hpp>

namespace atlas::crypto {

Hash256 hmac_sha256(const Hash256& key, ByteView message) {
  constexpr std::size_t kBlock = 64;
  constexpr u8 kInnerPad = 0x36;
  constexpr u8 kOuterPad = 0x5c;
  Bytes inner(kBlock, kInnerPad);
  for (std::size_t i = 0; i < key.size(); ++i) inner[i] = key[i] ^ kInnerPad;
  append(inner, message);
  const Hash256 digest = sha256(inner);

  u8 outer[kBlock + Hash256::kSize];
  std::fill_n(outer, kBlock, kOuterPad);
  for (std::size_t i = 0; i < key.size(); ++i) outer[i] = key[i] ^ kOuterPad;
  std::copy(digest.begin(), digest.end(), outer + kBlock);
  return sha256(ByteView(outer, sizeof outer));
}

Rfc6979::Rfc6979(const Hash256& private_key, const Hash256& reduced_digest) {
  std::fill(value_.begin(), value_.end(), u8{1});
  u8 seed[64];
  std::copy(private_key.begin(), private_key.end(), seed);
  std::copy(reduced_digest.begin(), reduced_digest.end(), seed + 32);
  mix(0, ByteView(seed, sizeof seed));
  mix(1, ByteView(seed, sizeof seed));
}

// K = HMAC(K, V ‖ separator ‖ seed), V = HMAC(K, V).
void Rfc6979::mix(u8 separator, ByteView seed) {
  Bytes message(value_.begin(), value_.end());
  message.push_back(separator);
  append(message, seed);
  key_ = hmac_sha256(key_, message);
  value_ = hmac_sha256(key_, value_);
}

Hash256 Rfc6979::next() {
  if (asked_) mix(0, {});
  asked_ = true;
  value_ = hmac_sha256(key_, value_);
  return value_;
}

}  // namespace atlas::crypto
