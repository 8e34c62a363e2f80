#include <atomic>
#include <thread>

#include <gtest/gtest.h>

#include <storage/hot_state.hpp>
#include <storage/test_chain.hpp>

namespace atlas::storage {
namespace {

using testing::ChainMaker;
using testing::difference;
using testing::ModelState;

std::shared_ptr<HotState> genesis_state(const ChainMaker& chain) {
  auto state = std::make_shared<HotState>(HashSeed::random());
  state->load(0, chain.genesis().state);
  return state;
}

TEST(HotState, EveryViewInTheWindowShowsItsBlock) {
  constexpr u64 kWindow = 20;
  ChainMaker chain(1);
  const auto state = genesis_state(chain);
  std::vector<ModelState> models = {chain.state()};
  for (u64 block = 1; block <= 200; ++block) {
    state->apply(block, chain.next().diff);
    state->prune(kWindow, ~u64{0}, block);
    models.push_back(chain.state());
    ASSERT_EQ(state->oldest_view(), block > kWindow ? block - kWindow : 0);
    ASSERT_EQ(difference(state->newest(), models[block]), "") << block;
    for (u64 n = state->oldest_view(); n <= block; n += 3) {
      ASSERT_EQ(difference(*state->view_at(n), models[n]), "") << "view of " << n << " at " << block;
    }
  }
  EXPECT_EQ(state->view_at(179), nullptr);
  EXPECT_EQ(state->accounts().size(), models.back().accounts.size());
  EXPECT_EQ(state->slots().size(), models.back().slots.size());
}

TEST(HotState, OpenViewKeepsItsBlockAndClosedOneLetsGo) {
  ChainMaker chain(2);
  const auto state = genesis_state(chain);
  auto view = state->view_at(0);
  const ModelState model = chain.state();
  const auto run = [&](u64 from, u64 to) {
    for (u64 block = from; block <= to; ++block) {
      state->apply(block, chain.next().diff);
      state->prune(5, ~u64{0}, block);
    }
  };
  run(1, 100);
  EXPECT_EQ(state->oldest_view(), 0u);
  EXPECT_EQ(difference(*view, model), "");
  const u64 held = state->undo_bytes();
  view.reset();
  run(101, 101);
  EXPECT_EQ(state->oldest_view(), 96u);
  EXPECT_LT(state->undo_bytes(), held / 5);
}

TEST(HotState, ByteLimitShrinksTheWindowButNotBelowWhatIsVisible) {
  ChainMaker chain(3);
  const auto state = genesis_state(chain);
  for (u64 block = 1; block <= 50; ++block) {
    state->apply(block, chain.next().diff);
    state->prune(256, 0, block - 1);
    ASSERT_EQ(state->oldest_view(), block - 1);
  }
  for (u64 block = 51; block <= 100; ++block) {
    state->apply(block, chain.next().diff);
    state->prune(256, 8 << 10, block);
    ASSERT_LE(state->undo_bytes(), u64{8} << 10);
  }
  EXPECT_GT(state->oldest_view(), 50u);
  EXPECT_LT(state->oldest_view(), 100u);
}

TEST(HotState, ReadersSeeOneBlockWhileTheWriterGoesOn) {
  // Every account's nonce and slot 0 equal the block number, so a torn view would show two numbers.
  constexpr u64 kAccounts = 200;
  constexpr u64 kBlocks = 400;
  const auto state = std::make_shared<HotState>(HashSeed::random());
  std::vector<Address> addresses;
  for (u64 i = 0; i < kAccounts; ++i) addresses.push_back(testing::address_of(i));
  const auto diff_of = [&](u64 block) {
    StateDiff diff;
    for (const Address& a : addresses) {
      // Every seventh block the account and its slot vanish.
      std::optional<Account> account;
      if (block % 7 != 0) account = Account{block, u256(block), kEmptyCodeHash};
      diff.accounts.push_back({a, account, {{u256(0), block % 7 == 0 ? u256() : u256(block)}}});
    }
    return diff;
  };
  state->load(0, diff_of(7));
  std::atomic<u64> visible{0};
  std::atomic<u64> checks{0};
  std::atomic<bool> torn{false};
  std::vector<std::thread> readers;
  for (int r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      std::mt19937_64 random(static_cast<u64>(r));
      while (visible < kBlocks) {
        const u64 head = visible;
        const u64 n = head - std::min<u64>(head, random() % 12);
        const auto view = state->view_at(n);
        if (view == nullptr) continue;
        const bool gone = n % 7 == 0;
        for (u64 i = 0; i < kAccounts; ++i) {
          const Address& a = addresses[random() % kAccounts];
          const auto account = view->account(a);
          const bool good = gone ? !account : (account && account->nonce == n);
          if (!good || view->storage(a, u256(0)) != (gone ? u256() : u256(n))) torn = true;
          ++checks;
        }
      }
    });
  }
  for (u64 block = 1; block <= kBlocks; ++block) {
    state->apply(block, diff_of(block));
    state->prune(10, ~u64{0}, visible);
    visible = block;
  }
  for (auto& reader : readers) reader.join();
  EXPECT_FALSE(torn);
  EXPECT_GT(checks, 0u);
  EXPECT_EQ(state->views_open(), 0u);
}

TEST(HotState, CodesOutliveTheAccountsThatCarriedThem) {
  HotState state(HashSeed::random());
  std::vector<Bytes> codes;
  for (u32 i = 0; i < 2000; ++i) {
    Bytes code(1 + i % 40, static_cast<u8>(i));
    code.push_back(static_cast<u8>(i >> 8));
    codes.push_back(code);
    EXPECT_EQ(state.codes().add(crypto::keccak256(code), code), i + 1);
  }
  for (u32 i = 0; i < 2000; ++i) {
    const Hash256 hash = crypto::keccak256(codes[i]);
    EXPECT_EQ(state.codes().index_of(hash), i + 1);
    const ByteView bytes = state.newest().code(hash);
    EXPECT_TRUE(std::equal(bytes.begin(), bytes.end(), codes[i].begin(), codes[i].end()));
  }
  EXPECT_TRUE(state.newest().code(kEmptyCodeHash).empty());
  EXPECT_TRUE(state.newest().code(Hash256{}).empty());
}

}  // namespace
}  // namespace atlas::storage
