#pragma once
// EIP-7702: the code of an account that has delegated is 0xef0100 ‖ address.
#include <optional>

#include <base/bytes.hpp>

namespace atlas::stf {

inline constexpr u8 kDelegationPrefix[3] = {0xef, 0x01, 0x00};
inline constexpr std::size_t kDelegationSize = sizeof kDelegationPrefix + Address::size();

/// The address that code delegates to; nullopt for other code.
inline std::optional<Address> delegation_target(ByteView code) {
  if (code.size() != kDelegationSize) return std::nullopt;
  if (!std::equal(std::begin(kDelegationPrefix), std::end(kDelegationPrefix), code.begin())) return std::nullopt;
  return Address::from(code.subspan(sizeof kDelegationPrefix));
}

inline Bytes delegation_code(const Address& target) {
  Bytes code(std::begin(kDelegationPrefix), std::end(kDelegationPrefix));
  append(code, target);
  return code;
}

}  // namespace atlas::stf
