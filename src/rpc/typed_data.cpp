#include <algorithm>
#include <set>

#include <simdjson.h>

#include <crypto/keccak.hpp>
#include <rpc/typed_data.hpp>

namespace atlas::rpc {
namespace {

constexpr std::string_view kDomainType = "EIP712Domain";
constexpr std::size_t kTypesMax = 256;

struct Field {
  std::string name;
  std::string type;
};
using Types = std::map<std::string, std::vector<Field>, std::less<>>;
using Object = simdjson::dom::object;

/// "uint256[][3]" → element type "uint256[]", length 3; a length of nullopt is dynamic.
struct ArrayType {
  std::string_view element;
  std::optional<u64> length;
};
std::optional<ArrayType> as_array_type(std::string_view type) {
  if (!type.ends_with(']')) return std::nullopt;
  const std::size_t open = type.rfind('[');
  if (open == std::string_view::npos) return std::nullopt;
  const std::string_view digits = type.substr(open + 1, type.size() - open - 2);
  ArrayType out{type.substr(0, open), std::nullopt};
  if (digits.empty()) return out;
  u64 length = 0;
  constexpr std::size_t kDigitsMax = 9;
  if (digits.size() > kDigitsMax) return std::nullopt;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    length = length * 10 + static_cast<u64>(c - '0');
  }
  out.length = length;
  return out;
}

std::string_view base_of(std::string_view type) {
  return type.substr(0, type.find('['));
}

/// The number behind `prefix` ("uint64" → 64); nullopt if it is no whole multiple of `unit` up to `max`.
std::optional<unsigned> size_suffix(std::string_view type, std::string_view prefix, unsigned unit, unsigned max) {
  if (!type.starts_with(prefix)) return std::nullopt;
  const std::string_view digits = type.substr(prefix.size());
  if (digits.empty() || digits.size() > 3 || digits[0] == '0') return std::nullopt;
  unsigned n = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    n = n * 10 + static_cast<unsigned>(c - '0');
  }
  return n % unit == 0 && n <= max ? std::optional(n) : std::nullopt;
}

std::optional<u256> parse_decimal(std::string_view text) {
  if (text.empty()) return std::nullopt;
  u256 out;
  const u256 most = ~u256() / u256(10);
  for (const char c : text) {
    if (c < '0' || c > '9' || out > most) return std::nullopt;
    bool carry = false;
    out = u256::add(out * u256(10), u256(static_cast<u64>(c - '0')), carry);
    if (carry) return std::nullopt;
  }
  return out;
}

class Encoder {
 public:
  Encoder(const Types& types, std::string& why) : types_(types), why_(why) {}

  bool hash_struct(std::string_view type, const Json& value, Hash256& out) {
    Object object;
    if (value.get(object) != simdjson::SUCCESS) return wrong(type, "an object", value);
    Bytes encoded;
    append(encoded, type_hash(type));
    for (const Field& field : types_.find(type)->second) {
      const auto member = object.at_key(field.name);
      Hash256 word;
      const bool there = member.error() == simdjson::SUCCESS && !member.value_unsafe().is_null();
      if (!there && !may_be_missing(field.type)) {
        why_ = std::string(type) + '.' + field.name + ": is missing";
        return false;
      }
      if (there && !encode(field.type, member.value_unsafe(), word)) {
        why_ = std::string(type) + '.' + field.name + ": " + why_;
        return false;
      }
      append(encoded, word);
    }
    out = crypto::keccak256(encoded);
    return true;
  }

 private:
  /// A struct that refers to itself must be able to end: a missing one is zero (eth_signTypedData_v4).
  bool may_be_missing(std::string_view type) const { return types_.contains(type); }

  bool wrong(std::string_view type, std::string_view expected, const Json& value) {
    std::string got = simdjson::minify(value);
    constexpr std::size_t kQuoteMax = 80;
    if (got.size() > kQuoteMax) got = got.substr(0, kQuoteMax) + "…";
    why_ = "expected " + std::string(expected) + " for " + std::string(type) + ", got " + got;
    return false;
  }

