#pragma once
// For tests only: a chain from genesis, whose blocks are built one by one as a sequencer does, each on the state after
// the one before, and the batch that they make.
#include <gtest/gtest.h>

#include <crypto/secp256k1.hpp>
#include <evm/evm.hpp>
#include <state/test_state.hpp>
#include <state/tree/changes.hpp>
#include <state/tree/reference_tree.hpp>
#include <stf/batch.hpp>
#include <stf/da.hpp>
#include <stf/genesis.hpp>
#include <types/l1_transaction.hpp>

namespace atlas::stf::test {

using atlas::test::MapState;

/// Over a reference tree and the state before the batch.
class ReferenceBatchTree final : public BatchTree {
 public:
  ReferenceBatchTree(tree::test::ReferenceTree& leaves, const StateView& before) : leaves_(leaves), before_(before) {}
  tree::TreeState update(const StateDiff& diff, Pubdata& out) override {
    std::map<tree::Digest, tree::Digest> values;
    for (const tree::LeafWrite& write : tree::leaf_writes(diff, before_)) {
      const auto it = leaves_.leaves.find(write.key);
      const bool known = it != leaves_.leaves.end();
      const tree::Digest value_before = known ? it->second.value : tree::Digest{};
      if (known || !write.value.is_zero()) {
        tree::publish({write.key, value_before, write.value, known ? it->second.index : 0, true}, write.domain, out);
      }
      values[write.key] = write.value;
    }
    leaves_.apply(values);
    return leaves_.state();
  }

 private:
  tree::test::ReferenceTree& leaves_;
  const StateView& before_;
};

class TestChain {
 public:
  ChainRules rules;
  MapState state;   ///< after the last block
  MapState before;  ///< before the open batch
  tree::test::ReferenceTree leaves;
  tree::BatchState batch_state;  ///< before the open batch
  BlockHeader batch_parent;
  std::vector<Block> blocks;  ///< of the open batch
  std::vector<BlockChoices> choices;
  BlockHeader head;
  Hash256 head_hash;
  evm::Evm machine;
  u64 batch_number = 1;

  explicit TestChain(const ChainRules& chain_rules, std::vector<GenesisAccount> alloc) : rules(chain_rules) {
    GenesisConfig config;
    config.timestamp = 1000;
    config.gas_limit = rules.gas_limit;
    config.base_fee = u256(rules.base_fee_floor_wei);
    config.rules = rules;
    config.alloc = std::move(alloc);
    auto genesis = build_genesis(config);
    EXPECT_TRUE(genesis.ok());
    state.apply(genesis->diff);
    std::map<tree::Digest, tree::Digest> values;
    for (const tree::LeafWrite& write : tree::genesis_writes(genesis->diff)) values[write.key] = write.value;
    leaves.apply(values);
    head = genesis->block.header;
    head_hash = genesis->block.hash;
    close();
  }

  /// A block of those of `transactions` that go in; the errors of the others.
  std::vector<TxError> add_block(const std::vector<SignedTransaction>& transactions, BlockChoices chosen = {}) {
    chosen.timestamp = std::max(chosen.timestamp, head.timestamp);
    const BlockContext context = derive_context(rules, head, chosen);
    const HistoryBlockHashes hashes(state, head.number, head_hash);
    BlockExecutor executor(state, context, hashes, machine, stf_config(rules));
    Block block;
    block.header = derive_header(context, head_hash, chosen.prices);
    executor.begin_block(head_hash);
    std::vector<TxError> errors;
    for (const SignedTransaction& tx : transactions) {
      auto receipt = executor.apply(tx);
      if (!receipt) {
        errors.push_back(receipt.error());
        continue;
      }
      block.transactions.push_back(tx);
      block.receipts.push_back(std::move(*receipt));
    }
    seal_header(block);
    state.apply(executor.diff());
    head = block.header;
    head_hash = block.hash;
    blocks.push_back(std::move(block));
    choices.push_back(chosen);
    return errors;
  }

  const Receipt& receipt(std::size_t block, std::size_t transaction) const {
    return blocks[block].receipts[transaction];
  }

