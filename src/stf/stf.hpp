#pragma once
// The state transition: the same functions drive the sequencer, the guest and the conformance runner.
#include <memory>

#include <state/environment.hpp>
#include <state/journal.hpp>
#include <types/block.hpp>

namespace atlas::evm {
class Tracer;
}

namespace atlas::stf {

/// Why a transaction is left out of a block. A pure function of transaction and pre-state, so host and guest agree;
/// codes are stable, the explorer and RPC errors show them.
enum class TxError : u8 {
  kUnsupportedType,  // 0x03, 0x71, 0x7d
  kWrongChainId,     // EIP-155
  kNonceTooLow,      // YP 6.2
  kNonceTooHigh,
  kNonceMax,                // EIP-2681
  kSenderNotEoa,            // EIP-3607, with EIP-7702's exception
  kGasLimitAboveBlock,      // YP 6.2
  kGasLimitAboveCap,        // EIP-7825
  kIntrinsicGasTooLow,      // YP 6.2
  kFloorGasTooLow,          // EIP-7623
  kInitCodeTooLarge,        // EIP-3860
  kPriorityFeeAboveMaxFee,  // EIP-1559
  kMaxFeeBelowBaseFee,      // EIP-1559
  kInsufficientFunds,       // YP 6.2
  kEmptyAuthorizationList,  // EIP-7702
  kSetCodeWithoutTo,        // EIP-7702
  kBlobWithoutTo,           // EIP-4844, conformance runner only
  kBlobEmptyList,           // EIP-4844
  kBlobBadVersion,          // EIP-4844
  kBlobTooMany,             // EIP-4844
  kBlobFeeTooLow,           // EIP-4844
  kValueOverflow,
  kUpgradeNotFirst,  // type 0x7e after another transaction
  kBlockFull,        // its logs to L1 or pubdata do not fit what the block may publish: it goes into the next one
};
const char* describe(TxError error);

/// Where the fee goes. kChain: all of it to COINBASE. kL1: the base fee is burned (state tests, `atlas l1`).
enum class FeeRule : u8 { kChain, kL1 };

struct StfConfig {
  FeeRule fee_rule = FeeRule::kChain;
  bool allow_blob_transactions = false;  ///< conformance runner only
  unsigned max_blobs_per_block = 0;
  unsigned max_blobs_per_transaction = 0;
  bool contracts_may_send = false;  ///< EIP-3607 waived: impersonation on a development chain
  /// eth_simulateV1: EIP-3607 and EIP-7825 waived, and what offers nothing for gas pays nothing, whatever the base fee.
  bool simulated = false;
  /// Count pubdata also at price 0, and bound the code that is looked up: a block must fit a batch, which must fit the
  /// guest, under every DA scheme.
  bool count_pubdata = false;
};

/// How a message's gas adds up: gas_used = max(evm_gas, resource_gas), or the gas limit if `unpaid`.
struct FeeSum {
  u64 intrinsic_gas = 0;
  u64 floor_gas = 0;  ///< EIP-7623
  u64 spent_gas = 0;  ///< by Ethereum's rules, before the refund
  u64 refunded_gas = 0;
  u64 evm_gas = 0;       ///< after refund and floor: what Ethereum would charge
  u64 native = 0;        ///< cycles; 0 if the native price is 0, since then nobody counts
  u64 pubdata = 0;       ///< bytes; 0 if neither price nor DA scheme asks for them
  u64 resource_gas = 0;  ///< what both cost, in gas
  bool unpaid = false;   ///< the gas limit does not pay for them: the whole transaction failed
};

/// Outcome of an executed message: a transaction's, or an eth_call's.
struct ExecutionResult {
  FrameStatus status = FrameStatus::kSuccess;
  HaltReason halt = HaltReason::kNone;
  u64 gas_used = 0;  ///< all in
  u64 gas_refunded = 0;
  FeeSum fee;
  Bytes output;  ///< return or revert data; of a creation, the deployed code
  std::optional<Address> created;
  std::vector<Log> logs;
};

/// A message that carries no signature: eth_call, eth_estimateGas.
struct CallMessage {
  Address from;
  std::optional<Address> to;
  u64 gas_limit = 0;
  u256 gas_price;
  u256 value;
  Bytes data;
  std::vector<AccessListEntry> access_list;
  std::vector<Authorization> authorizations;
  /// The balance need not cover gas_limit · gas_price; `value` it must cover in any case, since it is transferred.
  bool skip_balance_check = true;
};

/// Every check of a transaction that needs no account: type, chain id, gas limits, intrinsic and floor gas, init code,
/// fee caps against `block.base_fee`, lists. The mempool runs it on submission; apply() and validate() run it too.
Result<void, TxError> check_static(const Transaction& tx, const BlockContext& block, const StfConfig& config);

/// Executes transactions one after another on one block. Not thread-safe; make one a block.
class BlockExecutor {
 public:
  BlockExecutor(const StateView& view, const BlockContext& block, const BlockHashes& hashes,
                ExecutionEnvironment& environment, StfConfig config = {});
  /// On a journal that goes through several blocks and outlives this one.
  BlockExecutor(Journal& journal, const BlockContext& block, const BlockHashes& hashes,
                ExecutionEnvironment& environment, StfConfig config = {});
  ~BlockExecutor();

