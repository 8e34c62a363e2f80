// What each instruction computes and costs, in both interpreters.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <evm/test_machine.hpp>

namespace atlas::evm::test {
namespace {

const Address kSelf = address_of(0xaaaa);
const Address kOther = address_of(0xbbbb);
const Address kCaller = address_of(0xca11);

/// A contract at kSelf, run once in the mode of the parameter.
class EvmTest : public testing::TestWithParam<Evm::Mode> {
 protected:
  EvmTest() {
    request.gas = 1'000'000;
    request.sender = kCaller;
    request.recipient = request.code_address = kSelf;
    state.accounts[kSelf].account.balance = u256(1000);
    state.accounts[kCaller].account.balance = u256(5000);
  }

  RunResult run(const std::string& text) {
    state.set_code(kSelf, assemble(text));
    machine = std::make_unique<Machine>(state, GetParam());
    machine->block.fork = fork;
    machine->tx = tx;
    machine->journal.access_account(kSelf);
    return machine->run(request);
  }
  /// Runs `text` and returns the top word of the stack.
  u256 eval(const std::string& text) {
    const RunResult result = run(text + " PUSH0 MSTORE PUSH1 32 PUSH0 RETURN");
    EXPECT_EQ(result.status, FrameStatus::kSuccess) << text;
    return result.word();
  }
  /// Gas of `text`, which must succeed.
  u64 cost(const std::string& text) {
    const RunResult result = run(text);
    EXPECT_EQ(result.status, FrameStatus::kSuccess) << text;
    return request.gas - result.gas_left;
  }
  HaltReason halt(const std::string& text) {
    const RunResult result = run(text);
    EXPECT_EQ(result.status == FrameStatus::kFailure, result.halt != HaltReason::kNone) << text;
    if (result.status == FrameStatus::kFailure) {
      EXPECT_EQ(result.gas_left, 0U);
      EXPECT_EQ(result.gas_refund, 0);
      EXPECT_TRUE(result.output.empty());
    }
    return result.halt;
  }