  /// keccak256(encodeType): the type, then the structs it refers to in alphabetical order.
  Hash256 type_hash(std::string_view type) {
    if (const auto known = type_hashes_.find(type); known != type_hashes_.end()) return known->second;
    std::set<std::string_view> used;
    collect(type, used);
    used.erase(type);
    std::string text = describe(type);
    for (const std::string_view other : used) text += describe(other);
    return type_hashes_[std::string(type)] = crypto::keccak256(as_bytes(text));
  }
  void collect(std::string_view root, std::set<std::string_view>& used) {
    std::vector<std::string_view> open{root};
    while (!open.empty()) {
      const std::string_view type = open.back();
      open.pop_back();
      const auto found = types_.find(type);
      if (found == types_.end() || !used.insert(found->first).second) continue;
      for (const Field& field : found->second) open.push_back(base_of(field.type));
    }
  }
  std::string describe(std::string_view type) const {
    std::string text(type);
    text += '(';
    for (const Field& field : types_.find(type)->second) {
      if (text.back() != '(') text += ',';
      text += field.type + ' ' + field.name;
    }
    return text + ')';
  }

  bool encode(std::string_view type, const Json& value, Hash256& out) {
    if (const auto array = as_array_type(type)) return encode_array(type, *array, value, out);
    if (types_.contains(type)) return hash_struct(type, value, out);
    if (type == "string") {
      std::string_view text;
      if (value.get(text) != simdjson::SUCCESS) return wrong(type, "a string", value);
      out = crypto::keccak256(as_bytes(text));
      return true;
    }
    if (type == "bool") {
      bool flag = false;
      if (value.get(flag) != simdjson::SUCCESS) return wrong(type, "true or false", value);
      out = u256(flag ? 1 : 0).to_be();
      return true;
    }
    if (type == "address") {
      Address address;
      if (!decode(value, address, why_)) return false;
      out = u256::from_address(address).to_be();
      return true;
    }
    if (type == "bytes") {
      Bytes bytes;
      if (!decode(value, bytes, why_)) return false;
      out = crypto::keccak256(bytes);
      return true;
    }
    constexpr unsigned kWordBytes = 32;
    if (const auto size = size_suffix(type, "bytes", 1, kWordBytes)) {
      Bytes bytes;
      if (!decode(value, bytes, why_)) return false;
      if (bytes.size() != *size) return wrong(type, std::to_string(*size) + " bytes", value);
      std::copy(bytes.begin(), bytes.end(), out.begin());
      return true;
    }
    constexpr unsigned kWordBits = 256;
    if (const auto bits = type == "uint" ? kWordBits : size_suffix(type, "uint", 8, kWordBits)) {
      return encode_integer(type, *bits, false, value, out);
    }
    if (const auto bits = type == "int" ? kWordBits : size_suffix(type, "int", 8, kWordBits)) {
      return encode_integer(type, *bits, true, value, out);
    }
    why_ = "the type \"" + std::string(type.substr(0, 80)) + "\" is neither elementary nor among the types";
    return false;
  }

  bool encode_array(std::string_view type, const ArrayType& array, const Json& value, Hash256& out) {
    simdjson::dom::array items;
    if (value.get(items) != simdjson::SUCCESS) return wrong(type, "an array", value);
    Bytes encoded;
    u64 count = 0;
    for (const Json item : items) {
      Hash256 word;
      if (!encode(array.element, item, word)) return false;
      append(encoded, word);
      ++count;
    }
    if (array.length && *array.length != count) {
      return wrong(type, "an array of " + std::to_string(*array.length), value);
    }
    out = crypto::keccak256(encoded);
    return true;
  }

  /// A JSON integer, or a string with a decimal or hexadecimal one.
  bool encode_integer(std::string_view type, unsigned bits, bool is_signed, const Json& value, Hash256& out) {
    std::optional<u256> magnitude;
    bool negative = false;
    u64 plain = 0;
    i64 below_zero = 0;
    std::string_view text;
    if (value.get(plain) == simdjson::SUCCESS) {
      magnitude = u256(plain);
    } else if (value.get(below_zero) == simdjson::SUCCESS) {
      negative = true;
      magnitude = u256(~static_cast<u64>(below_zero) + 1);
    } else if (value.get(text) == simdjson::SUCCESS) {
      negative = text.starts_with('-');
      if (negative) text.remove_prefix(1);
      const bool is_hex = text.starts_with("0x") || text.starts_with("0X");
      magnitude = is_hex ? (text.size() > 2 ? parse_u256(text) : std::nullopt) : parse_decimal(text);
    }
    if (!magnitude || (negative && !is_signed))
      return wrong(type, is_signed ? "an integer" : "a natural number", value);
    const u256 limit = bits == 256 && !is_signed ? u256() : u256::power_of_two(is_signed ? bits - 1 : bits);
    const bool fits = limit.is_zero() || (negative ? *magnitude <= limit : *magnitude < limit);
    if (!fits) return wrong(type, "a number in its range", value);
    out = (negative ? u256() - *magnitude : *magnitude).to_be();
    return true;
  }

