#pragma once
// One block from its context to its seal. No thread, clock or disk: the sequencer, tests and benchmarks drive it.
#include <evm/evm.hpp>
#include <sequencer/chain_rules.hpp>
#include <sequencer/inner_frames.hpp>
#include <stf/stf.hpp>

namespace atlas::sequencer {

struct SealedBlock {
  std::shared_ptr<const Block> block;
  StateDiff diff;
};

/// What the sequencer may choose about a block; the rest follows from parent and rules.
struct BlockChoices {
  u64 timestamp_s = 0;  ///< raised to the parent's if below
  Address coinbase;
  stf::BlockPrices prices;
  std::optional<u256> base_fee;  ///< development only: instead of EIP-1559's
  std::optional<u64> gas_limit;  ///< development only: instead of genesis's
};

/// Context of the block after `parent`.
BlockContext next_context(const ChainRules& rules, const BlockHeader& parent, const BlockChoices& choices);

class BlockBuilder {
 public:
  /// `state` is the state after `parent` and, like `machine`, outlives the builder.
  BlockBuilder(const ChainRules& rules, const StateView& state, const Block& parent, const BlockChoices& choices,
               evm::Evm& machine);

  /// Whether the gas that `tx` may use still fits.
  bool has_room(const Transaction& tx) const;
  /// Executes and appends; on an error nothing changed.
  Result<void, stf::TxError> execute(const SignedTransaction& tx);
  /// Development only: changes of state outside any transaction, part of this block's diff.
  Journal& journal() { return executor_.journal(); }

  const BlockContext& context() const { return context_; }
  u64 gas_used() const { return executor_.gas_used(); }
  std::size_t transaction_count() const { return block_->transactions.size(); }
  /// Header, roots and hash; the builder is spent.
  SealedBlock seal();

 private:
  evm::Evm& machine_;
  BlockContext context_;
  stf::HistoryBlockHashes hashes_;
  InnerFrameRecorder inner_;
  stf::BlockExecutor executor_;
  std::shared_ptr<Block> block_;
};

}  // namespace atlas::sequencer
