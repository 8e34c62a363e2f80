// What only a development chain answers: accounts whose keys the node has, time, mining, and state by decree.
#include <algorithm>

#include <crypto/keccak.hpp>
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/serialize.hpp>
#include <rpc/submit.hpp>

namespace atlas::rpc {
namespace {

DevBackend& dev(Call& call) {
  DevBackend* backend = call.backend.dev();
  ENSURE(backend != nullptr, "development methods are only in the table of a development chain");
  return *backend;
}

Reply answer(Call& call, const DevBackend::Done& done, std::string_view json = "null") {
  if (!done.ok()) return fail(ErrorCode::kServer, done.error());
  call.out.raw(json);
  return {};
}

// ---- Accounts and signatures.

Reply accounts(Call& call) {
  call.out.begin_array();
  for (const Address& address : dev(call).accounts()) call.out.hex(address);
  call.out.end_array();
  return {};
}

Err<RpcError> no_key(const Address& address) {
  return fail(ErrorCode::kServer,
              "unknown account: no key for " + to_hex(address) + "; see eth_accounts, or use anvil_impersonateAccount");
}

/// EIP-191 personal message.
Reply sign_message(Call& call, const Address& signer, const Bytes& message) {
  Bytes text;
  append(text, as_bytes("\x19"
                        "Ethereum Signed Message:\n" +
                        std::to_string(message.size())));
  append(text, message);
  const auto signature = dev(call).sign(signer, crypto::keccak256(text));
  if (!signature) return no_key(signer);
  Bytes out(65);
  signature->r.to_be(out.data());
  signature->s.to_be(out.data() + 32);
  out[64] = static_cast<u8>(27 + signature->y_parity);
  call.out.hex(out);
  return {};
}

Reply personal_sign(Call& call, const Bytes& message, const Address& signer) {
  return sign_message(call, signer, message);
}

/// Fills in what `args` leaves open, as a wallet would.
Result<Transaction, RpcError> fill(Call& call, const CallArgs& args) {
  const BlockContext next = call.backend.pending_context();
  if (args.chain_id && *args.chain_id != next.chain_id) {
    return fail(ErrorCode::kInvalidParams, "chainId does not match node's (have=" + std::to_string(*args.chain_id) +
                                               ", want=" + std::to_string(next.chain_id) + ")");
  }
  if (!args.from) return fail(ErrorCode::kInvalidParams, "invalid argument 0 (transaction): from is missing");
  Transaction tx;
  if (args.type) {
    if (*args.type > 4 || *args.type == 3) {
      return fail(ErrorCode::kInvalidParams,
                  "transaction type not supported: type " + std::to_string(*args.type) + "; use 0x0, 0x1, 0x2 or 0x4");
    }
    tx.type = static_cast<TxType>(*args.type);
  } else if (!args.authorizations.empty()) {
    tx.type = TxType::kSetCode;
  } else if (args.gas_price) {
    tx.type = args.access_list ? TxType::kAccessList : TxType::kLegacy;
  } else {
    tx.type = TxType::kDynamicFee;
  }
  tx.chain_id = next.chain_id;
  tx.to = args.to;
  tx.value = args.value.value_or(u256());
  tx.data = args.data;
  if (args.access_list) tx.access_list = *args.access_list;
  tx.authorizations = args.authorizations;
  tx.nonce = args.nonce ? *args.nonce : call.backend.pending_nonce(*args.from);
  const u256 tip = call.backend.suggested_priority_fee();
  if (tx.type == TxType::kLegacy || tx.type == TxType::kAccessList) {
    const u256 price = args.gas_price ? *args.gas_price : args.max_fee_per_gas.value_or(next.base_fee + tip);
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = price;
  } else if (args.gas_price) {
    tx.max_fee_per_gas = tx.max_priority_fee_per_gas = *args.gas_price;
  } else {
    tx.max_fee_per_gas =
        args.max_fee_per_gas.value_or(next.base_fee * u256(2) + args.max_priority_fee_per_gas.value_or(tip));
    tx.max_priority_fee_per_gas = args.max_priority_fee_per_gas.value_or(std::min(tip, tx.max_fee_per_gas));
  }
  if (args.gas) {
    tx.gas_limit = *args.gas;
  } else {
    const auto gas = estimate(call, args, BlockId{BlockTag::kPending}, nullptr, nullptr);
    if (!gas.ok()) return Err(gas.error());
    tx.gas_limit = *gas;
  }
  return tx;
}

/// The signed transaction's bytes, or nullopt without a key.
std::optional<Bytes> sign_transaction_bytes(Call& call, Transaction& tx, const Address& from) {
  const auto signature = dev(call).sign(from, signing_hash(tx));
  if (!signature) return std::nullopt;
  tx.y_parity = signature->y_parity;
  tx.r = signature->r;
  tx.s = signature->s;
  return encode_transaction(tx);
}

Reply send_transaction(Call& call, const CallArgs& args) {
  const std::lock_guard one_at_a_time(call.nonces);
  auto tx = fill(call, args);
  if (!tx.ok()) return Err(tx.error());
  const bool impersonated = dev(call).is_impersonated(*args.from);
  const auto raw = impersonated ? std::nullopt : sign_transaction_bytes(call, *tx, *args.from);
  if (!impersonated && !raw) return no_key(*args.from);
  const SubmitResult hash =
      impersonated ? dev(call).submit_unsigned(std::move(*tx), *args.from) : call.backend.submit(*raw);
  if (!hash.ok()) return submit_failed(hash.error());
  call.out.hex(*hash);
  return {};
}

Reply sign_transaction(Call& call, const CallArgs& args) {
  auto tx = fill(call, args);
  if (!tx.ok()) return Err(tx.error());
  const auto raw = sign_transaction_bytes(call, *tx, *args.from);
  if (!raw) return no_key(*args.from);
  call.out.hex(*raw);
  return {};
}

// ---- Impersonation and state.

Reply impersonate(Call& call, const Address& address) {
  dev(call).set_impersonated(address, true);
  return answer(call, {});
}
Reply stop_impersonating(Call& call, const Address& address) {
  dev(call).set_impersonated(address, false);
  return answer(call, {});
}
Reply auto_impersonate(Call& call, const bool& on) {
  dev(call).set_auto_impersonate(on);
  return answer(call, {});
}
Reply set_balance(Call& call, const Address& address, const u256& balance) {
  return answer(call, dev(call).set_balance(address, balance));
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
Reply set_coinbase(Call& call, const Address& address) {
  return answer(call, dev(call).set_coinbase(address));
}
Reply set_block_gas_limit(Call& call, const u64& gas) {
  return answer(call, dev(call).set_block_gas_limit(gas), "true");
}
Reply set_next_base_fee(Call& call, const u256& base_fee) {
  return answer(call, dev(call).set_next_base_fee(base_fee));
}

// ---- Mining, pool, time.

Reply mine_one(Call& call, const std::optional<u64>& timestamp_s) {
  if (timestamp_s) {
    const auto set = dev(call).set_next_timestamp_s(*timestamp_s);
    if (!set.ok()) return fail(ErrorCode::kServer, set.error());
  }
  return answer(call, dev(call).mine(1, 0), "\"0x0\"");
}
Reply mine_many(Call& call, const std::optional<u64>& count, const std::optional<u64>& interval_s) {
  constexpr u64 kBlocksMax = 100'000;
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

constexpr Method kMethods[] = {
    {"eth_accounts", Cost::kCheap, bind<accounts>(), {}},
    {"eth_sign", Cost::kCheap, bind<sign_message>(), {"address", "message"}},
    {"personal_sign", Cost::kCheap, bind<personal_sign>(), {"message", "address"}},
    {"eth_sendTransaction", Cost::kHeavy, bind<send_transaction>(), {"transaction"}},
    {"eth_signTransaction", Cost::kHeavy, bind<sign_transaction>(), {"transaction"}},
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
    {"anvil_setCoinbase", Cost::kCheap, bind<set_coinbase>(), {"address"}},
    {"hardhat_setCoinbase", Cost::kCheap, bind<set_coinbase>(), {"address"}},
    {"evm_setBlockGasLimit", Cost::kCheap, bind<set_block_gas_limit>(), {"gasLimit"}},
    {"anvil_setBlockGasLimit", Cost::kCheap, bind<set_block_gas_limit>(), {"gasLimit"}},
    {"anvil_setNextBlockBaseFeePerGas", Cost::kCheap, bind<set_next_base_fee>(), {"baseFee"}},
    {"hardhat_setNextBlockBaseFeePerGas", Cost::kCheap, bind<set_next_base_fee>(), {"baseFee"}},
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
