#include <stf/batch.hpp>
#include <stf/batch_tally.hpp>
#include <stf/da.hpp>
#include <stf/system_contracts.hpp>

namespace atlas::stf {
namespace {

// BLOCKHASH from the batch's journal: the ring buffer as the blocks so far have filled it. Reading warms nothing.
class JournalBlockHashes final : public BlockHashes {
 public:
  explicit JournalBlockHashes(Journal& journal) : journal_(journal) {}
  void set_parent(u64 number, const Hash256& hash) {
    number_ = number;
    hash_ = hash;
  }
  Hash256 block_hash(u64 number) const override {
    if (number == number_) return hash_;
    return journal_.storage(kHistoryAddress, u256(number % kHistoryWindow)).to_be();
  }

 private:
  Journal& journal_;
  u64 number_ = 0;
  Hash256 hash_;
};

BatchError as_batch_error(BlockError error) {
  switch (error) {
    case BlockError::kTimestampBeforeParent:
      return BatchError::kTimestampBeforeParent;
    case BlockError::kNativePriceAboveCap:
      return BatchError::kNativePriceAboveCap;
    case BlockError::kPubdataPriceAboveCap:
      break;
  }
  return BatchError::kPubdataPriceAboveCap;
}

}  // namespace

const char* describe(BatchError error) {
  switch (error) {
    case BatchError::kWrongParent:
      return "the parent header is not the last block of the previous batch";
    case BatchError::kWrongRules:
      return "the state holds the hash of other chain rules";
    case BatchError::kNotProvable:
      return "rules of a development chain cannot be proved";
    case BatchError::kTimestampBeforeParent:
      return describe(BlockError::kTimestampBeforeParent);
    case BatchError::kNativePriceAboveCap:
      return describe(BlockError::kNativePriceAboveCap);
    case BatchError::kPubdataPriceAboveCap:
      return describe(BlockError::kPubdataPriceAboveCap);
    case BatchError::kBadTransaction:
      return "a transaction does not decode";
    case BatchError::kRefusedTransaction:
      return "a transaction cannot be included";
    case BatchError::kTooManyLogs:
      return "more than 16384 logs to L1";
    case BatchError::kTooMuchPubdata:
      return "more pubdata than six blobs hold";
    case BatchError::kNoBlocks:
      return "a batch has at least one block";
    case BatchError::kWrongBlobCount:
      return "not one versioned hash for each blob of pubdata";
  }
  return "?";
}

struct BatchExecutor::Impl {
  Impl(const ChainRules& r, const tree::BatchState& b, const BlockHeader& p, const StateView& v,
       ExecutionEnvironment& e)
      : rules(r), before(b), view(v), environment(e), journal(v), hashes(journal) {
    block.header = p;
    block.hash = b.last_block_hash;
  }

  const ChainRules rules;
  const tree::BatchState before;
  const StateView& view;
  ExecutionEnvironment& environment;
  Journal journal;
  JournalBlockHashes hashes;
  std::unique_ptr<BlockExecutor> executor;  // of the open block
  Block block;                              // the open one, or the last
  u64 blocks = 0;

