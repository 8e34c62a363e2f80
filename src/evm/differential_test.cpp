// Random programs must end alike in the fast and in the plain interpreter: status, gas, refund, output, logs and state.
#include <random>

#include <gtest/gtest.h>

#include <evm/test_machine.hpp>

namespace atlas::evm::test {
namespace {

constexpr u64 kContracts[] = {0xa1, 0xa2, 0xa3};

class Generator {
 public:
  explicit Generator(u64 seed) : random_(seed) {}

  u64 below(u64 n) { return std::uniform_int_distribution<u64>(0, n - 1)(random_); }
  bool one_in(u64 n) { return below(n) == 0; }

  Bytes program() {
    code_.clear();
    dests_.clear();
    holes_.clear();
    if (one_in(8)) {  // bytes without any plan
      Bytes bytes(below(200));
      for (u8& b : bytes) b = static_cast<u8>(below(256));
      return bytes;
    }
    // Something to work on, so that most instructions find their operands.
    for (u64 n = 10 + below(20); n > 0; --n) push_value();
    const u64 length = 5 + below(80);
    for (u64 i = 0; i < length; ++i) fragment();
    if (one_in(2)) op(Opcode::kJumpdest);
    if (one_in(2)) finish();
    for (const std::size_t at : holes_) {
      const std::size_t target = dests_.empty() || one_in(20) ? below(code_.size() + 4) : dests_[below(dests_.size())];
      code_[at] = static_cast<u8>(target >> 8);
      code_[at + 1] = static_cast<u8>(target);
    }
    return code_;
  }

 private:
  void op(Opcode o) { code_.push_back(static_cast<u8>(o)); }
  void op(u8 o) { code_.push_back(o); }
  void push(const u256& v, unsigned size = 0) {
    size = std::max(size, v.byte_length());
    op(static_cast<u8>(0x5f + size));
    const Hash256 be = v.to_be();
    append(code_, be.view().last(size));
  }
  u256 value() {
    switch (below(8)) {
      case 0:
        return u256(kContracts[below(3)]);
      case 1:
        return u256::max() - u256(below(300));
      case 2:
        return u256::power_of_two(static_cast<unsigned>(below(256))) - u256(below(2));
      case 3: {
        Hash256 h;
        for (u8& b : h.bytes) b = static_cast<u8>(below(256));
        return u256::from_be(h);
      }
      case 4:
        return u256(below(u64{1} << 33));
      default:
        return u256(below(200));
    }
  }
  void push_value() { push(value(), one_in(10) ? 1 + static_cast<unsigned>(below(32)) : 0); }
  void push_small() { push(u256(below(100))); }
  void push_target() {
    op(u8{0x61});
    holes_.push_back(code_.size());
    code_.resize(code_.size() + 2);
  }
  void finish() {
    push_small();
    push_small();
    op(one_in(3) ? Opcode::kRevert : Opcode::kReturn);
  }

  void fragment() {
    switch (below(20)) {
      case 0:
      case 1:
      case 2:
        return push_value();
      case 3:
        return op(static_cast<u8>(0x80 + below(one_in(4) ? 16 : 4)));
      case 4:
        return op(static_cast<u8>(0x90 + below(one_in(4) ? 16 : 4)));
      case 5:
      case 6:  // arithmetic, often on a constant
        if (one_in(2)) push_value();
        if (one_in(3)) push_value();
        if (one_in(4)) op(static_cast<u8>(0x90));
        return op(static_cast<u8>(one_in(2) ? 0x01 + below(11) : 0x10 + below(15)));
      case 7:
        dests_.push_back(code_.size());
        return op(Opcode::kJumpdest);
      case 8:
        push_target();
        if (one_in(6)) op(static_cast<u8>(0x80));
        return op(Opcode::kJump);
      case 9:
      case 10:  // the ways in which compilers branch
        if (one_in(3)) op(Opcode::kIszero);
        if (one_in(3)) op(Opcode::kIszero);
        if (one_in(4)) {
          op(static_cast<u8>(0x80));
          push_value();
          op(Opcode::kEq);
        }
        push_target();
        return op(Opcode::kJumpi);
      case 11:
      case 12:
        push_small();
        if (one_in(2)) {
          push_small();
          return op(one_in(4) ? Opcode::kMstore8 : Opcode::kMstore);
        }
        return op(Opcode::kMload);
      case 13:
        push_small();
        return op(one_in(2) ? Opcode::kSload : Opcode::kTload);
      case 14:
        push_small();
        push_small();
        return op(one_in(2) ? Opcode::kSstore : Opcode::kTstore);
      case 15:
        return op(static_cast<u8>(0x30 + below(27)));
      case 16:
        return one_in(3) ? op(static_cast<u8>(below(256))) : op(Opcode::kGas);
      case 17:
        for (int i = 0; i < 3; ++i) push_small();
        if (one_in(3)) return op(Opcode::kMcopy);
        if (one_in(2)) return op(static_cast<u8>(0xa0 + below(5)));
        return op(std::array<u8, 5>{0x20, 0x37, 0x39, 0x3e, 0xf0}[below(5)]);
      case 18: {
        for (int i = 0; i < 4; ++i) push_small();
        const bool with_value = one_in(2);
        if (with_value) push(u256(below(4)));
        push(one_in(5) ? value() : u256(kContracts[below(3)]));
        one_in(2) ? op(Opcode::kGas) : push(u256(below(60000)));
        return op(with_value ? (one_in(3) ? Opcode::kCallcode : Opcode::kCall)
                             : (one_in(2) ? Opcode::kStaticcall : Opcode::kDelegatecall));
      }
      default:
        if (one_in(30)) return op(Opcode::kSelfdestruct);
        if (one_in(10)) return op(Opcode::kStop);
        return op(Opcode::kPop);
    }
  }

