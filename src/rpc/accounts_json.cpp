#include <simdjson.h>

#include <rpc/accounts_json.hpp>
#include <rpc/json_writer.hpp>

namespace atlas::rpc {
namespace {

namespace dom = simdjson::dom;

/// A number below 2^64, or text: decimal or 0x-hex.
bool read_number(const Json& json, u256& out) {
  u64 small = 0;
  std::string_view text;
  if (json.get(text) == simdjson::SUCCESS) {
    const auto parsed = parse_u256(text);
    if (parsed) out = *parsed;
    return parsed.has_value();
  }
  if (json.get(small) != simdjson::SUCCESS) return false;
  out = small;
  return true;
}

std::string shown(std::string_view text) {
  return '"' + std::string(text.substr(0, 80)) + '"';
}

/// Empty when good; else what is wrong.
std::string read_storage(const Json& json, stf::GenesisAccount& account) {
  dom::object slots;
  if (json.get(slots) != simdjson::SUCCESS) return "storage: expected an object of slots and values";
  account.storage.reserve(slots.size());
  for (const auto [key, node] : slots) {
    const auto slot = parse_u256(key);
    u256 value;
    if (!slot || !read_number(node, value)) {
      return "storage: expected pairs of numbers as in \"0x0\": \"0x1\", got slot " + shown(key);
    }
    account.storage.emplace_back(*slot, value);
  }
  return {};
}

std::string read_account(const Json& json, stf::GenesisAccount& account) {
  constexpr u64 kNonceMax = (u64{1} << 63) - 1;
  dom::object fields;
  if (json.get(fields) != simdjson::SUCCESS) return "expected an object";
  for (const auto [key, node] : fields) {
    u256 number;
    if (key == "balance") {
      if (!read_number(node, account.balance)) return "balance: not a number below 2^256 (decimal or 0x-hex)";
    } else if (key == "nonce") {
      if (!read_number(node, number) || number > u256(kNonceMax)) return "nonce: not a number below 2^63";
      account.nonce = number.low_u64();
    } else if (key == "code") {
      std::string_view text;
      if (node.get(text) != simdjson::SUCCESS) return "code: expected hex in quotes";
      auto code = from_hex(text);
      if (!code) return "code: not hex with an even number of digits";
      account.code = std::move(*code);
    } else if (key == "storage") {
      if (std::string wrong = read_storage(node, account); !wrong.empty()) return wrong;
    } else {
      return "unknown key " + shown(key) + ": an account has balance, nonce, code and storage";
    }
  }
  return {};
}

}  // namespace

bool decode_accounts(const Json& json, std::vector<stf::GenesisAccount>& out, std::string& why) {
  dom::object accounts;
  if (json.get(accounts) != simdjson::SUCCESS) {
    why = "expected an object of accounts by address";
    return false;
  }
  out.reserve(out.size() + accounts.size());
  for (const auto [key, node] : accounts) {
    // geth writes addresses with and without 0x.
    const auto address = fixed_from_hex<20>(key.starts_with("0x") ? std::string(key) : "0x" + std::string(key));
    if (!address) {
      why = shown(key) + " is not an address: 20 bytes of hex";
      return false;
    }
    stf::GenesisAccount& account = out.emplace_back();
    account.address = *address;
    if (const std::string wrong = read_account(node, account); !wrong.empty()) {
      why = "account " + to_hex(*address) + ": " + wrong;
      return false;
    }
  }
  return true;
}

void write_account(JsonWriter& out, const stf::GenesisAccount& account) {
  out.begin_object();
  out.key("nonce");
  out.number(account.nonce);
  out.field("balance", account.balance);
  out.field("code", account.code);
  out.key("storage");
  out.begin_object();
  for (const auto& [slot, value] : account.storage) {
    out.key(to_hex(slot.to_be()));
    out.word(value);
  }
  out.end_object();
  out.end_object();
}

}  // namespace atlas::rpc
