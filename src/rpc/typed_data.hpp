#pragma once
// EIP-712: the digest of typed structured data, as eth_signTypedData_v4 signs it.
#include <rpc/params.hpp>

namespace atlas::rpc {

/// keccak256(0x1901 ‖ domainSeparator ‖ hashStruct(message)).
struct TypedDataHash {
  Hash256 digest;
};
/// From {types, primaryType, domain, message}, or a string that holds its JSON. False with the member at fault in
/// `why`.
bool decode(const Json& json, TypedDataHash& out, std::string& why);

}  // namespace atlas::rpc