  std::mt19937_64 random_;
  Bytes code_;
  std::vector<std::size_t> dests_;
  std::vector<std::size_t> holes_;
};

struct Ending {
  RunResult result;
  std::vector<Log> logs;
  StateDiff diff;
  i64 native_left = 0;
};

/// `native`: cycles that it may cost, or none that are counted.
Ending run(const MapState& state, const CallRequest& request, Evm::Mode mode, Fork fork, std::optional<i64> native) {
  Machine machine(state, mode);
  machine.block.fork = fork;
  NativeMeter meter{native.value_or(0)};
  if (native) machine.set_native(&meter);
  Ending ending;
  // Twice: the second time over code that is translated already, and over the state that the first has left.
  machine.run(request);
  ending.result = machine.run(request);
  ending.logs = machine.journal.take_logs();
  machine.journal.end_transaction();
  ending.diff = machine.journal.diff();
  ending.native_left = meter.left;
  return ending;
}

void expect_same(const Ending& a, const Ending& b, const std::string& what) {
  ASSERT_EQ(a.result.status, b.result.status) << what;
  ASSERT_EQ(a.result.gas_left, b.result.gas_left) << what;
  ASSERT_EQ(a.result.gas_refund, b.result.gas_refund) << what;
  ASSERT_EQ(a.result.output, b.result.output) << what;
  ASSERT_EQ(a.logs, b.logs) << what;
  ASSERT_EQ(a.diff.accounts.size(), b.diff.accounts.size()) << what;
  for (std::size_t i = 0; i < a.diff.accounts.size(); ++i) {
    ASSERT_EQ(a.diff.accounts[i].address, b.diff.accounts[i].address) << what;
    ASSERT_EQ(a.diff.accounts[i].account, b.diff.accounts[i].account) << what;
    ASSERT_EQ(a.diff.accounts[i].storage, b.diff.accounts[i].storage) << what;
  }
  ASSERT_EQ(a.diff.code, b.diff.code) << what;
  ASSERT_EQ(a.native_left, b.native_left) << what;
}

TEST(Differential, FastEqualsPlain) {
  const char* rounds_text = std::getenv("ATLAS_EVM_DIFFERENTIAL_ROUNDS");
  const u64 rounds = rounds_text != nullptr ? std::strtoull(rounds_text, nullptr, 10) : 6'000;
  u64 succeeded = 0;
  for (u64 seed = 0; seed < rounds && !testing::Test::HasFatalFailure(); ++seed) {
    Generator generator(seed);
    MapState state;
    std::string what = "seed " + std::to_string(seed);
    for (const u64 contract : kContracts) {
      const Address address = address_of(contract);
      const Bytes code = generator.program();
      what += "\n" + to_hex(code);
      state.set_code(address, code);
      state.accounts[address].account.balance = u256(generator.below(10));
      for (u64 n = generator.below(4); n > 0; --n) {
        state.accounts[address].storage[u256(generator.below(100))] = u256(1 + generator.below(2));
      }
    }
    Bytes input(generator.below(100));
    for (u8& b : input) b = static_cast<u8>(generator.below(256));
    CallRequest request;
    request.gas = generator.one_in(3) ? generator.below(3'000) : generator.below(1'000'000);
    request.sender = address_of(0xca11);
    request.recipient = request.code_address = address_of(kContracts[0]);
    request.is_static = generator.one_in(20);
    request.input = input;
    const Fork fork = std::array{Fork::kCancun, Fork::kPrague, Fork::kOsaka}[generator.below(3)];
    const Ending fast = run(state, request, Evm::Mode::kFast, fork, std::nullopt);
    const Ending plain = run(state, request, Evm::Mode::kPlain, fork, std::nullopt);
    expect_same(fast, plain, what);
    // Metered: the same again where there is enough, and alike in both where there is not.
    constexpr i64 kPlenty = i64{1} << 50;
    const Ending fast_metered = run(state, request, Evm::Mode::kFast, fork, kPlenty);
    const Ending plain_metered = run(state, request, Evm::Mode::kPlain, fork, kPlenty);
    expect_same(fast_metered, plain_metered, what);
    Ending unmetered = fast_metered;
    unmetered.native_left = fast.native_left;
    expect_same(fast, unmetered, what);
    const i64 too_little = static_cast<i64>(generator.below(1 + static_cast<u64>(kPlenty - fast_metered.native_left)));
    const Ending fast_cut = run(state, request, Evm::Mode::kFast, fork, too_little);
    const Ending plain_cut = run(state, request, Evm::Mode::kPlain, fork, too_little);
    expect_same(fast_cut, plain_cut, what);
    ASSERT_LT(fast_cut.native_left, 1) << what;
    succeeded += fast.result.status == FrameStatus::kSuccess;
  }
  // The programs must get somewhere, or the test says nothing.
  EXPECT_GT(succeeded, rounds / 20);
  RecordProperty("succeeded", static_cast<int>(succeeded));
  std::printf("%llu programs, %llu succeeded\n", static_cast<unsigned long long>(rounds),
              static_cast<unsigned long long>(succeeded));
}

}  // namespace
}  // namespace atlas::evm::test
