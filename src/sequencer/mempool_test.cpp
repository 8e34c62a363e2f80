#include <random>
#include <thread>

#include <sequencer/mempool_fixture.hpp>

namespace atlas::sequencer {
namespace {

using namespace testing;

TEST_F(MempoolTest, OrdersByEffectiveTipThenArrivalAndKeepsNonceOrder) {
  start();
  EXPECT_EQ(put(make(0, 0, 1'000, 5)), "");
  EXPECT_EQ(put(make(0, 1, 1'000, 900)), "");  // behind a cheap one of the same sender
  EXPECT_EQ(put(make(1, 0, 1'000, 50)), "");
  EXPECT_EQ(put(make(2, 0, 120, 120)), "");  // capped: 20 above the base fee
  EXPECT_EQ(put(make(3, 0, 1'000, 50)), "");
  const auto txs = take(10);
  ASSERT_EQ(txs.size(), 5u);
  EXPECT_EQ(txs[0]->sender, address(1));
  EXPECT_EQ(txs[1]->sender, address(3));
  EXPECT_EQ(txs[2]->sender, address(2));
  EXPECT_EQ(txs[3]->tx.nonce, 0u);
  EXPECT_EQ(txs[4]->tx.nonce, 1u);
}

TEST_F(MempoolTest, ParksWhatCannotPayTheBaseFeeUntilItFalls) {
  start(8, 500);
  EXPECT_EQ(put(make(0, 0, 400, 10)), "");
  EXPECT_TRUE(take(1).empty());
  EXPECT_EQ(pool->counts().executable, 1u);
  open(400);
  EXPECT_EQ(take(1).size(), 1u);
}

TEST_F(MempoolTest, RefusesWithGethsWords) {
  limits.max_per_sender = 3;
  start();
  state->accounts[address(5)].balance = u256(21'000 * 300);
  state->accounts[address(6)].nonce = 5;
  const Hash256 code_hash = u256(77).to_be();
  state->codes[code_hash] = Bytes{0x60, 0x00};
  state->accounts[address(7)].code_hash = code_hash;

  EXPECT_EQ(put(make(0, 0, 1'000, 5)), "");
  EXPECT_EQ(put(make(0, 0, 1'000, 5)), "already known");
  EXPECT_EQ(put(make(0, 0, 1'050, 6)), "replacement transaction underpriced: both fees must rise by 10 %");
  EXPECT_EQ(put(make(0, 0, 1'100, 6)), "");
  EXPECT_EQ(put(make(0, 66, 1'000, 5)), "nonce too high: next nonce 1, tx nonce 66, at most 64 ahead");
  EXPECT_EQ(put(make(6, 4, 1'000, 5)), "nonce too low: next nonce 5, tx nonce 4");
  EXPECT_EQ(put(make(5, 0, 200, 5)), "");
  EXPECT_TRUE(put(make(5, 1, 200, 5)).starts_with("insufficient funds for gas * price + value: address 0x"));
  EXPECT_TRUE(put(make(7, 0, 200, 5)).starts_with("sender not an eoa"));
  EXPECT_EQ(put(make(0, 1, 1'000, 5)), "");
  EXPECT_EQ(put(make(0, 2, 1'000, 5)), "");
  EXPECT_TRUE(put(make(0, 3, 1'000, 5)).starts_with("account limit exceeded"));
  EXPECT_TRUE(put(make(1, 0, 99, 5)).starts_with("max fee per gas less than block base fee"));
  pool->stop();
  EXPECT_EQ(put(make(2, 0, 1'000, 5)), "node is shutting down");
}

TEST_F(MempoolTest, ReplacementTakesThePlaceAndTheOldOneIsRemembered) {
  start();
  const SignedTransaction old = make(0, 0, 1'000, 10);
  EXPECT_EQ(put(old), "");
  EXPECT_EQ(put(make(0, 1, 1'000, 10)), "");
  EXPECT_EQ(put(make(0, 0, 1'100, 11)), "");
  EXPECT_EQ(pool->find(old.hash), nullptr);
  ASSERT_TRUE(pool->dropped(old.hash));
  EXPECT_EQ(pool->dropped(old.hash)->reason, DropReason::kReplaced);
  const auto txs = take(5);
  ASSERT_EQ(txs.size(), 2u);
  EXPECT_EQ(txs[0]->tx.max_fee_per_gas, u256(1'100));
}

TEST_F(MempoolTest, FullPoolEvictsTheCheapestTailAndRefusesEqualFees) {
  limits.max_transactions = 4;
  start();
  EXPECT_EQ(put(make(0, 0, 1'000, 50)), "");
  EXPECT_EQ(put(make(1, 0, 1'000, 10)), "");
  EXPECT_EQ(put(make(1, 1, 1'000, 500)), "");  // worth no more than what stands before it
  EXPECT_EQ(put(make(2, 0, 1'000, 50)), "");
  EXPECT_EQ(put(make(3, 0, 1'000, 9)), "txpool is full");
  EXPECT_EQ(pool->entry_tip(), 11u);
  EXPECT_EQ(put(make(3, 0, 1'000, 20)), "");
  EXPECT_EQ(pool->find(make(1, 1, 1'000, 500).hash), nullptr);
  EXPECT_EQ(pool->dropped_count(DropReason::kEvicted), 1u);
  EXPECT_EQ(pool->pending_nonce(address(1)), 1u);
  EXPECT_EQ(put(make(4, 0, 1'000, 10)), "txpool is full");  // nobody has more than one
}

TEST_F(MempoolTest, GappedTransactionsGoFirstWhenFull) {
  limits.max_transactions = 2;
  start();
  EXPECT_EQ(put(make(0, 3, 1'000, 900)), "");
  EXPECT_EQ(put(make(1, 0, 1'000, 10)), "");
  EXPECT_EQ(put(make(2, 0, 1'000, 1)), "");
  EXPECT_EQ(pool->counts().queued, 0u);
  EXPECT_EQ(put(make(3, 1, 1'000, 900)), "txpool is full");
}

TEST_F(MempoolTest, GapFilledMakesAllExecutable) {
  start();
  EXPECT_EQ(put(make(0, 1, 1'000, 5)), "");
  EXPECT_EQ(put(make(0, 2, 1'000, 5)), "");
  EXPECT_TRUE(take(5).empty());
  EXPECT_EQ(pool->counts().queued, 2u);
  EXPECT_EQ(pool->pending_nonce(address(0)), 0u);
  EXPECT_EQ(put(make(0, 0, 1'000, 5)), "");
  EXPECT_EQ(pool->pending_nonce(address(0)), 3u);
  EXPECT_EQ(take(5).size(), 3u);
}

TEST_F(MempoolTest, GiveBackRestoresThePlace) {
  start();
  for (u64 n = 0; n < 4; ++n) EXPECT_EQ(put(make(0, n, 1'000, 5)), "");
  const auto txs = take(3);
  pool->give_back(std::span(txs).subspan(1));
  const auto again = take(10);
  ASSERT_EQ(again.size(), 3u);
  EXPECT_EQ(again[0]->tx.nonce, 1u);
  include({txs[0], again[0], again[1], again[2]});
  EXPECT_EQ(pool->counts().executable, 0u);
  EXPECT_EQ(pool->counts().senders, 0u);
  EXPECT_EQ(pool->counts().bytes, 0u);
}

TEST_F(MempoolTest, InvalidAtExecutionLeavesTheRestWaiting) {
  start();
  for (u64 n = 0; n < 3; ++n) EXPECT_EQ(put(make(0, n, 1'000, 5)), "");
  const auto txs = take(3);
  pool->give_back(std::span(txs).subspan(1));
  pool->drop_invalid(txs[0], stf::TxError::kInsufficientFunds, 0);
  EXPECT_TRUE(take(3).empty());
  EXPECT_EQ(pool->counts().queued, 2u);
  ASSERT_TRUE(pool->dropped(txs[0]->hash));
  EXPECT_EQ(pool->dropped(txs[0]->hash)->tx_error, stf::TxError::kInsufficientFunds);
  EXPECT_EQ(put(make(0, 0, 1'000, 6)), "");
  EXPECT_EQ(take(5).size(), 3u);
}

TEST_F(MempoolTest, HeadThatTakesTheMoneyDropsWhatItNoLongerCovers) {
  start();
  EXPECT_EQ(put(make(0, 0, 1'000, 5)), "");
  EXPECT_EQ(put(make(1, 0, 1'000, 5)), "");
  state->accounts[address(0)].balance = u256(10);
  const std::vector<Address> changed{address(0)};
  pool->on_block(Block{}, changed, state);
  EXPECT_EQ(pool->counts().executable, 1u);
  EXPECT_EQ(pool->dropped_count(DropReason::kUnfunded), 1u);
}

TEST_F(MempoolTest, RecoversAndRefusesRawBytes) {
  start();
  const Hash256 key = u256(42).to_be();
  const Address sender = *crypto::address_of_private_key(key);
  state->accounts[sender].balance = u256(1) << 80;
  Transaction tx = make(0, 0, 1'000, 5).tx;
  const auto signature = crypto::sign(signing_hash(tx), key);
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  const Bytes raw = encode_transaction(tx);
  const auto added = pool->submit(raw);
  ASSERT_TRUE(added) << added.error().message();
  EXPECT_EQ((*added)->sender, sender);
  EXPECT_EQ(pool->submit(raw).error().error, PoolError::kAlreadyKnown);
  EXPECT_EQ(pool->submit(Bytes{0x02, 0xc0}).error().error, PoolError::kUndecodable);
  EXPECT_EQ(pool->submit(Bytes(limits.max_transaction_bytes + 1, 2)).error().error, PoolError::kOversized);
}

TEST_F(MempoolTest, SubmitsManyAsOneByOne) {
  start();
  std::vector<Bytes> raws;
  for (u64 i = 0; i < 40; ++i) {
    const Hash256 key = u256(1'000 + i / 4).to_be();  // four transactions of each sender
    state->accounts[*crypto::address_of_private_key(key)].balance = u256(1) << 80;
    Transaction tx = make(0, i % 4, 1'000, 5).tx;
    const auto signature = crypto::sign(signing_hash(tx), key);
    tx.r = signature->r;
    tx.s = signature->s;
    tx.y_parity = signature->y_parity;
    raws.push_back(encode_transaction(tx));
  }
  raws[7] = Bytes{0x02, 0xc0};
  raws[13].back() ^= 1;  // another s: another sender, who has nothing
  const std::vector<ByteView> views(raws.begin(), raws.end());
  const auto results = pool->submit_many(views);
  ASSERT_EQ(results.size(), raws.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    EXPECT_EQ(results[i].ok(), i != 7 && i != 13) << i;
    if (!results[i]) continue;
    EXPECT_EQ((*results[i])->sender, *crypto::address_of_private_key(u256(1'000 + i / 4).to_be()));
  }
  EXPECT_EQ(results[7].error().error, PoolError::kUndecodable);
  EXPECT_EQ(pool->counts().queued, 2u);  // 14 and 15 wait for 13; 7 was the last of its sender
}

/// Against a model that keeps plain maps and searches them whole: the same answers and the same order.
struct Model {
  struct Tx {
    u64 cap, tip, turn;
  };
  std::map<u64, std::map<u64, Tx>> waiting;
  std::map<u64, u64> next;
  u64 clock = 0;

  bool put(u64 sender, u64 nonce, u64 cap, u64 tip) {
    auto& queue = waiting[sender];
    if (nonce < next[sender]) return false;
    u64 end = next[sender];
    while (queue.contains(end)) ++end;
    if (nonce > end + 64) return false;
    if (const auto old = queue.find(nonce); old != queue.end()) {
      if (cap * 100 < old->second.cap * 110 || tip * 100 < old->second.tip * 110) return false;
    }
    queue[nonce] = {cap, tip, clock++};
    return true;
  }
  std::optional<std::pair<u64, u64>> take(u64 base_fee) {
    std::optional<std::pair<u64, u64>> best;
    std::pair<u64, u64> best_key;  // effective tip, turn
    for (const auto& [sender, queue] : waiting) {
      const auto head = queue.find(next[sender]);
      if (head == queue.end() || head->second.cap < base_fee) continue;
      const std::pair<u64, u64> key{std::min(head->second.tip, head->second.cap - base_fee), head->second.turn};
      if (!best || key.first > best_key.first || (key.first == best_key.first && key.second < best_key.second)) {
        best = std::pair(sender, head->first);
        best_key = key;
      }
    }
    if (best) {
      auto& queue = waiting[best->first];
      queue.erase(best->second);
      if (const auto head = queue.find(++next[best->first]); head != queue.end()) head->second.turn = clock++;
    }
    return best;
  }
};

TEST_F(MempoolTest, AgreesWithTheModelOnRandomTraffic) {
  for (u64 seed = 0; seed < 40; ++seed) {
    std::mt19937_64 random(seed);
    const auto below = [&](u64 n) { return random() % n; };
    state = std::make_shared<Accounts>();
    start(6, 300);
    Model model;
    u64 base_fee = 300;
    std::vector<TxPtr> in_block;
    for (int step = 0; step < 3'000; ++step) {
      const u64 action = below(100);
      if (action < 60) {
        const u64 sender = below(6);
        const u64 nonce = model.next[sender] + below(8);
        const u64 cap = 100 + below(600);
        const u64 tip = std::min(cap, below(300));
        const std::string refused = put(make(sender, nonce, cap, tip));
        // The hash stands for the content here, so the model refuses a repetition as an unpaid replacement.
        ASSERT_EQ(refused.empty(), model.put(sender, nonce, cap, tip))
            << "seed " << seed << " step " << step << refused;
      } else if (action < 90) {
        const auto expected = model.take(base_fee);
        const auto got = take(1);
        ASSERT_EQ(got.size(), expected ? 1u : 0u) << "seed " << seed << " step " << step;
        if (expected) {
          ASSERT_EQ(got[0]->sender, address(expected->first)) << "seed " << seed << " step " << step;
          ASSERT_EQ(got[0]->tx.nonce, expected->second);
          in_block.push_back(got[0]);
        }
      } else if (action < 95) {
        base_fee = 100 + below(500);
        open(base_fee);
      } else {
        include(in_block);
        in_block.clear();
      }
      u64 waiting = 0;
      for (const auto& [sender, queue] : model.waiting) waiting += queue.size();
      const PoolCounts counts = pool->counts();
      ASSERT_EQ(counts.executable + counts.queued, waiting + in_block.size()) << "seed " << seed << " step " << step;
    }
  }
}

TEST_F(MempoolTest, NoTransactionIsLostUnderConcurrentSubmission) {
  constexpr u64 kThreads = 4;
  constexpr u64 kSenders = 16;
  constexpr u64 kEach = 200;
  start(kThreads * kSenders);
  std::vector<std::thread> threads;
  std::atomic<u64> refused{0};
  for (u64 t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (u64 n = 0; n < kEach; ++n) {
        for (u64 s = 0; s < kSenders; ++s) refused += put(make(t * kSenders + s, n, 1'000, 5)).empty() ? 0 : 1;
      }
    });
  }
  std::vector<TxPtr> taken;
  std::map<Address, u64> next;
  while (taken.size() < kThreads * kSenders * kEach) {
    ASSERT_TRUE(pool->wait(std::chrono::steady_clock::now() + std::chrono::seconds(20)));
    const std::size_t before = taken.size();
    pool->take(64, taken);
    for (std::size_t i = before; i < taken.size(); ++i) ASSERT_EQ(taken[i]->tx.nonce, next[taken[i]->sender]++);
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(refused, 0u);
  include(taken);
  EXPECT_EQ(pool->counts().executable, 0u);
}

}  // namespace
}  // namespace atlas::sequencer
