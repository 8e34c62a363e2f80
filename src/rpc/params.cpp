#include <simdjson.h>

#include <rpc/params.hpp>

namespace atlas::rpc {
namespace {

using rpc::decode;
using simdjson::dom::element_type;

constexpr std::size_t kQuoteMax = 80;  // characters of a wrong value that an error repeats
constexpr std::size_t kTopicsMax = 4;
constexpr std::size_t kAlternativesMax = 1'000;  // addresses, or alternatives of one topic, in a log filter

std::string quoted(const Json& json) {
  std::string text = simdjson::minify(json);
  if (text.size() > kQuoteMax) {
    text.resize(kQuoteMax);
    text += "…";
  }
  return text;
}

bool expected(const char* what, const Json& json, std::string& why) {
  why = std::string("expected ") + what + ", got " + quoted(json);
  return false;
}

std::optional<std::string_view> text_of(const Json& json) {
  std::string_view text;
  if (json.get(text) != simdjson::SUCCESS) return std::nullopt;
  return text;
}

bool has_prefix(std::string_view text) {
  return text.size() >= 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

template <std::size_t N>
bool decode_fixed(const Json& json, FixedBytes<N>& out, const char* what, std::string& why) {
  const auto text = text_of(json);
  if (!text || !has_prefix(*text) || text->size() != 2 + 2 * N) return expected(what, json, why);
  const auto bytes = fixed_from_hex<N>(text->substr(2));
  if (!bytes) return expected(what, json, why);
  out = *bytes;
  return true;
}

/// A storage key or slot: a 32-byte word, or a quantity as old clients send it.
bool decode_word(const Json& json, u256& out, std::string& why) {
  const auto text = text_of(json);
  if (!text || !has_prefix(*text) || text->size() == 2 || text->size() > 66) {
    return expected("a 32-byte word as 0x and up to 64 hex digits", json, why);
  }
  const auto value = parse_u256(*text);
  if (!value) return expected("a 32-byte word as 0x and up to 64 hex digits", json, why);
  out = *value;
  return true;
}

bool as_object(const Json& json, simdjson::dom::object& out, std::string& why) {
  if (json.get(out) != simdjson::SUCCESS) return expected("an object", json, why);
  return true;
}

bool is_empty_list(const Json& json) {
  simdjson::dom::array list;
  return json.is_null() || (json.get(list) == simdjson::SUCCESS && list.size() == 0);
}

bool as_array(const Json& json, simdjson::dom::array& out, std::string& why) {
  if (json.get(out) != simdjson::SUCCESS) return expected("an array", json, why);
  return true;
}

/// Decodes a member; on failure puts its name before the reason.
template <class T>
bool member(std::string_view name, const Json& json, T& out, std::string& why) {
  if (decode(json, out, why)) return true;
  why = std::string(name) + ": " + why;
  return false;
}
template <class T>
bool member(std::string_view name, const Json& json, std::optional<T>& out, std::string& why) {
  if (json.is_null()) return true;
  return member(name, json, out.emplace(), why);
}

bool decode(const Json& json, std::vector<AccessListEntry>& out, std::string& why) {
  simdjson::dom::array list;
  if (!as_array(json, list, why)) return false;
  for (const Json item : list) {
    simdjson::dom::object object;
    if (!as_object(item, object, why)) return false;
    AccessListEntry entry;
    bool has_address = false;
    for (const auto field : object) {
      if (field.key == "address") {
        has_address = true;
        if (!member("address", field.value, entry.address, why)) return false;
      } else if (field.key == "storageKeys" && !field.value.is_null()) {
        simdjson::dom::array keys;
        if (!as_array(field.value, keys, why)) return false;
        for (const Json key : keys) {
          if (!decode_word(key, entry.slots.emplace_back(), why)) return false;
        }
      }
    }
    if (!has_address) return expected("an object with address and storageKeys", item, why);
    out.push_back(std::move(entry));
  }
  return true;
}

bool decode(const Json& json, Authorization& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  bool has_address = false;
  for (const auto field : object) {
    bool good = true;
    u64 parity = 0;
    if (field.key == "chainId") {
      good = member("chainId", field.value, out.chain_id, why);
    } else if (field.key == "address") {
      has_address = true;
      good = member("address", field.value, out.address, why);
    } else if (field.key == "nonce") {
      good = member("nonce", field.value, out.nonce, why);
    } else if (field.key == "yParity" || field.key == "v") {
      good = member("yParity", field.value, parity, why);
      if (good && parity >= 27 && parity <= 28) parity -= 27;
      if (good && parity > 255) return expected("yParity below 256", field.value, why);
      out.y_parity = static_cast<u8>(parity);
    } else if (field.key == "r") {
      good = member("r", field.value, out.r, why);
    } else if (field.key == "s") {
      good = member("s", field.value, out.s, why);
    }
    if (!good) return false;
  }
  if (!has_address) return expected("an EIP-7702 authorization with address", json, why);
  return true;
}

bool decode(const Json& json, AccountOverride& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  bool has_slots = false;
  for (const auto field : object) {
    bool good = true;
    if (field.key == "nonce") {
      good = member("nonce", field.value, out.nonce, why);
    } else if (field.key == "balance") {
      good = member("balance", field.value, out.balance, why);
    } else if (field.key == "code") {
      good = member("code", field.value, out.code, why);
    } else if ((field.key == "state" || field.key == "stateDiff") && !field.value.is_null()) {
      if (has_slots) {
        why = "state and stateDiff exclude each other";
        return false;
      }
      has_slots = true;
      out.replace = field.key == "state";
      simdjson::dom::object slots;
      if (!as_object(field.value, slots, why)) return false;
      for (const auto slot : slots) {
        const auto key =
            slot.key.size() > 2 && slot.key.size() <= 66 && has_prefix(slot.key) ? parse_u256(slot.key) : std::nullopt;
        if (!key) {
          why = std::string(field.key) + ": expected 32-byte slots as keys, got \"" +
                std::string(slot.key.substr(0, kQuoteMax)) + "\"";
          return false;
        }
        if (!decode_word(slot.value, out.slots[*key], why)) return false;
      }
    } else if (field.key == "movePrecompileToAddress" && !field.value.is_null()) {
      why = "movePrecompileToAddress is not supported";
      return false;
    }
    if (!good) return false;
  }
  return true;
}

bool decode_addresses(const Json& json, std::vector<Address>& out, std::string& why) {
  if (!json.is_array()) return decode(json, out.emplace_back(), why);
  simdjson::dom::array list;
  if (!as_array(json, list, why)) return false;
  for (const Json item : list) {
    if (out.size() == kAlternativesMax) {
      why = "more than 1000 addresses";
      return false;
    }
    if (!decode(item, out.emplace_back(), why)) return false;
  }
  return true;
}

bool decode_topics(const Json& json, std::vector<std::vector<Hash256>>& out, std::string& why) {
  simdjson::dom::array list;
  if (!as_array(json, list, why)) return false;
  for (const Json position : list) {
    if (out.size() == kTopicsMax) {
      why = "more than 4 topics";
      return false;
    }
    std::vector<Hash256>& alternatives = out.emplace_back();
    if (position.is_null()) continue;
    if (!position.is_array()) {
      if (!decode(position, alternatives.emplace_back(), why)) return false;
      continue;
    }
    simdjson::dom::array items;
    if (!as_array(position, items, why)) return false;
    bool any = false;
    for (const Json item : items) {
      if (item.is_null()) {  // geth: null among the alternatives matches everything
        any = true;
        continue;
      }
      if (alternatives.size() == kAlternativesMax) {
        why = "more than 1000 alternatives for one topic";
        return false;
      }
      if (!decode(item, alternatives.emplace_back(), why)) return false;
    }
    if (any) alternatives.clear();
  }
  return true;
}

}  // namespace

const Json* Params::at(std::size_t i) const {
  return i < count_ && !items_[i].is_null() ? &items_[i] : nullptr;
}

std::size_t Params::size() const {
  std::size_t n = count_;
  while (n > 0 && items_[n - 1].is_null()) --n;
  return n;
}

bool BlockId::is_pending() const {
  const BlockTag* tag = std::get_if<BlockTag>(&id);
  return tag != nullptr && *tag == BlockTag::kPending;
}

bool decode(const Json& json, Address& out, std::string& why) {
  return decode_fixed(json, out, "an address as 0x and 40 hex digits", why);
}

bool decode(const Json& json, Hash256& out, std::string& why) {
  return decode_fixed(json, out, "32 bytes as 0x and 64 hex digits", why);
}

bool decode(const Json& json, u256& out, std::string& why) {
  constexpr const char* kWhat = "a quantity as 0x and 1 to 64 hex digits";
  u64 plain;
  if (json.type() != element_type::STRING) {
    if (json.get(plain) != simdjson::SUCCESS) return expected(kWhat, json, why);
    out = u256(plain);
    return true;
  }
  const auto text = text_of(json);
  if (!text || !has_prefix(*text) || text->size() == 2) return expected(kWhat, json, why);
  const auto value = parse_u256(*text);
  if (!value) return expected(kWhat, json, why);
  out = *value;
  return true;
}

bool decode(const Json& json, u64& out, std::string& why) {
  u256 wide;
  if (!decode(json, wide, why)) return false;
  if (!wide.fits_u64()) return expected("a quantity below 2^64", json, why);
  out = wide.low_u64();
  return true;
}

bool decode(const Json& json, Bytes& out, std::string& why) {
  const auto text = text_of(json);
  if (!text || !has_prefix(*text)) return expected("bytes as 0x and hex digits", json, why);
  auto bytes = from_hex(text->substr(2));
  if (!bytes) return expected("bytes as 0x and an even number of hex digits", json, why);
  out = std::move(*bytes);
  return true;
}

bool decode(const Json& json, bool& out, std::string& why) {
  if (json.get(out) != simdjson::SUCCESS) return expected("true or false", json, why);
  return true;
}

bool decode(const Json& json, std::string& out, std::string& why) {
  const auto text = text_of(json);
  if (!text) return expected("a string", json, why);
  out = *text;
  return true;
}

bool decode(const Json& json, BlockId& out, std::string& why) {
  constexpr const char* kWhat =
      "a block number, latest, pending, earliest, safe, finalized, or an object with blockHash or blockNumber";
  if (json.is_object()) {
    simdjson::dom::object object;
    if (!as_object(json, object, why)) return false;
    bool found = false;
    for (const auto field : object) {
      if (field.key == "blockHash" && !field.value.is_null()) {
        if (found) break;
        found = true;
        if (!member("blockHash", field.value, out.id.emplace<Hash256>(), why)) return false;
      } else if (field.key == "blockNumber" && !field.value.is_null()) {
        if (found) {
          why = "blockHash and blockNumber exclude each other";
          return false;
        }
        found = true;
        if (field.value.is_object()) return expected(kWhat, json, why);
        if (!member("blockNumber", field.value, out, why)) return false;
      }
    }
    return found || expected(kWhat, json, why);
  }
  if (const auto text = text_of(json); text && !has_prefix(*text)) {
    constexpr std::pair<std::string_view, BlockTag> kTags[] = {
        {"latest", BlockTag::kLatest},         {"pending", BlockTag::kPending},
        {"earliest", BlockTag::kEarliest},     {"safe", BlockTag::kSafe},
        {"finalized", BlockTag::kFinalized},   {"committed", BlockTag::kCommitted},
        {"l1_committed", BlockTag::kCommitted}};
    for (const auto& [name, tag] : kTags) {
      if (*text == name) {
        out.id = tag;
        return true;
      }
    }
    return expected(kWhat, json, why);
  } else if (text && text->size() == 66) {
    return decode(json, out.id.emplace<Hash256>(), why);
  }
  u64 number;
  if (!decode(json, number, why)) return expected(kWhat, json, why);
  out.id = number;
  return true;
}

bool decode(const Json& json, CallArgs& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  std::optional<Bytes> data;
  std::optional<Bytes> input;
  for (const auto field : object) {
    const std::string_view k = field.key;
    const Json v = field.value;
    bool good = true;
    if (v.is_null()) continue;
    if (k == "from") good = member(k, v, out.from, why);
    if (k == "to") good = member(k, v, out.to, why);
    if (k == "gas" || k == "gasLimit") good = member(k, v, out.gas, why);
    if (k == "gasPrice") good = member(k, v, out.gas_price, why);
    if (k == "maxFeePerGas") good = member(k, v, out.max_fee_per_gas, why);
    if (k == "maxPriorityFeePerGas") good = member(k, v, out.max_priority_fee_per_gas, why);
    if (k == "value") good = member(k, v, out.value, why);
    if (k == "nonce") good = member(k, v, out.nonce, why);
    if (k == "chainId") good = member(k, v, out.chain_id, why);
    if (k == "type") good = member(k, v, out.type, why);
    if (k == "data") good = member(k, v, data, why);
    if (k == "input") good = member(k, v, input, why);
    if (k == "accessList" && !decode(v, out.access_list.emplace(), why)) {
      why = "accessList: " + why;
      return false;
    }
    if (k == "authorizationList") {
      simdjson::dom::array list;
      if (!as_array(v, list, why)) return false;
      for (const Json item : list) {
        if (!decode(item, out.authorizations.emplace_back(), why)) {
          why = "authorizationList: " + why;
          return false;
        }
      }
    }
    if (k == "blobVersionedHashes" || k == "blobs" || k == "maxFeePerBlobGas") {
      why = std::string(k) + ": blob transactions are not supported on this chain";
      return false;
    }
    if (!good) return false;
  }
  if (data && input && *data != *input) {
    why = "both data and input are set and differ; send input only";
    return false;
  }
  if (out.gas_price && (out.max_fee_per_gas || out.max_priority_fee_per_gas)) {
    why = "both gasPrice and (maxFeePerGas or maxPriorityFeePerGas) specified";
    return false;
  }
  if (out.max_fee_per_gas && out.max_priority_fee_per_gas && *out.max_fee_per_gas < *out.max_priority_fee_per_gas) {
    why = "maxFeePerGas (" + to_decimal(*out.max_fee_per_gas) + ") < maxPriorityFeePerGas (" +
          to_decimal(*out.max_priority_fee_per_gas) + ")";
    return false;
  }
  if (input) {
    out.data = std::move(*input);
  } else if (data) {
    out.data = std::move(*data);
  }
  return true;
}

bool decode(const Json& json, StateOverrides& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    const auto address = fixed_from_hex<20>(field.key);
    if (!address || !has_prefix(field.key)) {
      why = "expected addresses as keys, got \"" + std::string(field.key.substr(0, kQuoteMax)) + "\"";
      return false;
    }
    if (!decode(field.value, out.accounts[*address], why)) {
      why = std::string(field.key) + ": " + why;
      return false;
    }
  }
  return true;
}

bool decode(const Json& json, BlockOverrides& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    const std::string_view k = field.key;
    const Json v = field.value;
    bool good = true;
    if (k == "number" || k == "blockNumber") good = member(k, v, out.number, why);
    if (k == "time" || k == "timestamp") good = member(k, v, out.timestamp, why);
    if (k == "gasLimit") good = member(k, v, out.gas_limit, why);
    if (k == "coinbase" || k == "feeRecipient") good = member(k, v, out.coinbase, why);
    if (k == "random" || k == "prevRandao") good = member(k, v, out.prev_randao, why);
    if (k == "baseFee" || k == "baseFeePerGas") good = member(k, v, out.base_fee, why);
    if (k == "blobBaseFee") good = member(k, v, out.blob_base_fee, why);
    if (k == "withdrawals" && !is_empty_list(v)) {
      why = "withdrawals: there are none on this chain";
      return false;
    }
    if (!good) return false;
  }
  return true;
}

