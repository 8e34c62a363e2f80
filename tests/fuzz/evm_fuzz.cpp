// Blocks of transactions over fuzzed contracts: the two interpreters agree on receipts, outputs and state diffs, wei is
// conserved (burned only by SELFDESTRUCT), a refused transaction leaves no trace, gas stays within its limit.
//
// Input: flags (bits 0-1 number of transactions, bit 7 watch for SELFDESTRUCT), a chunk of code a contract, then a
// transaction: shape (bit 0 sender, 1 keep the nonce, 2 create, 3 access list, 4-7 gas), value, recipient, data.
#include <algorithm>
#include <array>
#include <cstdlib>

#include <evm/evm.hpp>
#include <state/test_state.hpp>
#include <stf/stf.hpp>

using namespace atlas;

namespace {

// Gas for execution, by four bits of the input. Mostly small: a loop finds nothing in 100,000 gas that it would not
// find in 8,000, but creations, storage and pairings want more.
constexpr std::array<u64, 16> kExecutionGas = {2'000,  4'000,  8'000,  8'000,  8'000,  16'000, 16'000,  16'000,
                                               16'000, 32'000, 32'000, 32'000, 48'000, 64'000, 100'000, 200'000};
constexpr unsigned kContracts = 3;
constexpr unsigned kMaxTransactions = 3;

// Takes values off the front of the input; zeros once it is used up.
class Input {
 public:
  Input(const u8* data, std::size_t size) : rest_(data, size) {}
  u8 byte() {
    if (rest_.empty()) return 0;
    const u8 value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  Bytes bytes(std::size_t count) {
    count = std::min(count, rest_.size());
    const Bytes out(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(count));
    rest_ = rest_.subspan(count);
    return out;
  }
  Bytes chunk() {
    const unsigned high = byte();
    return bytes(high % 4 * 256u + byte());
  }

 private:
  ByteView rest_;
};

Address contract(unsigned i) {
  return Address{{static_cast<u8>(0x10 + i)}};
}
Address sender(unsigned i) {
  return Address{{static_cast<u8>(0xa0 + i)}};
}

// Low addresses too, so that PUSH1 reaches contracts and precompiles.
Address target(u8 choice) {
  if (choice < 0x12) return Address::from_right(u256(choice).to_be().view());
  return contract(choice % kContracts);
}

struct Fixture {
  test::MapState state;
  std::vector<SignedTransaction> transactions;
};

Fixture build(Input input) {
  Fixture out;
  const u8 flags = input.byte();
  for (unsigned i = 0; i < 2; ++i) out.state.put(sender(i), u256::power_of_two(64));
  for (unsigned i = 0; i < kContracts; ++i) {
    auto& entry = out.state.put(contract(i), u256(1000 * i), input.chunk(), 1);
    entry.storage[u256(i)] = u256(7);
  }
  u64 nonces[2] = {};
  const unsigned count = 1 + flags % kMaxTransactions;
  for (unsigned i = 0; i < count; ++i) {
    const u8 shape = input.byte();
    SignedTransaction signed_tx;
    const unsigned from = shape & 1;
    signed_tx.sender = sender(from);
    Transaction& tx = signed_tx.tx;
    tx.type = TxType::kDynamicFee;
    tx.chain_id = 1;
    tx.nonce = nonces[from];
    if ((shape & 2) == 0) ++nonces[from];  // else the next one is refused for its nonce, if from the same sender
    tx.max_fee_per_gas = u256(20);
    tx.max_priority_fee_per_gas = u256(shape >> 4);
    tx.value = u256(input.byte());
    if ((shape & 4) == 0) tx.to = target(input.byte());
    if ((shape & 8) != 0) tx.access_list = {{contract(0), {u256(), u256(1)}}};
    tx.data = input.chunk();
    const stf::IntrinsicGas fixed = stf::intrinsic_gas(tx, Fork::kOsaka);
    tx.gas_limit = std::max(fixed.intrinsic + kExecutionGas[shape >> 4], fixed.floor);
    out.transactions.push_back(std::move(signed_tx));
  }
  return out;
}

struct NoHashes final : BlockHashes {
  Hash256 block_hash(u64 number) const override { return u256(number).to_be(); }
};

// Sees every instruction, so that the conservation check knows whether wei may have burned.
struct SelfDestructs final : evm::Tracer {
  bool seen = false;
  void enter(const CallRequest&) override {}
  void exit(const CallResult&) override {}
  void step(const evm::TraceStep& step) override { seen |= step.opcode == 0xff; }
  void step_done(u64, HaltReason) override {}
  void storage(const Address&, const u256&, const u256&) override {}
};

struct Outcome {
  std::vector<Bytes> receipts;
  std::vector<Bytes> outputs;
  StateDiff diff;
};

// Everything of a receipt but its bloom, which follows from the logs and would be most of the time.
Bytes summary(const Receipt& receipt) {
  Bytes out = {static_cast<u8>(receipt.success), static_cast<u8>(receipt.logs.size())};
  append(out, u256(receipt.gas_used).to_be().view());
  append(out, u256(receipt.cumulative_gas_used).to_be().view());
  for (const Log& log : receipt.logs) {
    append(out, log.address.view());
    out.push_back(static_cast<u8>(log.topics.size()));
    for (const Hash256& topic : log.topics) append(out, topic.view());
    append(out, u256(log.data.size()).to_be().view());
    append(out, log.data);
  }
  return out;
}

Outcome execute(const Fixture& fixture, evm::Evm& machine) {
  BlockContext block;
  block.number = 1000;
  block.gas_limit = 30'000'000;
  block.base_fee = u256(5);
  block.coinbase = Address{{0xc0}};
  const NoHashes hashes;
  stf::BlockExecutor executor(fixture.state, block, hashes, machine);
  Outcome out;
  for (const SignedTransaction& tx : fixture.transactions) {
    const auto receipt = executor.apply(tx);
    if (!receipt) {
      out.receipts.push_back({static_cast<u8>(receipt.error())});
      continue;
    }
    if (receipt->gas_used > tx.tx.gas_limit || receipt->gas_used < 21'000) std::abort();
    if (!receipt->success && !receipt->logs.empty()) std::abort();
    out.receipts.push_back(summary(*receipt));
    out.outputs.push_back(executor.last_output());
  }
  out.diff = executor.diff();
  const bool all_refused = out.outputs.empty();
  if (all_refused && !out.diff.accounts.empty()) std::abort();
  return out;
}

bool same(const StateDiff& a, const StateDiff& b) {
  return a.code == b.code && std::equal(a.accounts.begin(), a.accounts.end(), b.accounts.begin(), b.accounts.end(),
                                        [](const auto& x, const auto& y) {
                                          return x.address == y.address && x.account == y.account &&
                                                 x.storage == y.storage;
                                        });
}

/// Wei before and after of the accounts that changed.
std::pair<u256, u256> supplies(const StateView& before, const StateDiff& diff) {
  std::pair<u256, u256> out;
  for (const auto& change : diff.accounts) {
    if (const auto old = before.account(change.address)) out.first += old->balance;
    if (change.account) out.second += change.account->balance;
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size > 8192) return 0;
  static evm::Evm fast(evm::Evm::Mode::kFast);
  static evm::Evm plain(evm::Evm::Mode::kPlain);
  const Fixture fixture = build(Input(data, size));
  SelfDestructs destructs;
  const bool watched = size > 0 && (data[0] & 0x80) != 0;
  if (watched) plain.set_tracer(&destructs);
  const Outcome a = execute(fixture, fast);
  const Outcome b = execute(fixture, plain);
  plain.set_tracer(nullptr);
  if (a.receipts != b.receipts || a.outputs != b.outputs || !same(a.diff, b.diff)) std::abort();
  const auto [before, after] = supplies(fixture.state, a.diff);
  if (after > before || (watched && after != before && !destructs.seen)) std::abort();
  return 0;
}
