// Transactions from L1: they are total, and what they mint is accounted for. And the contracts that speak to L1.
#include <random>

#include <gtest/gtest.h>

#include <crypto/keccak.hpp>
#include <stf/batch_fixture.hpp>
#include <stf/placements.hpp>
#include <stf/system_contracts.hpp>
#include <types/l2_to_l1_log.hpp>

namespace atlas::stf {
namespace {

using test::from_l1;
using test::TestChain;
using test::Wallet;

const Wallet kAlice(1);
constexpr Address kOperator{{0xc0}};
constexpr Address kL1Sender{{0x51}};
constexpr Address kRefund{{0x77}};
constexpr Address kTarget{{0x99}};
constexpr Address kReverter{{0x9a}};
constexpr Address kBurner{{0x9b}};
constexpr Address kWriter{{0x9c}};

GenesisAccount account(const Address& address, const u256& balance, Bytes code = {}) {
  GenesisAccount out;
  out.address = address;
  out.balance = balance;
  out.code = std::move(code);
  if (!out.code.empty()) out.nonce = 1;
  return out;
}

class L1 : public testing::Test {
 protected:
  TestChain chain{ChainRules{},
                  {account(kAlice.address, u256::power_of_two(70)), account(kReverter, u256(), {0x5f, 0x5f, 0xfd}),
                   account(kBurner, u256(), {0xfe}),
                   // sstore(calldata word, 1)
                   account(kWriter, u256(), {0x60, 0x01, 0x5f, 0x35, 0x55, 0x00})}};