namespace {

bool decode(const Json& json, SimulatedBlock& out, std::string& why);

template <class T>
bool decode_list(std::string_view name, const Json& json, std::vector<T>& out, std::string& why) {
  simdjson::dom::array list;
  if (!as_array(json, list, why)) {
    why = std::string(name) + ": " + why;
    return false;
  }
  for (const Json item : list) {
    const std::size_t index = out.size();
    if (decode(item, out.emplace_back(), why)) continue;
    why = std::string(name) + '[' + std::to_string(index) + "]: " + why;
    return false;
  }
  return true;
}

bool decode(const Json& json, SimulatedBlock& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    bool good = true;
    if (field.value.is_null()) continue;
    if (field.key == "blockOverrides") good = member(field.key, field.value, out.block, why);
    if (field.key == "stateOverrides") good = member(field.key, field.value, out.state, why);
    if (field.key == "calls") good = decode_list(field.key, field.value, out.calls, why);
    if (!good) return false;
  }
  return true;
}

}  // namespace

bool decode(const Json& json, SimulationArgs& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    const std::string_view k = field.key;
    const Json v = field.value;
    bool good = true;
    if (v.is_null()) continue;
    if (k == "blockStateCalls") good = decode_list(k, v, out.blocks, why);
    if (k == "traceTransfers") good = member(k, v, out.trace_transfers, why);
    if (k == "validation") good = member(k, v, out.validation, why);
    if (k == "returnTransactionObjects" || k == "returnFullTransactions")
      good = member(k, v, out.full_transactions, why);
    if (!good) return false;
  }
  return true;
}

