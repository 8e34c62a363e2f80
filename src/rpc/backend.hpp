#pragma once
// The chain as the RPC room sees it. `node` implements it over sequencer, mempool and storage; tests implement it in
// memory. Every function may be called from several threads at once and must return soon: none waits for a block.
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <base/result.hpp>
#include <state/environment.hpp>
#include <state/view.hpp>
#include <stf/genesis.hpp>
#include <types/block.hpp>

namespace atlas::batch {
class Batches;
}

namespace atlas::rpc {

using BlockPtr = std::shared_ptr<const Block>;
using TxPtr = std::shared_ptr<const SignedTransaction>;
using ReceiptPtr = std::shared_ptr<const Receipt>;
/// A state that does not change while it is held (at most for the time limit of one call).
using StatePtr = std::shared_ptr<const StateView>;

/// A transaction in a block, with what its JSON needs besides; `tx` and `receipt` may point into a shared Block.
struct MinedTransaction {
  Hash256 block_hash;
  u64 block_number = 0;
  u64 block_timestamp = 0;
  u256 base_fee;
  u32 index = 0;            ///< in the block
  u32 first_log_index = 0;  ///< logs in the block before this transaction
  TxPtr tx;
  ReceiptPtr receipt;
};
/// Points into `block`. `index` must be below the number of transactions.
MinedTransaction mined_transaction(const BlockPtr& block, u32 index);

/// Names of blocks. kCommitted: the last block of a batch that L1 has (`committed`, `l1_committed`).
enum class BlockTag : u8 { kEarliest, kFinalized, kSafe, kCommitted, kLatest, kPending };

/// Why a transaction was not taken. describe() gives geth's words where geth has any, because tools match on them.
enum class SubmitCode : u8 {
  kDecode,                  ///< not a transaction; detail: describe(TxDecodeError)
  kUnsupportedType,         ///< "transaction type not supported"
  kInvalidSender,           ///< "invalid sender": bad signature, or chain id of another chain
  kWrongChainId,            ///< "invalid chain id for signer"
  kUnprotected,             ///< "only replay-protected (EIP-155) transactions allowed over RPC"
  kAlreadyKnown,            ///< "already known"
  kNonceTooLow,             ///< "nonce too low"
  kNonceTooHigh,            ///< "nonce too high": too far ahead for the queue
  kNonceMax,                ///< "nonce has max value" (EIP-2681)
  kUnderpriced,             ///< "transaction underpriced"
  kReplacementUnderpriced,  ///< "replacement transaction underpriced"
  kInsufficientFunds,       ///< "insufficient funds for gas * price + value"
  kIntrinsicGas,            ///< "intrinsic gas too low"
  kFloorGas,                ///< "insufficient gas for floor data gas cost" (EIP-7623)
  kGasLimit,                ///< "exceeds block gas limit"
  kGasCap,                  ///< "transaction gas limit too high" (EIP-7825)
  kFeeCapBelowBaseFee,      ///< "max fee per gas less than block base fee"
  kTipAboveFeeCap,          ///< "max priority fee per gas higher than max fee per gas"
  kInitCodeTooLarge,        ///< "max initcode size exceeded" (EIP-3860)
  kOversized,               ///< "oversized data"
  kSenderNotEoa,            ///< "sender not an eoa" (EIP-3607)
  kEmptyAuthorizations,     ///< "EIP-7702 transaction with empty auth list"
  kSetCodeWithoutTo,        ///< "EIP-7702 transaction cannot be used to create contract"
  kPoolFull,                ///< "txpool is full"
  kAccountLimit,            ///< "account limit exceeded": too many transactions of one sender
  kDelegatedLimit,          ///< "in-flight transaction limit reached for delegated accounts" (EIP-7702)
  kDelegatedGap,            ///< "gapped-nonce tx from delegated accounts"
  kAuthorityReserved,       ///< "authority already reserved"
  kStopping,                ///< "node is shutting down"
  kInternal,                ///< detail says what
};
std::string_view describe(SubmitCode code);
struct SubmitError {
  SubmitCode code = SubmitCode::kInternal;
  std::string detail;  ///< appended after ": ", e.g. "address 0x… have 1 want 2"; may be empty
};
using SubmitResult = Result<Hash256, SubmitError>;

struct PoolCount {
  u64 pending = 0;  ///< executable now
  u64 queued = 0;   ///< behind a nonce gap
};
struct PoolEntry {
  TxPtr tx;
  bool queued = false;
};

/// A log in its place in the chain; pointers live as long as the call that hands it over.
struct LogRecord {
  const Log* log = nullptr;
  const Hash256* block_hash = nullptr;
  const Hash256* tx_hash = nullptr;
  u64 block_number = 0;
  u64 block_timestamp = 0;
  u32 tx_index = 0;
  u32 log_index = 0;  ///< in the block
};
/// eth_getLogs: an address matches if `addresses` is empty or holds it; topic i matches if topics[i] is missing, empty
/// or holds it.
struct LogQuery {
  u64 from_block = 0;
  u64 to_block = 0;  ///< inclusive, at most the head
  std::vector<Address> addresses;
  std::vector<std::vector<Hash256>> topics;  ///< at most 4
  bool matches(const Log& log) const;
  /// False if no log under this bloom can match.
  bool may_match(const Bloom& bloom) const;
};
/// Takes matching logs in chain order; false stops the walk.
using LogVisitor = std::function<bool(const LogRecord&)>;
/// Hands the matching logs of one block to `visit`; false if it asked to stop.
bool visit_logs(const Block& block, const LogQuery& query, const LogVisitor& visit);

/// Transactions in which an address takes part (storage::takes_part): sent, received, created or touched by an inner
/// frame.
struct AddressQuery {
  Address address;
  u64 from_block = 0;
  u64 to_block = 0;  ///< inclusive, at most the head
  bool newest_first = false;
};
/// Takes transactions in chain order, or against it; false stops the walk.
using TransactionVisitor = std::function<bool(const MinedTransaction&)>;
/// How far a walk came: `complete`, or it was stopped or had done enough work at block `next_block`, which a further
/// query must cover again.
struct WalkEnd {
  bool complete = true;
  u64 next_block = 0;
};
/// Who made a contract, in which transaction.
struct ContractCreation {
  Hash256 transaction;
  Address creator;
};

/// Hears what happens to the chain. Called from the sequencer's threads: implementations only queue.
class ChainListener {
 public:
  virtual ~ChainListener() = default;
  /// `block` is durable and visible in every lookup.
  virtual void on_block(const BlockPtr& block) = 0;
  /// The head went back to `head` (evm_revert, an L1 reorg below a deposit).
  virtual void on_rewind(const BlockPtr& head) = 0;
  /// A transaction became executable in the mempool. Not called while wants_pending() is false.
  virtual void on_pending(const TxPtr& tx) = 0;
  virtual bool wants_pending() const = 0;
};

/// Signature over a 32-byte digest.
struct DigestSignature {
  u8 y_parity = 0;
  u256 r;
  u256 s;
};

/// What `atlas dev` can do besides; behind evm_*, anvil_*, hardhat_* and the methods that need keys. A refusal is a
/// sentence for the user.
class DevBackend {
 public:
  using Done = Result<void, std::string>;
  virtual ~DevBackend() = default;

