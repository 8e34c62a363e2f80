// What transactions cost beside gas: the sums, and that what does not pay fails whole.
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include <gtest/gtest.h>

#include <evm/native_costs.hpp>
#include <evm/precompile.hpp>
#include <stf/batch_fixture.hpp>
#include <stf/metering.hpp>

namespace atlas::stf {
namespace {

using test::TestChain;
using test::Wallet;

const Wallet kAlice(1);
constexpr Address kOperator{{0xc0}};
constexpr Address kTarget{{0x99}};
constexpr Address kWriter{{0x9c}};
constexpr Address kLoop{{0x9d}};
constexpr Address kTrying{{0x9e}};

TEST(GasFor, RoundsUpAndSaturates) {
  const BlockPrices prices{3, 1'000};
  EXPECT_EQ(gas_for(0, 0, prices, u256(10)), 0u);
  EXPECT_EQ(gas_for(10, 0, prices, u256(10)), 3u);
  EXPECT_EQ(gas_for(10, 1, prices, u256(10)), 103u);
  EXPECT_EQ(gas_for(11, 0, prices, u256(10)), 4u);
  EXPECT_EQ(gas_for(1, 1, prices, u256::max()), 1u);
  EXPECT_EQ(gas_for(1, 1, {}, u256(1)), 0u);
  EXPECT_EQ(gas_for(1, 1, prices, u256()), 0u);
  EXPECT_EQ(gas_for(~u64{0}, ~u64{0}, {~u64{0}, ~u64{0}}, u256(1)), ~u64{0});
}

TEST(GasFor, LimitIsItsInverse) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 1'000; ++i) {
    const BlockPrices prices{1 + random() % 100'000, 0};
    const u256 price(1 + random() % 1'000'000'000);
    const u64 gas = random() % (u64{1} << 24);
    const u64 limit = native_limit(gas, prices, price);
    EXPECT_LE(gas_for(limit, 0, prices, price), gas);
    EXPECT_GT(gas_for(limit + 1, 0, prices, price), gas);
  }
}

TEST(SlotPubdata, IsWhatPubdataTake) {
  EXPECT_EQ(slot_pubdata(u256(5), u256(5)), 0u);
  EXPECT_EQ(slot_pubdata(u256(), u256(5)), 32u + 1 + 1);
  EXPECT_EQ(slot_pubdata(u256(), u256::max()), 32u + 1 + 32);
  EXPECT_EQ(slot_pubdata(u256::power_of_two(200), u256::power_of_two(200) + u256(300)), 4u + 1 + 2);
  EXPECT_EQ(slot_pubdata(u256::power_of_two(200), u256::power_of_two(200) - u256(300)), 4u + 1 + 2);
  EXPECT_EQ(slot_pubdata(u256(7), u256()), 4u + 1);
}

class Metering : public testing::Test {
 protected:
  static GenesisAccount contract(const Address& address, Bytes code) {
    GenesisAccount out;
    out.address = address;
    out.nonce = 1;
    out.code = std::move(code);
    return out;
  }
  static GenesisAccount rich(const Address& address) {
    GenesisAccount out;
    out.address = address;
    out.balance = u256::power_of_two(80);
    return out;
  }
  TestChain chain{ChainRules{},
                  {rich(kAlice.address),
                   contract(kWriter, {0x60, 0x20, 0x35, 0x5f, 0x35, 0x55, 0x00}),  // sstore(word 0, word 1)
                                                                                   // mulmod(7, 7, 7), for ever
                   contract(kLoop, *from_hex("5b6007600760070950600056")),
                   // calls kLoop with 200,000 gas and then stores 1
                   contract(kTrying, {})}};
  BlockPrices prices;
  u64 nonce = 0;

  Metering() {
    Bytes code = *from_hex("5f5f5f5f5f73");
    append(code, kLoop);
    append(code, *from_hex("62030d40f15060015f5500"));
    chain.state.put(kTrying, u256(), code, 1);
    chain.before = chain.state;
  }
  Receipt include(const SignedTransaction& tx) {
    EXPECT_TRUE(chain.add_block({tx}, {0, kOperator, prices}).empty());
    return chain.blocks.back().receipts.back();
  }
  Receipt call(const Address& to, Bytes data = {}, u64 gas = 1'000'000, u64 value = 0) {
    return include(kAlice.call(chain.rules, nonce++, to, std::move(data), u256(value), gas));
  }
  /// wei a gas that the next transaction pays: no tip.
  u64 gas_price() const { return next_base_fee(chain.head, 250, u256(chain.rules.base_fee_floor_wei)).low_u64(); }
};

Bytes words(std::initializer_list<u256> values) {
  Bytes out;
  for (const u256& v : values) append(out, v.to_be());
  return out;
}

TEST_F(Metering, CostsNothingAtPriceZero) {
  EXPECT_EQ(call(kTarget, {}, 21'000, 5).gas_used, 21'000u);
  EXPECT_EQ(call(kWriter, words({u256(1), u256::max()})).gas_used, 21'000u + 31 * 4 + 33 * 16 + 22'100 + 11);
}

TEST_F(Metering, PubdataBeyondTheGasPaidIsAdded) {
  // Sender: index, tag, nine bytes; receiver: key, tag, one byte.
  constexpr u64 kBytes = 4 + 1 + 9 + 32 + 1 + 1;
  prices.pubdata = gas_price() * 1'000;
  EXPECT_EQ(call(kTarget, {}, 100'000, 5).gas_used, kBytes * 1'000);
  // Below the gas paid it costs nothing more.
  prices.pubdata = gas_price() * 100;
  EXPECT_EQ(call(kTarget, {}, 100'000, 5).gas_used, 21'000u);
}

TEST_F(Metering, NativeBeyondTheGasPaidIsAdded) {
  const u64 plain = call(kTarget, {}, 100'000, 5).gas_used;
  prices.native = gas_price();  // a gas a cycle
  const Receipt receipt = call(kTarget, {}, 1'000'000, 5);
  EXPECT_TRUE(receipt.success);
  EXPECT_GT(receipt.gas_used, plain);
  EXPECT_EQ(receipt.gas_used, evm::native::kTransaction + evm::native::kFrame);
}

TEST_F(Metering, WhoDoesNotPayFailsWhole) {
  prices.pubdata = gas_price() * 1'000;
  const Receipt paid = call(kWriter, words({u256(1), u256::max()}));
  ASSERT_TRUE(paid.success);
  // One gas less, and everything but nonce and fee is undone.
  const u256 before = chain.state.account(kAlice.address)->balance;
  const u256 price(gas_price());
  const Receipt unpaid = call(kWriter, words({u256(2), u256::max()}), paid.gas_used - 1);
  EXPECT_FALSE(unpaid.success);
  EXPECT_EQ(unpaid.gas_used, paid.gas_used - 1);
  EXPECT_EQ(chain.state.storage(kWriter, u256(2)), u256());
  EXPECT_EQ(chain.state.account(kAlice.address)->nonce, nonce);
  EXPECT_EQ(before - chain.state.account(kAlice.address)->balance, price * u256(unpaid.gas_used));
  EXPECT_TRUE(unpaid.logs.empty());
}

TEST_F(Metering, UnpaidCreationRaisesTheNonce) {
  prices.pubdata = gas_price() * 10'000;
  const Receipt receipt =
      include(kAlice.call(chain.rules, nonce++, std::nullopt, *from_hex("60016000f3"), {}, 100'000));
  EXPECT_FALSE(receipt.success);
  EXPECT_EQ(receipt.gas_used, 100'000u);
  EXPECT_EQ(chain.state.account(kAlice.address)->nonce, nonce);
  EXPECT_FALSE(chain.state.account(create_address(kAlice.address, nonce - 1)));
}

// protocol.md, "Fees": never one frame alone, so that gasleft() and the 63/64 rule stay Ethereum's.
TEST_F(Metering, ACalleeThatBurnsNativeFailsTheTransaction) {
  EXPECT_TRUE(call(kTrying).success);
  // At a price at which the callee's gas does not pay for its cycles.
  prices.native = gas_price() / 4;
  const Receipt receipt = call(kTrying);
  EXPECT_FALSE(receipt.success);
  EXPECT_EQ(receipt.gas_used, 1'000'000u);
}

// Sends as many bytes of memory as its first word says, and stores whether that went well.
Bytes sender_code(u64 size) {
  const auto push3 = [](Bytes& out, u64 v) {
    out.push_back(0x62);
    for (const unsigned shift : {16u, 8u, 0u}) out.push_back(static_cast<u8>(v >> shift));
  };
  Bytes code = *from_hex("6362f84b245f526020602052");  // selector, offset
  push3(code, size);
  append(code, *from_hex("6040525f5f"));
  push3(code, size + 68);
  append(code, *from_hex("601c5f6180085af15f5500"));  // CALL(gas, 0x8008, 0, 28, size + 68, 0, 0); SSTORE(0, ok)
  return code;
}

TEST_F(Metering, MoreThanABatchHoldsFails) {
  constexpr u64 kGas = u64{1} << 24;
  chain.state.put(kTarget, u256(), sender_code(700'000), 1);
  const Receipt fits = call(kTarget, {}, kGas);
  EXPECT_TRUE(fits.success);
  EXPECT_EQ(fits.logs.size(), 1u);
  chain.state.put(kTarget, u256(), sender_code(770'000), 1);
  const Receipt does_not = call(kTarget, {}, kGas);
  EXPECT_FALSE(does_not.success);
  EXPECT_EQ(does_not.gas_used, kGas);
  EXPECT_TRUE(does_not.logs.empty());
}

TEST_F(Metering, ABlockTakesNoMoreThanABatchHolds) {
  constexpr u64 kGas = u64{1} << 24;
  chain.state.put(kTarget, u256(), sender_code(500'000), 1);
  const SignedTransaction first = kAlice.call(chain.rules, 0, kTarget, {}, {}, kGas);
  const SignedTransaction second = kAlice.call(chain.rules, 1, kTarget, {}, {}, kGas);
  EXPECT_EQ(chain.add_block({first, second}, {0, kOperator, {}}), std::vector{TxError::kBlockFull});
  EXPECT_EQ(chain.state.account(kAlice.address)->nonce, 1u);  // nothing of it happened
  EXPECT_TRUE(chain.add_block({second}, {0, kOperator, {}}).empty());
}

// Nobody publishes a validium's pubdata, but a batch of it is bounded all the same.
TEST(MeteringOfAValidium, ABlockTakesNoMoreThanABatchHolds) {
  constexpr u64 kGas = u64{1} << 24;
  ChainRules rules;
  rules.da = DaScheme::kValidium;
  GenesisAccount sender;
  sender.address = kAlice.address;
  sender.balance = u256::power_of_two(90);
  GenesisAccount filler;  // fills slots from its call's first word on until its gas is nearly gone
  filler.address = kTarget;
  filler.nonce = 1;
  filler.code = *from_hex(
      "5f355b5f198155600101"
      "5a617530106002"
      "5700");
  test::TestChain chain{rules, {sender, filler}};
  std::vector<SignedTransaction> transactions;
  for (u64 i = 0; i < 24; ++i) {
    transactions.push_back(kAlice.call(rules, i, kTarget, words({u256(i << 32)}), {}, kGas));
  }
  const auto errors = chain.add_block(transactions, {0, kOperator, {}});
  ASSERT_FALSE(errors.empty());
  EXPECT_EQ(errors.front(), TxError::kBlockFull);
  const auto sealed = chain.seal();
  EXPECT_LE(sealed.pubdata.size(), kBatchPubdataMax);
  EXPECT_GT(sealed.pubdata.size(), kBatchPubdataMax / 10 * 9);
}

// ---- Code that is looked up

class CodeLimit : public testing::Test {
 protected:
  static constexpr u64 kFirst = 0x100000;
  static constexpr u64 kContracts = 2'200;
  static constexpr u64 kCodeSize = 24'576;

  static std::vector<GenesisAccount> genesis() {
    std::vector<GenesisAccount> out(2);
    out[0].address = kAlice.address;
    out[0].balance = u256::power_of_two(90);
    out[1].address = kTarget;  // EXTCODESIZE of every address from its call's first word to the second
    out[1].nonce = 1;
    out[1].code = *from_hex(
        "5f355b803b5060010180602035116002"
        "5700");
    for (u64 i = 0; i < kContracts; ++i) {
      GenesisAccount contract;
      contract.address = u256(kFirst + i).to_address();
      contract.nonce = 1;
      contract.code = Bytes(kCodeSize, 0x5b);
      out.push_back(std::move(contract));
    }
    return out;
  }
  SignedTransaction look(u64 from, u64 count) {
    return kAlice.call(chain.rules, nonce++, kTarget, words({u256(kFirst + from), u256(kFirst + from + count)}), {},
                       4'000'000);
  }
  TestChain chain{ChainRules{}, genesis()};
  u64 nonce = 0;
};

TEST_F(CodeLimit, ATransactionBeyondItFailsWhole) {
  constexpr u64 kMost = kTransactionCodeMax / kCodeSize - 1;  // the caller's own code counts too
  EXPECT_TRUE(chain.add_block({look(0, kMost), look(0, kMost + 2)}, {0, kOperator, {}}).empty());
  EXPECT_TRUE(chain.receipt(0, 0).success);
  EXPECT_FALSE(chain.receipt(0, 1).success);
  EXPECT_EQ(chain.receipt(0, 1).gas_used, 4'000'000u);
  // What the one before looked up does not count against the next.
  EXPECT_TRUE(chain.add_block({look(700, kMost)}, {0, kOperator, {}}).empty());
  EXPECT_TRUE(chain.receipt(1, 0).success);
  chain.seal();
}

TEST_F(CodeLimit, ABlockTakesNoMoreThanItHolds) {
  std::vector<SignedTransaction> transactions;
  for (u64 from = 0; from + 500 <= kContracts; from += 500) {
    transactions.push_back(look(from, 500));
    transactions.push_back(look(from, 500));  // the same once more counts once
  }
  const SignedTransaction next = look(2'000, 150);
  transactions.push_back(next);
  ASSERT_EQ(transactions.size(), 9u);
  // Four times 12.3 MB are 49.2 MB, less than 50.3; 3.7 MB more are not.
  EXPECT_EQ(chain.add_block(transactions, {0, kOperator, {}}), std::vector{TxError::kBlockFull});
  EXPECT_TRUE(chain.add_block({next}, {0, kOperator, {}}).empty());
  chain.seal();
}

// What is metered bounds what is published, over batches of random writes.
TEST_F(Metering, CountsNoLessThanIsPublished) {
  std::mt19937_64 random(9);
  const auto value = [&] {
    return u256(random(), random(), random(), random()) >> static_cast<unsigned>(random() % 256);
  };
  for (int batch = 0; batch < 6; ++batch) {
    u64 metered = kBatchPubdataOverhead;
    for (int block = 0; block < 4; ++block) {
      metered += kBlockPubdataOverhead;
      const BlockContext context = derive_context(chain.rules, chain.head, {chain.head.timestamp, kOperator, {}});
      std::vector<SignedTransaction> transactions;
      for (int i = 0; i < 5; ++i) {
        const u256 slot(random() % 8);
        if (random() % 4 == 0) {
          const Address to = u256(0x5000 + random() % 20).to_address();
          transactions.push_back(kAlice.call(chain.rules, nonce++, to, {}, u256(random() >> (random() % 60)), 21'000));
        } else {
          const u256 stored = random() % 5 == 0 ? u256() : value();
          transactions.push_back(kAlice.call(chain.rules, nonce++, kWriter, words({slot, stored})));
        }
      }
      const HistoryBlockHashes hashes(chain.state, chain.head.number, chain.head_hash);
      BlockExecutor executor(chain.state, context, hashes, chain.machine, stf_config(chain.rules));
      executor.begin_block(chain.head_hash);
      for (const SignedTransaction& tx : transactions) ASSERT_TRUE(executor.apply(tx).ok());
      metered += executor.pubdata_used();
      ASSERT_TRUE(chain.add_block(transactions, {0, kOperator, {}}).empty());
    }
    const std::size_t published = chain.seal().pubdata.size();
    EXPECT_LE(published, metered);
    EXPECT_GT(published, metered / 8);  // and not without any measure
  }
}

// docs/fees.md prints the tables; whoever changes one changes the other, and sees the worst ratio.
TEST(NativeTable, IsTheOneInTheDocumentation) {
  std::ifstream file("docs/fees.md");  // tests run in the repository's root
  ASSERT_TRUE(file) << "docs/fees.md is not below the working directory";
  std::map<std::string, std::pair<u64, u64>> rows;  // by number or address: gas, cycles
  for (std::string line; std::getline(file, line);) {
    std::istringstream in(line);
    std::string bar, key, name;
    u64 gas = 0, cycles = 0;
    if (in >> bar >> key >> bar >> name >> bar >> gas >> bar >> cycles && key.starts_with("0x"))
      rows[key] = {gas, cycles};
  }
  double worst = 0;
  for (unsigned opcode = 0; opcode < 256; ++opcode) {
    if (!evm::is_defined(static_cast<u8>(opcode), Fork::kOsaka)) continue;
    const std::string key = to_hex(Bytes{static_cast<u8>(opcode)});
    ASSERT_TRUE(rows.contains(key)) << key << " is not in docs/fees.md";
    const u64 gas = evm::traits_of(static_cast<u8>(opcode)).gas;
    EXPECT_EQ(rows[key], (std::pair<u64, u64>{gas, evm::kOpcodeNative[opcode]})) << key;
    EXPECT_GT(evm::kOpcodeNative[opcode], 0u) << key;
    if (gas != 0) worst = std::max(worst, static_cast<double>(evm::kOpcodeNative[opcode]) / static_cast<double>(gas));
  }
  EXPECT_LE(worst, 850.0) << "an opcode became dearer to prove for its gas: BLOCKHASH had 850";
  for (unsigned i = 1; i <= 0x100; ++i) {
    const Address address = u256(i).to_address();
    const evm::Precompile* precompile = evm::find_precompile(address, Fork::kOsaka);
    if (precompile == nullptr) continue;
    const std::string key = "0x" + to_hex(Bytes{static_cast<u8>(i >> 8), static_cast<u8>(i)}).substr(2);
    ASSERT_TRUE(rows.contains(key)) << "precompile " << key << " is not in docs/fees.md";
    EXPECT_EQ(rows[key], (std::pair<u64, u64>{1, precompile->native_per_gas})) << key;
    EXPECT_GT(precompile->native_per_gas, 0u);
    EXPECT_LE(precompile->native_per_gas, 4'000u);
  }
}

}  // namespace
}  // namespace atlas::stf
