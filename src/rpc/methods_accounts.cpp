// Accounts whose keys a development chain has: signatures and transactions in their name.
#include <algorithm>

#include <crypto/keccak.hpp>
#include <rpc/dev_backend.hpp>
#include <rpc/execution.hpp>
#include <rpc/method.hpp>
#include <rpc/submit.hpp>
#include <rpc/typed_data.hpp>

namespace atlas::rpc {
namespace {

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

Reply answer_signature(Call& call, const Address& signer, const Hash256& digest) {
  const auto signature = dev(call).sign(signer, digest);
  if (!signature) return no_key(signer);
  Bytes out(65);
  signature->r.to_be(out.data());
  signature->s.to_be(out.data() + 32);
  out[64] = static_cast<u8>(27 + signature->y_parity);
  call.out.hex(out);
  return {};
}

/// EIP-191 personal message.
Reply sign_message(Call& call, const Address& signer, const Bytes& message) {
  Bytes text;
  append(text, as_bytes("\x19"
                        "Ethereum Signed Message:\n" +
                        std::to_string(message.size())));
  append(text, message);
  return answer_signature(call, signer, crypto::keccak256(text));
}

/// EIP-712.
Reply sign_typed_data(Call& call, const Address& signer, const TypedDataHash& typed) {
  return answer_signature(call, signer, typed.digest);
}

/// Wallets also send a password; the keys here have none.
Reply personal_sign(Call& call, const Bytes& message, const Address& signer, const std::optional<std::string>&) {
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

constexpr Method kMethods[] = {
    {"eth_accounts", Cost::kCheap, bind<accounts>(), {}},
    {"eth_sign", Cost::kCheap, bind<sign_message>(), {"address", "message"}},
    {"personal_sign", Cost::kCheap, bind<personal_sign>(), {"message", "address", "password"}},
    {"eth_signTypedData", Cost::kHeavy, bind<sign_typed_data>(), {"address", "typedData"}},
    {"eth_signTypedData_v3", Cost::kHeavy, bind<sign_typed_data>(), {"address", "typedData"}},
    {"eth_signTypedData_v4", Cost::kHeavy, bind<sign_typed_data>(), {"address", "typedData"}},
    {"eth_sendTransaction", Cost::kHeavy, bind<send_transaction>(), {"transaction"}},
    {"eth_signTransaction", Cost::kHeavy, bind<sign_transaction>(), {"transaction"}},
};

}  // namespace

MethodTable account_methods() {
  return kMethods;
}

}  // namespace atlas::rpc
