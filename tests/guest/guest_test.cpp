// The batch program against native execution, and against witnesses that lie: each must end the program by the check
// that the lie meets, with no output. ATLAS_BATCH_ELF names the program (default: build/guest/batch.elf).
#include <functional>
#include <set>

#include "harness.hpp"
#include <gtest/gtest.h>

#include <crypto/keccak.hpp>
#include <state/tree/account_leaf.hpp>
#include <stf/batch_fixture.hpp>
#include <stf/placements.hpp>
#include <stf/system_contracts.hpp>

namespace atlas::guest_test {
namespace {

using stf::BatchInput;
using stf::Witness;
using stf::test::from_l1;
using stf::test::TestChain;
using stf::test::Wallet;

const Wallet kAlice(1);
const Wallet kBob(2);
constexpr Address kOperator{{0xc0}};
constexpr Address kReceiver{{0x99}};
constexpr Address kNobody{{0x98}};  // has no account

const BatchProgram& program() {
  static const BatchProgram loaded([] {
    const char* path = std::getenv("ATLAS_BATCH_ELF");
    return path != nullptr ? std::string(path) : std::string(ATLAS_SOURCE_DIR "/build/guest/batch.elf");
  }());
  return loaded;
}

stf::GenesisAccount funded(const Address& address) {
  stf::GenesisAccount account;
  account.address = address;
  account.balance = u256::power_of_two(70);
  return account;
}

// Stores its call's first word in the slot of the second, then returns slot 0.
stf::GenesisAccount store() {
  stf::GenesisAccount account;
  account.address = Address{{0x57}};
  account.nonce = 1;
  account.code = *from_hex("5f35602035555f545f5260205ff3");
  account.storage = {{u256(0), u256(7)}, {u256(1), u256(8)}};
  return account;
}
const Address kStore = store().address;

// Reads each slot that a word of its call data names.
stf::GenesisAccount reader() {
  stf::GenesisAccount account;
  account.address = Address{{0x58}};
  account.nonce = 1;
  account.code = *from_hex(
      "5f5b80355450602001803611600157"
      "00");
  return account;
}

// An upgrade's call data: new code at two addresses, one of them new, and a call of it.
Bytes upgrade_data() {
  const Address fresh{{0x5a}};
  const Bytes code = *from_hex("602a5f5500");  // stores 42 in slot 0
  Bytes data{0, 0, 0, 2};
  for (const Address& at : {fresh, reader().address}) {
    append(data, at);
    append(data, Bytes{0, 0, 0, static_cast<u8>(code.size())});
    append(data, code);
  }
  append(data, fresh);
  return data;
}

Bytes words(std::initializer_list<u64> values) {
  Bytes out;
  for (const u64 value : values) append(out, u256(value).to_be());
  return out;
}

stf::ChainRules rules() {
  stf::ChainRules r;
  r.da = stf::DaScheme::kCalldata;  // so that the public input covers every byte of pubdata
  return r;
}

class BatchProgramTest : public testing::Test {
 protected:
  TestChain chain{rules(), {funded(kAlice.address), funded(kBob.address), store(), reader()}};

