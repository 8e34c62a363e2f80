#include "smoke.hpp"

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <evm/evm.hpp>
#include <stf/genesis.hpp>
#include <stf/stf.hpp>

namespace atlas::smoke {
namespace {

constexpr u64 kChainId = 31337;
constexpr u64 kGasLimit = 30'000'000;

/// transfer(to, amount) without a selector: checks the balance, moves it, emits an event, as an ERC-20 does.
/// Balances are mapping slots keccak256(holder ‖ 0). Calldata: to (32 bytes) ‖ amount (32 bytes).
constexpr u8 kTokenCode[] = {
    0x33, 0x5f, 0x52,                                                  // mstore(0, caller)
    0x60, 0x40, 0x5f, 0x20, 0x80, 0x54,                                // from = keccak256(0, 64); balance = sload(from)
    0x60, 0x20, 0x35, 0x80, 0x82, 0x10, 0x60, 0x34, 0x57,              // if balance < amount goto 0x34
    0x80, 0x91, 0x03, 0x91, 0x90, 0x91, 0x90, 0x55,                    // sstore(from, balance - amount)
    0x5f, 0x35, 0x5f, 0x52, 0x60, 0x40, 0x5f, 0x20, 0x80, 0x54,        // to = keccak256(calldata[0] ‖ 0)
    0x82, 0x01, 0x90, 0x55,                                            // sstore(to, sload(to) + amount)
    0x5f, 0x52, 0x5f, 0x35, 0x33, 0x60, 0xdd, 0x60, 0x20, 0x5f, 0xa3,  // log3(0, 32, 0xdd, caller, to)
    0x00,                                                              // stop
    0x5b, 0x5f, 0x5f, 0xfd,                                            // 0x34: revert(0, 0)
};
/// Init code that deploys its last two bytes, STOP STOP.
constexpr u8 kInitCode[] = {0x60, 0x02, 0x80, 0x60, 0x09, 0x5f, 0x39, 0x5f, 0xf3, 0x00, 0x00};

constexpr Address kToken{{0x70, 0x6b}};
constexpr Address kReceiver{{0xab}};

Hash256 key(u8 n) {
  Hash256 k;
  k[31] = n;
  return k;
}
Address address(u8 n) {
  return *crypto::address_of_private_key(key(n));
}
u256 balance_slot(const Address& holder) {
  u8 preimage[64] = {};
  std::copy(holder.begin(), holder.end(), preimage + 12);
  return u256::from_be(crypto::keccak256({preimage, 64}));
}

/// The state that genesis left, searched linearly: there are five accounts.
class GenesisView final : public StateView {
 public:
  explicit GenesisView(StateDiff diff) : diff_(std::move(diff)) {}
  std::optional<Account> account(const Address& address) const override {
    const auto* change = find(address);
    return change == nullptr ? std::nullopt : change->account;
  }
  u256 storage(const Address& address, const u256& slot) const override {
    if (const auto* change = find(address)) {
      for (const auto& [key, value] : change->storage) {
        if (key == slot) return value;
      }
    }
    return {};
  }
  ByteView code(const Hash256& code_hash) const override {
    for (const auto& [hash, bytes] : diff_.code) {
      if (hash == code_hash) return bytes;
    }
    return {};
  }
  bool has_storage(const Address&) const override { return false; }

