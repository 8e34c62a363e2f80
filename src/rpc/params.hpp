#pragma once
// What methods take, decoded from JSON once and checked; a refusal says what was expected and what came.
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <rpc/backend.hpp>
#include <rpc/error.hpp>

namespace simdjson::dom {
class element;
}

namespace atlas::rpc {

using Json = simdjson::dom::element;

/// The positional parameters of one request.
class Params {
 public:
  static constexpr std::size_t kMax = 8;
  Params() = default;
  Params(const Json* items, std::size_t count) : items_(items), count_(count) {}
  /// Null if missing or JSON null.
  const Json* at(std::size_t i) const;
  /// Without trailing nulls.
  std::size_t size() const;

 private:
  const Json* items_ = nullptr;
  std::size_t count_ = 0;
};

/// A block by number, tag or hash (EIP-1898).
struct BlockId {
  std::variant<BlockTag, u64, Hash256> id = BlockTag::kLatest;
  bool is_pending() const;
};

/// The transaction object of eth_call, eth_estimateGas, eth_sendTransaction and the like.
struct CallArgs {
  std::optional<Address> from;
  std::optional<Address> to;
  std::optional<u64> gas;
  std::optional<u256> gas_price;
  std::optional<u256> max_fee_per_gas;
  std::optional<u256> max_priority_fee_per_gas;
  std::optional<u256> value;
  std::optional<u64> nonce;
  std::optional<u64> chain_id;
  std::optional<u64> type;
  Bytes data;  ///< `input` or `data`
  std::optional<std::vector<AccessListEntry>> access_list;
  std::vector<Authorization> authorizations;
};

/// geth's state override set: by address, all optional. `replace` distinguishes `state` from `stateDiff`.
struct AccountOverride {
  std::optional<u64> nonce;
  std::optional<u256> balance;
  std::optional<Bytes> code;
  bool replace = false;
  std::map<u256, u256> slots;
};
struct StateOverrides {
  std::map<Address, AccountOverride> accounts;
};
struct BlockOverrides {
  std::optional<u64> number;
  std::optional<u64> timestamp;
  std::optional<u64> gas_limit;
  std::optional<Address> coinbase;
  std::optional<Hash256> prev_randao;
  std::optional<u256> base_fee;
  std::optional<u256> blob_base_fee;
};

/// eth_simulateV1's argument.
struct SimulatedBlock {
  BlockOverrides block;
  StateOverrides state;
  std::vector<CallArgs> calls;
};
struct SimulationArgs {
  std::vector<SimulatedBlock> blocks;
  bool trace_transfers = false;  ///< movements of ether are listed as if they were ERC-20's
  bool validation = false;       ///< nonces and fees are checked as in a real block
  bool full_transactions = false;
};

/// eth_getLogs' and eth_newFilter's argument, blocks not yet resolved.
struct LogFilter {
  std::optional<Hash256> block_hash;
  std::optional<BlockId> from_block;
  std::optional<BlockId> to_block;
  std::vector<Address> addresses;
  std::vector<std::vector<Hash256>> topics;
};

/// evm_mine's argument: a timestamp, or {timestamp, blocks}.
struct MineOptions {
  std::optional<u64> timestamp_s;
  u64 blocks = 1;
};
/// anvil_reset's: whether it asks for a fork of another chain.
struct ResetOptions {
  bool forks = false;
};

/// Slots of eth_getProof.
struct StorageKeys {
  std::vector<u256> slots;
};
/// Percentiles of eth_feeHistory, ascending in 0…100.
struct Percentiles {
  std::vector<double> values;
};
/// What eth_subscribe takes as its second argument: a filter for logs, a boolean for pending transactions.
struct SubscriptionOptions {
  LogFilter filter;
  bool full = false;
};

// One overload a type. False with the reason in `why` ("expected 20 bytes as 0x and 40 hex digits, got \"0x12\"").
bool decode(const Json& json, Address& out, std::string& why);
bool decode(const Json& json, Hash256& out, std::string& why);
bool decode(const Json& json, u64& out, std::string& why);  ///< "0x…" or a JSON integer
bool decode(const Json& json, u256& out, std::string& why);
bool decode(const Json& json, Bytes& out, std::string& why);
bool decode(const Json& json, bool& out, std::string& why);
bool decode(const Json& json, std::string& out, std::string& why);
bool decode(const Json& json, BlockId& out, std::string& why);
bool decode(const Json& json, CallArgs& out, std::string& why);
bool decode(const Json& json, StateOverrides& out, std::string& why);
bool decode(const Json& json, BlockOverrides& out, std::string& why);
bool decode(const Json& json, SimulationArgs& out, std::string& why);
bool decode(const Json& json, LogFilter& out, std::string& why);
bool decode(const Json& json, MineOptions& out, std::string& why);
bool decode(const Json& json, ResetOptions& out, std::string& why);
bool decode(const Json& json, StorageKeys& out, std::string& why);
bool decode(const Json& json, Percentiles& out, std::string& why);
bool decode(const Json& json, SubscriptionOptions& out, std::string& why);

}  // namespace atlas::rpc
