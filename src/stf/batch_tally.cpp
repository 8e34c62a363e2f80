#include <stf/batch_tally.hpp>

namespace atlas::stf {

void BatchTally::add(const SignedTransaction& tx, const Receipt& receipt) {
  if (tx.tx.type == TxType::kPriority) {
    ++l1_transactions_;
    priority_hash_ = roll(priority_hash_, tx.hash);
  } else {
    ++l2_transactions_;
  }
  if (tx.tx.type == TxType::kUpgrade) upgrade_hash_ = tx.hash;
  const L1Messages sent = l1_messages(tx, receipt);
  if (sent.logs.empty()) return;
  for (L2ToL1Log log : sent.logs) {
    log.number_in_batch = static_cast<u16>(logging_transactions_);
    logs_.push_back(encode_log(log));
  }
  for (const ByteView message : sent.messages) messages_.emplace_back(message.begin(), message.end());
  ++logging_transactions_;  // at most kBatchLogsMax, or the batch is refused
}

void BatchTally::write(BatchOutput& output) const {
  output.l1_transactions = l1_transactions_;
  output.l2_transactions = l2_transactions_;
  output.priority_hash = priority_hash_;
  output.upgrade_hash = upgrade_hash_;
  output.l2_to_l1_root = l2_to_l1_root(logs_);
}

void BatchTally::move_into(Pubdata& pubdata) {
  pubdata.logs = std::move(logs_);
  pubdata.messages = std::move(messages_);
}

}  // namespace atlas::stf