 private:
  const StateDiff::AccountChange* find(const Address& address) const {
    for (const auto& change : diff_.accounts) {
      if (change.address == address) return &change;
    }
    return nullptr;
  }
  StateDiff diff_;
};

class Signer {
 public:
  explicit Signer(u8 n) : key_(key(n)) {}
  /// Signs, encodes and decodes again, so that decoding and recovery run too.
  SignedTransaction next(std::optional<Address> to, const u256& value, Bytes data) {
    Transaction tx;
    tx.type = TxType::kDynamicFee;
    tx.chain_id = kChainId;
    tx.nonce = nonce_++;
    tx.gas_limit = 1'000'000;
    tx.max_fee_per_gas = u256(5'000'000'000ULL);
    tx.max_priority_fee_per_gas = u256(1'000'000'000ULL);
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    const auto signature = crypto::sign(signing_hash(tx), key_);
    ENSURE(signature.has_value(), "the key is in range");
    tx.r = signature->r;
    tx.s = signature->s;
    tx.y_parity = signature->y_parity;
    auto decoded = decode_signed_transaction(encode_transaction(tx));
    ENSURE(decoded.ok(), "what encode_transaction made decodes");
    return std::move(decoded).value();
  }

 private:
  Hash256 key_;
  u64 nonce_ = 0;
};

Bytes token_call(const Address& to, u64 amount) {
  Bytes data(64);
  std::copy(to.begin(), to.end(), data.begin() + 12);
  u256(amount).to_be(data.data() + 32);
  return data;
}
Address precompile(u8 high, u8 low) {
  Address a;
  a[18] = high;
  a[19] = low;
  return a;
}

stf::Genesis make_genesis() {
  stf::GenesisConfig config;
  config.gas_limit = kGasLimit;
  config.base_fee = u256(1'000'000'000ULL);
  const u256 ether(1'000'000'000'000'000'000ULL);
  config.alloc.push_back({.address = address(1), .balance = ether * u256(1000), .code = {}, .storage = {}});
  config.alloc.push_back({.address = address(2), .balance = ether, .code = {}, .storage = {}});
  config.alloc.push_back({.address = kToken,
                          .nonce = 1,
                          .balance = {},
                          .code = Bytes(std::begin(kTokenCode), std::end(kTokenCode)),
                          .storage = {{balance_slot(address(1)), u256(1'000'000)}}});
  auto genesis = stf::build_genesis(config);
  ENSURE(genesis.ok(), "the genesis is well formed");
  return std::move(genesis).value();
}

std::vector<SignedTransaction> make_transactions() {
  std::vector<SignedTransaction> txs;
  Signer one(1);
  Signer two(2);
  txs.push_back(one.next(kReceiver, u256(12345), {}));
  for (u64 i = 0; i < 8; ++i) txs.push_back(one.next(kToken, {}, token_call(address(2), 100 + i)));
  txs.push_back(two.next(kToken, {}, token_call(kReceiver, 50)));
  txs.push_back(two.next(kToken, {}, token_call(kReceiver, 10'000'000)));  // reverts
  txs.push_back(one.next(std::nullopt, {}, Bytes(std::begin(kInitCode), std::end(kInitCode))));
  // The precompiles that take any input: hashes, the identity, modexp, curve additions and empty pairings.
  const Bytes zeros(256);
  for (u8 low = 0x01; low <= 0x07; ++low) {
    txs.push_back(one.next(precompile(0, low), {}, Bytes(zeros.begin(), zeros.begin() + (low == 5 ? 99 : 96))));
  }
  Bytes modexp(96 + 12);
  modexp[31] = modexp[63] = modexp[95] = 4;
  for (std::size_t i = 96; i < modexp.size(); ++i) modexp[i] = static_cast<u8>(i);
  txs.push_back(one.next(precompile(0, 0x05), {}, modexp));
  Bytes bn_points(128);
  bn_points[31] = bn_points[95] = 1;
  bn_points[63] = bn_points[127] = 2;
  txs.push_back(one.next(precompile(0, 0x06), {}, bn_points));
  txs.push_back(one.next(precompile(0, 0x0b), {}, zeros));
  txs.push_back(one.next(precompile(0, 0x08), {}, {}));
  return txs;
}

Hash256 digest_of(const StateDiff& diff) {
  Bytes all;
  const auto word = [&all](const u256& v) { append(all, v.to_be()); };
  for (const auto& change : diff.accounts) {
    append(all, change.address);
    if (change.account) {
      word(u256(change.account->nonce));
      word(change.account->balance);
      append(all, change.account->code_hash);
    }
    for (const auto& [slot, value] : change.storage) {
      word(slot);
      word(value);
    }
  }
  for (const auto& [hash, code] : diff.code) append(all, hash);
  return crypto::keccak256(all);
}

}  // namespace

std::string run_block() {
  auto genesis = make_genesis();
  const GenesisView view(genesis.diff);

  Block block;
  block.transactions = make_transactions();
  block.header.parent_hash = genesis.block.hash;
  block.header.number = 1;
  block.header.timestamp = 1;
  block.header.gas_limit = kGasLimit;
  block.header.base_fee_per_gas = u256(1'000'000'000ULL);
  block.header.extra_data = stf::encode_extra_data({});

  BlockContext context;
  context.chain_id = kChainId;
  context.number = block.header.number;
  context.timestamp = block.header.timestamp;
  context.gas_limit = kGasLimit;
  context.base_fee = block.header.base_fee_per_gas;
  context.blob_base_fee = u256(1);

  const stf::HistoryBlockHashes hashes(view, 0, genesis.block.hash);
  evm::Evm machine;
  stf::BlockExecutor executor(view, context, hashes, machine);
  executor.begin_block(genesis.block.hash);
  std::string text;
  Bytes outputs;
  unsigned good = 0;
  for (const auto& tx : block.transactions) {
    auto receipt = executor.apply(tx);
    ENSURE(receipt.ok(), "every transaction of the smoke block is valid");
    append(outputs, executor.last_output());
    good += receipt->success ? 1 : 0;
    block.receipts.push_back(std::move(receipt).value());
  }
  stf::seal_header(block);

  const auto line = [&text](const char* name, const std::string& value) { text += name, text += value, text += '\n'; };
  const auto number = [](u64 v) { return to_hex(u256(v).to_be()); };
  line("block ", to_hex(block.hash));
  line("receipts_root ", to_hex(block.header.receipts_root));
  line("transactions ", number(block.transactions.size()));
  line("succeeded ", number(good));
  line("gas_used ", number(block.header.gas_used));
  line("diff ", to_hex(digest_of(executor.diff())));
  line("outputs ", to_hex(crypto::keccak256(outputs)));
  return text;
}

}  // namespace atlas::smoke