  /// What the open batch is given; views of `blocks`.
  BatchInput input(std::vector<Hash256> blob_hashes = {Hash256{{1}}}) const {
    BatchInput out;
    out.rules = rules;
    out.number = batch_number;
    out.before = batch_state;
    out.parent = batch_parent;
    for (std::size_t i = 0; i < blocks.size(); ++i) {
      BlockInput block;
      static_cast<BlockChoices&>(block) = choices[i];
      for (const SignedTransaction& tx : blocks[i].transactions) block.transactions.emplace_back(tx.encoded);
      out.blocks.push_back(std::move(block));
    }
    if (rules.da == DaScheme::kBlobs) out.blob_hashes = std::move(blob_hashes);
    return out;
  }

  /// Runs `batch` on the state before the open batch; the chain's own tree stays.
  Result<SealedBatch, BatchFailure> run(const BatchInput& batch, BatchObserver* observer = nullptr) {
    tree::test::ReferenceTree copy = leaves;
    ReferenceBatchTree tree(copy, before);
    evm::Evm fresh;
    return run_batch(batch, before, fresh, tree, observer);
  }

  /// Takes the open batch as sealed.
  SealedBatch seal() {
    ReferenceBatchTree tree(leaves, before);
    evm::Evm fresh;
    auto sealed = run_batch(input(), before, fresh, tree);
    EXPECT_TRUE(sealed.ok()) << describe(sealed.error().error) << " " << sealed.error().reason;
    ++batch_number;
    close();
    return std::move(*sealed);
  }

 private:
  void close() {
    before = state;
    blocks.clear();
    choices.clear();
    batch_parent = head;
    batch_state = {leaves.state(), head.number, head_hash, head.timestamp};
  }
};

/// A private key and what it signs.
struct Wallet {
  Hash256 key;
  Address address;
  explicit Wallet(u8 id) : key{{0, 1, id}}, address(*crypto::address_of_private_key(key)) {}

  SignedTransaction sign(Transaction tx) const {
    const auto signature = crypto::sign(signing_hash(tx), key);
    EXPECT_TRUE(signature);
    tx.r = signature->r;
    tx.s = signature->s;
    tx.y_parity = signature->y_parity;
    auto out = decode_signed_transaction(encode_transaction(tx));
    EXPECT_TRUE(out.ok());
    return std::move(*out);
  }
  SignedTransaction call(const ChainRules& rules, u64 nonce, std::optional<Address> to, Bytes data = {},
                         const u256& value = {}, u64 gas = 1'000'000) const {
    Transaction tx;
    tx.type = TxType::kDynamicFee;
    tx.chain_id = rules.chain_id;
    tx.nonce = nonce;
    tx.gas_limit = gas;
    tx.max_fee_per_gas = u256(rules.base_fee_floor_wei * 4);
    tx.to = to;
    tx.value = value;
    tx.data = std::move(data);
    return sign(tx);
  }
};

/// As L1 would ask for it: mint covers fee and value, and a little more.
inline SignedTransaction from_l1(TxType type, u64 id, const Address& from, const Address& to, const u256& value = {},
                                 Bytes data = {}) {
  Transaction tx;
  tx.type = type;
  tx.nonce = id;
  tx.gas_limit = 500'000;
  tx.max_fee_per_gas = u256(type == TxType::kPriority ? 1'000 : 0);
  tx.to = to;
  tx.value = value;
  tx.data = std::move(data);
  L1Request l1;
  l1.from = from;
  l1.gas_per_pubdata_byte = u256(type == TxType::kPriority ? 800 : 0);
  l1.refund_recipient = Address{{0x77}};
  if (type == TxType::kPriority) l1.mint = tx.max_fee_per_gas * u256(tx.gas_limit) + value + u256(5'000);
  tx.l1 = l1;
  auto out = decode_l1_transaction(encode_l1_transaction(tx));
  EXPECT_TRUE(out.ok());
  return std::move(*out);
}

}  // namespace atlas::stf::test
