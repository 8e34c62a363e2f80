#include <conformance/json_values.hpp>

namespace atlas::conformance {
namespace {

[[noreturn]] void wrong(const char* name, const char* what) {
  throw FormatError(std::string("\"") + name + "\" " + what);
}

// A number as text: nullopt if it needs more than 256 bits.
std::optional<u256> parse_number(std::string_view value, const char* name) {
  constexpr std::string_view kBigInt = "0x:bigint ";
  if (value.starts_with(kBigInt)) value.remove_prefix(kBigInt.size());
  if (value.empty() || value == "0x") return u256();
  if (const auto parsed = parse_u256(value)) return parsed;
  const bool hex = value.starts_with("0x");
  const std::string_view digits = hex ? value.substr(2) : value;
  const char* allowed = hex ? "0123456789abcdefABCDEF" : "0123456789";
  if (digits.find_first_not_of(allowed) != std::string_view::npos) wrong(name, "is not a number");
  return std::nullopt;
}

}  // namespace

Json member(Json value, const char* name) {
  Json out;
  if (value[name].get(out) != simdjson::SUCCESS) wrong(name, "is missing");
  return out;
}

std::optional<Json> optional_member(Json value, const char* name) {
  Json out;
  if (value[name].get(out) != simdjson::SUCCESS || out.is_null()) return std::nullopt;
  return out;
}

std::string_view text(Json value, const char* name) {
  std::string_view out;
  if (value.get(out) != simdjson::SUCCESS) wrong(name, "must be a string");
  return out;
}

simdjson::dom::array array(Json value, const char* name) {
  simdjson::dom::array out;
  if (value.get(out) != simdjson::SUCCESS) wrong(name, "must be a list");
  return out;
}

simdjson::dom::object object(Json value, const char* name) {
  simdjson::dom::object out;
  if (value.get(out) != simdjson::SUCCESS) wrong(name, "must be an object");
  return out;
}

std::optional<u256> number256(Json value, const char* name) {
  std::uint64_t plain;
  if (value.get(plain) == simdjson::SUCCESS) return u256(plain);
  return parse_number(text(value, name), name);
}

std::optional<u64> number64(Json value, const char* name) {
  const auto wide = number256(value, name);
  if (!wide || !wide->fits_u64()) return std::nullopt;
  return wide->low_u64();
}

u256 fitting256(Json value, const char* name) {
  const auto out = number256(value, name);
  if (!out) wrong(name, "does not fit 256 bits");
  return *out;
}

u64 fitting64(Json value, const char* name) {
  const auto out = number64(value, name);
  if (!out) wrong(name, "does not fit 64 bits");
  return *out;
}

Bytes bytes(Json value, const char* name) {
  auto out = from_hex(text(value, name));
  if (!out) wrong(name, "is not hex of whole bytes");
  return std::move(*out);
}

Address address(std::string_view hex, const char* name) {
  const auto raw = from_hex(hex);
  if (!raw || raw->size() != Address::size()) wrong(name, "is not an address");
  return Address::from(*raw);
}

WorldState alloc(Json value, const char* name) {
  WorldState state;
  for (const auto& [key, account] : object(value, name)) {
    std::map<u256, u256> storage;
    for (const auto& [slot, word] : object(member(account, "storage"), "storage")) {
      const auto number = parse_number(slot, "storage key");
      if (!number) wrong(name, "has a storage key above 256 bits");
      storage[*number] = fitting256(word, "storage value");
    }
    state.add(address(key, name), fitting64(member(account, "nonce"), "nonce"),
              fitting256(member(account, "balance"), "balance"), bytes(member(account, "code"), "code"),
              std::move(storage));
  }
  return state;
}

}  // namespace atlas::conformance
