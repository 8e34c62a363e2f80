#pragma once
#include <base/bytes.hpp>

namespace atlas::crypto {

/// HMAC-SHA-256 (RFC 2104) with a key of 32 bytes.
Hash256 hmac_sha256(const Hash256& key, ByteView message);

/// Candidate nonces of deterministic ECDSA for a 256-bit group order (RFC 6979, 3.2, without extra data).
class Rfc6979 {
 public:
  /// Both big-endian; the digest already reduced modulo the order (bits2octets).
  Rfc6979(const Hash256& private_key, const Hash256& reduced_digest);
  /// The next candidate; the caller asks again while it is not in [1, n−1] or the signature would be degenerate.
  Hash256 next();

 private:
  void mix(u8 separator, ByteView seed);

  Hash256 key_;
  Hash256 value_;
  bool asked_ = false;
};

}  // namespace atlas::crypto