  /// System work before the first transaction (EIP-2935). Conformance state tests leave it out.
  void begin_block(const Hash256& parent_hash);
  /// Checks and executes. On an error nothing changed. Transactions from L1 are total: only a block without room for
  /// their gas refuses them, and an upgrade that is not the first of its block.
  Result<Receipt, TxError> apply(const SignedTransaction& tx);
  /// The same checks without execution, for the mempool and the sequencer.
  Result<void, TxError> validate(const Transaction& tx, const Address& sender);
  /// eth_call and eth_estimateGas: no nonce, signature, EIP-3607, EIP-7825 or block gas check, no fee; state changes
  /// stay in this executor's journal.
  Result<ExecutionResult, TxError> call(const CallMessage& message);
  /// Reports every frame's begin and end to `tracer`, precompiles included; null ends it. The environment reports
  /// instructions and has a setter of its own.
  void set_tracer(evm::Tracer* tracer);
  /// Outcome of the last apply(), without its logs, which went into the receipt.
  const ExecutionResult& last_result() const;
  const Bytes& last_output() const { return last_result().output; }

  Journal& journal();
  u64 gas_used() const;
  /// What the block's transactions came to so far.
  u64 native_used() const;
  u64 pubdata_used() const;
  u64 l1_logs() const;
  StateDiff diff() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// BLOCKHASH on the chain: the parent's hash, and before it EIP-2935's ring buffer in the state before the block.
/// Reading warms nothing.
class HistoryBlockHashes final : public BlockHashes {
 public:
  HistoryBlockHashes(const StateView& view, u64 parent_number, const Hash256& parent_hash)
      : view_(view), parent_number_(parent_number), parent_hash_(parent_hash) {}
  Hash256 block_hash(u64 number) const override;

 private:
  const StateView& view_;
  u64 parent_number_;
  Hash256 parent_hash_;
};

/// Address of a contract that `sender` creates with CREATE or a transaction, at its nonce before (Yellow Paper (84)).
Address create_address(const Address& sender, u64 nonce);
/// EIP-1014.
Address create2_address(const Address& sender, const u256& salt, ByteView init_code);

/// Prices of a block beside its base fee; they ride in `extraData`. Zero: free and not counted.
struct BlockPrices {
  u64 native = 0;   ///< wei a cycle of proving cost
  u64 pubdata = 0;  ///< wei a byte
  friend bool operator==(const BlockPrices&, const BlockPrices&) = default;
};
/// version u8 ‖ native price u64 ‖ pubdata price u64.
Bytes encode_extra_data(const BlockPrices& prices);
/// The prices that encode_extra_data() gave; none in anything else.
BlockPrices decode_extra_data(ByteView extra_data);

/// Completes a block whose `transactions` and `receipts` are final and whose header has the fields that the sequencer
/// chooses: parent_hash, number, timestamp, beneficiary, gas_limit, base_fee_per_gas, extra_data. Fills gas used,
/// roots, bloom, the constant fields and the block's hash.
void seal_header(Block& block);

/// EIP-1559 with elasticity 2 and the chain's denominator (250 on L2, 8 on L1; not zero), not below `floor`.
u256 next_base_fee(const BlockHeader& parent, u64 denominator, const u256& floor);

/// Gas that a transaction pays before its first instruction, and EIP-7623's floor.
struct IntrinsicGas {
  u64 intrinsic = 0;
  u64 floor = 0;
};
IntrinsicGas intrinsic_gas(const Transaction& tx, Fork fork);

}  // namespace atlas::stf
