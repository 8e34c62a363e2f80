#include <sequencer/block_builder.hpp>

namespace atlas::sequencer {

BlockContext next_context(const ChainRules& rules, const BlockHeader& parent, const BlockChoices& choices) {
  BlockContext context = stf::derive_context(
      rules, parent, {std::max(parent.timestamp, choices.timestamp_s), choices.coinbase, choices.prices});
  if (choices.gas_limit) context.gas_limit = *choices.gas_limit;
  if (choices.base_fee) context.base_fee = *choices.base_fee;
  return context;
}

BlockBuilder::BlockBuilder(const ChainRules& rules, const StateView& state, const Block& parent,
                           const BlockChoices& choices, evm::Evm& machine)
    : machine_(machine),
      context_(next_context(rules, parent.header, choices)),
      hashes_(state, parent.header.number, parent.hash),
      executor_(state, context_, hashes_, machine, stf::stf_config(rules)),
      block_(std::make_shared<Block>()) {
  block_->header = stf::derive_header(context_, parent.hash, choices.prices);
  executor_.begin_block(parent.hash);
  executor_.set_tracer(&inner_);
}

bool BlockBuilder::has_room(const Transaction& tx) const {
  return tx.gas_limit <= context_.gas_limit - executor_.gas_used();
}

Result<void, stf::TxError> BlockBuilder::execute(const SignedTransaction& tx) {
  inner_.reset();
  machine_.set_heir_listener(&inner_);
  auto receipt = executor_.apply(tx);
  machine_.set_heir_listener(nullptr);
  if (!receipt) return Err(receipt.error());
  receipt->inner = inner_.take();
  block_->transactions.push_back(tx);
  block_->receipts.push_back(std::move(receipt).value());
  return {};
}

SealedBlock BlockBuilder::seal() {
  SealedBlock out;
  out.diff = executor_.diff();
  stf::seal_header(*block_);
  out.block = std::move(block_);
  return out;
}

}  // namespace atlas::sequencer