  virtual std::vector<Address> accounts() const = 0;  ///< with a known key, in the printed order
  /// nullopt: no key for `signer`.
  virtual std::optional<DigestSignature> sign(const Address& signer, const Hash256& digest) const = 0;
  virtual bool is_impersonated(const Address& address) const = 0;
  virtual Done set_impersonated(const Address& address, bool on) = 0;
  virtual Done set_auto_impersonate(bool on) = 0;
  /// Puts a transaction without a signature into the pool as if `from` had signed it (impersonation).
  virtual SubmitResult submit_unsigned(Transaction tx, const Address& from) = 0;

  /// Stands in for L1: a block of its own for a transaction of type 0x7e or 0x7f. Returns after it is visible.
  virtual Done include_from_l1(SignedTransaction tx) = 0;

  /// Seals `count` blocks now, timestamps `interval_s` apart. Returns after the last one is visible.
  virtual Done mine(u64 count, u64 interval_s) = 0;
  virtual bool automine() const = 0;
  virtual Done set_automine(bool on) = 0;
  virtual Done set_interval_mining_ms(u64 interval_ms) = 0;  ///< 0 turns it off

  virtual Done set_balance(const Address& address, const u256& balance) = 0;
  virtual Done set_nonce(const Address& address, u64 nonce) = 0;
  virtual Done set_code(const Address& address, Bytes code) = 0;
  virtual Done set_storage(const Address& address, const u256& slot, const u256& value) = 0;
  /// Sets all of these in one block, with the slots they name; every other account and slot stays.
  virtual Done load(std::vector<stf::GenesisAccount> accounts) = 0;
  /// Every account of the head, by address.
  virtual std::vector<stf::GenesisAccount> dump() const = 0;
  virtual Done set_coinbase(const Address& address) = 0;
  virtual Done set_block_gas_limit(u64 gas_limit) = 0;
  virtual Done set_next_base_fee(const u256& base_fee) = 0;
  virtual Done drop_transaction(const Hash256& hash) = 0;
  virtual Done drop_all_transactions() = 0;