  u64 first_timestamp = 0;
  BatchTally tally;
};

BatchExecutor::BatchExecutor(const ChainRules& rules, const tree::BatchState& before, const BlockHeader& parent,
                             const StateView& view, ExecutionEnvironment& environment)
    : impl_(std::make_unique<Impl>(rules, before, parent, view, environment)) {}
BatchExecutor::~BatchExecutor() = default;

const Block& BatchExecutor::block() const {
  return impl_->block;
}

Result<void, BatchError> BatchExecutor::begin() {
  Impl& x = *impl_;
  if (x.rules.contracts_may_send || x.rules.fork != ChainRules{}.fork) return Err(BatchError::kNotProvable);
  const BlockHeader& parent = x.block.header;
  if (hash_header(parent) != x.before.last_block_hash || parent.number != x.before.last_block_number ||
      parent.timestamp != x.before.last_timestamp) {
    return Err(BatchError::kWrongParent);
  }
  const u256 rules = x.view.storage(kBootloaderAddress, u256(kRulesHashSlot));
  if (rules != u256::from_be(rules_hash(x.rules))) return Err(BatchError::kWrongRules);
  return {};
}

Result<void, BatchError> BatchExecutor::begin_block(const BlockChoices& choices, std::size_t transactions) {
  Impl& x = *impl_;
  const BlockHeader& parent = x.block.header;
  const auto valid = check_choices(x.rules, parent, choices);
  if (!valid) return Err(as_batch_error(valid.error()));
  const BlockContext context = derive_context(x.rules, parent, choices);
  x.hashes.set_parent(parent.number, x.block.hash);
  const Hash256 parent_hash = x.block.hash;
  x.block = Block{};
  x.block.transactions.reserve(transactions);
  x.block.receipts.reserve(transactions);
  x.block.header = derive_header(context, parent_hash, choices.prices);
  if (x.blocks++ == 0) x.first_timestamp = context.timestamp;
  x.executor = std::make_unique<BlockExecutor>(x.journal, context, x.hashes, x.environment, stf_config(x.rules));
  x.executor->begin_block(parent_hash);
  return {};
}

Result<void, TxError> BatchExecutor::apply(SignedTransaction tx) {
  Impl& x = *impl_;
  ENSURE(x.executor != nullptr, "apply() stands between begin_block() and seal_block()");
  if (tx.tx.type == TxType::kUpgrade && x.blocks != 1) return Err(TxError::kUpgradeNotFirst);
  auto receipt = x.executor->apply(tx);
  if (!receipt) return Err(receipt.error());
  x.block.transactions.push_back(std::move(tx));
  x.block.receipts.push_back(std::move(receipt).value());
  return {};
}

Result<void, BatchError> BatchExecutor::seal_block() {
  Impl& x = *impl_;
  seal_header(x.block);
  for (std::size_t i = 0; i < x.block.receipts.size(); ++i) x.tally.add(x.block.transactions[i], x.block.receipts[i]);
  x.executor.reset();
  if (x.tally.logs().size() > kBatchLogsMax) return Err(BatchError::kTooManyLogs);
  return {};
}

Result<SealedBatch, BatchError> BatchExecutor::seal_batch(u64 number, BatchTree& tree,
                                                          std::span<const Hash256> blob_hashes) {
  Impl& x = *impl_;
  ENSURE(x.executor == nullptr, "the last block is sealed");
  if (x.blocks == 0) return Err(BatchError::kNoBlocks);
  const BlockHeader& last = x.block.header;
  SealedBatch batch;
  BatchOutput& output = batch.output;
  x.tally.write(output);
  Pubdata pubdata;
  x.tally.move_into(pubdata);
  pubdata.header = {number, x.before.last_block_number + 1, last.number, x.block.hash, last.timestamp};
  {
    const StateDiff diff = x.journal.diff();
    batch.after.tree = tree.update(diff, pubdata);
    for (const auto& [hash, code] : diff.code) pubdata.bytecodes.push_back(code);
  }
  batch.after.last_block_number = last.number;
  batch.after.last_block_hash = x.block.hash;
  batch.after.last_timestamp = last.timestamp;
  batch.pubdata = encode_pubdata(pubdata);
  if (batch.pubdata.size() > kBatchPubdataMax) return Err(BatchError::kTooMuchPubdata);

  output.chain_id = x.rules.chain_id;
  output.first_timestamp = x.first_timestamp;
  output.last_timestamp = last.timestamp;
  output.da_scheme = x.rules.da;
  const auto commitment = da_commitment(x.rules.da, batch.pubdata, blob_hashes);
  if (!commitment) return Err(BatchError::kWrongBlobCount);
  output.da_commitment = *commitment;
  output.settlement_chain_id = x.rules.l1.chain_id;
  return batch;
}

Result<SealedBatch, BatchFailure> run_batch(const BatchInput& input, const StateView& view,
                                            ExecutionEnvironment& environment, BatchTree& tree,
                                            BatchObserver* observer) {
  BatchObserver nobody;
  BatchObserver& watch = observer != nullptr ? *observer : nobody;
  BatchExecutor executor(input.rules, input.before, input.parent, view, environment);
  BatchFailure at{BatchError::kNoBlocks};
  const auto fail = [&](BatchError error, const char* reason = "") {
    at.error = error;
    at.reason = reason;
    return Err(at);
  };
  if (const auto begun = executor.begin(); !begun) return fail(begun.error());
  for (const BlockInput& block : input.blocks) {
    at.block = input.parent.number + 1 + static_cast<u64>(&block - input.blocks.data());
    at.transaction = 0;
    watch.phase("execution");
    if (const auto begun = executor.begin_block(block, block.transactions.size()); !begun) return fail(begun.error());
    for (const ByteView encoded : block.transactions) {
      watch.phase("decode");
      auto tx = decode_block_transaction(encoded);
      if (!tx) return fail(BatchError::kBadTransaction, describe(tx.error()));
      watch.phase("execution");
      const auto applied = executor.apply(std::move(*tx));
      if (!applied) return fail(BatchError::kRefusedTransaction, describe(applied.error()));
      ++at.transaction;
    }
    watch.phase("seal");
    if (const auto sealed = executor.seal_block(); !sealed) return fail(sealed.error());
    watch.sealed(executor.block());
  }
  watch.phase("tree");
  auto batch = executor.seal_batch(input.number, tree, input.blob_hashes);
  if (!batch) return fail(batch.error());
  watch.phase("");
  return std::move(*batch);
}

}  // namespace atlas::stf
