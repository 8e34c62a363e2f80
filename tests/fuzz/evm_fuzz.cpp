// Blocks of transactions over fuzzed contracts: the two interpreters agree on receipts and state, wei is conserved
// (burned only by SELFDESTRUCT), a refused transaction leaves no trace, gas stays within its limit.
#include <cstdlib>

#include <evm/evm.hpp>
#include <state/test_state.hpp>
#include <stf/stf.hpp>

using namespace atlas;

namespace {

constexpr u64 kGasLimit = 300'000;
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
    tx.gas_limit = kGasLimit;
    tx.max_fee_per_gas = u256(20);
    tx.max_priority_fee_per_gas = u256(shape >> 4);
    tx.value = u256(input.byte());
    if ((shape & 4) == 0) tx.to = target(input.byte());
    if ((shape & 8) != 0) tx.access_list = {{contract(0), {u256(), u256(1)}}};
    tx.data = input.chunk();
    out.transactions.push_back(std::move(signed_tx));
  }
  return out;
}

u256 supply(const test::MapState& state) {
  u256 sum;
  for (const auto& [address, entry] : state.accounts) sum += entry.account.balance;
  return sum;
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
  test::MapState state;
  std::vector<Bytes> receipts;
  std::vector<Bytes> outputs;
};

Outcome execute(const Fixture& fixture, evm::Evm& machine) {
  BlockContext block;
  block.number = 1000;
  block.gas_limit = kGasLimit * kMaxTransactions;
  block.base_fee = u256(5);
  block.coinbase = Address{{0xc0}};
  const NoHashes hashes;
  stf::BlockExecutor executor(fixture.state, block, hashes, machine);
  Outcome out;
  for (const SignedTransaction& tx : fixture.transactions) {
    const std::size_t changed = executor.diff().accounts.size();
    const auto receipt = executor.apply(tx);
    if (!receipt) {
      if (executor.diff().accounts.size() != changed) std::abort();
      out.receipts.push_back({static_cast<u8>(receipt.error())});
      continue;
    }
    if (receipt->gas_used > kGasLimit || receipt->gas_used < 21'000) std::abort();
    if (!receipt->success && !receipt->logs.empty()) std::abort();
    out.receipts.push_back(encode_receipt(*receipt));
    out.outputs.push_back(executor.last_output());
  }
  out.state = fixture.state;
  out.state.apply(executor.diff());
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const u8* data, std::size_t size) {
  if (size > 8192) return 0;
  static evm::Evm fast(evm::Evm::Mode::kFast);
  static evm::Evm plain(evm::Evm::Mode::kPlain);
  const Fixture fixture = build(Input(data, size));
  SelfDestructs destructs;
  plain.set_tracer(&destructs);
  const Outcome a = execute(fixture, fast);
  const Outcome b = execute(fixture, plain);
  plain.set_tracer(nullptr);
  if (a.receipts != b.receipts || a.outputs != b.outputs || a.state.accounts != b.state.accounts) std::abort();
  const u256 before = supply(fixture.state);
  const u256 after = supply(a.state);
  if (after > before || (after != before && !destructs.seen)) std::abort();
  return 0;
}