  u256 balance(const Address& address) const {
    const auto found = chain.state.account(address);
    return found ? found->balance : u256();
  }
  u256 supply() const {
    u256 sum;
    for (const auto& [address, entry] : chain.state.accounts) sum += entry.account.balance;
    return sum;
  }
  const Receipt& include(const SignedTransaction& tx) {
    EXPECT_TRUE(chain.add_block({tx}, {0, kOperator, {}}).empty());
    return chain.blocks.back().receipts.back();
  }
  static SignedTransaction changed(SignedTransaction tx, auto change) {
    change(tx.tx);
    return *decode_l1_transaction(encode_l1_transaction(tx.tx));
  }
};

TEST_F(L1, DepositPaysValueFeeAndRefund) {
  const SignedTransaction tx = from_l1(TxType::kPriority, 0, kL1Sender, kTarget, u256(1'234));
  const Receipt& receipt = include(tx);
  EXPECT_TRUE(receipt.success);
  EXPECT_EQ(receipt.type, TxType::kPriority);
  // Published: sender and target, new, the log, and what comes for each such transaction; 800 gas a byte is more than
  // the execution's gas.
  EXPECT_GT(receipt.gas_used, 21'000u);
  EXPECT_EQ(receipt.gas_used, 800u * (32 + 1 + 2 + 88 + 65));
  EXPECT_EQ(receipt.effective_gas_price, u256(1'000));
  const u256 fee = u256(1'000) * u256(receipt.gas_used);
  EXPECT_EQ(balance(kTarget), u256(1'234));
  EXPECT_EQ(balance(kOperator), fee);
  EXPECT_EQ(balance(kL1Sender), u256());
  EXPECT_EQ(balance(kRefund), tx.tx.l1->mint - fee - u256(1'234));
  EXPECT_FALSE(chain.state.account(kL1Sender));  // minted and spent: no nonce either
}

TEST_F(L1, FailureRefundsEverythingButTheFee) {
  for (const Address& to : {kReverter, kBurner}) {
    const u256 before = balance(kRefund);
    const u256 operator_before = balance(kOperator);
    const SignedTransaction tx = from_l1(TxType::kPriority, 0, kL1Sender, to, u256(1'234));
    const Receipt& receipt = include(tx);
    EXPECT_FALSE(receipt.success);
    EXPECT_EQ(balance(to), u256());
    const u256 fee = u256(1'000) * u256(receipt.gas_used);
    EXPECT_EQ(balance(kRefund) - before, tx.tx.l1->mint - fee);
    EXPECT_EQ(balance(kOperator) - operator_before, fee);
    if (to == kBurner) {
      EXPECT_EQ(receipt.gas_used, tx.tx.gas_limit);
    }
    const auto sent = l1_messages(tx, receipt);
    ASSERT_EQ(sent.logs.size(), 1u);
    EXPECT_TRUE(sent.logs[0].value.is_zero());
  }
}

// ---- Upgrades that place code

struct Placed {
  Address at;
  Bytes code;
};
Bytes placing(const std::vector<Placed>& codes, const std::optional<Address>& call = {}, const Bytes& data = {}) {
  Bytes out{0, 0, 0, static_cast<u8>(codes.size())};
  for (const Placed& item : codes) {
    append(out, item.at);
    append(out, Bytes{0, 0, static_cast<u8>(item.code.size() >> 8), static_cast<u8>(item.code.size())});
    append(out, item.code);
  }
  if (call) append(out, *call);
  append(out, data);
  return out;
}

class Upgrades : public L1 {
 protected:
  const Receipt& upgrade(Bytes data) {
    return include(from_l1(TxType::kUpgrade, 0, kL1Sender, kDeployerAddress, {}, std::move(data)));
  }
  Bytes code(const Address& address) const {
    const auto found = chain.state.account(address);
    const ByteView view = found ? chain.state.code(found->code_hash) : ByteView{};
    return {view.begin(), view.end()};
  }
};
const Bytes kConstant{0x60, 0x2a, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3};
constexpr Address kFresh{{0xf2}};

TEST_F(Upgrades, PlaceCodeAndKeepTheRest) {
  include(kAlice.call(chain.rules, 0, kWriter, Bytes(32, 0x01)));
  const u256 slot = u256::from_be(Hash256::from(Bytes(32, 0x01)));
  ASSERT_EQ(chain.state.storage(kWriter, slot), u256(1));
  EXPECT_TRUE(upgrade(placing({{kFresh, kConstant}, {kWriter, kConstant}, {kBaseTokenAddress, kConstant}})).success);
  EXPECT_EQ(code(kFresh), kConstant);
  EXPECT_EQ(chain.state.account(kFresh)->nonce, 1u);
  EXPECT_EQ(code(kWriter), kConstant);
  EXPECT_EQ(code(kBaseTokenAddress), kConstant);
  EXPECT_EQ(chain.state.storage(kWriter, slot), u256(1));
  // Taken away again: the nonce stays, so that storage never stands alone (EIP-7610).
  EXPECT_TRUE(upgrade(placing({{kWriter, {}}})).success);
  EXPECT_EQ(code(kWriter), Bytes{});
  EXPECT_GE(chain.state.account(kWriter)->nonce, 1u);
}

TEST_F(Upgrades, CallWhatTheyPlaced) {
  const Bytes writer{0x60, 0x01, 0x5f, 0x35, 0x55, 0x00};
  EXPECT_TRUE(upgrade(placing({{kFresh, writer}}, kFresh, Bytes(32, 0x02))).success);
  EXPECT_EQ(chain.state.storage(kFresh, u256::from_be(Hash256::from(Bytes(32, 0x02)))), u256(1));
}

TEST_F(Upgrades, PlaceAllOrNothing) {
  const Bytes good = placing({{kFresh, kConstant}});
  std::vector<Bytes> bad{placing({{kFresh, kConstant}}, kReverter),
                         placing({{kFresh, kConstant}}, kBurner),
                         placing({{kFresh, {0xef, 0x01}}}),
                         placing({{kFresh, Bytes(24'577)}}),
                         {0xff, 0xff, 0xff, 0xff},
                         Bytes(good.begin(), good.end() - 1),
                         Bytes(good.begin(), good.begin() + 20),
                         {}};
  bad.push_back(good);
  bad.back().push_back(0x01);  // less than an address to call
  for (const Bytes& data : bad) {
    EXPECT_FALSE(upgrade(data).success) << to_hex(data);
    EXPECT_FALSE(chain.state.account(kFresh)) << to_hex(data);
  }
}

TEST_F(Upgrades, AreTheOnlyOnesToPlaceCode) {
  const Bytes data = placing({{kFresh, kConstant}});
  EXPECT_TRUE(include(kAlice.call(chain.rules, 0, kDeployerAddress, data)).success);
  EXPECT_TRUE(include(from_l1(TxType::kPriority, 0, kL1Sender, kDeployerAddress, {}, data)).success);
  EXPECT_TRUE(include(from_l1(TxType::kUpgrade, 1, kL1Sender, kTarget, {}, data)).success);
  EXPECT_FALSE(chain.state.account(kFresh));
}

TEST_F(L1, ValueBeyondTheMintComesFromTheSender) {
  // What L1 should have refused: mint covers the fee alone.
  const auto poor = changed(from_l1(TxType::kPriority, 0, kL1Sender, kTarget, u256(500)),
                            [](Transaction& t) { t.l1->mint = t.max_fee_per_gas * u256(t.gas_limit); });
  EXPECT_FALSE(include(poor).success);
  EXPECT_EQ(balance(kTarget), u256());
  const auto rich = changed(from_l1(TxType::kPriority, 1, kAlice.address, kTarget, u256(500)),
                            [](Transaction& t) { t.l1->mint = t.max_fee_per_gas * u256(t.gas_limit) + u256(100); });
  const u256 before = balance(kAlice.address);
  EXPECT_TRUE(include(rich).success);
  EXPECT_EQ(balance(kTarget), u256(500));
  EXPECT_EQ(before - balance(kAlice.address), u256(400));
  EXPECT_EQ(chain.state.account(kAlice.address)->nonce, 0u);  // neither checked nor raised
}

TEST_F(L1, PubdataIsPaidAtTheRateThatL1Fixed) {
  Bytes slot(32, 0x5a);
  const auto tx = from_l1(TxType::kPriority, 0, kL1Sender, kWriter, {}, slot);
  const u64 gas = include(tx).gas_used;
  EXPECT_GE(gas, 800u * (33 + 88));
  // Not enough gas for it: all of it fails, and all gas is gone.
  slot[0] = 1;
  const auto tight = changed(from_l1(TxType::kPriority, 1, kL1Sender, kWriter, {}, slot),
                             [&](Transaction& t) { t.gas_limit = gas - 1; });
  const Receipt& failed = include(tight);
  EXPECT_FALSE(failed.success);
  EXPECT_EQ(failed.gas_used, gas - 1);
  EXPECT_EQ(chain.state.storage(kWriter, u256::from_be(slot.data())), u256());
}

// No request whatever stops the queue, and no wei is lost or made.
TEST_F(L1, AnyRequestIsIncluded) {
  std::mt19937_64 random(5);
  const auto below = [&](u64 n) { return random() % n; };
  const Address places[] = {kL1Sender,
                            kTarget,
                            kReverter,
                            kBurner,
                            kWriter,
                            kOperator,
                            kRefund,
                            Address{},
                            kBaseTokenAddress,
                            kL1MessengerAddress,
                            kBootloaderAddress,
                            u256(1).to_address(),
                            u256(8).to_address(),
                            kAlice.address};
  const u256 amounts[] = {u256(), u256(1), u256(1'000), u256::power_of_two(40), u256::power_of_two(100)};
  u64 succeeded = 0;
  for (int round = 0; round < 2'000; ++round) {
    const auto tx = changed(from_l1(TxType::kPriority, 0, places[below(14)], places[below(14)]), [&](Transaction& t) {
      t.gas_limit = below(4) == 0 ? random() >> below(64) : 21'000 + below(300'000);
      t.max_fee_per_gas = below(8) == 0 ? u256::max() >> static_cast<unsigned>(below(256)) : u256(below(2'000));
      t.value = below(12) == 0 ? u256::max() : amounts[below(5)];
      t.data = Bytes(below(100), static_cast<u8>(below(3)));
      t.l1->mint = below(3) == 0 ? amounts[below(5)] : u256(2'000 * 400'000) + t.value % u256::power_of_two(101);
      t.l1->gas_per_pubdata_byte = below(10) == 0 ? u256::max() : u256(below(1'000));
      t.l1->refund_recipient = places[below(14)];
      for (u64 n = below(3); n > 0; --n) t.l1->factory_deps.push_back(u256(n));
    });
    const u256 before = supply();
    const Receipt& receipt = include(tx);
    ASSERT_EQ(supply(), before + tx.tx.l1->mint);
    ASSERT_LE(receipt.gas_used, u64{1} << 24);
    succeeded += receipt.success;
    if (chain.blocks.size() == 100) chain.seal();
  }
  EXPECT_GT(succeeded, 400u);
}

TEST_F(L1, UpgradeIsFree) {
  const auto tx = from_l1(TxType::kUpgrade, 30, Address{{0x80}}, kWriter, {}, Bytes(32, 3));
  EXPECT_TRUE(include(tx).success);
  EXPECT_EQ(chain.state.storage(kWriter, u256::from_be(Bytes(32, 3).data())), u256(1));
  EXPECT_EQ(balance(kOperator), u256());
  // Second in its block: refused, and nothing happens.
  EXPECT_EQ(chain.add_block({kAlice.call(chain.rules, 0, kTarget), tx}), std::vector{TxError::kUpgradeNotFirst});
}

// ---- Contracts ----

Bytes encode(std::string_view signature, std::initializer_list<u256> words) {
  const Hash256 hash = crypto::keccak256(as_bytes(signature));
  Bytes out(hash.begin(), hash.begin() + 4);
  for (const u256& w : words) append(out, w.to_be());
  return out;
}
Bytes word(const u256& w) {
  const Hash256 be = w.to_be();
  return Bytes(be.begin(), be.end());
}
Bytes with_bytes(Bytes head, const Bytes& bytes) {
  append(head, u256(bytes.size()).to_be());
  append(head, bytes);
  head.resize(head.size() + (32 - bytes.size() % 32) % 32);
  return head;
}

class SystemContracts : public L1 {
 protected:
  u64 nonce = 0;
  const Receipt& call(const Address& to, Bytes data, u64 value = 0) {
    return include(kAlice.call(chain.rules, nonce++, to, std::move(data), u256(value)));
  }
};

TEST_F(SystemContracts, MessengerSendsAnyMessage) {
  for (const std::size_t size : {0u, 1u, 31u, 32u, 33u, 1'000u}) {
    Bytes message(size, 0x5a);
    const Receipt& receipt = call(kL1MessengerAddress, with_bytes(encode("sendToL1(bytes)", {u256(32)}), message));
    ASSERT_TRUE(receipt.success);
    ASSERT_EQ(receipt.logs.size(), 1u);
    const Log& log = receipt.logs[0];
    EXPECT_EQ(log.topics,
              (std::vector<Hash256>{crypto::keccak256(as_bytes("L1MessageSent(address,bytes32,bytes)")),
                                    u256::from_address(kAlice.address).to_be(), crypto::keccak256(message)}));
    EXPECT_EQ(log.data, with_bytes(word(u256(32)), message));
    const auto sent = l1_messages(chain.blocks.back().transactions[0], receipt);
    ASSERT_EQ(sent.messages.size(), 1u);
    EXPECT_EQ(Bytes(sent.messages[0].begin(), sent.messages[0].end()), message);
  }
}

TEST_F(SystemContracts, MessengerRefusesWhatIsNoMessage) {
  const Bytes good = with_bytes(encode("sendToL1(bytes)", {u256(32)}), Bytes(40, 1));
  EXPECT_FALSE(call(kL1MessengerAddress, good, 1).success);  // value
  EXPECT_FALSE(call(kL1MessengerAddress, {}).success);
  EXPECT_FALSE(call(kL1MessengerAddress, encode("sendToL2(bytes)", {u256(32)})).success);
  EXPECT_FALSE(call(kL1MessengerAddress, Bytes(good.begin(), good.begin() + 4)).success);
  EXPECT_FALSE(call(kL1MessengerAddress, Bytes(good.begin(), good.begin() + 4 + 32 + 31)).success);  // no length
  EXPECT_FALSE(call(kL1MessengerAddress, Bytes(good.begin(), good.begin() + 4 + 64 + 39)).success);  // cut short
  EXPECT_TRUE(call(kL1MessengerAddress, Bytes(good.begin(), good.begin() + 4 + 64 + 40)).success);   // padding is free
  for (const u256& offset : {u256::max(), u256::power_of_two(64), u256(u64{1} << 32), u256(100)}) {
    EXPECT_FALSE(call(kL1MessengerAddress, with_bytes(encode("sendToL1(bytes)", {offset}), {})).success);
  }
  EXPECT_FALSE(
      call(kL1MessengerAddress, encode("sendToL1(bytes)", {u256(32), u256::max(), u256()})).success);  // length
}

TEST_F(SystemContracts, WithdrawalBurnsAndSaysSo) {
  const Receipt& receipt = call(kBaseTokenAddress, encode("withdraw(address)", {u256::from_address(kTarget)}), 777);
  ASSERT_TRUE(receipt.success);
  const auto sent = l1_messages(chain.blocks.back().transactions[0], receipt);
  ASSERT_EQ(sent.messages.size(), 1u);
  Bytes message = *from_hex("6c0960f9");
  append(message, kTarget);
  append(message, u256(777).to_be());
  EXPECT_EQ(Bytes(sent.messages[0].begin(), sent.messages[0].end()), message);
  EXPECT_EQ(sent.logs[0].key, u256::from_address(kBaseTokenAddress).to_be());
  EXPECT_EQ(sent.logs[0].value, crypto::keccak256(message));
  ASSERT_EQ(receipt.logs.size(), 2u);
  EXPECT_EQ(receipt.logs[1].address, kBaseTokenAddress);
  EXPECT_EQ(receipt.logs[1].topics,
            (std::vector<Hash256>{crypto::keccak256(as_bytes("Withdrawal(address,address,uint256)")),
                                  u256::from_address(kAlice.address).to_be(), u256::from_address(kTarget).to_be()}));
  EXPECT_EQ(u256::from_be(receipt.logs[1].data.data()), u256(777));
  EXPECT_EQ(balance(kBaseTokenAddress), u256(777));
}

TEST_F(SystemContracts, WithdrawalWithMessage) {
  for (const std::size_t size : {0u, 5u, 12u, 32u, 77u}) {
    const Bytes extra(size, 0x3c);
    const Receipt& receipt = call(
        kBaseTokenAddress,
        with_bytes(encode("withdrawWithMessage(address,bytes)", {u256::from_address(kTarget), u256(64)}), extra), 9);
    ASSERT_TRUE(receipt.success);
    Bytes message = *from_hex("6c0960f9");
    append(message, kTarget);
    append(message, u256(9).to_be());
    append(message, kAlice.address);
    append(message, extra);
    const auto sent = l1_messages(chain.blocks.back().transactions[0], receipt);
    EXPECT_EQ(Bytes(sent.messages[0].begin(), sent.messages[0].end()), message);
    Bytes data = word(u256(9));
    append(data, u256(64).to_be());
    EXPECT_EQ(receipt.logs[1].data, with_bytes(data, extra));
    EXPECT_EQ(receipt.logs[1].topics[0],
              crypto::keccak256(as_bytes("WithdrawalWithMessage(address,address,uint256,bytes)")));
  }
}

TEST_F(SystemContracts, WithdrawalRefusesBadCalls) {
  const Bytes good = encode("withdraw(address)", {u256::from_address(kTarget)});
  EXPECT_FALSE(call(kBaseTokenAddress, {}, 5).success);  // a plain payment would be lost
  EXPECT_FALSE(call(kBaseTokenAddress, Bytes(good.begin(), good.begin() + 35), 5).success);
  EXPECT_FALSE(call(kBaseTokenAddress, encode("withdraw(address)", {u256::max()}), 5).success);
  const auto to = u256::from_address(kTarget);
  EXPECT_FALSE(call(kBaseTokenAddress, encode("withdrawWithMessage(address,bytes)", {to}), 5).success);
  EXPECT_FALSE(
      call(kBaseTokenAddress, encode("withdrawWithMessage(address,bytes)", {to, u256(64), u256(1)}), 5).success);
  EXPECT_FALSE(call(kBaseTokenAddress, encode("withdrawWithMessage(address,bytes)", {to, u256::max()}), 5).success);
  EXPECT_EQ(balance(kBaseTokenAddress), u256());
  EXPECT_FALSE(call(kBootloaderAddress, {}, 5).success);
}

}  // namespace
}  // namespace atlas::stf
