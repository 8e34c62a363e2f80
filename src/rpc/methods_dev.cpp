// What only a development chain answers: time, mining, impersonation, and state by decree.
#include <algorithm>

#include <rpc/dev_backend.hpp>
#include <rpc/method.hpp>
#include <rpc/state_dump.hpp>
#include <types/fork.hpp>

namespace atlas::rpc {
namespace {

Reply answer(Call& call, const DevBackend::Done& done, std::string_view json = "null") {
  if (!done.ok()) return fail(ErrorCode::kServer, done.error());
  call.out.raw(json);
  return {};
}

// ---- Impersonation and state.

Reply impersonate(Call& call, const Address& address) {
  return answer(call, dev(call).set_impersonated(address, true));
}
Reply stop_impersonating(Call& call, const Address& address) {
  return answer(call, dev(call).set_impersonated(address, false));
}
Reply auto_impersonate(Call& call, const bool& on) {
  return answer(call, dev(call).set_auto_impersonate(on));
}
Reply set_balance(Call& call, const Address& address, const u256& balance) {
  return answer(call, dev(call).set_balance(address, balance));
}
Reply add_balance(Call& call, const Address& address, const u256& amount) {
  const auto account = call.backend.head_state()->account(address);
  bool carry = false;
  const u256 sum = u256::add(account ? account->balance : u256(), amount, carry);
  if (carry) return bad_param(call, 1, "the balance would be 2^256 or more");
  return answer(call, dev(call).set_balance(address, sum));
}
Reply set_nonce(Call& call, const Address& address, const u64& nonce) {
  return answer(call, dev(call).set_nonce(address, nonce));
}
Reply set_code(Call& call, const Address& address, const Bytes& code) {
  return answer(call, dev(call).set_code(address, code));
}
Reply set_storage(Call& call, const Address& address, const u256& slot, const u256& value) {
  return answer(call, dev(call).set_storage(address, slot, value), "true");
}
Reply dump_state(Call& call, const std::optional<bool>&) {
  const auto text = write_state_dump(dev(call).dump(), call.backend.head()->header.number);
  if (text.size() > call.config.response_bytes_max / 2) {
    return fail(ErrorCode::kLimitExceeded, "the state takes " + std::to_string(text.size()) +
                                               " bytes, more than an answer may have; copy the data directory instead");
  }
  call.out.hex(as_bytes(text));
  return {};
}
Reply load_state(Call& call, const Bytes& dump) {
  auto accounts = read_state_dump(dump, call.config.response_bytes_max);
  if (!accounts.ok()) return bad_param(call, 0, accounts.error());
  return answer(call, dev(call).load(std::move(*accounts)), "true");
}
Reply set_coinbase(Call& call, const Address& address) {
  return answer(call, dev(call).set_coinbase(address));
}
Reply set_block_gas_limit(Call& call, const u64& gas) {
  return answer(call, dev(call).set_block_gas_limit(gas), "true");
}
Reply set_next_base_fee(Call& call, const u256& base_fee) {
  return answer(call, dev(call).set_next_base_fee(base_fee));
}

Reply send_l1_transaction(Call& call, const Bytes& raw) {
  auto tx = decode_block_transaction(raw);
  if (!tx) return bad_param(call, 0, describe(tx.error()));
  if (!is_from_l1(tx->tx.type))
    return bad_param(call, 0, "not of type 0x7e or 0x7f: send it by eth_sendRawTransaction");
  const Hash256 hash = tx->hash;
  return answer(call, dev(call).include_from_l1(std::move(*tx)), '"' + to_hex(hash) + '"');
}

// ---- Mining, pool, time.

constexpr u64 kBlocksMax = 100'000;  // in one call

Reply mine_one(Call& call, const std::optional<MineOptions>& given) {
  const MineOptions options = given.value_or(MineOptions{});
  if (options.blocks > kBlocksMax) return bad_param(call, 0, "more than 100000 blocks in one call");
  if (options.timestamp_s) {
    const auto set = dev(call).set_next_timestamp_s(*options.timestamp_s);
    if (!set.ok()) return fail(ErrorCode::kServer, set.error());
  }
  return answer(call, dev(call).mine(options.blocks, 0), "\"0x0\"");
}
Reply mine_many(Call& call, const std::optional<u64>& count, const std::optional<u64>& interval_s) {
  if (count.value_or(1) > kBlocksMax) return bad_param(call, 0, "more than 100000 blocks in one call");
  return answer(call, dev(call).mine(count.value_or(1), interval_s.value_or(0)));
}
Reply automine(Call& call) {
  call.out.boolean(dev(call).automine());
  return {};
}
Reply set_automine(Call& call, const bool& on) {
  return answer(call, dev(call).set_automine(on));
}
Reply set_interval_s(Call& call, const u64& interval_s) {
  constexpr u64 kIntervalMax = 86'400;
  if (interval_s > kIntervalMax) return bad_param(call, 0, "more than a day");
  return answer(call, dev(call).set_interval_mining_ms(interval_s * 1'000));
}
/// anvil: seconds, or null without interval mining.
Reply interval_s(Call& call) {
  const u64 interval_ms = dev(call).interval_mining_ms();
  if (interval_ms == 0) {
    call.out.null();
  } else {
    call.out.number(interval_ms / 1'000);
  }
  return {};
}
Reply drop_transaction(Call& call, const Hash256& hash) {
  const auto done = dev(call).drop_transaction(hash);
  if (!done.ok()) {
    call.out.null();
  } else {
    call.out.hex(hash);
  }
  return {};
}
Reply drop_all(Call& call) {
  return answer(call, dev(call).drop_all_transactions());
}

Reply drop_of_sender(Call& call, const Address& sender) {
  for (const PoolEntry& entry : call.backend.pool_content(&sender, call.config.pool_content_max)) {
    static_cast<void>(dev(call).drop_transaction(entry.tx->hash));  // mined or replaced meanwhile: gone as well
  }
  call.out.null();
  return {};
}

Reply increase_time(Call& call, const u64& seconds) {
  constexpr u64 kSecondsMax = u64{1} << 40;
  if (seconds > kSecondsMax) return bad_param(call, 0, "more than 2^40 seconds");
  const i64 offset = dev(call).increase_time_s(static_cast<i64>(seconds));
  call.out.raw(std::to_string(offset));
  return {};
}
Reply set_next_timestamp(Call& call, const u64& timestamp_s) {
  return answer(call, dev(call).set_next_timestamp_s(timestamp_s));
}
Reply set_time(Call& call, const u64& timestamp_s) {
  const u64 before = call.backend.head()->header.timestamp;
  const auto done = dev(call).set_time_s(timestamp_s);
  return answer(call, done, std::to_string(timestamp_s > before ? timestamp_s - before : 0));
}

Reply snapshot(Call& call) {
  call.out.quantity(dev(call).snapshot());
  return {};
}
Reply revert(Call& call, const u64& id) {
  call.out.boolean(dev(call).revert(id));
  return {};
}

Reply roll_back(Call& call, const std::optional<u64>& depth) {
  const u64 head = call.backend.head()->header.number;
  if (depth.value_or(1) > head) {
    return bad_param(call, 0, "the chain has " + std::to_string(head) + " blocks above genesis");
  }
  return answer(call, dev(call).rewind(head - depth.value_or(1)));
}
Reply reset(Call& call, const std::optional<ResetOptions>& options) {
  if (options && options->forks) {
    return bad_param(call, 0, "forking is not supported: this chain starts from its own genesis; leave it out");
  }
  return answer(call, dev(call).reset(), call.method->name.starts_with("hardhat") ? "true" : "null");
}

// ---- What the node says of itself.

Reply genesis_time(Call& call) {
  call.out.number(call.backend.block_by_number(0)->header.timestamp);
  return {};
}

/// anvil's NodeInfo.
Reply node_info(Call& call) {
  const BlockPtr head = call.backend.head();
  const BlockContext next = call.backend.pending_context();
  JsonWriter& out = call.out;
  out.begin_object();
  out.field("currentBlockNumber", head->header.number);
  out.key("currentBlockTimestamp");
  out.number(head->header.timestamp);
  out.field("currentBlockHash", head->hash);
  out.field_string("hardFork", name_of(next.fork));
  out.field_string("transactionOrder", "fees");
  out.key("environment");
  out.begin_object();
  out.field("baseFee", next.base_fee);
  out.field("chainId", next.chain_id);
  out.field("gasLimit", next.gas_limit);
  out.field("gasPrice", next.base_fee + call.backend.suggested_priority_fee());
  out.end_object();
  out.key("forkConfig");
  out.begin_object();
  out.field_null("forkUrl");
  out.field_null("forkBlockNumber");
  out.field_null("forkRetryBackoff");
  out.end_object();
  out.end_object();
  return {};
}

/// anvil's and Hardhat's Metadata.
Reply metadata(Call& call) {
  const BlockPtr head = call.backend.head();
  const Hash256 genesis = call.backend.block_hash(0);  // names the chain as long as the process runs
  JsonWriter& out = call.out;
  out.begin_object();
  out.field_string("clientVersion", call.backend.client_version());
  out.key("chainId");
  out.number(call.backend.chain_id());
  out.field("instanceId", genesis);
  out.key("latestBlockNumber");
  out.number(head->header.number);
  out.field("latestBlockHash", head->hash);
  out.key("snapshots");
  out.begin_object();
  out.end_object();
  out.end_object();
  return {};
}

// ---- Known, and refused with the reason.

Reply no_prev_randao(Call& call, const Hash256&) {
  return fail(ErrorCode::kServer, std::string(call.method->name) +
                                      " is not supported: PREVRANDAO is 0 in every block of this chain "
                                      "(docs/deviations.md)");
}
Reply no_min_gas_price(Call& call, const u256&) {
  return fail(ErrorCode::kServer, std::string(call.method->name) +
                                      " is not supported when EIP-1559 is active; use anvil_setNextBlockBaseFeePerGas");
}

constexpr Method kMethods[] = {
    {"anvil_impersonateAccount", Cost::kCheap, bind<impersonate>(), {"address"}},
    {"hardhat_impersonateAccount", Cost::kCheap, bind<impersonate>(), {"address"}},
    {"anvil_stopImpersonatingAccount", Cost::kCheap, bind<stop_impersonating>(), {"address"}},
    {"hardhat_stopImpersonatingAccount", Cost::kCheap, bind<stop_impersonating>(), {"address"}},
    {"anvil_autoImpersonateAccount", Cost::kCheap, bind<auto_impersonate>(), {"on"}},
    {"anvil_setBalance", Cost::kHeavy, bind<set_balance>(), {"address", "balance"}},
    {"hardhat_setBalance", Cost::kHeavy, bind<set_balance>(), {"address", "balance"}},
    {"anvil_setNonce", Cost::kHeavy, bind<set_nonce>(), {"address", "nonce"}},
    {"hardhat_setNonce", Cost::kHeavy, bind<set_nonce>(), {"address", "nonce"}},
    {"anvil_setCode", Cost::kHeavy, bind<set_code>(), {"address", "code"}},
    {"hardhat_setCode", Cost::kHeavy, bind<set_code>(), {"address", "code"}},
    {"anvil_setStorageAt", Cost::kHeavy, bind<set_storage>(), {"address", "slot", "value"}},
    {"hardhat_setStorageAt", Cost::kHeavy, bind<set_storage>(), {"address", "slot", "value"}},
    {"anvil_dumpState", Cost::kHeavy, bind<dump_state>(), {"preserveHistoricalStates"}},
    {"anvil_loadState", Cost::kHeavy, bind<load_state>(), {"state"}},
    {"anvil_setCoinbase", Cost::kCheap, bind<set_coinbase>(), {"address"}},
    {"hardhat_setCoinbase", Cost::kCheap, bind<set_coinbase>(), {"address"}},
    {"evm_setBlockGasLimit", Cost::kCheap, bind<set_block_gas_limit>(), {"gasLimit"}},
    {"anvil_setBlockGasLimit", Cost::kCheap, bind<set_block_gas_limit>(), {"gasLimit"}},
    {"anvil_setNextBlockBaseFeePerGas", Cost::kCheap, bind<set_next_base_fee>(), {"baseFee"}},
    {"hardhat_setNextBlockBaseFeePerGas", Cost::kCheap, bind<set_next_base_fee>(), {"baseFee"}},
    {"atlas_sendL1Transaction", Cost::kHeavy, bind<send_l1_transaction>(), {"transaction"}},
    {"evm_mine", Cost::kHeavy, bind<mine_one>(), {"timestamp"}},
    {"anvil_mine", Cost::kHeavy, bind<mine_many>(), {"count", "interval"}},
    {"hardhat_mine", Cost::kHeavy, bind<mine_many>(), {"count", "interval"}},
    {"anvil_getAutomine", Cost::kCheap, bind<automine>(), {}},
    {"hardhat_getAutomine", Cost::kCheap, bind<automine>(), {}},
    {"evm_setAutomine", Cost::kCheap, bind<set_automine>(), {"on"}},
    {"anvil_setAutomine", Cost::kCheap, bind<set_automine>(), {"on"}},
    {"evm_setIntervalMining", Cost::kCheap, bind<set_interval_s>(), {"seconds"}},
    {"anvil_setIntervalMining", Cost::kCheap, bind<set_interval_s>(), {"seconds"}},
    {"anvil_dropTransaction", Cost::kCheap, bind<drop_transaction>(), {"hash"}},
    {"hardhat_dropTransaction", Cost::kCheap, bind<drop_transaction>(), {"hash"}},
    {"anvil_dropAllTransactions", Cost::kCheap, bind<drop_all>(), {}},
    {"evm_increaseTime", Cost::kCheap, bind<increase_time>(), {"seconds"}},
    {"anvil_increaseTime", Cost::kCheap, bind<increase_time>(), {"seconds"}},
    {"evm_setNextBlockTimestamp", Cost::kCheap, bind<set_next_timestamp>(), {"timestamp"}},
    {"anvil_setNextBlockTimestamp", Cost::kCheap, bind<set_next_timestamp>(), {"timestamp"}},
    {"evm_setTime", Cost::kCheap, bind<set_time>(), {"timestamp"}},
    {"anvil_setTime", Cost::kCheap, bind<set_time>(), {"timestamp"}},
    {"evm_setAccountBalance", Cost::kHeavy, bind<set_balance>(), {"address", "balance"}},
    {"evm_setAccountNonce", Cost::kHeavy, bind<set_nonce>(), {"address", "nonce"}},
    {"evm_setAccountCode", Cost::kHeavy, bind<set_code>(), {"address", "code"}},
    {"evm_setAccountStorageAt", Cost::kHeavy, bind<set_storage>(), {"address", "slot", "value"}},
    {"anvil_addBalance", Cost::kHeavy, bind<add_balance>(), {"address", "amount"}},
    {"anvil_getIntervalMining", Cost::kCheap, bind<interval_s>(), {}},
    {"anvil_removePoolTransactions", Cost::kHeavy, bind<drop_of_sender>(), {"address"}},
    {"anvil_rollback", Cost::kHeavy, bind<roll_back>(), {"depth"}},
    {"anvil_reset", Cost::kHeavy, bind<reset>(), {"options"}},
    {"hardhat_reset", Cost::kHeavy, bind<reset>(), {"options"}},
    {"anvil_getGenesisTime", Cost::kCheap, bind<genesis_time>(), {}},
    {"anvil_nodeInfo", Cost::kCheap, bind<node_info>(), {}},
    {"anvil_metadata", Cost::kCheap, bind<metadata>(), {}},
    {"hardhat_metadata", Cost::kCheap, bind<metadata>(), {}},
    {"anvil_setPrevRandao", Cost::kCheap, bind<no_prev_randao>(), {"prevRandao"}},
    {"hardhat_setPrevRandao", Cost::kCheap, bind<no_prev_randao>(), {"prevRandao"}},
    {"anvil_setMinGasPrice", Cost::kCheap, bind<no_min_gas_price>(), {"gasPrice"}},
    {"hardhat_setMinGasPrice", Cost::kCheap, bind<no_min_gas_price>(), {"gasPrice"}},
    {"evm_snapshot", Cost::kHeavy, bind<snapshot>(), {}},
    {"anvil_snapshot", Cost::kHeavy, bind<snapshot>(), {}},
    {"evm_revert", Cost::kHeavy, bind<revert>(), {"id"}},
    {"anvil_revert", Cost::kHeavy, bind<revert>(), {"id"}},
};

}  // namespace

MethodTable dev_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
