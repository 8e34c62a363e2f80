#include <gtest/gtest.h>
#include <pthread.h>

#include <base/test_vectors.hpp>
#include <evm/evm.hpp>
#include <state/test_state.hpp>
#include <stf/stf.hpp>
#include <stf/system_contracts.hpp>

namespace atlas::stf {
namespace {

using test::hex_bytes;
using test::MapState;

constexpr Address kSender{{0xaa}};
constexpr Address kContract{{0xcc}};
constexpr Address kOther{{0xdd}};
constexpr Address kCoinbase{{0xee}};

struct NumberedHashes final : BlockHashes {
  Hash256 block_hash(u64 number) const override { return u256(number).to_be(); }
};

class Executor : public testing::Test {
 protected:
  MapState view;
  BlockContext block;
  StfConfig config;
  NumberedHashes hashes;
  evm::Evm machine;
  std::optional<BlockExecutor> executor;

  Executor() {
    block.number = 100;
    block.gas_limit = 30'000'000;
    block.base_fee = u256(10);
    block.coinbase = kCoinbase;
    view.put(kSender, u256(1'000'000'000'000));
  }
  BlockExecutor& run() {
    if (!executor) executor.emplace(view, block, hashes, machine, config);
    return *executor;
  }
  static SignedTransaction transaction(std::optional<Address> to, Bytes data = {}) {
    SignedTransaction out;
    out.sender = kSender;
    out.tx.type = TxType::kDynamicFee;
    out.tx.chain_id = 1;
    out.tx.gas_limit = 1'000'000;
    out.tx.max_fee_per_gas = u256(100);
    out.tx.max_priority_fee_per_gas = u256(3);
    out.tx.to = to;
    out.tx.data = std::move(data);
    return out;
  }
  TxError error_of(const SignedTransaction& tx) {
    const auto receipt = run().apply(tx);
    EXPECT_FALSE(receipt.ok());
    EXPECT_TRUE(run().diff().accounts.empty()) << "a refused transaction changed the state";
    return receipt.error();
  }
};

TEST_F(Executor, TransferUnderChainRules) {
  SignedTransaction tx = transaction(kOther);
  tx.tx.value = u256(5);
  const auto receipt = run().apply(tx);
  ASSERT_TRUE(receipt);
  EXPECT_TRUE(receipt->success);
  EXPECT_EQ(receipt->gas_used, 21'000u);
  EXPECT_EQ(receipt->effective_gas_price, u256(13));
  MapState after = view;
  after.apply(run().diff());
  EXPECT_EQ(after.account(kOther)->balance, u256(5));
  EXPECT_EQ(after.account(kCoinbase)->balance, u256(21'000 * 13));  // the whole fee
  EXPECT_EQ(after.account(kSender)->balance, u256(1'000'000'000'000 - 5 - 21'000 * 13));
  EXPECT_EQ(after.account(kSender)->nonce, 1u);
}

TEST_F(Executor, BaseFeeBurnsUnderL1Rules) {
  config.fee_rule = FeeRule::kL1;
  ASSERT_TRUE(run().apply(transaction(kOther)));
  MapState after = view;
  after.apply(run().diff());
  EXPECT_EQ(after.account(kCoinbase)->balance, u256(21'000 * 3));
  EXPECT_EQ(after.account(kSender)->balance, u256(1'000'000'000'000 - 21'000 * 13));
  EXPECT_FALSE(after.account(kOther));  // touched and empty: EIP-161
}

TEST_F(Executor, RefusesAndChangesNothing) {
  const auto with = [&](auto change) {
    SignedTransaction tx = transaction(kOther);
    change(tx.tx);
    return tx;
  };
  EXPECT_EQ(error_of(with([](Transaction& t) { t.chain_id = 2; })), TxError::kWrongChainId);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.nonce = 1; })), TxError::kNonceTooHigh);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.nonce = ~u64{0}; })), TxError::kNonceMax);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.gas_limit = 20'999; })), TxError::kIntrinsicGasTooLow);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.gas_limit = (u64{1} << 24) + 1; })), TxError::kGasLimitAboveCap);
  EXPECT_EQ(error_of(with([](Transaction& t) {
              t.data = Bytes(1000, 1);
              t.gas_limit = 21'000 + 16 * 1000;
            })),
            TxError::kFloorGasTooLow);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.max_fee_per_gas = u256(9); })), TxError::kMaxFeeBelowBaseFee);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.max_priority_fee_per_gas = u256(101); })),
            TxError::kPriorityFeeAboveMaxFee);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.value = u256(1'000'000'000'000 - 99'999'999); })),
            TxError::kInsufficientFunds);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.value = u256::max(); })), TxError::kValueOverflow);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.max_fee_per_gas = u256::max(); })), TxError::kValueOverflow);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.type = TxType::kBlob; })), TxError::kUnsupportedType);
  EXPECT_EQ(error_of(with([](Transaction& t) { t.type = TxType::kSetCode; })), TxError::kEmptyAuthorizationList);
  EXPECT_EQ(error_of(with([](Transaction& t) {
              t.to.reset();
              t.gas_limit = 16'000'000;
              t.data = Bytes(49'153, 0);
            })),
            TxError::kInitCodeTooLarge);
  EXPECT_EQ(run().gas_used(), 0u);
}

