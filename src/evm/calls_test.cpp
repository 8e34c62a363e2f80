// Calls, creations and self-destruction: what they cost, what they ask for, and what their results do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <evm/test_machine.hpp>

namespace atlas::evm::test {
namespace {

const Address kSelf = address_of(0xaaaa);
const Address kOther = address_of(0xbbbb);
const Address kCaller = address_of(0xca11);

class CallTest : public testing::TestWithParam<Evm::Mode> {
 protected:
  CallTest() {
    request.gas = 1'000'000;
    request.sender = kCaller;
    request.recipient = request.code_address = kSelf;
    state.accounts[kSelf].account.balance = u256(1000);
    state.accounts[kCaller].account.balance = u256(5);
  }

  RunResult run(const std::string& text) {
    state.set_code(kSelf, assemble(text));
    machine = std::make_unique<Machine>(state, GetParam());
    machine->block.fork = fork;
    machine->journal.access_account(kSelf);
    return machine->run(request);
  }
  u256 eval(const std::string& text) {
    const RunResult result = run(text + " PUSH0 MSTORE PUSH1 32 PUSH0 RETURN");
    EXPECT_EQ(result.status, FrameStatus::kSuccess) << text;
    return result.word();
  }
  u64 cost(const std::string& text) {
    const RunResult result = run(text);
    EXPECT_EQ(result.status, FrameStatus::kSuccess) << text;
    return request.gas - result.gas_left;
  }
  void other(const std::string& text) { state.set_code(kOther, assemble(text)); }

