// The pool when more comes than it can hold: who shares, who gives way, who is limited.
#include <chrono>

#include <crypto/keccak.hpp>
#include <sequencer/mempool_fixture.hpp>
#include <stf/delegation.hpp>

namespace atlas::sequencer {
namespace {

using namespace testing;

class MempoolLimits : public MempoolTest {
 protected:
  std::map<Address, u64> waiting() const {
    std::map<Address, u64> out;
    for (const auto& item : pool->content(nullptr, ~std::size_t{0})) ++out[item.tx->sender];
    return out;
  }
  /// Gives `who` the code of an account that has delegated.
  void delegate(const Address& who) {
    const Hash256 hash = u256(0xde1e).to_be();
    state->codes[hash] = stf::delegation_code(address(500));
    state->accounts[who].code_hash = hash;
  }
};

TEST_F(MempoolLimits, EquallyPayingSendersTakeTurns) {
  start(4);
  for (u64 n = 0; n < 5; ++n) ASSERT_EQ(put(make(0, n, 1'000, 50)), "");
  ASSERT_EQ(put(make(1, 0, 1'000, 50)), "");
  ASSERT_EQ(put(make(2, 0, 1'000, 50)), "");
  ASSERT_EQ(put(make(2, 1, 1'000, 50)), "");
  ASSERT_EQ(put(make(3, 0, 1'000, 51)), "");
  std::vector<Address> order;
  for (const TxPtr& tx : take(20)) order.push_back(tx->sender);
  const std::vector<Address> expected = {address(3), address(0), address(1), address(2), address(0),
                                         address(2), address(0), address(0), address(0)};
  EXPECT_EQ(order, expected);
}

TEST_F(MempoolLimits, NoSenderStarvesOthersAtTheSamePriceWhenThePoolIsFull) {
  limits.max_transactions = 1'024;
  limits.max_per_sender = 1'024;
  start(40);
  for (u64 n = 0; n < 1'024; ++n) ASSERT_EQ(put(make(0, n, 1'000, 50)), "");
  ASSERT_EQ(pool->counts().executable, 1'024u);
  for (u64 n = 0; n < 20; ++n) {
    for (u64 sender = 1; sender < 40; ++sender) ASSERT_EQ(put(make(sender, n, 1'000, 50)), "") << sender << " " << n;
  }
  const auto left = waiting();
  EXPECT_EQ(left.at(address(0)), 1'024u - 39 * 20);
  EXPECT_EQ(left.at(address(7)), 20u);
  // Shares within a factor of two of each other are left alone: nobody pushes anybody back and forth.
  u64 accepted = 0;
  for (u64 n = 20; n < 200; ++n) {
    for (u64 sender = 1; sender < 40; ++sender) accepted += put(make(sender, n, 1'000, 50)).empty() ? 1 : 0;
  }
  EXPECT_LT(accepted, 500u);
  for (const auto& [sender, count] : waiting()) EXPECT_GE(count, 15u) << to_hex(sender);
  // A better price gets in whoever has how much, and takes from the largest first.
  EXPECT_EQ(put(make(0, waiting().at(address(0)), 1'000, 60)).substr(0, 14), "txpool is full");  // behind cheap ones
  EXPECT_EQ(pool->counts().executable + pool->counts().queued, 1'024u);
}

TEST_F(MempoolLimits, TenfoldOverloadLeavesEveryHonestSenderItsShare) {
  limits.max_transactions = 2'048;
  start(264);
  // Eight senders offer ten times what the chain takes; 256 honest ones a transaction each a round.
  std::map<u64, u64> next;
  u64 honest_in_blocks = 0;
  u64 honest_sent = 0;
  const auto offer = [&](u64 sender) {
    if (!put(make(sender, next[sender], 1'000, 50)).empty()) return false;
    ++next[sender];
    return true;
  };
  constexpr int kRounds = 20;
  for (int round = 0; round < kRounds; ++round) {
    for (u64 i = 0; i < 5'120; ++i) {
      const u64 greedy = i % 8;
      if (!offer(greedy)) next[greedy] = pool->pending_nonce(address(greedy));  // it may have lost its tail
    }
    for (u64 sender = 8; sender < 264; ++sender) honest_sent += offer(sender) ? 1 : 0;
    const auto block = take(512);
    for (const TxPtr& tx : block) honest_in_blocks += tx->sender < address(8) ? 0 : 1;
    include(block);
  }
  EXPECT_EQ(honest_sent, 256u * kRounds);
  EXPECT_EQ(honest_in_blocks, 256u * kRounds);  // each in the very next block
}

TEST_F(MempoolLimits, EvictionUnderOverloadIsCheap) {
  limits.max_transactions = 32'768;
  start(64);
  for (u64 n = 0; n < 512; ++n) {
    for (u64 sender = 0; sender < 32; ++sender) ASSERT_EQ(put(make(sender, n, 1'000, 10)), "");
  }
  for (u64 n = 512; n < 1'024; ++n) {
    for (u64 sender = 0; sender < 32; ++sender) ASSERT_EQ(put(make(sender, n, 1'000, 10)), "");
  }
  const auto begin = std::chrono::steady_clock::now();
  constexpr u64 kNew = 16'384;
  for (u64 i = 0; i < kNew; ++i) ASSERT_EQ(put(make(32 + i % 32, i / 32, 1'000, 20)), "");
  const auto us = std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count() / kNew;
  EXPECT_EQ(pool->dropped_count(DropReason::kEvicted), kNew);
  EXPECT_EQ(pool->counts().executable, 32'768u);
  RecordProperty("us_per_eviction", static_cast<int>(us));
  EXPECT_LT(us, 100.0);  // a walk over the queue of each victim would take more
}

TEST_F(MempoolLimits, DelegatedSendersHaveOneTransactionInFlight) {
  start(4);
  delegate(address(0));
  EXPECT_EQ(put(make(0, 1, 1'000, 5)), "gapped-nonce tx from delegated accounts: next nonce 0, tx nonce 1");
  EXPECT_EQ(put(make(0, 0, 1'000, 5)), "");
  EXPECT_EQ(put(make(0, 1, 1'000, 5)), "in-flight transaction limit reached for delegated accounts");
  EXPECT_EQ(put(make(0, 0, 2'000, 10)), "");  // a replacement is no second one
  const auto taken = take(5);
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(put(make(0, 1, 1'000, 5)), "in-flight transaction limit reached for delegated accounts");
  include(taken);
  EXPECT_EQ(put(make(0, 1, 1'000, 5)), "");
}

TEST_F(MempoolLimits, WhoIsAboutToDelegateIsLimitedToo) {
  start(4);
  const Hash256 key = u256(4'242).to_be();
  const Address authority = *crypto::address_of_private_key(key);
  state->accounts[authority].balance = u256(1) << 90;
  Authorization tuple;
  tuple.chain_id = kChainId;
  tuple.address = address(500);
  // The tuple's signature, by way of the same bytes: keccak(5 ‖ rlp([chain id, address, nonce])).
  const u8 magic[] = {5};
  const Bytes message = rlp::encode_list(
      [&](auto& out) {
        out.integer(tuple.chain_id);
        out.string(tuple.address);
        out.integer(tuple.nonce);
      },
      magic);
  const auto signature = crypto::sign(crypto::keccak256(message), key);
  tuple.r = signature->r;
  tuple.s = signature->s;
  tuple.y_parity = signature->y_parity;
  ASSERT_EQ(recover_authority(tuple), authority);

  const auto sponsored = [&](u64 nonce, u64 cap) {
    SignedTransaction tx = make(1, nonce, cap, 5);
    tx.tx.type = TxType::kSetCode;
    tx.tx.gas_limit = 100'000;
    tx.tx.authorizations = {tuple};
    return tx;
  };
  const auto own = [&](u64 nonce, u64 cap = 1'000) { return pool->submit(sign(make(0, nonce, cap, 5).tx, key)); };
  const auto said = [](const auto& result) { return result ? std::string() : result.error().message(); };

  ASSERT_EQ(said(own(0)), "");
  ASSERT_EQ(said(own(1)), "");
  EXPECT_EQ(put(sponsored(0, 1'000)),
            "authority already reserved: address " + to_hex(authority) + " has 2 transactions waiting");
  include(take(1));
  EXPECT_EQ(put(sponsored(0, 1'000)), "");  // one waiting is allowed
  EXPECT_EQ(said(own(2)), "in-flight transaction limit reached for delegated accounts");
  include(take(10));
  EXPECT_EQ(said(own(2)), "");  // nothing names it any more, and this state does not show the delegation
  EXPECT_EQ(said(own(3)), "");
}

TEST_F(MempoolLimits, WhatIsKnownCostsNoSignature) {
  start(1);
  const Hash256 key = u256(77).to_be();
  const Address sender = *crypto::address_of_private_key(key);
  state->accounts[sender].balance = u256(1) << 90;
  Bytes raw = sign(make(0, 0, 1'000, 5).tx, key);
  ASSERT_TRUE(pool->submit(raw).ok());
  EXPECT_EQ(pool->submit(raw).error().message(), "already known");
  include(take(1));
  // Mined: said with the same words as ever, and faster than any signature can be recovered.
  EXPECT_EQ(pool->submit(raw).error().message(), "nonce too low: next nonce 1, tx nonce 0");
  const auto us_each = [&](auto&& make_raw) {
    constexpr int kRuns = 200;
    double best = 1e9;
    for (int i = 0; i < kRuns; ++i) {
      const Bytes bytes = make_raw(i);
      const auto begin = std::chrono::steady_clock::now();
      EXPECT_FALSE(pool->submit(bytes).ok());
      best =
          std::min(best, std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - begin).count());
    }
    return best;
  };
  const double known = us_each([&](int) { return raw; });
  const double unknown = us_each([&](int i) {
    Transaction tx = make(0, 0, 1'000, 5).tx;
    tx.value = u256(static_cast<u64>(i) + 1);
    return sign(tx, key);
  });
  EXPECT_LT(known * 2, unknown) << known << " µs against " << unknown;
}

TEST_F(MempoolLimits, UnderpricedIsRefusedBeforeTheSignature) {
  limits.min_tip_wei = 10;
  start(1);
  Bytes raw = encode_transaction(make(0, 0, 1'000, 9).tx);  // not signed: a look at the signature would say so
  EXPECT_EQ(pool->submit(raw).error().message(), "transaction underpriced: tip needed 10, tip permitted 9");
}

}  // namespace
}  // namespace atlas::sequencer