TEST_F(Executor, BlockGasIsShared) {
  block.gas_limit = 1'500'000;
  const auto first = run().apply(transaction(kOther));
  ASSERT_TRUE(first);
  SignedTransaction second = transaction(kOther);
  second.tx.nonce = 1;
  second.tx.gas_limit = 1'500'000 - 21'000;
  EXPECT_TRUE(run().validate(second.tx, kSender));
  second.tx.gas_limit += 1;
  EXPECT_EQ(run().apply(second).error(), TxError::kGasLimitAboveBlock);
  second.tx.gas_limit -= 1;
  const auto receipt = run().apply(second);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->cumulative_gas_used, 42'000u);
}

TEST_F(Executor, CodeSendsOnlyWhenDelegated) {
  view.put(kSender, u256(1'000'000'000), {0x00});
  EXPECT_EQ(error_of(transaction(kOther)), TxError::kSenderNotEoa);
  executor.reset();
  Bytes delegation = {0xef, 0x01, 0x00};
  append(delegation, kContract);
  view.put(kSender, u256(1'000'000'000), delegation);
  EXPECT_TRUE(run().apply(transaction(kOther)));
}

TEST_F(Executor, RevertDataIsKept) {
  view.put(kContract, u256(), hex_bytes("602a5f526001601ffd"));
  const auto receipt = run().apply(transaction(kContract));
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->success);
  EXPECT_EQ(run().last_result().status, FrameStatus::kRevert);
  EXPECT_EQ(run().last_output(), Bytes{0x2a});
  EXPECT_LT(receipt->gas_used, 22'000u);
}

TEST_F(Executor, FloorOfCallData) {
  SignedTransaction tx = transaction(kOther, Bytes(1000, 0xff));
  const auto receipt = run().apply(tx);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->gas_used, 21'000u + 40u * 1000u);  // EIP-7623: 10 gas a token, 4 tokens a byte
}

TEST_F(Executor, CreationDeploysAndAnswersWithCode) {
  // Returns the one byte 0x5b.
  const auto receipt = run().apply(transaction(std::nullopt, hex_bytes("605b5f5360015ff3")));
  ASSERT_TRUE(receipt);
  EXPECT_TRUE(receipt->success);
  EXPECT_EQ(receipt->contract_address, create_address(kSender, 0));
  EXPECT_EQ(run().last_result().created, receipt->contract_address);
  EXPECT_EQ(run().last_output(), Bytes{0x5b});
  const ByteView code = run().journal().code(*receipt->contract_address);
  EXPECT_EQ(Bytes(code.begin(), code.end()), Bytes{0x5b});
  EXPECT_EQ(run().journal().nonce(*receipt->contract_address), 1u);
}

TEST_F(Executor, CreationRefusesReservedPrefixAndTakesAllGas) {
  const auto receipt = run().apply(transaction(std::nullopt, hex_bytes("60ef5f5360015ff3")));
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->success);
  EXPECT_EQ(run().last_result().halt, HaltReason::kInvalidCodePrefix);
  EXPECT_EQ(receipt->gas_used, 1'000'000u);
  EXPECT_EQ(run().journal().nonce(kSender), 1u);
}

// Yellow Paper (84)-(86) and EIP-1014, its examples 0 and 5.
TEST(Addresses, Create) {
  const Address sender = *fixed_from_hex<20>("6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0");
  EXPECT_EQ(to_hex(create_address(sender, 0)), "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d");
  EXPECT_EQ(to_hex(create_address(sender, 1)), "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8");
  EXPECT_EQ(to_hex(create2_address({}, u256(), Bytes{0})), "0x4d1a2e2bb4f88f0250f26ffff098b0b30b26bf38");
  EXPECT_EQ(to_hex(create2_address(*fixed_from_hex<20>("00000000000000000000000000000000deadbeef"), u256(0xcafebabe),
                                   hex_bytes("deadbeef"))),
            "0x60f3f640a8508fc6a86d45df051962668e1e8ac7");
}

// slot 0 += 1, then call oneself with all gas: how many frames ran stands in the slot.
const char* const kRecursion = "60015f54015f555f5f5f5f5f305af100";

struct DepthRun {
  BlockExecutor* executor;
  u256 frames;
};

void* run_depth(void* argument) {
  auto& run = *static_cast<DepthRun*>(argument);
  CallMessage message;
  message.from = kSender;
  message.to = kContract;
  message.gas_limit = u64{1} << 60;  // 63/64 of the rest, 1024 times over
  const auto result = run.executor->call(message);
  if (result && result->status == FrameStatus::kSuccess)
    run.frames = run.executor->journal().storage(kContract, u256());
  return nullptr;
}

TEST_F(Executor, DepthCostsHeapNotStack) {
  view.put(kContract, u256(), hex_bytes(kRecursion));
  DepthRun depth{&run(), {}};
  pthread_attr_t attributes;
  ASSERT_EQ(pthread_attr_init(&attributes), 0);
  ASSERT_EQ(pthread_attr_setstacksize(&attributes, 128 * 1024), 0);
  pthread_t thread;
  ASSERT_EQ(pthread_create(&thread, &attributes, run_depth, &depth), 0);
  ASSERT_EQ(pthread_join(thread, nullptr), 0);
  pthread_attr_destroy(&attributes);
  EXPECT_EQ(depth.frames, u256(1025));  // depths 0 to 1024
}

TEST_F(Executor, SystemCallWritesTheParentHash) {
  view.put(kHistoryAddress, u256(), history_code(), 1);
  const Hash256 parent{{0x77}};
  run().begin_block(parent);
  EXPECT_EQ(run().journal().storage(kHistoryAddress, u256(99)), u256::from_be(parent));
  EXPECT_EQ(run().gas_used(), 0u);
  const StateDiff diff = run().diff();
  ASSERT_EQ(diff.accounts.size(), 1u);  // neither the system address nor COINBASE appears
  EXPECT_EQ(diff.accounts[0].address, kHistoryAddress);
  // The contract itself answers with it.
  CallMessage message;
  message.from = kSender;
  message.to = kHistoryAddress;
  message.gas_limit = 100'000;
  message.data = Bytes(32, 0);
  message.data[31] = 99;
  const auto answer = run().call(message);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->output, Bytes(parent.begin(), parent.end()));
}

TEST_F(Executor, SystemCallWithoutContractDoesNothing) {
  run().begin_block(Hash256{{1}});
  EXPECT_TRUE(run().diff().accounts.empty());
}

TEST_F(Executor, HistoryBlockHashesReadTheRingBuffer) {
  auto& history = view.put(kHistoryAddress, u256(), history_code(), 1);
  history.storage[u256(8190)] = u256(1);
  history.storage[u256(0)] = u256(2);
  const HistoryBlockHashes chain(view, 8192, Hash256{{9}});
  EXPECT_EQ(chain.block_hash(8190), u256(1).to_be());
  EXPECT_EQ(chain.block_hash(8191), u256(2).to_be());
  EXPECT_EQ(chain.block_hash(8192), (Hash256{{9}}));
}

TEST_F(Executor, CallChecksOnlyWhatItMust) {
  view.put(kContract, u256(), hex_bytes("3360005260206000f3"));  // returns CALLER
  CallMessage message;
  message.from = kOther;  // has nothing
  message.to = kContract;
  message.gas_limit = 50'000'000;  // above block and cap
  message.gas_price = u256(1'000'000);
  const auto result = run().call(message);
  ASSERT_TRUE(result);
  EXPECT_EQ(u256::from_be(result->output.data()), u256::from_address(kOther));
  EXPECT_EQ(run().journal().balance(kOther), u256());
  message.skip_balance_check = false;
  EXPECT_EQ(run().call(message).error(), TxError::kInsufficientFunds);
  message.gas_price = u256::max();
  EXPECT_EQ(run().call(message).error(), TxError::kValueOverflow);
  message.skip_balance_check = true;
  message.value = u256(1);
  EXPECT_EQ(run().call(message).error(), TxError::kInsufficientFunds);
  message.value = u256();
  message.gas_limit = 20'000;
  EXPECT_EQ(run().call(message).error(), TxError::kIntrinsicGasTooLow);
}

TEST_F(Executor, CallCanBeRepeatedFromCode) {
  view.put(kSender, u256(), {0x00}, ~u64{0});  // code and the highest nonce: no such transaction exists
  CallMessage message;
  message.from = kSender;
  message.to = kOther;
  message.gas_limit = 30'000;
  for (unsigned i = 0; i < 3; ++i) {
    const auto result = run().call(message);
    ASSERT_TRUE(result);
    EXPECT_EQ(result->gas_used, 21'000u);
  }
  message.to.reset();
  message.gas_limit = 60'000;
  const auto creation = run().call(message);
  ASSERT_TRUE(creation);
  EXPECT_EQ(creation->status, FrameStatus::kRevert);  // EIP-2681
}

TEST_F(Executor, DelegationRunsTheTargetsCodeOnTheAuthority) {
  // ADDRESS stored in slot 0: the authority's own storage.
  view.put(kContract, u256(), hex_bytes("305f5500"));
  Bytes delegation = {0xef, 0x01, 0x00};
  append(delegation, kContract);
  view.put(kOther, u256(), delegation, 1);
  ASSERT_TRUE(run().apply(transaction(kOther)));
  EXPECT_EQ(run().journal().storage(kOther, u256()), u256::from_address(kOther));
  EXPECT_EQ(run().journal().storage(kContract, u256()), u256());
}

TEST_F(Executor, DelegationIsFollowedOnce) {
  Bytes to_other = {0xef, 0x01, 0x00};
  append(to_other, kOther);
  Bytes to_contract = {0xef, 0x01, 0x00};
  append(to_contract, kContract);
  view.put(kContract, u256(), to_other, 1);
  view.put(kOther, u256(), to_contract, 1);
  const auto receipt = run().apply(transaction(kOther));
  ASSERT_TRUE(receipt);
  EXPECT_FALSE(receipt->success);  // 0xef is no instruction
  EXPECT_EQ(receipt->gas_used, 1'000'000u);
}

// Gas above 2^63 − 1 exists only in tests of older rules; what is not spent comes back to the last wei.
TEST_F(Executor, GasBeyondSigned64Bits) {
  block.fork = Fork::kCancun;
  block.gas_limit = ~u64{0};
  view.put(kSender, u256::power_of_two(200));
  view.put(kContract, u256(), {0x00});
  SignedTransaction tx = transaction(kContract);
  tx.tx.gas_limit = ~u64{0} - 5;
  const auto receipt = run().apply(tx);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->gas_used, 21'000u);
}

TEST_F(Executor, GasBeyondSigned64BitsIsAllLostInAFailure) {
  block.fork = Fork::kCancun;
  block.gas_limit = ~u64{0};
  view.put(kSender, u256::power_of_two(200));
  view.put(kContract, u256(), {0xfe});
  SignedTransaction tx = transaction(kContract);
  tx.tx.gas_limit = ~u64{0} - 5;
  const auto receipt = run().apply(tx);
  ASSERT_TRUE(receipt);
  EXPECT_EQ(receipt->gas_used, ~u64{0} - 5);
}

struct FrameLog final : evm::Tracer {
  std::vector<std::string> lines;
  void enter(const CallRequest& request) override {
    lines.push_back(std::to_string(request.depth) + ">" + to_hex(request.recipient).substr(0, 6) + " in " +
                    std::to_string(request.input.size()));
  }
  void exit(const CallResult& result) override {
    lines.push_back("<" + std::to_string(static_cast<int>(result.status)) + " out " +
                    std::to_string(result.output.size()));
  }
  void step(const evm::TraceStep&) override {}
  void step_done(u64, HaltReason) override {}
  void storage(const Address&, const u256&, const u256&) override {}
};

TEST_F(Executor, TracerSeesEveryFrame) {
  // Calls SHA-256, then kOther, which reverts with 32 bytes, then an account without code; creates an empty contract.
  view.put(kContract, u256(),
           hex_bytes("5f5f5f5f60025afa505f5f5f5f5f73dd000000000000000000000000000000000000005af1505f5f5f5f5f73"
                     "11000000000000000000000000000000000000005af1505f5f5ff000"));
  view.put(kOther, u256(), hex_bytes("60205ffd"));
  FrameLog log;
  run().set_tracer(&log);
  ASSERT_TRUE(run().apply(transaction(kContract)));
  const Address created = create_address(kContract, 0);
  const std::vector<std::string> expected = {
      "0>0xcc00 in 0", "1>0x0000 in 0", "<0 out 32", "1>0xdd00 in 0",
      "<1 out 32",     "1>0x1100 in 0", "<0 out 0",  "1>" + to_hex(created).substr(0, 6) + " in 0",
      "<0 out 0",      "<0 out 0"};
  EXPECT_EQ(log.lines, expected);
}

}  // namespace
}  // namespace atlas::stf
