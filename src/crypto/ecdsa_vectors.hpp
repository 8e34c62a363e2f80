#pragma once
// For tests only: Wycheproof's ECDSA files, read into one shape.
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include <base/test_vectors.hpp>
#include <base/u256.hpp>
#include <crypto/sha256.hpp>

namespace atlas::test {

struct EcdsaCase {
  std::string name;
  Hash256 digest;
  FixedBytes<64> public_key;
  u256 r;
  u256 s;
  bool encoding_ok = false;  ///< r and s could be read from the signature and fit 256 bits
  bool valid = false;
};

/// A DER integer at the front of `in`, non-negative and minimal, cut off from it.
inline std::optional<u256> take_der_integer(ByteView& in) {
  if (in.size() < 3 || in[0] != 0x02) return std::nullopt;
  const std::size_t size = in[1];
  if (size == 0 || size > 33 || in.size() < 2 + size) return std::nullopt;
  const ByteView digits = in.subspan(2, size);
  if ((digits[0] & 0x80) != 0) return std::nullopt;                                // negative
  if (size > 1 && digits[0] == 0 && (digits[1] & 0x80) == 0) return std::nullopt;  // padded
  if (size == 33 && digits[0] != 0) return std::nullopt;                           // above 256 bits
  in = in.subspan(2 + size);
  return u256::from_be_short(digits);
}

/// Ecdsa-Sig-Value (RFC 3279, 2.2.3) in DER.
inline bool read_der(ByteView in, u256& r, u256& s) {
  if (in.size() < 2 || in[0] != 0x30 || in[1] != in.size() - 2 || in[1] >= 0x80) return false;
  in = in.subspan(2);
  const auto first = take_der_integer(in);
  const auto second = first ? take_der_integer(in) : std::nullopt;
  if (!second || !in.empty()) return false;
  r = *first;
  s = *second;
  return true;
}

/// Reads a file with SHA-256 digests and 256-bit curves; `p1363` files hold r ‖ s, the others DER.
inline std::vector<EcdsaCase> read_wycheproof(const std::filesystem::path& path, bool p1363) {
  std::vector<EcdsaCase> cases;
  const auto file = nlohmann::json::parse(read_text(path));
  for (const auto& group : file.at("testGroups")) {
    const Bytes key = hex_bytes(group.at("publicKey").at("uncompressed").get<std::string>());
    for (const auto& test : group.at("tests")) {
      EcdsaCase c;
      c.name = std::to_string(test.at("tcId").get<int>()) + ": " + test.at("comment").get<std::string>();
      c.digest = crypto::sha256(hex_bytes(test.at("msg").get<std::string>()));
      c.public_key = FixedBytes<64>::from(ByteView(key).subspan(1));
      c.valid = test.at("result") == "valid";
      const Bytes signature = hex_bytes(test.at("sig").get<std::string>());
      if (p1363) {
        c.encoding_ok = signature.size() == 64;
        if (c.encoding_ok) {
          c.r = u256::from_be(signature.data());
          c.s = u256::from_be(signature.data() + 32);
        }
      } else {
        c.encoding_ok = read_der(signature, c.r, c.s);
      }
      cases.push_back(std::move(c));
    }
  }
  return cases;
}

}  // namespace atlas::test
