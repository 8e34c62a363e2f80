#pragma once
// What a batch counts of its transactions and passes on to L1, one after another: the part of its output and pubdata
// that follows from blocks and receipts alone.
#include <stf/batch_output.hpp>
#include <types/pubdata.hpp>

namespace atlas::stf {

class BatchTally {
 public:
  /// The next transaction in the order of the chain.
  void add(const SignedTransaction& tx, const Receipt& receipt);

  u64 l1_transactions() const { return l1_transactions_; }
  u64 l2_transactions() const { return l2_transactions_; }
  std::span<const EncodedL2ToL1Log> logs() const { return logs_; }
  /// Fills in counts, priority hash, upgrade and the root of the logs.
  void write(BatchOutput& output) const;
  /// Hands over logs and messages; the tally is spent.
  void move_into(Pubdata& pubdata);

 private:
  u64 l1_transactions_ = 0;
  u64 l2_transactions_ = 0;
  u64 logging_transactions_ = 0;
  Hash256 priority_hash_ = kNoPriorityHash;
  Hash256 upgrade_hash_;
  std::vector<EncodedL2ToL1Log> logs_;
  std::vector<Bytes> messages_;
};

}  // namespace atlas::stf