bool decode(const Json& json, LogFilter& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    const std::string_view k = field.key;
    const Json v = field.value;
    bool good = true;
    if (v.is_null()) continue;
    if (k == "blockHash") good = member(k, v, out.block_hash, why);
    if (k == "fromBlock") good = member(k, v, out.from_block, why);
    if (k == "toBlock") good = member(k, v, out.to_block, why);
    if (k == "address" && !decode_addresses(v, out.addresses, why)) {
      why = "address: " + why;
      return false;
    }
    if (k == "topics" && !decode_topics(v, out.topics, why)) {
      why = "topics: " + why;
      return false;
    }
    if (!good) return false;
  }
  if (out.block_hash && (out.from_block || out.to_block)) {
    why = "cannot specify both blockHash and fromBlock/toBlock, choose one or the other";
    return false;
  }
  return true;
}

bool decode(const Json& json, MineOptions& out, std::string& why) {
  if (!json.is_object()) return decode(json, out.timestamp_s.emplace(), why);
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    bool good = true;
    if (field.value.is_null()) continue;
    if (field.key == "timestamp") good = member(field.key, field.value, out.timestamp_s, why);
    if (field.key == "blocks") good = member(field.key, field.value, out.blocks, why);
    if (!good) return false;
  }
  return true;
}

