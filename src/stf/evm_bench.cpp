// The interpreter's speed by kind of instruction, and whole ERC-20 transfers. Everything goes through BlockExecutor, as
// on the chain; signatures are recovered beforehand and the state is in memory.
#include <fstream>
#include <iterator>

#include <benchmark/benchmark.h>

#include <base/flat_map.hpp>
#include <evm/evm.hpp>
#include <evm/test_machine.hpp>
#include <stf/stf.hpp>

namespace atlas {
namespace {

using evm::test::assemble;
using evm::test::MapState;
using evm::test::NumberedHashes;

const Address kContract = evm::test::address_of(0xc0de);
const Address kHelper = evm::test::address_of(0x4e19);
constexpr u64 kCallGas = 20'000'000;

class InstructionCounter final : public evm::Tracer {
 public:
  void enter(const CallRequest&) override {}
  void exit(const CallResult&) override {}
  void step(const evm::TraceStep&) override { ++count; }
  void step_done(u64, HaltReason) override {}
  void storage(const Address&, const u256&, const u256&) override {}
  u64 count = 0;
};

/// `rounds` times `body`, which leaves the stack as it was; below it lie the counter and three words.
Bytes loop(u64 rounds, const std::string& body) {
  return assemble(
      "PUSH32 0xfedcba98765432100123456789abcdeffedcba98765432100123456789abcdef "
      "PUSH8 0x1234567890abcdef PUSH1 3 PUSH3 " +
      std::to_string(rounds) + " :again " + body + " PUSH1 1 SWAP1 SUB DUP1 @again JUMPI STOP");
}

std::string repeated(int times, const std::string& body) {
  std::string all;
  for (int i = 0; i < times; ++i) all += body + " ";
  return all;
}

/// Runs `code` as eth_call does; reports gas and time an instruction.
void run_code(benchmark::State& state, const Bytes& code) {
  MapState world;
  world.set_code(kContract, code);
  world.set_code(kHelper, assemble("PUSH0 CALLDATALOAD PUSH1 1 ADD PUSH0 MSTORE PUSH1 32 PUSH0 RETURN"));
  BlockContext block;
  block.gas_limit = kCallGas;
  const NumberedHashes hashes;
  evm::Evm machine;
  stf::CallMessage message;
  message.from = evm::test::address_of(0xca11);
  message.to = kContract;
  message.gas_limit = kCallGas;

  InstructionCounter counter;
  machine.set_tracer(&counter);
  u64 gas = 0;
  const auto call = [&] {
    stf::BlockExecutor executor(world, block, hashes, machine);
    const auto result = executor.call(message);
    if (!result || result->status != FrameStatus::kSuccess) {
      state.SkipWithError("the code did not succeed");
    } else {
      gas = result->gas_used;
    }
  };
  call();
  machine.set_tracer(nullptr);
  for (auto _ : state) call();
  const auto iterations = static_cast<double>(state.iterations());
  state.counters["mgas_per_s"] =
      benchmark::Counter(static_cast<double>(gas) * iterations / 1e6, benchmark::Counter::kIsRate);
  state.counters["ns_per_instruction"] = benchmark::Counter(static_cast<double>(counter.count) * iterations / 1e9,
                                                            benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

// In each body the stack is [word, word, 3, counter] at the start and at the end.
void arithmetic(benchmark::State& state) {
  run_code(
      state,
      loop(2'000, repeated(10, "DUP4 DUP4 ADD DUP3 MUL DUP2 SUB DUP5 XOR DUP4 AND DUP1 DUP6 LT ADD DUP4 SHR POP")));
}
void division(benchmark::State& state) {
  run_code(
      state,
      loop(2'000,
           repeated(10, "DUP3 DUP5 DIV DUP4 DUP6 MOD ADD DUP4 DUP6 DUP7 MULMOD ADD DUP4 DUP6 DUP7 ADDMOD ADD POP")));
}
void memory(benchmark::State& state) {
  run_code(state,
           loop(2'000, repeated(10,
                                "DUP4 PUSH1 64 MSTORE PUSH1 64 MLOAD DUP2 PUSH1 96 ADD MSTORE PUSH1 96 MLOAD POP "
                                "DUP3 PUSH1 131 MSTORE8 PUSH1 64 PUSH1 64 PUSH2 256 MCOPY")));
}
void storage(benchmark::State& state) {
  run_code(state,
           loop(2'000, repeated(10, "DUP1 PUSH1 7 AND SLOAD DUP2 ADD DUP2 PUSH1 7 AND SSTORE PUSH1 3 SLOAD POP")));
}
// Not 64 bytes, which are remembered: this is the price of a permutation.
void keccak(benchmark::State& state) {
  run_code(state,
           loop(2'000, repeated(10,
                                "DUP1 PUSH0 MSTORE PUSH1 1 PUSH1 64 MSTORE PUSH1 96 PUSH0 KECCAK256 PUSH0 MSTORE "
                                "PUSH1 32 PUSH0 KECCAK256 POP")));
}
void keccak_mapping(benchmark::State& state) {
  run_code(
      state,
      loop(2'000, repeated(10, "PUSH1 63 DUP2 AND PUSH0 MSTORE PUSH1 1 PUSH1 32 MSTORE PUSH1 64 PUSH0 KECCAK256 POP")));
}
void calls(benchmark::State& state) {
  run_code(state,
           loop(500, repeated(10, "DUP1 PUSH0 MSTORE PUSH1 32 PUSH0 PUSH1 32 PUSH0 PUSH2 0x4e19 GAS STATICCALL POP")));
}
BENCHMARK(arithmetic)->Unit(benchmark::kMicrosecond);
BENCHMARK(division)->Unit(benchmark::kMicrosecond);
BENCHMARK(memory)->Unit(benchmark::kMicrosecond);
BENCHMARK(storage)->Unit(benchmark::kMicrosecond);
BENCHMARK(keccak)->Unit(benchmark::kMicrosecond);
BENCHMARK(keccak_mapping)->Unit(benchmark::kMicrosecond);
BENCHMARK(calls)->Unit(benchmark::kMicrosecond);

// Code that is seen once: translation is part of what a creation costs. `size` bytes of init code that stops at once,
// and the same with a jump to its end.
void init_code(benchmark::State& state) {
  Bytes code = assemble(state.range(0) != 0 ? "PUSH2 49151 JUMP" : "STOP");
  while (code.size() < 49151) code.push_back(static_cast<u8>(0x60 + code.size() % 3));
  code.resize(49151);
  code.push_back(0x5b);
  MapState world;
  BlockContext block;
  block.gas_limit = kCallGas;
  const NumberedHashes hashes;
  evm::Evm machine;
  stf::CallMessage message;
  message.from = evm::test::address_of(0xca11);
  message.gas_limit = kCallGas;
  message.data = code;
  for (auto _ : state) {
    stf::BlockExecutor executor(world, block, hashes, machine);
    benchmark::DoNotOptimize(executor.call(message));
  }
}
BENCHMARK(init_code)->Name("init_code_stop")->Arg(0)->Unit(benchmark::kMicrosecond);
BENCHMARK(init_code)->Name("init_code_jump")->Arg(1)->Unit(benchmark::kMicrosecond);

/// Accounts and one contract's storage, flat.
class TokenView final : public StateView {
 public:
  std::optional<Account> account(const Address& address) const override {
    const u32 index = accounts_.find(address);
    if (index == FlatMap<Address, Account>::kNone) return std::nullopt;
    return accounts_[index].value;
  }
  u256 storage(const Address& address, const u256& slot) const override {
    if (address != kContract) return {};
    const u32 index = slots_.find(slot);
    return index == FlatMap<u256, u256>::kNone ? u256() : slots_[index].value;
  }
  ByteView code(const Hash256&) const override { return code_; }
  bool has_storage(const Address&) const override { return false; }

  Account& at(const Address& address) {
    bool added;
    return accounts_[accounts_.find_or_add(address, added)].value;
  }
  u256& slot(const u256& key) {
    bool added;
    return slots_[slots_.find_or_add(key, added)].value;
  }
  void set_code(Bytes code) {
    code_ = std::move(code);
    at(kContract).code_hash = crypto::keccak256(code_);
  }
  void apply(const StateDiff& diff) {
    for (const auto& change : diff.accounts) {
      at(change.address) = change.account.value_or(Account{});
      for (const auto& [key, value] : change.storage) slot(key) = value;
    }
  }

 private:
  FlatMap<Address, Account> accounts_;
  FlatMap<u256, u256> slots_;
  Bytes code_;
};

/// The runtime code in tests/data/erc20.json, which says how it was compiled.
Bytes token_code() {
  std::ifstream in(ATLAS_SOURCE_DIR "/tests/data/erc20.json");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  const std::string key = "\"runtime\": \"";
  const std::size_t at = text.find(key);
  if (at == std::string::npos) return {};
  const std::size_t start = at + key.size();
  return from_hex(text.substr(start, text.find('"', start) - start)).value_or(Bytes{});
}

constexpr u32 kHolders = 100'000;
constexpr std::size_t kBlockSize = 10'000;

Address holder(u64 i) {
  const u256 word =
      u256(i + 1) * u256(0x9e3779b97f4a7c15ULL, 0xbf58476d1ce4e5b9ULL, 0x94d049bb133111ebULL, 0x2545f491ULL);
  return Address::from_right((word ^ (word >> 64)).to_be().view());
}

/// Slot of balances[holder]: keccak256(holder ‖ 0), Solidity's layout of a mapping in slot 0.
u256 balance_slot(const Address& address) {
  u8 key[64] = {};
  u256::from_address(address).to_be(key);
  return u256::from_be(crypto::keccak256(key));
}

// Transfers between holders that exist, each transaction with another sender and receiver.
void erc20_transfer(benchmark::State& state) {
  TokenView view;
  const Bytes code = token_code();
  if (code.empty()) return state.SkipWithError("tests/data/erc20.json is absent or holds no runtime code");
  view.set_code(code);
  view.at(kContract).nonce = 1;
  for (u32 i = 0; i < kHolders; ++i) {
    view.at(holder(i)).balance = u256::power_of_two(100);
    view.slot(balance_slot(holder(i))) = u256::power_of_two(90);
  }
  BlockContext block;
  block.gas_limit = 1'000'000'000;
  block.base_fee = u256(7);
  block.coinbase = Address{{0xc0}};
  const NumberedHashes hashes;
  evm::Evm machine;
  std::vector<u64> nonces(kHolders, 0);
  std::vector<SignedTransaction> transactions(kBlockSize);
  u64 next = 0;
  u64 gas = 0;
  for (auto _ : state) {
    state.PauseTiming();
    for (SignedTransaction& signed_tx : transactions) {
      const u64 from = next * 7919 % kHolders;
      const u64 to = (next * 104'729 + 1) % kHolders;
      ++next;
      signed_tx.sender = holder(from);
      Transaction& tx = signed_tx.tx;
      tx.type = TxType::kDynamicFee;
      tx.chain_id = 1;
      tx.nonce = nonces[from]++;
      tx.gas_limit = 100'000;
      tx.max_fee_per_gas = u256(1'000);
      tx.max_priority_fee_per_gas = u256(1);
      tx.to = kContract;
      tx.data = {0xa9, 0x05, 0x9c, 0xbb};  // transfer(address,uint256)
      append(tx.data, u256::from_address(holder(to)).to_be());
      append(tx.data, u256(1 + next % 1000).to_be());
    }
    std::vector<Receipt> receipts;
    receipts.reserve(kBlockSize);
    state.ResumeTiming();
    stf::BlockExecutor executor(view, block, hashes, machine);
    for (const SignedTransaction& tx : transactions) {
      auto receipt = executor.apply(tx);
      if (!receipt || !receipt->success || receipt->logs.size() != 1) {
        state.SkipWithError(receipt ? "a transfer failed" : stf::describe(receipt.error()));
        return;
      }
      receipts.push_back(std::move(*receipt));
    }
    gas += executor.gas_used();
    view.apply(executor.diff());
  }
  state.counters["tx_per_s"] = benchmark::Counter(
      static_cast<double>(state.iterations() * static_cast<i64>(kBlockSize)), benchmark::Counter::kIsRate);
  state.counters["mgas_per_s"] = benchmark::Counter(static_cast<double>(gas) / 1e6, benchmark::Counter::kIsRate);
}
BENCHMARK(erc20_transfer)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace atlas
