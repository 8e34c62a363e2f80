#include <atomic>
#include <chrono>
#include <thread>

#include <load/contracts.hpp>
#include <load/workload.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>

namespace atlas::load {
namespace {

using Json = nlohmann::json;
using Clock = std::chrono::steady_clock;

constexpr u64 kTransferGas = 21'000;
constexpr u64 kErc20Gas = 100'000;
constexpr u64 kSwapGas = 250'000;
constexpr u64 kDeployGas = 8'000'000;
constexpr auto kSetupTimeout = std::chrono::seconds(120);

u256 quantity(const Json& value, const char* what) {
  const auto parsed = value.is_string() ? parse_u256(value.get<std::string>()) : std::nullopt;
  if (!parsed) throw RpcFailure(std::string("the node's ") + what + " is not a quantity: " + value.dump());
  return *parsed;
}

PreparedTx sign_transaction(Transaction tx, const Hash256& key, u32 sender) {
  const auto signature = crypto::sign(signing_hash(tx), key);
  ENSURE(signature.has_value(), "keys are made non-zero and below the order");
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  const Bytes encoded = encode_transaction(tx);
  return {crypto::keccak256(encoded), sender, to_hex(encoded)};
}

/// Sends set-up transactions of one account in order and waits for their receipts.
class Account {
 public:
  Account(RpcClient& rpc, const Hash256& key, u64 chain_id, const u256& max_fee, const u256& tip)
      : rpc_(rpc), key_(key), chain_id_(chain_id), max_fee_(max_fee), tip_(tip) {
    const auto address = crypto::address_of_private_key(key);
    if (!address) throw RpcFailure("the funder's private key is not valid for secp256k1");
    address_ = *address;
    nonce_ = quantity(rpc_.call("eth_getTransactionCount", {to_hex(address_), "pending"}), "nonce").low_u64();
  }
  const Address& address() const { return address_; }

