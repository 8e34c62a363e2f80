// Many batches in the machine against native execution.
//
//   guest_sweep ELF random N SEED           N random transactions over random contracts (tests/differential/generator)
//   guest_sweep ELF states N SEED FOLDER    N cases of Ethereum's state tests, drawn at random among those whose state
//                                           is a genesis of this chain and whose transaction this chain includes
//   guest_sweep ELF heavy 3 SEED            the heaviest blocks that gas allows, a batch each: nothing but cold slots,
//   call
//                                           data, foreign code; the program's memory must hold them
//   guest_sweep - random N SEED             the batch program's code natively instead of the machine: whatever a user
//                                           sends, it must not halt, and come to what the node comes to
//
// A case of a state test runs under this chain's own header rules: block 1 with the test's timestamp, COINBASE and base
// fee. Closes with "N passed, M failed" of batches, or of cases.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <random>

#include "../differential/generator.hpp"
#include "harness.hpp"
#include <conformance/state_test_file.hpp>

#include <crypto/keccak.hpp>
#include <crypto/secp256k1.hpp>
#include <stf/metering.hpp>
#include <types/rlp.hpp>

namespace atlas::guest_test {
namespace {

struct Count {
  u64 passed = 0;
  u64 failed = 0;
  u64 skipped = 0;
  u64 transactions = 0;
};

/// The block's transactions that this chain includes after `world`'s head, with their senders' nonces as they are.
std::vector<Bytes> includable(const World& world, const stf::BatchInput& input, const stf::BlockChoices& choices,
                              std::vector<SignedTransaction> candidates) {
  evm::Evm machine;
  const BlockContext context = stf::derive_context(input.rules, input.parent, choices);
  const stf::HistoryBlockHashes hashes(world.state, input.parent.number, input.before.last_block_hash);
  stf::BlockExecutor executor(world.state, context, hashes, machine, stf::stf_config(input.rules));
  executor.begin_block(input.before.last_block_hash);
  std::vector<Bytes> out;
  for (const SignedTransaction& tx : candidates) {
    if (executor.apply(tx)) out.push_back(tx.encoded);
  }
  return out;
}

/// What executes a witness: the batch program in the machine, or its code natively, where a halt ends this process.
using Prover = std::function<GuestRun(std::span<const u32>)>;

/// One batch of one block, natively and by the prover.
bool agree(const Prover& prover, World& world, const stf::BlockChoices& choices, const std::vector<Bytes>& transactions,
           const std::string& what) {
  stf::BatchInput input = world.next_batch();
  stf::BlockInput block;
  static_cast<stf::BlockChoices&>(block) = choices;
  block.transactions.assign(transactions.begin(), transactions.end());
  input.blocks.push_back(std::move(block));
  const NativeBatch native = run_native(world, input);
  const GuestRun guest = prover(native.witness);
  if (guest.halted && guest.output == native.public_input) return true;
  std::printf("fail  %s: %s\n", what.c_str(), guest.halted ? "another public input" : guest.fault.c_str());
  return false;
}

// ---- random transactions
// ---------------------------------------------------------------------------------------------

class RandomRun {
 public:
  RandomRun(const Prover& prover, u64 seed) : prover_(prover), seed_(seed) {}

  Count run(u64 transactions) {
    Count count;
    for (u64 round = 0; count.transactions < transactions; ++round) {
      if (round % kRoundsAWorld == 0) world_.emplace(genesis());
      differential::Random random(seed_ * 1'000'003 + round);
      differential::Targets targets{address_of(0), address_of(1), Address::from_right(random.bytes(20))};
      for (u8 i = 1; i <= 17; ++i) targets.push_back(u256(i).to_address());
      std::vector<SignedTransaction> deploy;
      differential::Targets contracts;
      const u64 nonce = nonce_of(0);
      for (u64 i = 0; i < kContracts; ++i) {
        Bytes code = differential::deployer_of(differential::random_program(random, targets));
        contracts.push_back(stf::create_address(address_of(0), nonce + i));
        targets.push_back(contracts.back());
        deploy.push_back(sign(0, nonce + i, std::nullopt, {}, std::move(code), 6'000'000));
      }
      play(std::move(deploy), round, count);
      std::vector<SignedTransaction> calls;
      for (u64 i = 0; i < kCalls; ++i)
        calls.push_back(random_call(random, i % kSenders, i / kSenders, contracts, targets));
      play(std::move(calls), round, count);
    }
    return count;
  }