  MapState state;
  CallRequest request;
  Fork fork = Fork::kOsaka;
  std::unique_ptr<Machine> machine;
};

INSTANTIATE_TEST_SUITE_P(Modes, CallTest, testing::Values(Evm::Mode::kFast, Evm::Mode::kPlain),
                         [](const auto& param) { return param.param == Evm::Mode::kFast ? "Fast" : "Plain"; });

const std::string kReturnTop = " 0 MSTORE 32 0 RETURN";

TEST_P(CallTest, ContextByKind) {
  request.value = u256(5);
  other("CALLER" + kReturnTop);
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb GAS CALL POP 0 MLOAD"), u256(0xaaaa));
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb GAS CALLCODE POP 0 MLOAD"), u256(0xaaaa));
  EXPECT_EQ(eval("32 0 0 0 0xbbbb GAS DELEGATECALL POP 0 MLOAD"), u256(0xca11));
  EXPECT_EQ(eval("32 0 0 0 0xbbbb GAS STATICCALL POP 0 MLOAD"), u256(0xaaaa));
  other("ADDRESS" + kReturnTop);
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb GAS CALL POP 0 MLOAD"), u256(0xbbbb));
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb GAS CALLCODE POP 0 MLOAD"), u256(0xaaaa));
  EXPECT_EQ(eval("32 0 0 0 0xbbbb GAS DELEGATECALL POP 0 MLOAD"), u256(0xaaaa));
  other("CALLVALUE" + kReturnTop);
  EXPECT_EQ(eval("32 0 0 0 7 0xbbbb GAS CALL POP 0 MLOAD"), u256(7));
  EXPECT_EQ(eval("32 0 0 0 7 0xbbbb GAS CALLCODE POP 0 MLOAD"), u256(7));
  EXPECT_EQ(eval("32 0 0 0 0xbbbb GAS DELEGATECALL POP 0 MLOAD"), u256(5));
  EXPECT_EQ(eval("32 0 0 0 0xbbbb GAS STATICCALL POP 0 MLOAD"), u256(0));
}

TEST_P(CallTest, InputAndReturnData) {
  other("CALLDATASIZE 0 0 CALLDATACOPY CALLDATASIZE 0 RETURN");
  EXPECT_EQ(eval("0x1234 0 MSTORE 2 64 2 30 0 0xbbbb GAS CALL POP 64 MLOAD"), u256(0x1234) << 240);
  EXPECT_EQ(eval("0x1234 0 MSTORE 0 0 2 30 0 0xbbbb GAS CALL POP RETURNDATASIZE"), u256(2));
  EXPECT_EQ(eval("0x1234 0 MSTORE 0 0 32 0 0 0xbbbb GAS CALL POP 1 31 64 RETURNDATACOPY 64 MLOAD"), u256(0x34) << 248);
  // Less output than asked for leaves the rest of the range; more is cut.
  EXPECT_EQ(eval("0xffff 0 MSTORE 32 0 1 31 0 0xbbbb GAS CALL POP 0 MLOAD"), (u256(0xff) << 248) | u256(0xffff));
  EXPECT_EQ(run("0 0 32 0 0 0xbbbb GAS CALL 33 0 0 RETURNDATACOPY").halt, HaltReason::kReturnDataOutOfBounds);
  EXPECT_EQ(run("0 0 32 0 0 0xbbbb GAS CALL 0 33 0 RETURNDATACOPY").halt, HaltReason::kReturnDataOutOfBounds);
  EXPECT_EQ(run("0 0 32 0 0 0xbbbb GAS CALL 0 32 0 RETURNDATACOPY").halt, HaltReason::kNone);
  EXPECT_EQ(eval("RETURNDATASIZE"), u256(0));
}

TEST_P(CallTest, Failures) {
  other("0xdead 0 MSTORE 2 30 REVERT");
  EXPECT_EQ(eval("0 0 0 0 0 0xbbbb GAS CALL"), u256(0));
  EXPECT_EQ(eval("2 0 0 0 0 0xbbbb GAS CALL POP 0 MLOAD"), u256(0xdead) << 240);
  EXPECT_EQ(cost("0 0 0 0 0 0xbbbb 50000 CALL"), 5U * 2 + 3 + 3 + 2600 + (3 + 2 + 3 + 3 + 3 + 3));
  other("INVALID");
  EXPECT_EQ(eval("0 0 0 0 0 0xbbbb 1000 CALL"), u256(0));
  EXPECT_EQ(cost("0 0 0 0 0 0xbbbb 50000 CALL"), 5U * 2 + 3 + 3 + 2600 + 50000);
  // State of the failed frame is undone, the caller's stays.
  other("1 0 SSTORE INVALID");
  run("7 1 SSTORE 0 0 0 0 0 0xbbbb 50000 CALL");
  EXPECT_EQ(machine->journal.storage(kOther, u256(0)), u256(0));
  EXPECT_EQ(machine->journal.storage(kSelf, u256(1)), u256(7));
}

TEST_P(CallTest, GasPassed) {
  other("GAS" + kReturnTop);
  const std::string tail = " CALL POP 0 MLOAD";
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb 50000" + tail), u256(50000 - 2));
  EXPECT_EQ(eval("32 0 0 0 1 0xbbbb 50000" + tail), u256(50000 + 2300 - 2));
  // All but one 64th of what is left after the call's own price, however much is asked for.
  const u64 left =
      1'000'000 - (3 + 4 * 2 + 3 + 3) - 3 - 2600;  // PUSH1 32, four PUSH0, target, gas; memory; cold access
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb 0xffffffffffff" + tail), u256(left - left / 64 - 2));
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb 0xffffffffffffffffffff" + tail), u256(left - left / 64 - 2));
}

TEST_P(CallTest, ValueCosts) {
  state.accounts[kOther].account.balance = u256(1);
  const u64 pushes = 4 * 2 + 3 + 3 + 2;  // value is a PUSH1, gas a PUSH0
  EXPECT_EQ(cost("0 0 0 0 1 0xbbbb 0 CALL"), pushes + 2600 + 9000 - 2300);
  EXPECT_EQ(cost("0 0 0 0 1 0xbbbb 0 CALLCODE"), pushes + 2600 + 9000 - 2300);
  EXPECT_EQ(cost("0 0 0 0 1 0xdddd 0 CALL"), pushes + 2600 + 9000 + 25000 - 2300);
  EXPECT_EQ(cost("0 0 0 0 1 0xdddd 0 CALLCODE"), pushes + 2600 + 9000 - 2300);
  EXPECT_EQ(cost("0 0 0 0 0 0xdddd 0 CALL"), pushes - 1 + 2600);
  run("0 0 0 0 9 0xdddd 0 CALL");
  EXPECT_EQ(machine->journal.balance(address_of(0xdddd)), u256(9));
  EXPECT_EQ(machine->journal.balance(kSelf), u256(991));
}

TEST_P(CallTest, TooLittleBalanceGivesTheGasBack) {
  EXPECT_EQ(eval("0 0 0 0 1001 0xbbbb 5000 CALL"), u256(0));
  EXPECT_EQ(eval("0 0 0 0 1000 0xbbbb 5000 CALL"), u256(1));
  state.accounts[kOther].account.balance = u256(1);
  EXPECT_EQ(cost("0 0 0 0 1001 0xbbbb 5000 CALL"), 4U * 2 + 3 + 3 + 3 + 2600 + 9000 - 2300);
  EXPECT_EQ(cost("0 0 1001 CREATE"), 2U + 2 + 3 + 32000);
  EXPECT_EQ(eval("0 0 1001 CREATE"), u256(0));
}

TEST_P(CallTest, DepthEndsAt1024) {
  request.gas = 1'000'000'000'000;
  // Counts its frames in slot 0.
  run("0 SLOAD 1 ADD 0 SSTORE 0 0 0 0 0 0xaaaa GAS CALL");
  EXPECT_EQ(machine->journal.storage(kSelf, u256(0)), u256(1025));
  request.depth = 1024;
  EXPECT_EQ(eval("0 0 0 0 0 0xbbbb GAS CALL"), u256(0));
  EXPECT_EQ(eval("0 0 0 CREATE"), u256(0));
  request.depth = 1023;
  EXPECT_EQ(eval("0 0 0 0 0 0xbbbb GAS CALL"), u256(1));
}

TEST_P(CallTest, StaticIsInherited) {
  other("0 0 0 0 0 0xcccc GAS CALL" + kReturnTop);
  state.set_code(address_of(0xcccc), assemble("1 0 SSTORE"));
  EXPECT_EQ(eval("32 0 0 0 0xbbbb GAS STATICCALL POP 0 MLOAD"), u256(0));
  EXPECT_EQ(eval("32 0 0 0 0 0xbbbb GAS CALL POP 0 MLOAD"), u256(1));
}

TEST_P(CallTest, DelegationCostsAnAccess) {
  Bytes designator = {0xef, 0x01, 0x00};
  append(designator, address_of(0xdede));
  state.set_code(kOther, designator);
  machine.reset();
  // The test's driver runs the designator as code, which fails at once with all gas passed: 0 here.
  const u64 base = 5 * 2 + 3 + 2 + 2600;
  EXPECT_EQ(cost("0 0 0 0 0 0xbbbb 0 CALL"), base + 2600);
  EXPECT_EQ(cost("0xdede BALANCE POP 0 0 0 0 0 0xbbbb 0 CALL"), 3 + 2600 + 2 + base + 100);
  EXPECT_EQ(eval("0xbbbb EXTCODESIZE"), u256(23));
  EXPECT_EQ(eval("0xbbbb EXTCODEHASH"), u256::from_be(crypto::keccak256(designator)));
  fork = Fork::kCancun;
  EXPECT_EQ(cost("0 0 0 0 0 0xbbbb 0 CALL"), base);
}

TEST_P(CallTest, Create) {
  // Init code that returns one byte, 0xfe.
  const Bytes code = assemble("0xfe 0 MSTORE8 1 0 RETURN");
  std::string text = "PUSH" + std::to_string(code.size()) + " 0x";
  text += to_hex(code).substr(2) + " 0 MSTORE ";
  const std::string range = std::to_string(code.size()) + " " + std::to_string(32 - code.size()) + " ";
  const u256 created = eval(text + range + "3 CREATE");
  EXPECT_FALSE(created.is_zero());
  EXPECT_EQ(machine->journal.balance(created.to_address()), u256(3));
  EXPECT_EQ(machine->journal.nonce(kSelf), 1U);
  EXPECT_THAT(machine->journal.code(created.to_address()), testing::ElementsAre(0xfe));
  EXPECT_EQ(eval(text + range + "0 CREATE POP RETURNDATASIZE"), u256(0));
  const u64 plain = cost(text + range + "0 CREATE");
  EXPECT_EQ(plain, 3U + 2 + 6 + 3 + 3 + 2 + 32000 + 2 + (3 + 2 + 6 + 3 + 2) + 200);
  EXPECT_EQ(cost(text + "9 " + range + "0 CREATE2"), plain + 3 + 6);
  // A failing init code passes its revert data on and leaves the nonce.
  const Bytes reverts = assemble("0xfe 0 MSTORE8 1 0 REVERT");
  text = "PUSH" + std::to_string(reverts.size()) + " 0x" + to_hex(reverts).substr(2) + " 0 MSTORE ";
  EXPECT_EQ(eval(text + range + "0 CREATE"), u256(0));
  EXPECT_EQ(machine->journal.nonce(kSelf), 1U);
  EXPECT_EQ(eval(text + range + "0 CREATE POP 1 0 0 RETURNDATACOPY 0 MLOAD 248 SHR"), u256(0xfe));
}

TEST_P(CallTest, InitCodeIsLimited) {
  request.gas = 10'000'000;
  EXPECT_EQ(run("49152 0 0 CREATE").halt, HaltReason::kNone);
  EXPECT_EQ(run("49153 0 0 CREATE").halt, HaltReason::kInitCodeTooLarge);
  EXPECT_EQ(run("0 49153 0 0 CREATE2").halt, HaltReason::kInitCodeTooLarge);
  state.accounts[kSelf].account.nonce = ~u64{0};
  EXPECT_EQ(eval("0 0 0 CREATE"), u256(0));
}

TEST_P(CallTest, Selfdestruct) {
  EXPECT_EQ(cost("0xdddd SELFDESTRUCT"), 3U + 5000 + 2600 + 25000);
  EXPECT_EQ(machine->journal.balance(address_of(0xdddd)), u256(1000));
  EXPECT_EQ(machine->journal.balance(kSelf), u256(0));
  state.accounts[kOther].account.balance = u256(1);
  EXPECT_EQ(cost("0xbbbb SELFDESTRUCT"), 3U + 5000 + 2600);
  EXPECT_EQ(cost("0xbbbb BALANCE 0xbbbb SELFDESTRUCT"), 3U + 2600 + 3 + 5000);
  EXPECT_EQ(cost("ADDRESS SELFDESTRUCT"), 2U + 5000);
  EXPECT_EQ(machine->journal.balance(kSelf), u256(1000));  // EIP-6780: not created in this transaction, nothing burnt
  machine->journal.end_transaction();
  EXPECT_EQ(machine->journal.balance(kSelf), u256(1000));
  state.accounts[kSelf].account.balance = u256(0);
  EXPECT_EQ(cost("0xdddd SELFDESTRUCT"), 3U + 5000 + 2600);
}

TEST_P(CallTest, SelfdestructInTheTransactionOfCreation) {
  const Bytes code = assemble("ADDRESS SELFDESTRUCT");
  const std::string text = "PUSH2 0x" + to_hex(code).substr(2) + " 0 MSTORE 2 30 3 CREATE";
  const u256 created = eval(text);
  EXPECT_EQ(machine->journal.balance(created.to_address()), u256(0));  // burnt
  machine->journal.end_transaction();
  EXPECT_FALSE(machine->journal.exists(created.to_address()));
  EXPECT_EQ(machine->journal.balance(kSelf), u256(997));
}

TEST_P(CallTest, RefundsOfFailedFramesAreGone) {
  state.accounts[kOther].storage[u256(0)] = u256(1);
  other("0 0 SSTORE");
  EXPECT_EQ(run("0 0 0 0 0 0xbbbb GAS CALL").gas_refund, 4800);
  other("0 0 SSTORE 0 0 REVERT");
  EXPECT_EQ(run("0 0 0 0 0 0xbbbb GAS CALL").gas_refund, 0);
  other("0 0 SSTORE INVALID");
  EXPECT_EQ(run("0 0 0 0 0 0xbbbb 50000 CALL").gas_refund, 0);
}

}  // namespace
}  // namespace atlas::evm::test