  virtual i64 increase_time_s(i64 seconds) = 0;  ///< total offset afterwards
  virtual Done set_next_timestamp_s(u64 timestamp) = 0;
  virtual Done set_time_s(u64 timestamp) = 0;

  virtual u64 interval_mining_ms() const = 0;  ///< 0: off

  /// Takes back every block above `number`, which is at most the head.
  virtual Done rewind(u64 number) = 0;
  /// Back to genesis, with an empty pool and nothing of what else was set.
  virtual Done reset() = 0;
  virtual u64 snapshot() = 0;
  virtual bool revert(u64 snapshot_id) = 0;  ///< false: no such snapshot
};

class Backend {
 public:
  virtual ~Backend() = default;

  virtual u64 chain_id() const = 0;
  virtual std::string client_version() const = 0;  ///< "atlas/0.1.0/linux-amd64/…"

  // Blocks and transactions. A null pointer or nullopt means: not there (or pruned).
  virtual BlockPtr head() const = 0;
  /// Blocks below this one, but for genesis, are no longer kept.
  virtual u64 oldest_block() const { return 0; }
  virtual BlockPtr block_by_number(u64 number) const = 0;
  virtual BlockPtr block_by_hash(const Hash256& hash) const = 0;
  virtual Hash256 block_hash(u64 number) const = 0;  ///< zero if unknown
  virtual std::optional<MinedTransaction> mined(const Hash256& hash) const = 0;
  /// The number behind a tag; kPending answers the head's. Never fails: a chain without L1 answers its head.
  virtual u64 tag_number(BlockTag tag) const = 0;

  // State. Null if the block's state is no longer kept.
  virtual StatePtr state_at(u64 block_number) const = 0;
  virtual StatePtr head_state() const { return state_at(head()->header.number); }
  /// Oldest block whose state is kept, for error texts.
  virtual u64 oldest_state() const = 0;
  /// What instructions see when a call runs in a sealed block, and in the next one.
  virtual BlockContext context_of(const BlockHeader& header) const = 0;
  virtual BlockContext pending_context() const = 0;
  /// EIP-1559 as this chain has it.
  virtual u256 base_fee_after(const BlockHeader& parent) const = 0;
  /// A new environment; each RPC worker keeps its own, so it need not be thread-safe.
  virtual std::unique_ptr<ExecutionEnvironment> make_environment() const = 0;

  // Logs of query.from_block … query.to_block. The default walks the blocks by bloom; storage with an index does
  // better.
  virtual void for_each_log(const LogQuery& query, const LogVisitor& visit) const;

  // Transactions by address. The defaults walk over blocks; storage has an index.
  virtual WalkEnd for_each_transaction(const AddressQuery& query, const TransactionVisitor& visit) const;
  /// The newest creation of `contract`; nullopt also for contracts of genesis.
  virtual std::optional<ContractCreation> creation(const Address& contract) const;
  /// Where the index begins: transactions before are not found.
  virtual u64 first_indexed() const { return 0; }

  // Mempool.
  virtual SubmitResult submit(ByteView raw) = 0;
  /// Several at once, so that signatures can be recovered side by side. One result a transaction, in order.
  virtual std::vector<SubmitResult> submit_many(const std::vector<ByteView>& raws);
  virtual u64 pending_nonce(const Address& address) const = 0;  ///< next after the executable ones in the pool
  virtual TxPtr pool_transaction(const Hash256& hash) const = 0;
  virtual PoolCount pool_count() const = 0;
  /// Of one sender or of all, at most `limit`, by sender and nonce.
  virtual std::vector<PoolEntry> pool_content(const Address* sender, std::size_t limit) const = 0;

  // Fees.
  virtual u256 suggested_priority_fee() const = 0;

  // The listener must outlive its registration. remove_listener returns after the last call has ended.
  virtual void add_listener(ChainListener* listener) = 0;
  virtual void remove_listener(ChainListener* listener) = 0;

  /// Null if the node keeps none.
  virtual const batch::Batches* batches() const { return nullptr; }

  /// Null on a chain that is not for development.
  virtual DevBackend* dev() { return nullptr; }
};

}  // namespace atlas::rpc