  MapState state;
  CallRequest request;
  TxContext tx;
  Fork fork = Fork::kOsaka;
  std::unique_ptr<Machine> machine;
};

INSTANTIATE_TEST_SUITE_P(Modes, EvmTest, testing::Values(Evm::Mode::kFast, Evm::Mode::kPlain),
                         [](const auto& param) { return param.param == Evm::Mode::kFast ? "Fast" : "Plain"; });

const u256 kMax = u256::max();
const std::string kMinusOne = "0xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
const std::string kMinusTwo = "0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffe";
const std::string kMin = "0x8000000000000000000000000000000000000000000000000000000000000000";

TEST_P(EvmTest, Arithmetic) {
  EXPECT_EQ(eval("3 2 ADD"), u256(5));
  EXPECT_EQ(eval("2 " + kMinusOne + " ADD"), u256(1));
  EXPECT_EQ(eval(kMinusOne + " DUP1 MUL"), u256(1));
  EXPECT_EQ(eval("3 2 SUB"), kMax);
  EXPECT_EQ(eval("3 10 SWAP1 SUB"), u256(0) - u256(7));
  EXPECT_EQ(eval("5 DUP1 2 SWAP1 SUB"), u256(3));
  EXPECT_EQ(eval("3 17 DIV"), u256(5));
  EXPECT_EQ(eval("0 17 DIV"), u256(0));
  EXPECT_EQ(eval(kMinusOne + " " + kMin + " SDIV"), u256::power_of_two(255));
  EXPECT_EQ(eval("2 " + kMinusTwo + " SDIV"), kMax);
  EXPECT_EQ(eval("5 17 MOD"), u256(2));
  EXPECT_EQ(eval("0 17 MOD"), u256(0));
  EXPECT_EQ(eval("3 " + kMinusTwo + " SMOD"), u256(0) - u256(2));
  EXPECT_EQ(eval("7 " + kMinusOne + " " + kMinusOne + " ADDMOD"), (kMax % u256(7) + kMax % u256(7)) % u256(7));
  EXPECT_EQ(eval("12 " + kMinusOne + " " + kMinusOne + " MULMOD"), u256(9));
  EXPECT_EQ(eval("10 2 EXP"), u256(1024));
  EXPECT_EQ(eval("0 0 EXP"), u256(1));
  EXPECT_EQ(eval("0xff 0 SIGNEXTEND"), kMax);
  EXPECT_EQ(eval("0x7fff 1 SIGNEXTEND"), u256(0x7fff));
  EXPECT_EQ(eval("0x8000 31 SIGNEXTEND"), u256(0x8000));
}

TEST_P(EvmTest, ComparisonAndBits) {
  EXPECT_EQ(eval("2 1 LT"), u256(1));
  EXPECT_EQ(eval("1 2 LT"), u256(0));
  EXPECT_EQ(eval("1 2 GT"), u256(1));
  EXPECT_EQ(eval("1 CALLER SWAP1 LT"), u256(1));  // the constant form with a word that is not
  EXPECT_EQ(eval("CALLER 1 GT"), u256(0));
  EXPECT_EQ(eval("CALLER 0xca11 EQ"), u256(1));
  EXPECT_EQ(eval("CALLER 0xca12 EQ"), u256(0));
  EXPECT_EQ(eval("1 " + kMinusOne + " SLT"), u256(1));
  EXPECT_EQ(eval("1 " + kMinusOne + " SGT"), u256(0));
  EXPECT_EQ(eval("CALLVALUE ISZERO"), u256(1));
  EXPECT_EQ(eval("CALLER ISZERO ISZERO"), u256(1));
  EXPECT_EQ(eval("12 10 AND"), u256(8));
  EXPECT_EQ(eval("CALLER 0xff AND"), u256(0x11));
  EXPECT_EQ(eval("CALLER NOT 1 1 160 SHL SUB AND"), u256::power_of_two(160) - u256(1) - u256(0xca11));
  EXPECT_EQ(eval("12 10 OR"), u256(14));
  EXPECT_EQ(eval("12 10 XOR"), u256(6));
  EXPECT_EQ(eval("0 NOT"), kMax);
  EXPECT_EQ(eval("0x1234 30 BYTE"), u256(0x12));
  EXPECT_EQ(eval("0x1234 32 BYTE"), u256(0));
  EXPECT_EQ(eval("CALLER 255 SHL"), u256::power_of_two(255));
  EXPECT_EQ(eval("CALLER 256 SHL"), u256(0));
  EXPECT_EQ(eval("CALLER 8 SHR"), u256(0xca));
  EXPECT_EQ(eval("CALLER " + kMinusOne + " SHR"), u256(0));
  EXPECT_EQ(eval(kMin + " 255 SAR"), kMax);
  EXPECT_EQ(eval(kMin + " 999 SAR"), kMax);
}

TEST_P(EvmTest, ClzIsOsakas) {
  EXPECT_EQ(eval("0 CLZ"), u256(256));
  EXPECT_EQ(eval("1 CLZ"), u256(255));
  EXPECT_EQ(eval(kMin + " CLZ"), u256(0));
  EXPECT_EQ(cost("1 CLZ"), 8U);
  fork = Fork::kPrague;
  EXPECT_EQ(halt("1 CLZ"), HaltReason::kInvalidOpcode);
}

TEST_P(EvmTest, Environment) {
  request.value = u256(77);
  request.input = {};
  tx.origin = address_of(0x0419);
  tx.gas_price = u256(11);
  tx.blob_hashes = {u256(0xb10b).to_be()};
  EXPECT_EQ(eval("ADDRESS"), u256(0xaaaa));
  EXPECT_EQ(eval("CALLER"), u256(0xca11));
  EXPECT_EQ(eval("ORIGIN"), u256(0x0419));
  EXPECT_EQ(eval("CALLVALUE"), u256(77));
  EXPECT_EQ(eval("GASPRICE"), u256(11));
  EXPECT_EQ(eval("COINBASE"), u256(0xc0));
  EXPECT_EQ(eval("NUMBER"), u256(1000));
  EXPECT_EQ(eval("TIMESTAMP"), u256(1'700'000'000));
  EXPECT_EQ(eval("GASLIMIT"), u256(30'000'000));
  EXPECT_EQ(eval("CHAINID"), u256(1));
  EXPECT_EQ(eval("BASEFEE"), u256(7));
  EXPECT_EQ(eval("BLOBBASEFEE"), u256(3));
  EXPECT_EQ(eval("0 BLOBHASH"), u256(0xb10b));
  EXPECT_EQ(eval("1 BLOBHASH"), u256(0));
  EXPECT_EQ(eval("SELFBALANCE"), u256(1077));
  EXPECT_EQ(eval("CALLER BALANCE"), u256(4923));
  EXPECT_EQ(eval("999 BLOCKHASH"), u256(999 + 0x1000));
  EXPECT_EQ(eval("744 BLOCKHASH"), u256(744 + 0x1000));
  EXPECT_EQ(eval("743 BLOCKHASH"), u256(0));
  EXPECT_EQ(eval("1000 BLOCKHASH"), u256(0));
  EXPECT_EQ(eval("PUSH0 PUSH0 PC"), u256(2));
  EXPECT_EQ(eval("CODESIZE"), u256(7));
}

TEST_P(EvmTest, CallData) {
  Bytes input(40);
  for (std::size_t i = 0; i < input.size(); ++i) input[i] = static_cast<u8>(i + 1);
  request.input = input;
  EXPECT_EQ(eval("CALLDATASIZE"), u256(40));
  EXPECT_EQ(eval("0 CALLDATALOAD"), u256::from_be(input.data()));
  EXPECT_EQ(eval("32 CALLDATALOAD"), u256::from_be_short(ByteView(input).last(8)) << 192);
  EXPECT_EQ(eval("40 CALLDATALOAD"), u256(0));
  EXPECT_EQ(eval(kMinusOne + " CALLDATALOAD"), u256(0));
  EXPECT_EQ(eval("8 36 0 CALLDATACOPY 0 MLOAD"), u256::from_be_short(ByteView(input).last(4)) << 224);
  EXPECT_EQ(eval("32 " + kMinusOne + " 0 CALLDATACOPY 0 MLOAD"), u256(0));
}

TEST_P(EvmTest, Memory) {
  EXPECT_EQ(eval("0x1234 0 MSTORE 0 MLOAD"), u256(0x1234));
  EXPECT_EQ(eval("0x1234 1 MSTORE 0 MLOAD"), u256(0x12));
  EXPECT_EQ(eval("0x12ab 31 MSTORE8 0 MLOAD"), u256(0xab));
  EXPECT_EQ(eval("MSIZE"), u256(0));
  EXPECT_EQ(eval("0 MLOAD POP MSIZE"), u256(32));
  EXPECT_EQ(eval("1 MLOAD POP MSIZE"), u256(64));
  EXPECT_EQ(eval("0x7f 31 MSTORE8 1 31 0 MCOPY 0 MLOAD"), (u256(0x7f) << 248) | u256(0x7f));
  EXPECT_EQ(eval("0 " + kMinusOne + " " + kMinusOne + " MCOPY 5"), u256(5));  // size 0 touches nothing
  EXPECT_EQ(cost("0 MLOAD"), 2U + 3 + 3);
  EXPECT_EQ(cost("CALLER MLOAD"), 2U + 3 + 3 * 1618 + 1618U * 1618 / 512);  // 0xca11 + 32 bytes
  EXPECT_EQ(cost("1023 MLOAD"), 3U + 3 + 3 * 33 + 33U * 33 / 512);
  EXPECT_EQ(halt("0xffffffff MLOAD"), HaltReason::kOutOfGas);
  EXPECT_EQ(halt("0x100000000 MLOAD"), HaltReason::kOutOfGas);
  EXPECT_EQ(halt(kMinusOne + " MLOAD"), HaltReason::kOutOfGas);
  EXPECT_EQ(halt("1 0xffffffffffffffe1 MSTORE"), HaltReason::kOutOfGas);
  EXPECT_EQ(halt("1 0 " + kMinusOne + " MCOPY"), HaltReason::kOutOfGas);
  EXPECT_EQ(halt(kMinusOne + " 0 RETURN"), HaltReason::kOutOfGas);
}

TEST_P(EvmTest, KeccakAndCopiesCostByWord) {
  EXPECT_EQ(eval("0 0 KECCAK256"), u256::from_be(kEmptyCodeHash));
  EXPECT_EQ(eval("32 0 KECCAK256"), u256::from_be(crypto::keccak256(Bytes(32))));
  EXPECT_EQ(cost("0 0 KECCAK256"), 2U + 2 + 30);
  EXPECT_EQ(cost("33 0 KECCAK256"), 3U + 2 + 30 + 12 + 6);
  EXPECT_EQ(cost("33 0 0 CODECOPY"), 3U + 2 + 2 + 3 + 6 + 6);
  EXPECT_EQ(cost("33 0 0 MCOPY"), 3U + 2 + 2 + 3 + 6 + 6);
  EXPECT_EQ(cost("256 2 EXP"), 3U + 3 + 10 + 100);
}

TEST_P(EvmTest, StackInstructions) {
  EXPECT_EQ(eval("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 DUP16"), u256(1));
  EXPECT_EQ(eval("1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 SWAP16"), u256(1));
  EXPECT_EQ(eval("1 2 3 SWAP2 POP POP"), u256(3));
  EXPECT_EQ(eval("1 2 SWAP1 POP"), u256(2));
  EXPECT_EQ(eval("CALLER 1 SWAP1 SUB"), u256(0xca10));
  EXPECT_EQ(eval("1 CALLER SWAP1 SUB"), u256(1) - u256(0xca11));
  EXPECT_EQ(eval("3 4 DUP2 ADD ADD"), u256(10));
  EXPECT_EQ(eval("PUSH32 " + kMinusOne), kMax);
  EXPECT_EQ(eval("0x123456789abcdef0"), u256(0x123456789abcdef0));
  EXPECT_EQ(halt("ADD"), HaltReason::kStackUnderflow);
  EXPECT_EQ(halt("1 ADD"), HaltReason::kStackUnderflow);
  EXPECT_EQ(halt("1 SWAP1"), HaltReason::kStackUnderflow);
  EXPECT_EQ(halt("1 DUP2"), HaltReason::kStackUnderflow);
  EXPECT_EQ(halt("POP"), HaltReason::kStackUnderflow);
}

TEST_P(EvmTest, StackHolds1024Words) {
  std::string pushes;
  for (int i = 0; i < 1024; ++i) pushes += "PUSH0 ";
  EXPECT_EQ(halt(pushes), HaltReason::kNone);
  EXPECT_EQ(halt(pushes + "PUSH0"), HaltReason::kStackOverflow);
  EXPECT_EQ(halt(pushes + "ADD CALLER"), HaltReason::kNone);
  EXPECT_EQ(halt(pushes + "DUP1"), HaltReason::kStackOverflow);
  // Filled over many blocks instead of one.
  EXPECT_EQ(halt("JUMPDEST PUSH0 GAS 0 JUMP"), HaltReason::kStackOverflow);
}

TEST_P(EvmTest, Jumps) {
  EXPECT_EQ(eval("@there JUMP 1 INVALID :there 5"), u256(5));
  EXPECT_EQ(eval("1 @there JUMPI 1 INVALID :there 5"), u256(5));
  EXPECT_EQ(eval("0 @there JUMPI 4 PUSH0 :there POP"), u256(4));
  EXPECT_EQ(eval("CALLVALUE ISZERO @there JUMPI INVALID :there 5"), u256(5));
  EXPECT_EQ(eval("CALLER ISZERO ISZERO @there JUMPI INVALID :there 5"), u256(5));
  EXPECT_EQ(eval("CALLER DUP1 PUSH4 0xca11 EQ @there JUMPI INVALID :there"), u256(0xca11));
  EXPECT_EQ(eval("CALLER DUP1 PUSH4 0xca12 EQ @there JUMPI 9 DUP1 :there POP"), u256(9));
  EXPECT_EQ(eval("0xca0a CALLER SUB JUMP INVALID :there 5"), u256(5));  // 7, known only at run time
  EXPECT_EQ(halt("4 JUMP JUMPDEST INVALID"), HaltReason::kBadJump);
  EXPECT_EQ(halt("4 JUMP PUSH1 0x5b"), HaltReason::kBadJump);  // push data
  EXPECT_EQ(halt("5 JUMP PUSH2 0x5b5b"), HaltReason::kBadJump);
  EXPECT_EQ(halt("CALLER JUMP"), HaltReason::kBadJump);
  EXPECT_EQ(halt("1 CALLER JUMPI"), HaltReason::kBadJump);
  EXPECT_EQ(halt("1 0x100000009 JUMPI JUMPDEST"), HaltReason::kBadJump);
  EXPECT_EQ(halt(kMinusOne + " JUMP"), HaltReason::kBadJump);
  EXPECT_EQ(eval("0 " + kMinusOne + " JUMPI 3"), u256(3));  // not taken: the target does not matter
  EXPECT_EQ(cost("1 @next JUMPI :next"), 3U + 3 + 10 + 1);
}

TEST_P(EvmTest, Loop) {
  // 10 · 1000 rounds of i = i − 1.
  EXPECT_EQ(cost("PUSH2 10000 JUMPDEST PUSH1 1 SWAP1 SUB DUP1 PUSH1 3 JUMPI"),
            3U + 10000 * (1 + 3 + 3 + 3 + 3 + 3 + 10));
}

TEST_P(EvmTest, GasIsExactInsideABlock) {
  // GAS sees what was spent before it, not what the rest of its block will cost.
  EXPECT_EQ(eval("GAS"), u256(1'000'000 - 2));
  EXPECT_EQ(eval("1 2 ADD POP GAS"), u256(1'000'000 - 3 - 3 - 3 - 2 - 2));
  EXPECT_EQ(eval("GAS GAS SWAP1 SUB"), u256(2));
  EXPECT_EQ(eval("0 MLOAD POP GAS"), u256(1'000'000 - 2 - 6 - 2 - 2));
}

TEST_P(EvmTest, EndsOfCode) {
  EXPECT_EQ(halt(""), HaltReason::kNone);
  EXPECT_EQ(halt("STOP INVALID"), HaltReason::kNone);
  EXPECT_EQ(halt("INVALID"), HaltReason::kInvalidOpcode);
  EXPECT_EQ(halt("hex:0c"), HaltReason::kInvalidOpcode);
  EXPECT_EQ(halt("hex:60"), HaltReason::kNone);  // PUSH1 without data pushes 0
  EXPECT_EQ(halt("hex:7f01"), HaltReason::kNone);
  const RunResult reverted = run("0xdead 0 MSTORE 2 30 REVERT");
  EXPECT_EQ(reverted.status, FrameStatus::kRevert);
  EXPECT_EQ(reverted.output, Bytes({0xde, 0xad}));
  EXPECT_EQ(request.gas - reverted.gas_left, 3U + 2 + 3 + 3 + 3 + 3);
}

TEST_P(EvmTest, OutOfGasByOne) {
  const std::string text = "1 2 ADD 0 MSTORE 32 0 KECCAK256 POP";
  request.gas = 1'000'000;
  const u64 needed = cost(text);
  request.gas = needed;
  EXPECT_EQ(halt(text), HaltReason::kNone);
  request.gas = needed - 1;
  EXPECT_EQ(halt(text), HaltReason::kOutOfGas);
}

TEST_P(EvmTest, StorageWarmth) {
  state.accounts[kSelf].storage[u256(1)] = u256(9);
  EXPECT_EQ(eval("1 SLOAD"), u256(9));
  EXPECT_EQ(cost("1 SLOAD"), 3U + 2100);
  EXPECT_EQ(cost("1 SLOAD 1 SLOAD"), 3U + 2100 + 3 + 100);
  EXPECT_EQ(cost("7 2 TSTORE 2 TLOAD"), 3U * 3 + 100 + 100);
  EXPECT_EQ(eval("7 2 TSTORE 2 TLOAD"), u256(7));
  EXPECT_EQ(eval("7 2 TSTORE 3 TLOAD"), u256(0));
}

// EIP-3529's table (and some more): gas includes the pushes, two a store.
struct StoreCase {
  std::vector<u64> stores;
  u64 original;
  u64 gas;
  i64 refund;
};

TEST_P(EvmTest, StoresByEip3529) {
  const StoreCase cases[] = {
      {{0, 0}, 0, 212, 0},          {{0, 1}, 0, 20112, 0},
      {{1, 0}, 0, 20112, 19900},    {{1, 2}, 0, 20112, 0},
      {{1, 1}, 0, 20112, 0},        {{0, 0}, 1, 3012, 4800},
      {{0, 1}, 1, 3012, 2800},      {{0, 2}, 1, 3012, 0},
      {{2, 0}, 1, 3012, 4800},      {{2, 3}, 1, 3012, 0},
      {{2, 1}, 1, 3012, 2800},      {{2, 2}, 1, 3012, 0},
      {{1, 0}, 1, 3012, 4800},      {{1, 2}, 1, 3012, 0},
      {{1, 1}, 1, 212, 0},          {{0, 1, 0}, 0, 20218, 19900},
      {{1, 0, 1}, 0, 40118, 19900}, {{0, 1, 0}, 1, 5918, 7600},
      {{1, 0, 1}, 1, 3118, 2800},   {{1, 0, 1, 0}, 0, 40224, 39800},
  };
  for (const StoreCase& c : cases) {
    state.accounts[kSelf].storage.clear();
    if (c.original != 0) state.accounts[kSelf].storage[u256(0)] = u256(c.original);
    std::string text = "PUSH1 0 SLOAD POP ";  // warm, so that the table's prices stand alone
    for (const u64 value : c.stores) text += "PUSH1 " + std::to_string(value) + " PUSH1 0 SSTORE ";
    const RunResult result = run(text);
    EXPECT_EQ(request.gas - result.gas_left, 3 + 2100 + 2 + c.gas) << text << "original " << c.original;
    EXPECT_EQ(result.gas_refund, c.refund) << text << "original " << c.original;
  }
  state.accounts[kSelf].storage.clear();
  EXPECT_EQ(cost("1 0 SSTORE"), 3U + 2 + 22100);
}

TEST_P(EvmTest, StoreNeedsMoreThanTheStipend) {
  state.accounts[kSelf].storage[u256(0)] = u256(1);
  // Warm and unchanged: 100 gas would do, yet 2300 must remain after it starts (EIP-2200).
  const std::string text = "0 SLOAD POP 1 0 SSTORE";
  request.gas = 2 + 2100 + 2 + 3 + 2 + 2300;
  EXPECT_EQ(halt(text), HaltReason::kOutOfGas);
  ++request.gas;
  EXPECT_EQ(halt(text), HaltReason::kNone);
}

TEST_P(EvmTest, StaticFramesWriteNothing) {
  request.is_static = true;
  for (const char* text : {"1 0 SSTORE", "1 0 TSTORE", "0 0 LOG0", "0 0 0 0 0 LOG3", "0 0 0 CREATE", "0 0 0 0 CREATE2",
                           "CALLER SELFDESTRUCT", "0 0 0 0 1 CALLER GAS CALL"}) {
    EXPECT_EQ(halt(text), HaltReason::kStaticViolation) << text;
  }
  EXPECT_EQ(halt("0 0 0 0 0 CALLER GAS CALL"), HaltReason::kNone);
  EXPECT_EQ(halt("0 0 0 0 1 CALLER GAS CALLCODE"), HaltReason::kNone);
}

TEST_P(EvmTest, Logs) {
  EXPECT_EQ(cost("0xabcd 0 MSTORE 13 12 11 2 30 LOG3"), 3U + 2 + 6 + 5 * 3 + 375 * 4 + 16);
  const auto logs = machine->journal.take_logs();
  ASSERT_EQ(logs.size(), 1U);
  EXPECT_EQ(logs[0].address, kSelf);
  EXPECT_EQ(logs[0].data, Bytes({0xab, 0xcd}));
  EXPECT_THAT(logs[0].topics, testing::ElementsAre(u256(11).to_be(), u256(12).to_be(), u256(13).to_be()));
}

TEST_P(EvmTest, ExternalAccounts) {
  state.set_code(kOther, assemble("1 2 3"));
  state.accounts[kOther].account.balance = u256(42);
  EXPECT_EQ(eval("0xbbbb EXTCODESIZE"), u256(6));
  EXPECT_EQ(eval("0xbbbb EXTCODEHASH"), u256::from_be(crypto::keccak256(assemble("1 2 3"))));
  EXPECT_EQ(eval("0xdddd EXTCODEHASH"), u256(0));
  EXPECT_EQ(eval("CALLER EXTCODEHASH"), u256::from_be(kEmptyCodeHash));
  EXPECT_EQ(eval("6 0 0 0xbbbb EXTCODECOPY 0 MLOAD"), u256::from_be_short(assemble("1 2 3")) << 208);
  EXPECT_EQ(eval("0xbbbb BALANCE"), u256(42));
  EXPECT_EQ(cost("0xbbbb BALANCE"), 3U + 2600);
  EXPECT_EQ(cost("0xbbbb BALANCE 0xbbbb EXTCODESIZE"), 3U + 2600 + 3 + 100);
  EXPECT_EQ(cost("33 0 0 0xbbbb EXTCODECOPY"), 3U + 2 + 2 + 3 + 2600 + 6 + 6);
}

}  // namespace
}  // namespace atlas::evm::test
