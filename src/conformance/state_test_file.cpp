#include <conformance/json_values.hpp>

#include <crypto/secp256k1.hpp>

namespace atlas::conformance {
namespace {

std::optional<std::optional<u256>> optional_number(Json tx, const char* name) {
  const auto value = optional_member(tx, name);
  if (!value) return std::nullopt;
  return number256(*value, name);
}

StateTestEnvironment read_environment(Json env) {
  StateTestEnvironment out;
  out.coinbase = fixed<20>(member(env, "currentCoinbase"), "currentCoinbase");
  out.gas_limit = fitting64(member(env, "currentGasLimit"), "currentGasLimit");
  out.number = fitting64(member(env, "currentNumber"), "currentNumber");
  out.timestamp = fitting64(member(env, "currentTimestamp"), "currentTimestamp");
  if (const auto fee = optional_member(env, "currentBaseFee")) out.base_fee = fitting256(*fee, "currentBaseFee");
  if (const auto random = optional_member(env, "currentRandom")) {
    out.prev_randao = fitting256(*random, "currentRandom").to_be();
  }
  if (const auto excess = optional_member(env, "currentExcessBlobGas")) {
    out.excess_blob_gas = fitting256(*excess, "currentExcessBlobGas");
  }
  return out;
}

std::vector<AccessListEntry> read_access_list(Json list) {
  std::vector<AccessListEntry> out;
  for (const Json item : array(list, "accessLists")) {
    AccessListEntry entry;
    entry.address = fixed<20>(member(item, "address"), "address");
    for (const Json key : array(member(item, "storageKeys"), "storageKeys")) {
      entry.slots.push_back(fitting256(key, "storageKeys"));
    }
    out.push_back(std::move(entry));
  }
  return out;
}

// Absent if a number does not fit its field: such a tuple cannot be encoded.
std::optional<Authorization> read_authorization(Json tuple) {
  const auto parity = optional_member(tuple, "yParity");
  const auto chain_id = number256(member(tuple, "chainId"), "chainId");
  const auto nonce = number64(member(tuple, "nonce"), "nonce");
  const auto y = number64(parity ? *parity : member(tuple, "v"), "yParity");
  const auto r = number256(member(tuple, "r"), "r");
  const auto s = number256(member(tuple, "s"), "s");
  if (!chain_id || !nonce || !y || *y > 0xff || !r || !s) return std::nullopt;
  Authorization out;
  out.chain_id = *chain_id;
  out.address = fixed<20>(member(tuple, "address"), "address");
  out.nonce = *nonce;
  out.y_parity = static_cast<u8>(*y);
  out.r = *r;
  out.s = *s;
  return out;
}

Address read_sender(Json tx) {
  if (const auto sender = optional_member(tx, "sender")) return fixed<20>(*sender, "sender");
  const auto address = crypto::address_of_private_key(fixed<32>(member(tx, "secretKey"), "secretKey"));
  if (!address) throw FormatError("\"secretKey\" is not a private key");
  return *address;
}

TransactionTemplate read_transaction(Json tx) {
  TransactionTemplate out;
  out.nonce = number64(member(tx, "nonce"), "nonce");
  for (const Json gas : array(member(tx, "gasLimit"), "gasLimit")) out.gas_limits.push_back(number64(gas, "gasLimit"));
  for (const Json value : array(member(tx, "value"), "value")) out.values.push_back(number256(value, "value"));
  for (const Json data : array(member(tx, "data"), "data")) out.data.push_back(bytes(data, "data"));
  if (const auto lists = optional_member(tx, "accessLists")) {
    out.access_lists.emplace();
    for (const Json list : array(*lists, "accessLists")) {
      auto& slot = out.access_lists->emplace_back();
      if (!list.is_null()) slot = read_access_list(list);
    }
  }
  out.gas_price = optional_number(tx, "gasPrice");
  out.max_fee = optional_number(tx, "maxFeePerGas");
  out.max_priority_fee = optional_number(tx, "maxPriorityFeePerGas");
  out.max_blob_fee = optional_number(tx, "maxFeePerBlobGas");
  if (const auto hashes = optional_member(tx, "blobVersionedHashes")) {
    out.blob_hashes.emplace();
    for (const Json hash : array(*hashes, "blobVersionedHashes")) {
      out.blob_hashes->push_back(fixed<32>(hash, "blobVersionedHashes"));
    }
  }
  if (const auto tuples = optional_member(tx, "authorizationList")) {
    out.authorizations.emplace();
    for (const Json tuple : array(*tuples, "authorizationList")) {
      out.authorizations->push_back(read_authorization(tuple));
    }
  }
  const auto to = optional_member(tx, "to");
  if (to && !bytes(*to, "to").empty()) out.to = address(text(*to, "to"), "to");
  out.sender = read_sender(tx);
  return out;
}

Expectation read_expectation(Json item, std::string_view fork, std::size_t index) {
  Expectation out;
  out.fork = fork;
  out.index = index;
  const Json indexes = member(item, "indexes");
  out.data = fitting64(member(indexes, "data"), "data");
  out.gas = fitting64(member(indexes, "gas"), "gas");
  out.value = fitting64(member(indexes, "value"), "value");
  out.state_root = fixed<32>(member(item, "hash"), "hash");
  out.logs_hash = fixed<32>(member(item, "logs"), "logs");
  if (const auto exception = optional_member(item, "expectException")) {
    out.exception = text(*exception, "expectException");
  }
  if (const auto encoded = optional_member(item, "txbytes")) out.encoded = bytes(*encoded, "txbytes");
  if (const auto state = optional_member(item, "state")) out.state = alloc(*state, "state");
  return out;
}

void read_config(Json config, StateTest& test) {
  if (const auto id = optional_member(config, "chainid")) test.chain_id = fitting64(*id, "chainid");
  const auto schedule = optional_member(config, "blobSchedule");
  if (!schedule) return;
  for (const auto& [fork, entry] : object(*schedule, "blobSchedule")) {
    test.blob_schedule[std::string(fork)] = {
        fitting64(member(entry, "max"), "max"),
        fitting64(member(entry, "baseFeeUpdateFraction"), "baseFeeUpdateFraction")};
  }
}

StateTest read_test(std::string_view name, Json value) {
  StateTest test;
  test.name = name;
  test.environment = read_environment(member(value, "env"));
  test.pre = alloc(member(value, "pre"), "pre");
  test.transaction = read_transaction(member(value, "transaction"));
  if (const auto config = optional_member(value, "config")) read_config(*config, test);
  for (const auto& [fork, items] : object(member(value, "post"), "post")) {
    std::size_t index = 0;
    for (const Json item : array(items, "post")) test.expectations.push_back(read_expectation(item, fork, index++));
  }
  return test;
}

bool looks_like_state_test(Json value) {
  simdjson::dom::object ignored;
  if (value.get(ignored) != simdjson::SUCCESS) return false;
  return optional_member(value, "env") && optional_member(value, "transaction") && optional_member(value, "post");
}

}  // namespace

BlobSchedule default_blob_schedule(Fork fork) {
  return fork == Fork::kCancun ? BlobSchedule{6, 3'338'477} : BlobSchedule{9, 5'007'716};  // EIP-4844, EIP-7691
}

std::vector<StateTest> load_state_tests(const std::string& path) {
  simdjson::dom::parser parser;
  Json root;
  if (const auto error = parser.load(path).get(root)) {
    throw FormatError(std::string("not readable as JSON: ") + simdjson::error_message(error));
  }
  simdjson::dom::object tests;
  if (root.get(tests) != simdjson::SUCCESS) throw OtherKind("not a state test: the file is not a JSON object");
  std::vector<StateTest> out;
  for (const auto& [name, value] : tests) {
    if (!looks_like_state_test(value)) {
      throw OtherKind("not a state test: \"" + std::string(name) + "\" lacks env, transaction or post");
    }
    try {
      out.push_back(read_test(name, value));
    } catch (const FormatError& error) {
      throw FormatError("test \"" + std::string(name) + "\": " + error.what());
    }
  }
  return out;
}

}  // namespace atlas::conformance