 private:
  static constexpr u64 kRoundsAWorld = 40;  // so that a tree of all leaves in memory stays small
  static constexpr u64 kSenders = 20;
  static constexpr u64 kContracts = 24;
  static constexpr u64 kCalls = 200;
  static constexpr u64 kGasPrice = 20'000'000'000;

  static Hash256 key(u64 i) { return u256(500'000 + i).to_be(); }
  static Address address_of(u64 i) { return *crypto::address_of_private_key(key(i)); }
  static stf::GenesisConfig genesis() {
    stf::GenesisConfig config;
    config.rules.da = stf::DaScheme::kCalldata;
    config.gas_limit = config.rules.gas_limit;
    config.base_fee = u256(config.rules.base_fee_floor_wei);
    for (u64 i = 0; i < kSenders; ++i) config.alloc.push_back({address_of(i), 0, u256(1) << 100, {}, {}});
    return config;
  }
  u64 nonce_of(u64 sender) const {
    const auto account = world_->state.account(address_of(sender));
    return account ? account->nonce : 0;
  }

  SignedTransaction sign(u64 sender, u64 nonce, std::optional<Address> to, const u256& value, Bytes data, u64 gas) {
    Transaction tx;
    tx.type = TxType::kDynamicFee;
    tx.chain_id = stf::ChainRules{}.chain_id;
    tx.nonce = nonce;
    tx.gas_limit = gas;
    tx.max_fee_per_gas = u256(kGasPrice);
    tx.max_priority_fee_per_gas = u256(kGasPrice);
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    return finish(std::move(tx), sender);
  }
  SignedTransaction finish(Transaction tx, u64 sender) {
    const auto signature = crypto::sign(signing_hash(tx), key(sender));
    tx.r = signature->r;
    tx.s = signature->s;
    tx.y_parity = signature->y_parity;
    return std::move(decode_signed_transaction(encode_transaction(tx))).value();
  }
  SignedTransaction random_call(differential::Random& random, u64 sender, u64 ahead,
                                const differential::Targets& contracts, const differential::Targets& targets) {
    Transaction tx;
    tx.type = random.one_in(3) ? TxType::kLegacy : TxType::kDynamicFee;
    tx.chain_id = stf::ChainRules{}.chain_id;
    tx.nonce = nonce_of(sender) + ahead;
    tx.gas_limit = 100'000 + random.below(900'000);
    tx.max_fee_per_gas = u256(kGasPrice);
    tx.max_priority_fee_per_gas = u256(kGasPrice);
    tx.to = random.one_in(20) ? random.pick(targets) : random.pick(contracts);
    if (random.one_in(5)) tx.value = u256(random.below(5000));
    tx.data = random.bytes(random.below(100));
    if (random.one_in(15)) {
      tx.to.reset();
      tx.data = differential::random_program(random, targets);
    }
    if (tx.type == TxType::kDynamicFee && random.one_in(6)) {
      Authorization tuple;
      tuple.chain_id = u256(random.one_in(2) ? 0 : *tx.chain_id);
      tuple.address = random.pick(targets);
      const u64 authority = random.below(kSenders);
      tuple.nonce = nonce_of(authority) + random.below(3);
      const Bytes message = rlp::encode_list(
          [&](auto& out) {
            out.integer(tuple.chain_id);
            out.string(tuple.address);
            out.integer(tuple.nonce);
          },
          Bytes{0x05});
      const auto signature = crypto::sign(crypto::keccak256(message), key(authority));
      tuple.r = signature->r;
      tuple.s = signature->s;
      tuple.y_parity = signature->y_parity;
      tx.type = TxType::kSetCode;
      if (!tx.to) tx.to = random.pick(targets);
      tx.authorizations.push_back(tuple);
    }
    return finish(std::move(tx), sender);
  }

  void play(std::vector<SignedTransaction> candidates, u64 round, Count& count) {
    stf::BlockChoices choices;
    choices.timestamp = world_->head.timestamp + 1;
    choices.coinbase = Address{{0xc0}};
    // Every other round costs so much to prove and to publish that some transactions cannot pay for it.
    if (round % 2 == 1) choices.prices = {.native = 50'000'000, .pubdata = 100'000'000'000};
    const std::size_t offered = candidates.size();
    const auto transactions = includable(*world_, world_->next_batch(), choices, std::move(candidates));
    count.skipped += offered - transactions.size();
    const bool good = agree(prover_, *world_, choices, transactions, "round " + std::to_string(round));
    (good ? count.passed : count.failed) += 1;
    count.transactions += transactions.size();
  }

  const Prover& prover_;
  u64 seed_;
  std::optional<World> world_;
};

// ---- heavy blocks
// ----------------------------------------------------------------------------------------------------

class HeavyRun {
 public:
  explicit HeavyRun(const Prover& prover) : prover_(prover) {}

  Count run() {
    Count count;
    // Reads every slot from its call's first word on until its gas is nearly gone.
    const Bytes slots = *from_hex(
        "5f355b805450600101"
        "5a617530106002"
        "5700");
    play("cold slots", slots, 64, kGas, [](u64 i) { return word(i << 32); }, count);
    constexpr u64 kFloorGasPerZero = 10;  // EIP-7623
    play("call data", {0x00}, 64, kGas, [](u64) { return Bytes((kGas - 21'000) / kFloorGasPerZero, 0); }, count);
    // EXTCODESIZE of every address from its call's first word to the second.
    const Bytes codes = *from_hex(
        "5f355b803b50600101"
        "80602035116002"
        "5700");
    constexpr u64 kContracts = stf::kTransactionCodeMax / kCodeSize - 1;
    play(
        "code", codes, stf::kBlockCodeMax / stf::kTransactionCodeMax, 4'000'000,
        [](u64 i) {
          Bytes range = word(kFirstCode + i * kContracts);
          append(range, word(kFirstCode + (i + 1) * kContracts));
          return range;
        },
        count);
    return count;
  }

 private:
  static constexpr u64 kGas = u64{1} << 24;
  static constexpr u64 kCodeSize = 24'576;
  static constexpr u64 kFirstCode = 0x100000;
  static constexpr Address kTarget{{0x99}};
  static Hash256 key() { return u256(500'000).to_be(); }
  static Bytes word(u64 value) {
    Bytes out;
    append(out, u256(value).to_be());
    return out;
  }

  static stf::GenesisConfig genesis(const Bytes& code) {
    stf::GenesisConfig config;
    config.rules.da = stf::DaScheme::kCalldata;
    config.gas_limit = config.rules.gas_limit;
    config.base_fee = u256(config.rules.base_fee_floor_wei);
    config.alloc.push_back({*crypto::address_of_private_key(key()), 0, u256(1) << 100, {}, {}});
    config.alloc.push_back({kTarget, 1, {}, code, {}});
    for (u64 i = 0; i < stf::kBlockCodeMax / kCodeSize; ++i) {
      Bytes filler(kCodeSize, 0x5b);
      std::memcpy(filler.data(), &i, sizeof i);
      config.alloc.push_back({u256(kFirstCode + i).to_address(), 1, {}, std::move(filler), {}});
    }
    return config;
  }

  void play(const std::string& what, const Bytes& code, u64 transactions, u64 gas,
            const std::function<Bytes(u64)>& data, Count& count) {
    World world(genesis(code));
    std::vector<SignedTransaction> candidates;
    for (u64 i = 0; i < transactions; ++i) {
      Transaction tx;
      tx.type = TxType::kDynamicFee;
      tx.chain_id = stf::ChainRules{}.chain_id;
      tx.nonce = i;
      tx.gas_limit = gas;
      tx.max_fee_per_gas = u256(20'000'000'000);
      tx.to = kTarget;
      tx.data = data(i);
      const auto signature = crypto::sign(signing_hash(tx), key());
      tx.r = signature->r;
      tx.s = signature->s;
      tx.y_parity = signature->y_parity;
      candidates.push_back(std::move(decode_signed_transaction(encode_transaction(tx))).value());
    }
    stf::BlockChoices choices;
    choices.timestamp = world.head.timestamp + 1;
    const auto included = includable(world, world.next_batch(), choices, std::move(candidates));
    const bool good = included.size() + 1 >= transactions && agree(prover_, world, choices, included, what);
    std::printf("%s  %s: %zu of %llu transactions\n", good ? "  ok" : "fail", what.c_str(), included.size(),
                static_cast<unsigned long long>(transactions));
    (good ? count.passed : count.failed) += 1;
    count.transactions += included.size();
  }

  const Prover& prover_;
};

// ---- state tests
// -----------------------------------------------------------------------------------------------------

enum class Verdict : u8 { kPassed, kFailed, kNotOurs };

Verdict run_state_case(const Prover& prover, const conformance::StateTest& test,
                       const conformance::Expectation& expected) {
  if (!expected.encoded || !expected.exception.empty()) return Verdict::kNotOurs;
  auto tx = decode_block_transaction(*expected.encoded);
  if (!tx || !test.environment.base_fee.fits_u64()) return Verdict::kNotOurs;
  stf::GenesisConfig config;
  config.rules.chain_id = test.chain_id;
  config.rules.da = stf::DaScheme::kCalldata;
  config.rules.base_fee_floor_wei = test.environment.base_fee.low_u64();
  config.gas_limit = config.rules.gas_limit;
  config.base_fee = test.environment.base_fee;
  for (const auto& [address, entry] : test.pre.entries()) {
    const ByteView code = test.pre.code(entry.account.code_hash);
    config.alloc.push_back({address,
                            entry.account.nonce,
                            entry.account.balance,
                            Bytes(code.begin(), code.end()),
                            {entry.storage.begin(), entry.storage.end()}});
  }
  std::optional<World> world;
  try {
    world.emplace(config);
  } catch (const std::runtime_error&) {
    return Verdict::kNotOurs;  // no genesis of this chain
  }
  stf::BlockChoices choices;
  choices.timestamp = test.environment.timestamp;
  choices.coinbase = test.environment.coinbase;
  std::vector<SignedTransaction> one;
  one.push_back(std::move(*tx));
  const auto transactions = includable(*world, world->next_batch(), choices, std::move(one));
  if (transactions.empty()) return Verdict::kNotOurs;
  return agree(prover, *world, choices, transactions, test.name) ? Verdict::kPassed : Verdict::kFailed;
}

Count run_states(const Prover& prover, u64 cases, u64 seed, const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file() && entry.path().extension() == ".json") files.push_back(entry.path().string());
  }
  std::sort(files.begin(), files.end());
  std::mt19937_64 random(seed);
  Count count;
  for (u64 drawn = 0; count.passed + count.failed < cases && drawn < 100 * cases && !files.empty(); ++drawn) {
    const std::string& path = files[random() % files.size()];
    try {
      const auto tests = conformance::load_state_tests(path);
      if (tests.empty()) continue;
      const auto& test = tests[random() % tests.size()];
      if (test.expectations.empty()) continue;
      switch (run_state_case(prover, test, test.expectations[random() % test.expectations.size()])) {
        case Verdict::kPassed:
          ++count.passed;
          break;
        case Verdict::kFailed:
          ++count.failed;
          break;
        case Verdict::kNotOurs:
          ++count.skipped;
          break;
      }
    } catch (const conformance::FormatError&) {
      ++count.skipped;
    }
  }
  return count;
}

}  // namespace
}  // namespace atlas::guest_test

int main(int argc, char** argv) {
  using namespace atlas;
  using namespace atlas::guest_test;
  const std::string_view mode = argc > 2 ? argv[2] : "";
  if (argc < 5 || (mode != "random" && mode != "states" && mode != "heavy") || (mode == "states" && argc < 6)) {
    std::fprintf(stderr, "usage: guest_sweep ELF|- random N SEED | guest_sweep ELF|- states N SEED FOLDER\n");
    return 2;
  }
  try {
    std::optional<BatchProgram> program;
    if (std::string_view(argv[1]) != "-") program.emplace(argv[1]);
    const Prover prover = [&](std::span<const u32> witness) {
      if (program) return program->run(witness);
      GuestRun run;
      run.halted = true;
      run.output = stf::execute_witness(witness).public_input;
      return run;
    };
    const u64 wanted = std::strtoull(argv[3], nullptr, 10);
    const u64 seed = std::strtoull(argv[4], nullptr, 10);
    const Count count = mode == "random"  ? RandomRun(prover, seed).run(wanted)
                        : mode == "heavy" ? HeavyRun(prover).run()
                                          : run_states(prover, wanted, seed, argv[5]);
    if (mode != "states") {
      std::printf("%llu transactions, %llu that this chain does not include\n",
                  static_cast<unsigned long long>(count.transactions), static_cast<unsigned long long>(count.skipped));
    } else {
      std::printf("%llu drawn that are no case of this chain\n", static_cast<unsigned long long>(count.skipped));
    }
    std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(count.passed),
                static_cast<unsigned long long>(count.failed));
    return count.failed == 0 && count.passed > 0 ? 0 : 1;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "guest_sweep: %s\n", e.what());
    return 2;
  }
}