  Hash256 send(std::optional<Address> to, const u256& value, Bytes data, u64 gas) {
    Transaction tx;
    tx.type = TxType::kDynamicFee;
    tx.chain_id = chain_id_;
    tx.nonce = nonce_++;
    tx.gas_limit = gas;
    tx.max_fee_per_gas = max_fee_;
    tx.max_priority_fee_per_gas = tip_;
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    const PreparedTx prepared = sign_transaction(std::move(tx), key_, 0);
    rpc_.call("eth_sendRawTransaction", {prepared.raw});
    return prepared.hash;
  }
  /// The receipt; throws if it does not come in time or says failure.
  Json wait(const Hash256& hash, const char* what) {
    const auto until = Clock::now() + kSetupTimeout;
    while (Clock::now() < until) {
      Json receipt = rpc_.call("eth_getTransactionReceipt", {to_hex(hash)});
      if (receipt.is_object()) {
        if (receipt.value("status", "") != "0x1")
          throw RpcFailure(std::string(what) + " failed in block: " + receipt.dump());
        return receipt;
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
    throw RpcFailure(std::string(what) + ": no receipt within 120 s; does the node make blocks?");
  }
  Address deploy(Bytes init_code, const char* what) {
    const Json receipt = wait(send(std::nullopt, u256(), std::move(init_code), kDeployGas), what);
    const auto address = fixed_from_hex<20>(receipt.value("contractAddress", ""));
    if (!address) throw RpcFailure(std::string(what) + ": the receipt names no contract");
    return *address;
  }

 private:
  RpcClient& rpc_;
  Hash256 key_;
  Address address_;
  u64 chain_id_;
  u256 max_fee_;
  u256 tip_;
  u64 nonce_ = 0;
};

/// What every load transaction of a mix looks like.
struct Target {
  std::optional<Address> contract;
  u64 gas = kTransferGas;
  u256 value{1};
};

Bytes call_data(Mix mix, const SwapContracts& swap, const Address& to) {
  switch (mix) {
    case Mix::kTransfer:
      return {};
    case Mix::kErc20:
      return abi::transfer(to, u256(1));
    case Mix::kSwap:
      return abi::swap_exact_eth_for_tokens(swap, to);
  }
  return {};
}

}  // namespace

const char* name_of(Mix mix) {
  switch (mix) {
    case Mix::kTransfer:
      return "transfer";
    case Mix::kErc20:
      return "erc20";
    case Mix::kSwap:
      return "swap";
  }
  return "?";
}

Workload prepare(RpcClient& rpc, const WorkloadOptions& options, const Progress& progress) {
  const u64 chain_id = quantity(rpc.call("eth_chainId"), "chain id").low_u64();
  const u256 tip = options.max_priority_fee_per_gas;
  u256 max_fee = options.max_fee_per_gas;
  if (max_fee.is_zero()) {
    const Json head = rpc.call("eth_getBlockByNumber", {"latest", false});
    max_fee = quantity(head.value("baseFeePerGas", Json("0x0")), "base fee") * u256(4) + tip;
  }
  Account funder(rpc, options.funder_key, chain_id, max_fee, tip);

  std::vector<Hash256> keys(options.senders);
  std::vector<Address> addresses(options.senders);
  for (unsigned i = 0; i < options.senders; ++i) {
    Bytes seed;
    append(seed, as_bytes("atlas load sender"));
    append(seed, u256(options.seed).to_be().view());
    append(seed, u256(i).to_be().view());
    keys[i] = crypto::keccak256(seed);
    const auto address = crypto::address_of_private_key(keys[i]);
    ENSURE(address.has_value(), "a hash is a valid key but with probability 2^-128");
    addresses[i] = *address;
  }

  Target target;
  SwapContracts swap;
  if (options.mix == Mix::kErc20) {
    progress("deploying the token", 0, 1);
    target.contract = funder.deploy(token_init_code(options.artifacts), "deploying the token");
    target.gas = kErc20Gas;
    target.value = u256();
  } else if (options.mix == Mix::kSwap) {
    progress("deploying Uniswap v2", 0, 1);
    swap = deploy_swap(
        options.artifacts, funder.address(),
        [&funder](Bytes code, const char* what) { return funder.deploy(std::move(code), what); },
        [&funder](const Address& to, const u256& value, Bytes data, const char* what) {
          funder.wait(funder.send(to, value, std::move(data), kDeployGas), what);
        });
    target.contract = swap.router;
    target.gas = kSwapGas;
    target.value = u256(1'000'000);
  }

  // Every sender can pay its share at the full fee, so that a rising base fee stops nobody.
  const unsigned share = (options.transactions + options.senders - 1) / options.senders;
  const u256 funds = u256(share) * (u256(target.gas) * max_fee + target.value);
  const u256 balance = quantity(rpc.call("eth_getBalance", {to_hex(funder.address()), "latest"}), "balance");
  if (balance < funds * u256(options.senders)) {
    throw RpcFailure("the funder " + to_hex(funder.address()) + " has " + to_decimal(balance) + " wei, but " +
                     std::to_string(options.senders) + " senders need " + to_decimal(funds * u256(options.senders)) +
                     "; lower --transactions or --max-fee, or name a richer --key");
  }
  constexpr unsigned kFundingWave = 200;  // within the nonce queue that any node grants one account
  Hash256 last;
  for (unsigned i = 0; i < options.senders; ++i) {
    last = funder.send(addresses[i], funds, {}, kTransferGas);
    if (options.mix == Mix::kErc20) {
      last = funder.send(target.contract, u256(), abi::transfer(addresses[i], u256(share)), kErc20Gas);
    }
    if (i % kFundingWave == kFundingWave - 1 || i + 1 == options.senders) funder.wait(last, "funding senders");
    progress("funding senders", i + 1, options.senders);
  }

  std::vector<u64> first_nonce(options.senders);
  for (unsigned i = 0; i < options.senders; ++i) {
    first_nonce[i] = quantity(rpc.call("eth_getTransactionCount", {to_hex(addresses[i]), "latest"}), "nonce").low_u64();
    progress("reading nonces", i + 1, options.senders);
  }

  Workload out;
  out.transactions.resize(options.transactions);
  const auto start = Clock::now();
  std::atomic<unsigned> done{0};
  const auto sign_part = [&](unsigned part) {
    for (unsigned i = part; i < options.transactions; i += options.threads) {
      const unsigned sender = i % options.senders;
      Transaction tx;
      tx.type = TxType::kDynamicFee;
      tx.chain_id = chain_id;
      tx.nonce = first_nonce[sender] + i / options.senders;
      tx.gas_limit = target.gas;
      tx.max_fee_per_gas = max_fee;
      tx.max_priority_fee_per_gas = tip;
      tx.to = target.contract ? *target.contract : addresses[(sender + 1) % options.senders];
      tx.value = target.value;
      tx.data = call_data(options.mix, swap, addresses[(sender + 1) % options.senders]);
      out.transactions[i] = sign_transaction(std::move(tx), keys[sender], sender);
      const unsigned count = ++done;
      if (part == 0 && count % 256 == 0) progress("signing", count, options.transactions);
    }
  };
  std::vector<std::thread> threads;
  for (unsigned t = 1; t < options.threads; ++t) threads.emplace_back(sign_part, t);
  sign_part(0);
  for (std::thread& t : threads) t.join();
  progress("signing", options.transactions, options.transactions);
  out.signing_seconds = std::chrono::duration<double>(Clock::now() - start).count();
  return out;
}

}  // namespace atlas::load
