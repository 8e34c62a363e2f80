// Plain transfers through BlockExecutor: the floor under every transaction. Senders are recovered beforehand, state is
// in memory. Interpretation: items_per_second is transactions a second on one core.
#include <benchmark/benchmark.h>

#include <base/flat_map.hpp>
#include <evm/evm.hpp>
#include <stf/stf.hpp>

namespace atlas {
namespace {

constexpr std::size_t kBlockSize = 10'000;
constexpr u32 kAccounts = 100'000;

class FlatView final : public StateView {
 public:
  std::optional<Account> account(const Address& address) const override {
    const u32 index = accounts_.find(address);
    if (index == FlatMap<Address, Account>::kNone) return std::nullopt;
    return accounts_[index].value;
  }
  u256 storage(const Address&, const u256&) const override { return {}; }
  ByteView code(const Hash256&) const override { return {}; }
  bool has_storage(const Address&) const override { return false; }

  Account& at(const Address& address) {
    bool added;
    return accounts_[accounts_.find_or_add(address, added)].value;
  }
  void apply(const StateDiff& diff) {
    for (const auto& change : diff.accounts) at(change.address) = change.account.value_or(Account{});
  }

 private:
  FlatMap<Address, Account> accounts_;
};

Address account_address(u64 i) {
  // Spread like real addresses, without paying for a hash a thousand times over.
  const u256 word =
      u256(i + 1) * u256(0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL, 0x2545f491ULL);
  return Address::from_right((word ^ (word >> 64)).to_be().view());
}

struct Chain {
  FlatView view;
  BlockContext context;
  evm::Evm machine;
  std::vector<SignedTransaction> transactions;
  std::vector<u64> nonces = std::vector<u64>(kAccounts, 0);
  u64 next = 0;

  Chain() {
    for (u32 i = 0; i < kAccounts; ++i) view.at(account_address(i)).balance = u256::power_of_two(100);
    context.gas_limit = 1'000'000'000;
    context.base_fee = u256(7);
    context.coinbase = Address{{0xc0}};
  }

  // The next block's transactions: each from another sender to another receiver, strides apart so that no cache helps.
  void fill() {
    transactions.resize(kBlockSize);
    for (SignedTransaction& signed_tx : transactions) {
      const u64 from = next * 7919 % kAccounts;
      const u64 to = (next * 104'729 + 1) % kAccounts;
      ++next;
      signed_tx.sender = account_address(from);
      Transaction& tx = signed_tx.tx;
      tx.type = TxType::kDynamicFee;
      tx.chain_id = 1;
      tx.nonce = nonces[from]++;
      tx.gas_limit = 21'000;
      tx.max_fee_per_gas = u256(1'000);
      tx.max_priority_fee_per_gas = u256(1);
      tx.to = account_address(to);
      tx.value = u256(1);
      signed_tx.encoded = encode_transaction(tx);
    }
  }
};

struct NoHashes final : BlockHashes {
  Hash256 block_hash(u64) const override { return {}; }
};

void transfers(benchmark::State& state, bool seal) {
  Chain chain;
  const NoHashes hashes;
  for (auto _ : state) {
    state.PauseTiming();
    chain.fill();
    Block block;
    block.receipts.reserve(kBlockSize);
    state.ResumeTiming();
    stf::BlockExecutor executor(chain.view, chain.context, hashes, chain.machine);
    for (const SignedTransaction& tx : chain.transactions) {
      auto receipt = executor.apply(tx);
      if (!receipt) {
        state.SkipWithError(stf::describe(receipt.error()));
        return;
      }
      block.receipts.push_back(std::move(*receipt));
    }
    chain.view.apply(executor.diff());
    if (seal) {
      block.transactions = std::move(chain.transactions);
      stf::seal_header(block);
      benchmark::DoNotOptimize(block.hash);
    }
  }
  state.SetItemsProcessed(state.iterations() * static_cast<i64>(kBlockSize));
}

void transfer_execute(benchmark::State& state) {
  transfers(state, false);
}
void transfer_execute_and_seal(benchmark::State& state) {
  transfers(state, true);
}
BENCHMARK(transfer_execute)->Unit(benchmark::kMillisecond);
BENCHMARK(transfer_execute_and_seal)->Unit(benchmark::kMillisecond);

// An executor a call is what eth_call costs at least.
void empty_call(benchmark::State& state) {
  Chain chain;
  const NoHashes hashes;
  stf::CallMessage message;
  message.from = account_address(1);
  message.to = account_address(2);
  message.gas_limit = 30'000'000;
  for (auto _ : state) {
    stf::BlockExecutor executor(chain.view, chain.context, hashes, chain.machine);
    auto result = executor.call(message);
    benchmark::DoNotOptimize(result);
  }
}
BENCHMARK(empty_call);

}  // namespace
}  // namespace atlas

BENCHMARK_MAIN();