bool decode(const Json& json, ResetOptions& out, std::string& why) {
  simdjson::dom::object object;
  if (!as_object(json, object, why)) return false;
  for (const auto field : object) {
    const bool names_fork = field.key == "forking" || field.key == "jsonRpcUrl";
    out.forks = out.forks || (names_fork && !field.value.is_null());
  }
  return true;
}

bool decode(const Json& json, StorageKeys& out, std::string& why) {
  simdjson::dom::array list;
  if (!as_array(json, list, why)) return false;
  for (const Json item : list) {
    if (!decode_word(item, out.slots.emplace_back(), why)) return false;
  }
  return true;
}

bool decode(const Json& json, Percentiles& out, std::string& why) {
  constexpr std::size_t kPercentilesMax = 100;
  simdjson::dom::array list;
  if (!as_array(json, list, why)) return false;
  for (const Json item : list) {
    double value;
    if (item.get(value) != simdjson::SUCCESS || !(value >= 0 && value <= 100)) {
      return expected("percentiles between 0 and 100", item, why);
    }
    if (!out.values.empty() && value < out.values.back()) {
      why = "percentiles must ascend";
      return false;
    }
    if (out.values.size() == kPercentilesMax) {
      why = "more than 100 percentiles";
      return false;
    }
    out.values.push_back(value);
  }
  return true;
}

bool decode(const Json& json, SubscriptionOptions& out, std::string& why) {
  if (json.is_bool()) return decode(json, out.full, why);
  if (!json.is_object()) return expected("a log filter or a boolean", json, why);
  if (!decode(json, out.filter, why)) return false;
  if (out.filter.block_hash) {
    why = "blockHash has no meaning in a subscription";
    return false;
  }
  return true;
}

}  // namespace atlas::rpc
