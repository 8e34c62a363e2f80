#include <sequencer/block_builder.hpp>

namespace atlas::sequencer {

BlockContext next_context(const ChainRules& rules, const BlockHeader& parent, const BlockChoices& choices) {
  BlockContext context;
  context.fork = rules.fork;
  context.chain_id = rules.chain_id;
  context.number = parent.number + 1;
  context.timestamp = std::max(parent.timestamp, choices.timestamp_s);
  context.gas_limit = choices.gas_limit.value_or(rules.gas_limit);
  context.coinbase = choices.coinbase;
  context.base_fee = choices.base_fee
                         ? *choices.base_fee
                         : stf::next_base_fee(parent, rules.base_fee_denominator, rules.base_fee_floor_wei);
  context.blob_base_fee = kBlobBaseFeeWei;
  return context;
}

BlockBuilder::BlockBuilder(const ChainRules& rules, const StateView& state, const Block& parent,
                           const BlockChoices& choices, ExecutionEnvironment& environment)
    : context_(next_context(rules, parent.header, choices)),
      hashes_(state, parent.header.number, parent.hash),
      executor_(state, context_, hashes_, environment, stf_config(rules)),
      block_(std::make_shared<Block>()) {
  BlockHeader& header = block_->header;
  header.parent_hash = parent.hash;
  header.number = context_.number;
  header.timestamp = context_.timestamp;
  header.gas_limit = context_.gas_limit;
  header.beneficiary = context_.coinbase;
  header.base_fee_per_gas = context_.base_fee;
  header.extra_data = stf::encode_extra_data(choices.prices);
  executor_.begin_block(parent.hash);
  executor_.set_tracer(&inner_);
}

bool BlockBuilder::has_room(const Transaction& tx) const {
  return tx.gas_limit <= context_.gas_limit - executor_.gas_used();
}

Result<void, stf::TxError> BlockBuilder::execute(const SignedTransaction& tx) {
  inner_.reset();
  auto receipt = executor_.apply(tx);
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
