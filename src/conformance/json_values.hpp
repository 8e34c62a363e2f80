#pragma once
// Values as test files write them: hex quantities with any padding, now and then "0x:bigint 0x…".
#include <map>

#include <conformance/state_test_file.hpp>
#include <simdjson.h>

namespace atlas::conformance {

using Json = simdjson::dom::element;

/// The member, or FormatError naming it.
Json member(Json object, const char* name);
std::optional<Json> optional_member(Json object, const char* name);
std::string_view text(Json value, const char* name);
simdjson::dom::array array(Json value, const char* name);
simdjson::dom::object object(Json value, const char* name);

/// A number of any size; nullopt if it does not fit 256 (64) bits. FormatError if it is no number.
std::optional<u256> number256(Json value, const char* name);
std::optional<u64> number64(Json value, const char* name);
/// The same where the format guarantees that it fits.
u256 fitting256(Json value, const char* name);
u64 fitting64(Json value, const char* name);

Bytes bytes(Json value, const char* name);
template <std::size_t N>
FixedBytes<N> fixed(Json value, const char* name) {
  const Bytes raw = bytes(value, name);
  if (raw.size() != N) throw FormatError(std::string(name) + " must have " + std::to_string(N) + " bytes");
  return FixedBytes<N>::from(raw);
}
/// An address or a short number standing for one.
Address address(std::string_view hex, const char* name);

/// `pre`, `postState` and the like: address → {nonce, balance, code, storage}.
WorldState alloc(Json value, const char* name);

}  // namespace atlas::conformance
