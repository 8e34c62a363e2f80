#pragma once
// A pool over accounts in a map, for this room's tests.
#include <map>
#include <set>

#include <gtest/gtest.h>

#include <crypto/secp256k1.hpp>
#include <sequencer/mempool.hpp>

namespace atlas::sequencer::testing {

inline constexpr u64 kChainId = 31'337;
inline constexpr u64 kFloor = 100;

class Accounts : public StateView {
 public:
  std::map<Address, Account> accounts;
  std::map<Hash256, Bytes> codes;
  std::optional<Account> account(const Address& a) const override {
    const auto it = accounts.find(a);
    return it == accounts.end() ? std::nullopt : std::optional(it->second);
  }
  u256 storage(const Address&, const u256&) const override { return {}; }
  ByteView code(const Hash256& hash) const override { return codes.at(hash); }
  bool has_storage(const Address&) const override { return false; }
};

inline Address address(u64 i) {
  return u256(0x1000 + i).to_address();
}

/// A transaction as if recovered; its hash is unique by sender, nonce and fees.
inline SignedTransaction make(u64 sender, u64 nonce, u64 cap, u64 tip, std::size_t data = 0) {
  SignedTransaction tx;
  tx.tx.type = TxType::kDynamicFee;
  tx.tx.chain_id = kChainId;
  tx.tx.nonce = nonce;
  tx.tx.gas_limit = 21'000 + 40 * data;
  tx.tx.max_fee_per_gas = cap;
  tx.tx.max_priority_fee_per_gas = tip;
  tx.tx.to = address(999);
  tx.tx.data.assign(data, 0);
  tx.sender = address(sender);
  tx.encoded.assign(110 + data, 7);
  tx.hash = u256(sender, nonce, cap, tip).to_be();
  return tx;
}

class MempoolTest : public ::testing::Test {
 protected:
  PoolLimits limits;
  std::shared_ptr<Accounts> state = std::make_shared<Accounts>();
  std::unique_ptr<Mempool> pool;

  void start(u64 senders = 8, u64 base_fee = kFloor) {
    for (u64 i = 0; i < senders; ++i) state->accounts[address(i)].balance = u256(1) << 90;
    pool = std::make_unique<Mempool>(limits, state, stf::StfConfig{});
    open(base_fee);
  }
  void open(u64 base_fee) {
    BlockContext context;
    context.chain_id = kChainId;
    context.gas_limit = u64{1} << 30;
    context.base_fee = base_fee;
    pool->open_block(context, kFloor);
  }
  std::string put(SignedTransaction tx) {
    auto result = pool->add(std::move(tx));
    return result ? "" : result.error().message();
  }
  std::vector<TxPtr> take(std::size_t max) {
    std::vector<TxPtr> out;
    pool->take(max, out);
    return out;
  }
  /// Makes a block of `txs` visible: nonces rise in the state.
  void include(const std::vector<TxPtr>& txs) {
    Block block;
    std::set<Address> changed;
    for (const TxPtr& tx : txs) {
      block.transactions.push_back(*tx);
      state->accounts[tx->sender].nonce = tx->tx.nonce + 1;
      changed.insert(tx->sender);
    }
    const std::vector<Address> list(changed.begin(), changed.end());
    pool->on_block(block, list, state);
  }
};

/// The transaction of `tx` as account `key` sends it.
inline Bytes sign(Transaction tx, const Hash256& key) {
  const auto signature = crypto::sign(signing_hash(tx), key);
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  return encode_transaction(tx);
}

}  // namespace atlas::sequencer::testing
