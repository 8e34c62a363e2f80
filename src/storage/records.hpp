#pragma once
// What lookups in the chain store hand out.
#include <functional>
#include <memory>
#include <vector>

#include <state/diff.hpp>
#include <types/block.hpp>

namespace atlas::storage {

using BlockPtr = std::shared_ptr<const Block>;

/// A header without its block's body.
struct SealedHeader {
  BlockHeader header;
  Hash256 hash;
  u32 transaction_count = 0;
};

struct TransactionLocation {
  u64 block = 0;
  u32 index = 0;
};

/// A transaction in its block. The pointers may alias a shared block: no copy is made for recent ones.
struct MinedTransaction {
  Hash256 block_hash;
  u64 block_number = 0;
  u64 block_timestamp = 0;
  u256 base_fee;
  u32 index = 0;            ///< in the block
  u32 first_log_index = 0;  ///< logs in the block before this transaction
  std::shared_ptr<const SignedTransaction> transaction;
  std::shared_ptr<const Receipt> receipt;
};

/// A log in its place in the chain; the pointers live as long as the call that hands it over.
struct LogRecord {
  const Log* log = nullptr;
  const Hash256* block_hash = nullptr;
  const Hash256* transaction_hash = nullptr;
  u64 block_number = 0;
  u64 block_timestamp = 0;
  u32 transaction_index = 0;
  u32 log_index = 0;  ///< in the block
};

/// eth_getLogs: an address matches if `addresses` is empty or holds it; topic i matches if topics[i] is missing, empty
/// or holds it. More than four rows of topics match nothing unless the surplus rows are empty.
struct LogQuery {
  u64 from_block = 0;
  u64 to_block = 0;  ///< inclusive; cut at the head
  std::vector<Address> addresses;
  std::vector<std::vector<Hash256>> topics;
  /// Bound on index seeks and groups of receipts read, so that a query over the whole chain ends in bounded time.
  u64 work_max = 200'000;

  bool matches(const Log& log) const;
};

/// A query's conditions as bloom bits, hashed once.
class BloomFilter {
 public:
  explicit BloomFilter(const LogQuery& query);
  /// False if no log under this bloom can match.
  bool may_match(const Bloom& bloom) const;

 private:
  std::vector<std::vector<Bloom>> conditions_;  ///< each needs one of its alternatives
};

/// Takes matching logs in chain order; false stops the query.
using LogVisitor = std::function<bool(const LogRecord&)>;

/// Hands over the matching logs of one block; false if the visitor stopped.
bool visit_logs(const Block& block, const LogQuery& query, const LogVisitor& visit);

enum class LogQueryEnd : u8 {
  kComplete,
  kStopped,    ///< the visitor had enough
  kWorkLimit,  ///< `work_max` was reached before the end of the range
};
struct LogQueryOutcome {
  LogQueryEnd end = LogQueryEnd::kComplete;
  u64 next_block = 0;  ///< unless complete: every block below it has been searched whole
};

/// Whether `address` sends, receives, is created or is touched by an inner frame. Who emits a log has run, so it
/// counts.
bool takes_part(const Address& address, const SignedTransaction& transaction, const Receipt& receipt);

/// Transactions in which `address` takes part.
struct AddressQuery {
  Address address;
  u64 from_block = 0;
  u64 to_block = 0;  ///< inclusive; cut at the head
  bool newest_first = false;
  u64 work_max = 20'000;  ///< bound on groups of transactions read
};
/// Takes transactions in chain order, or against it; false stops the query. With an outcome other than kComplete,
/// `next_block` is where it stopped.
using TransactionVisitor = std::function<bool(const MinedTransaction&)>;

/// Who made a contract, in which transaction.
struct ContractCreation {
  u64 block = 0;
  Hash256 transaction;
  Address creator;  ///< the sender, or the contract that ran CREATE or CREATE2
};
/// nullopt if the transaction did not create `contract`.
std::optional<ContractCreation> creation_in(u64 block, const SignedTransaction& transaction, const Receipt& receipt,
                                            const Address& contract);

}  // namespace atlas::storage