  const Types& types_;
  std::string& why_;
  std::map<std::string, Hash256, std::less<>> type_hashes_;
};

bool read_types(const Object& root, Types& out, std::string& why) {
  Object list;
  if (root.at_key("types").get(list) != simdjson::SUCCESS) {
    why = "types: expected an object with the structs";
    return false;
  }
  for (const auto entry : list) {
    simdjson::dom::array fields;
    if (entry.value.get(fields) != simdjson::SUCCESS || out.size() == kTypesMax) {
      why = "types: expected at most 256 arrays of {name, type}";
      return false;
    }
    auto& members = out[std::string(entry.key)];
    for (const Json item : fields) {
      std::string_view name;
      std::string_view type;
      if (item["name"].get(name) != simdjson::SUCCESS || item["type"].get(type) != simdjson::SUCCESS) {
        why = "types." + std::string(entry.key.substr(0, 80)) + ": expected {name, type}";
        return false;
      }
      members.push_back({std::string(name), std::string(type)});
    }
  }
  return true;
}

/// Some clients leave the domain's type to what the domain has.
void add_domain_type(const Object& domain, Types& types) {
  if (types.contains(kDomainType)) return;
  constexpr std::pair<const char*, const char*> kFields[] = {{"name", "string"},
                                                             {"version", "string"},
                                                             {"chainId", "uint256"},
                                                             {"verifyingContract", "address"},
                                                             {"salt", "bytes32"}};
  auto& fields = types[std::string(kDomainType)];
  for (const auto& [name, type] : kFields) {
    if (domain.at_key(name).error() == simdjson::SUCCESS) fields.push_back({name, type});
  }
}

bool hash_typed_data(const Object& root, Hash256& out, std::string& why) {
  Types types;
  if (!read_types(root, types, why)) return false;
  Json domain;
  Object domain_fields;
  if (root.at_key("domain").get(domain) != simdjson::SUCCESS || domain.get(domain_fields) != simdjson::SUCCESS) {
    why = "domain: expected an object";
    return false;
  }
  add_domain_type(domain_fields, types);
  std::string_view primary;
  if (root.at_key("primaryType").get(primary) != simdjson::SUCCESS || !types.contains(primary)) {
    why = "primaryType: expected the name of one of the types";
    return false;
  }
  Encoder encoder(types, why);
  Bytes text{0x19, 0x01};
  Hash256 part;
  if (!encoder.hash_struct(kDomainType, domain, part)) return false;
  append(text, part);
  if (primary != kDomainType) {  // a domain alone is a message too
    Json message;
    if (root.at_key("message").get(message) != simdjson::SUCCESS) {
      why = "message: is missing";
      return false;
    }
    if (!encoder.hash_struct(primary, message, part)) return false;
    append(text, part);
  }
  out = crypto::keccak256(text);
  return true;
}

}  // namespace

bool decode(const Json& json, TypedDataHash& out, std::string& why) {
  simdjson::dom::parser parser;  // lives until the digest is made
  Json root = json;
  std::string_view text;
  if (json.get(text) == simdjson::SUCCESS) {
    constexpr std::size_t kDepthMax = 64;
    if (parser.allocate(std::max<std::size_t>(text.size(), 1'024), kDepthMax) != simdjson::SUCCESS ||
        parser.parse(text.data(), text.size()).get(root) != simdjson::SUCCESS) {
      why = "the string is not JSON";
      return false;
    }
  }
  Object object;
  if (root.get(object) != simdjson::SUCCESS) {
    why = "expected an object with types, primaryType, domain and message";
    return false;
  }
  return hash_typed_data(object, out.digest, why);
}

}  // namespace atlas::rpc
