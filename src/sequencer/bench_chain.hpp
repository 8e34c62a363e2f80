#pragma once
// The chain of the sequencer's benchmarks: funded senders, a token, Uniswap v2 with liquidity, and signed transactions
// of each mix, made once and before any clock starts.
#include <string>
#include <vector>

#include <crypto/secp256k1.hpp>
#include <evm/evm.hpp>
#include <sequencer/block_builder.hpp>
#include <stf/genesis.hpp>
#include <storage/hot_state.hpp>

namespace atlas::sequencer::bench {

enum class Mix : u8 { kTransfer, kErc20, kSwap };

constexpr u64 kSenders = 1'000;
constexpr u64 kMaxFeeWei = 1'000'000'000;

inline Hash256 key(u64 i) {
  return u256(1'000'000 + i).to_be();
}
inline Hash256 deployer_key() {
  return u256(999'999).to_be();
}
inline Address receiver(u64 i) {
  return u256(0x5000 + i).to_address();
}

inline SignedTransaction sign(Transaction tx, const Hash256& with) {
  tx.type = TxType::kDynamicFee;
  tx.chain_id = ChainRules{}.chain_id;
  tx.max_fee_per_gas = kMaxFeeWei;
  tx.max_priority_fee_per_gas = 1'000'000;
  const auto signature = crypto::sign(signing_hash(tx), with);
  tx.r = signature->r;
  tx.s = signature->s;
  tx.y_parity = signature->y_parity;
  return std::move(decode_signed_transaction(encode_transaction(tx))).value();
}

/// The chain's, with room for twice the swaps that fit into the longest block, so that the base fee stands still.
inline ChainRules rules() {
  ChainRules rules;
  rules.gas_limit = u64{1} << 32;
  return rules;
}

/// The state as the node holds it, without log and history; blocks are built on it by the node's own builder.
class MemoryChain {
 public:
  explicit MemoryChain(const stf::Genesis& genesis)
      : state_(std::make_shared<storage::HotState>(storage::HashSeed::random())),
        head_(std::make_shared<const Block>(genesis.block)) {
    state_->load(0, genesis.diff);
  }
  /// Executes and seals; every transaction must succeed.
  void build(std::span<const SignedTransaction> txs) {
    BlockBuilder builder(rules(), state_->newest(), *head_, {}, machine_);
    for (const SignedTransaction& tx : txs) ENSURE(builder.execute(tx).ok(), "a benchmark's transaction was refused");
    SealedBlock sealed = builder.seal();
    for (const Receipt& receipt : sealed.block->receipts) ENSURE(receipt.success, "a benchmark's transaction failed");
    state_->apply(sealed.block->header.number, sealed.diff);
    constexpr u64 kWindow = 16;
    state_->prune(kWindow, ~u64{0}, sealed.block->header.number);
    head_ = std::move(sealed.block);
  }
  const Block& head() const { return *head_; }

 private:
  std::shared_ptr<storage::HotState> state_;
  std::shared_ptr<const Block> head_;
  evm::Evm machine_;
};

inline stf::Genesis genesis() {
  stf::GenesisConfig config;
  config.gas_limit = rules().gas_limit;
  config.base_fee = rules().base_fee_floor_wei;
  const auto fund = [&](const Hash256& with) {
    config.alloc.push_back({*crypto::address_of_private_key(with), 0, u256(1) << 90, {}, {}});
  };
  fund(deployer_key());
  for (u64 i = 0; i < kSenders; ++i) {
    fund(key(i));
    config.alloc.push_back({receiver(i), 0, u256(1), {}, {}});
  }
  return std::move(stf::build_genesis(config)).value();
}

/// What comes before the clock starts (contracts, tokens for senders) and what is measured. `problem` says why there is
/// nothing.
struct Workload {
  std::vector<SignedTransaction> setup;
  std::vector<SignedTransaction> measured;  ///< senders take turns, nonces ascend
  std::string problem;
};

/// Made when first asked for, once a mix.
const Workload& workload(Mix mix);

}  // namespace atlas::sequencer::bench