  /// Two blocks: an upgrade, priority transactions, transfers, contract creation, new and changed slots, a log to L1.
  void fill() {
    const auto good = [&](const std::vector<SignedTransaction>& txs, u64 timestamp) {
      EXPECT_TRUE(chain.add_block(txs, {timestamp, kOperator, {}}).empty());
    };
    good({from_l1(TxType::kUpgrade, 1, Address{{0x80, 0x07}}, stf::kDeployerAddress, {}, upgrade_data()),
          from_l1(TxType::kPriority, 0, Address{{0x51}}, kReceiver, u256(1'000)),
          kAlice.call(chain.rules, 0, kReceiver, {}, u256(5), 21'000),
          kAlice.call(chain.rules, 1, kStore, words({9, 0})), kAlice.call(chain.rules, 2, kStore, words({1, 77}))},
         1'001);
    good({kBob.call(chain.rules, 0, std::nullopt, *from_hex("6001600c60003960016000f300"), {}, 200'000),
          kBob.call(chain.rules, 1, kStore, words({0, 1})),
          kBob.call(chain.rules, 2, kL1MessengerAddress,
                    [] {
                      const Hash256 hash = crypto::keccak256(as_bytes("sendToL1(bytes)"));
                      Bytes data(hash.begin(), hash.begin() + 4);
                      append(data, words({32, 3}));
                      data.resize(data.size() + 32, 0x11);
                      return data;
                    }())},
         1'002);
  }

  Result<std::vector<u32>, stf::BatchFailure> witness_of(const BatchInput& input) {
    evm::Evm machine;
    return stf::make_witness(input, chain.before, machine, chain.leaves.cursor());
  }

  /// The witness of the open batch, decoded; its views are into words_.
  Witness honest() {
    auto made = witness_of(chain.input());
    EXPECT_TRUE(made.ok());
    words_ = std::move(*made);
    return std::move(*stf::decode_witness(words_));
  }

  static void expect_halt(const GuestRun& run, const std::string& reason) {
    EXPECT_FALSE(run.halted) << "it committed " << to_hex(run.output);
    EXPECT_NE(run.fault.find(reason), std::string::npos) << "expected \"" << reason << "\", but: " << run.fault;
  }
  void expect_halt(const Witness& forged, const std::string& reason) {
    expect_halt(program().run(stf::encode_witness(forged)), reason);
  }

  std::vector<u32> words_;
};

TEST_F(BatchProgramTest, CommitsWhatNativeExecutionComesTo) {
  fill();
  for (int batch = 0; batch < 2; ++batch) {
    const BatchInput input = chain.input();
    const auto witness = witness_of(input);
    ASSERT_TRUE(witness.ok()) << stf::describe(witness.error().error);
    const auto native = chain.run(input);
    ASSERT_TRUE(native.ok());
    const Hash256 output_hash = stf::hash_batch_output(native->output);
    const Hash256 expected = stf::public_input(tree::state_commitment(input.before),
                                               tree::state_commitment(native->after), {&output_hash, 1});
    const GuestRun run = program().run(*witness);
    ASSERT_TRUE(run.halted) << run.fault;
    EXPECT_EQ(to_hex(run.output), to_hex(expected));
    // The same function natively: its receipts, roots and pubdata are behind the hash.
    EXPECT_EQ(to_hex(stf::execute_witness(*witness).public_input), to_hex(expected));
    chain.seal();
    chain.add_block({kAlice.call(chain.rules, 3, kNobody, {}, u256(1), 21'000)}, {3'000, kOperator, {}});
  }
}

TEST_F(BatchProgramTest, CodecKeepsEveryField) {
  fill();
  const Witness witness = honest();
  EXPECT_EQ(stf::encode_witness(witness), words_);
  EXPECT_EQ(witness.input.blocks.size(), 2u);
  EXPECT_EQ(witness.input.rules.da, stf::DaScheme::kCalldata);
  EXPECT_FALSE(witness.codes.empty());
}

// Slots that a table with a multiplier known to everybody would put into one chain, whatever its seed: they cost what
// any others do.
TEST_F(BatchProgramTest, PreparedKeysDoNotSlowTheTables) {
  constexpr u32 kKeys = 2'048;
  constexpr u64 kGas = 10'000'000;
  Bytes prepared;
  Bytes scattered;
  for (u32 i = 0; i < kKeys; ++i) {
    u256 key;
    for (unsigned pair = 0; pair < 4; ++pair) {
      const u64 high = (i >> (3 * pair) & 7) << 29;
      key |= u256(high | (high ^ high >> 15) << 32) << (64 * pair);
    }
    append(prepared, key.to_be());
    append(scattered, crypto::keccak256(key.to_be()));
  }
  const auto cycles_of = [&](Bytes data, u64 nonce) {
    const auto call = kAlice.call(chain.rules, nonce, reader().address, std::move(data), {}, kGas);
    EXPECT_TRUE(chain.add_block({call}, {2'000 + nonce, kOperator, {}}).empty());
    EXPECT_TRUE(chain.receipt(0, 0).success);
    const auto witness = witness_of(chain.input());
    EXPECT_TRUE(witness.ok());
    const GuestRun run = program().run(*witness);
    EXPECT_TRUE(run.halted) << run.fault;
    chain.seal();
    return run.cycles;
  };
  const u64 usual = cycles_of(std::move(scattered), 0);
  const u64 hostile = cycles_of(std::move(prepared), 1);
  RecordProperty("usual_cycles", std::to_string(usual));
  RecordProperty("hostile_cycles", std::to_string(hostile));
  EXPECT_LT(hostile, usual + usual / 20);
}

// The seed of the tables is the prover's to choose, and nothing follows from it but cycles.
TEST_F(BatchProgramTest, AnySeedComesToTheSame) {
  fill();
  Witness witness = honest();
  std::set<std::string> outputs;
  for (const u64 seed : {u64{0}, u64{1}, ~u64{0}, u64{0x8000000080000000}, u64{0x123456789abcdef0}}) {
    witness.hash_seed = seed;
    const GuestRun run = program().run(stf::encode_witness(witness));
    EXPECT_TRUE(run.halted) << run.fault;
    outputs.insert(to_hex(run.output));
  }
  EXPECT_EQ(outputs.size(), 1u);
}

// Every way to cut or stretch the words is refused, wherever it is cut.
TEST_F(BatchProgramTest, WordsThatAreNoWitness) {
  fill();
  honest();
  for (std::size_t size = 0; size < words_.size(); size += 1 + size / 40) {
    expect_halt(program().run(std::span(words_).first(size)), "ends within an item");
  }
  std::vector<u32> longer = words_;
  longer.push_back(0);
  expect_halt(program().run(longer), "words after the end of the multiproof");
  std::vector<u32> version = words_;
  version[0] = stf::kWitnessVersion + 1;
  expect_halt(program().run(version), "another version");
}

TEST_F(BatchProgramTest, ForgedInputs) {
  fill();
  const auto forge = [&](const char* reason, const std::function<void(BatchInput&)>& change) {
    SCOPED_TRACE(reason);
    Witness witness = honest();
    change(witness.input);
    expect_halt(witness, reason);
  };
  // Another state or parent than the ones that L1 knows do not fit each other or the leaves.
  forge("do not hash to the root", [](BatchInput& in) { in.before.tree.root.word[0] ^= 1; });
  forge("not the last block of the previous batch", [](BatchInput& in) { in.before.last_block_hash[0] ^= 1; });
  forge("not the last block of the previous batch", [](BatchInput& in) { ++in.before.last_block_number; });
  forge("not the last block of the previous batch", [](BatchInput& in) { ++in.before.last_timestamp; });
  forge("not the last block of the previous batch", [](BatchInput& in) { in.parent.gas_used += 1; });
  forge("not the last block of the previous batch", [](BatchInput& in) { in.parent.base_fee_per_gas = u256(1); });
  forge("not below the tree's next index", [](BatchInput& in) { in.before.tree.next_index = 1; });
  // Rules.
  forge("other chain rules", [](BatchInput& in) { ++in.rules.chain_id; });
  forge("other chain rules", [](BatchInput& in) { ++in.rules.gas_limit; });
  forge("other chain rules", [](BatchInput& in) { --in.rules.base_fee_floor_wei; });
  forge("other chain rules", [](BatchInput& in) { ++in.rules.base_fee_denominator; });
  forge("other chain rules", [](BatchInput& in) { ++in.rules.price_caps.native; });
  forge("other chain rules", [](BatchInput& in) { ++in.rules.price_caps.pubdata; });
  forge("other chain rules", [](BatchInput& in) { in.rules.da = stf::DaScheme::kValidium; });
  forge("other chain rules", [](BatchInput& in) { in.rules.l1.bridgehub[3] ^= 1; });
  // Choices.
  forge("before its parent", [](BatchInput& in) { in.blocks[1].timestamp = in.blocks[0].timestamp - 1; });
  forge("native price is above", [](BatchInput& in) { in.blocks[0].prices.native = ~u64{0}; });
  forge("pubdata price is above", [](BatchInput& in) { in.blocks[0].prices.pubdata = ~u64{0}; });
  forge("at least one block", [](BatchInput& in) { in.blocks.clear(); });
  forge("one versioned hash", [](BatchInput& in) { in.blob_hashes.push_back(Hash256{{1}}); });
  // Transactions that cannot be included where they stand.
  forge("cannot be included",
        [](BatchInput& in) { in.blocks[0].transactions.push_back(in.blocks[0].transactions[2]); });
  forge("cannot be included",
        [](BatchInput& in) { std::swap(in.blocks[0].transactions[3], in.blocks[0].transactions[4]); });
  forge("cannot be included",
        [](BatchInput& in) { std::swap(in.blocks[0].transactions[0], in.blocks[0].transactions[1]); });
  forge("cannot be included",
        [](BatchInput& in) { in.blocks[0].transactions.erase(in.blocks[0].transactions.begin() + 2); });
}

TEST_F(BatchProgramTest, ForgedTransactions) {
  fill();
  const Witness good = honest();
  const auto with = [&](Bytes encoded, const char* reason) {
    SCOPED_TRACE(reason);
    Witness witness = good;
    witness.input.blocks[0].transactions[2] = encoded;
    expect_halt(witness, reason);
  };
  const auto decoded = decode_transaction(good.input.blocks[0].transactions[2]);
  ASSERT_TRUE(decoded.ok());
  const auto change = [&](const std::function<void(Transaction&)>& edit) {
    Transaction tx = *decoded;
    edit(tx);
    return encode_transaction(tx);
  };
  const auto resign = [&](const std::function<void(Transaction&)>& edit) {
    Transaction tx = *decoded;
    edit(tx);
    return kAlice.sign(tx).encoded;
  };
  constexpr u256 kOrder{0xffffffffffffffff, 0xfffffffffffffffe, 0xbaaedce6af48a03b, 0xbfd25e8cd0364141};
  with(change([&](Transaction& tx) { tx.s = kOrder - tx.s, tx.y_parity ^= 1; }), "does not decode");
  with(change([](Transaction& tx) { tx.r = u256(); }), "does not decode");
  with(change([](Transaction& tx) { tx.s = u256(); }), "does not decode");
  with(change([&](Transaction& tx) { tx.r = kOrder; }), "does not decode");
  with(change([](Transaction& tx) { tx.r = u256(5); }), "does not decode");  // no point of the curve
  with(Bytes{0x03, 0xc0}, "does not decode");
  with(Bytes{}, "does not decode");
  with(Bytes{0x71, 0xc0}, "does not decode");
  with(resign([](Transaction& tx) { tx.chain_id = 1; }), "cannot be included");
  with(resign([](Transaction& tx) { tx.nonce = 1; }), "cannot be included");
  with(resign([](Transaction& tx) { tx.gas_limit = 20'999; }), "cannot be included");
  with(resign([](Transaction& tx) { tx.gas_limit = (u64{1} << 24) + 1; }), "cannot be included");
  with(resign([](Transaction& tx) { tx.max_fee_per_gas = u256(1); }), "cannot be included");
  with(resign([](Transaction& tx) { tx.value = u256::power_of_two(71); }), "cannot be included");
  // Somebody else's parity: another sender, whom the witness does not show.
  with(change([](Transaction& tx) { tx.y_parity ^= 1; }), "lacks a leaf");
}

TEST_F(BatchProgramTest, ForgedCodes) {
  fill();
  const Witness good = honest();
  Bytes other(good.codes[0].begin(), good.codes[0].end());
  other[0] ^= 1;
  {
    Witness witness = good;
    witness.codes[0] = other;
    expect_halt(witness, "lacks a code");
  }
  {
    Witness witness = good;
    witness.codes.pop_back();
    expect_halt(witness, "lacks a code");
  }
  {
    Witness witness = good;
    witness.codes.push_back(other);
    expect_halt(witness, "does not read");
  }
  {
    Witness witness = good;
    witness.codes.push_back(witness.codes[0]);
    expect_halt(witness, "gives a code twice");
  }
}

TEST_F(BatchProgramTest, ForgedLeaves) {
  fill();
  const Witness good = honest();
  evm::Evm machine;
  const auto touched = stf::touched_state(chain.input(), chain.before, machine);
  ASSERT_TRUE(touched.ok());
  const auto with = [&](const std::vector<u32>& multiproof, const char* reason) {
    SCOPED_TRACE(reason);
    Witness witness = good;
    witness.multiproof = multiproof;
    expect_halt(witness, reason);
  };
  // Each key left out in turn: the program misses it.
  for (std::size_t i = 0; i < touched->keys.size(); ++i) {
    auto keys = touched->keys;
    keys.erase(keys.begin() + static_cast<std::ptrdiff_t>(i));
    with(chain.leaves.prove(keys), "lacks a leaf");
  }
  // One too many, with and without a leaf.
  for (const tree::Digest& surplus :
       {chain.leaves.leaves.begin()->first, tree::address_key(tree::Domain::kAccount, kNobody),
        tree::storage_key(kStore, u256(999))}) {
    auto keys = touched->keys;
    const auto at = std::lower_bound(keys.begin(), keys.end(), surplus);
    if (at != keys.end() && *at == surplus) continue;
    keys.insert(at, surplus);
    with(chain.leaves.prove(keys), "does not touch");
  }
  // A tree in which a touched leaf has another value or index, or is not there.
  for (const tree::Digest& key : touched->keys) {
    if (!chain.leaves.leaves.contains(key)) continue;
    {
      auto forged = chain.leaves;
      ++forged.leaves[key].index;
      Witness witness = good;
      const auto multiproof = forged.prove(touched->keys);
      witness.multiproof = multiproof;
      const GuestRun run = program().run(stf::encode_witness(witness));
      EXPECT_FALSE(run.halted);
    }
    auto forged = chain.leaves;
    forged.leaves.erase(key);
    Witness witness = good;
    const auto multiproof = forged.prove(touched->keys);
    witness.multiproof = multiproof;
    EXPECT_FALSE(program().run(stf::encode_witness(witness)).halted);
  }
  // A richer sender.
  {
    auto forged = chain.leaves;
    auto& leaf = forged.leaves.at(tree::address_key(tree::Domain::kAccount, kAlice.address));
    auto account = *tree::decode_account(leaf.value);
    account.balance += u256(1'000'000);
    leaf.value = tree::encode_account(account);
    with(forged.prove(touched->keys), "do not hash to the root");
  }
}

// Any word of the multiproof changed in any bit is refused: the root covers them all.
TEST_F(BatchProgramTest, NoWordOfTheMultiproofIsFree) {
  fill();
  const Witness good = honest();
  for (std::size_t i = 0; i < good.multiproof.size(); i += 7) {
    std::vector<u32> changed(good.multiproof.begin(), good.multiproof.end());
    changed[i] ^= 1U << (i % 32);
    Witness witness = good;
    witness.multiproof = changed;
    const GuestRun run = program().run(stf::encode_witness(witness));
    EXPECT_FALSE(run.halted) << "word " << i;
  }
}

}  // namespace
}  // namespace atlas::guest_test
