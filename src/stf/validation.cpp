#include <stf/delegation.hpp>
#include <stf/fees.hpp>
#include <stf/stf.hpp>

namespace atlas::stf {
namespace {

constexpr u64 kTransactionGas = 21'000;
constexpr u64 kCreationGas = 32'000;
constexpr u64 kZeroByteGas = 4;              // EIP-2028; also one "token" of EIP-7623
constexpr u64 kTokensPerNonZeroByte = 4;     // 16 gas
constexpr u64 kFloorGasPerToken = 10;        // EIP-7623
constexpr u64 kInitCodeWordGas = 2;          // EIP-3860
constexpr u64 kAccessListAddressGas = 2400;  // EIP-2930
constexpr u64 kAccessListSlotGas = 1900;
constexpr u8 kBlobHashVersion = 0x01;  // EIP-4844, VERSIONED_HASH_VERSION_KZG

Result<void, TxError> check_type(const Transaction& tx, Fork fork, const StfConfig& config) {
  switch (tx.type) {
    case TxType::kLegacy:
    case TxType::kAccessList:
    case TxType::kDynamicFee:
      return {};
    case TxType::kSetCode:
      if (fork < Fork::kPrague) break;
      if (!tx.to) return Err(TxError::kSetCodeWithoutTo);
      if (tx.authorizations.empty()) return Err(TxError::kEmptyAuthorizationList);
      return {};
    case TxType::kBlob:
      if (!config.allow_blob_transactions) break;
      if (!tx.to) return Err(TxError::kBlobWithoutTo);
      if (tx.blob_hashes.empty()) return Err(TxError::kBlobEmptyList);
      for (const Hash256& hash : tx.blob_hashes) {
        if (hash[0] != kBlobHashVersion) return Err(TxError::kBlobBadVersion);
      }
      if (tx.blob_hashes.size() > config.max_blobs_per_block ||
          tx.blob_hashes.size() > config.max_blobs_per_transaction)
        return Err(TxError::kBlobTooMany);
      return {};
    case TxType::kUpgrade:
    case TxType::kPriority:
      break;  // not submitted by anybody: apply_l1()
  }
  return Err(TxError::kUnsupportedType);
}

Result<void, TxError> check_fees(const Transaction& tx, const BlockContext& block) {
  if (tx.max_priority_fee_per_gas > tx.max_fee_per_gas) return Err(TxError::kPriorityFeeAboveMaxFee);
  if (tx.max_fee_per_gas < block.base_fee) return Err(TxError::kMaxFeeBelowBaseFee);
  if (tx.type == TxType::kBlob && tx.max_fee_per_blob_gas < block.blob_base_fee) return Err(TxError::kBlobFeeTooLow);
  return {};
}

}  // namespace

const char* describe(TxError error) {
  switch (error) {
    case TxError::kUnsupportedType:
      return "transaction type not supported on this chain";
    case TxError::kWrongChainId:
      return "invalid chain id for signer";
    case TxError::kNonceTooLow:
      return "nonce too low";
    case TxError::kNonceTooHigh:
      return "nonce too high";
    case TxError::kNonceMax:
      return "nonce has max value";
    case TxError::kSenderNotEoa:
      return "sender not an eoa";
    case TxError::kGasLimitAboveBlock:
      return "gas limit above what the block has left";
    case TxError::kGasLimitAboveCap:
      return "transaction gas limit too high: the cap is 16777216 (EIP-7825)";
    case TxError::kIntrinsicGasTooLow:
      return "intrinsic gas too low";
    case TxError::kFloorGasTooLow:
      return "insufficient gas for floor data gas cost (EIP-7623)";
    case TxError::kInitCodeTooLarge:
      return "max initcode size exceeded: the limit is 49152 bytes (EIP-3860)";
    case TxError::kPriorityFeeAboveMaxFee:
      return "max priority fee per gas higher than max fee per gas";
    case TxError::kMaxFeeBelowBaseFee:
      return "max fee per gas less than block base fee";
    case TxError::kInsufficientFunds:
      return "insufficient funds for gas * price + value";
    case TxError::kEmptyAuthorizationList:
      return "set code transaction with empty authorization list";
    case TxError::kSetCodeWithoutTo:
      return "set code transaction must not be a create transaction";
    case TxError::kBlobWithoutTo:
      return "blob transaction must not be a create transaction";
    case TxError::kBlobEmptyList:
      return "blob transaction without blob hashes";
    case TxError::kBlobBadVersion:
      return "blob hash version is not 1";
    case TxError::kBlobTooMany:
      return "blob transaction has too many blobs";
    case TxError::kBlobFeeTooLow:
      return "max fee per blob gas less than block blob gas fee";
    case TxError::kValueOverflow:
      return "gas * price + value does not fit 256 bits";
    case TxError::kUpgradeNotFirst:
      return "an upgrade is the first transaction of a batch";
    case TxError::kBlockFull:
      return "the block has no room for what the transaction publishes";
  }
  return "?";
}

IntrinsicGas intrinsic_gas(const Message& message, Fork fork) {
  const u64 size = message.data.size();
  const auto zeros = static_cast<u64>(std::count(message.data.begin(), message.data.end(), u8{0}));
  const u64 tokens = zeros + kTokensPerNonZeroByte * (size - zeros);
  IntrinsicGas gas;
  gas.intrinsic = kTransactionGas + kZeroByteGas * tokens;
  if (!message.to) gas.intrinsic += kCreationGas + kInitCodeWordGas * ((size + 31) / 32);
  for (const AccessListEntry& entry : message.access_list) {
    gas.intrinsic += kAccessListAddressGas + kAccessListSlotGas * entry.slots.size();
  }
  gas.intrinsic += kNewAccountAuthorizationGas * message.authorizations.size();
  if (fork >= Fork::kPrague) gas.floor = kTransactionGas + kFloorGasPerToken * tokens;
  return gas;
}

IntrinsicGas intrinsic_gas(const Transaction& tx, Fork fork) {
  const Address nobody;
  return intrinsic_gas(Message{nobody, tx.to, tx.gas_limit, tx.value, tx.data, tx.access_list, tx.authorizations},
                       fork);
}

Result<void, TxError> check_gas(const IntrinsicGas& gas, u64 gas_limit) {
  if (gas_limit < gas.intrinsic) return Err(TxError::kIntrinsicGasTooLow);
  if (gas_limit < gas.floor) return Err(TxError::kFloorGasTooLow);
  return {};
}

Result<void, TxError> check_static(const Transaction& tx, const BlockContext& block, const StfConfig& config) {
  const auto type = check_type(tx, block.fork, config);
  if (!type) return type;
  if (tx.chain_id && *tx.chain_id != block.chain_id) return Err(TxError::kWrongChainId);
  if (tx.nonce == ~u64{0}) return Err(TxError::kNonceMax);
  if (block.fork >= Fork::kOsaka && tx.gas_limit > kGasLimitCap && !config.simulated)
    return Err(TxError::kGasLimitAboveCap);
  if (tx.gas_limit > block.gas_limit) return Err(TxError::kGasLimitAboveBlock);
  if (!tx.to && tx.data.size() > kMaxInitCodeSize) return Err(TxError::kInitCodeTooLarge);
  const bool is_free = config.simulated && tx.max_fee_per_gas.is_zero() && tx.max_priority_fee_per_gas.is_zero();
  if (!is_free) {
    const auto fees = check_fees(tx, block);
    if (!fees) return fees;
  }
  return check_gas(intrinsic_gas(tx, block.fork), tx.gas_limit);
}

Result<u256, TxError> largest_cost(const Transaction& tx) {
  bool overflow = false;
  const u256 blob_gas(kGasPerBlob * tx.blob_hashes.size());
  u256 cost = checked_mul(tx.max_fee_per_gas, u256(tx.gas_limit), overflow);
  cost = checked_add(cost, checked_mul(tx.max_fee_per_blob_gas, blob_gas, overflow), overflow);
  cost = checked_add(cost, tx.value, overflow);
  if (overflow) return Err(TxError::kValueOverflow);
  return cost;
}

Result<void, TxError> check_sender(const Transaction& tx, Journal& journal, const Address& sender,
                                   const StfConfig& config) {
  const AccountRef account = journal.ref(sender);
  const u64 nonce = journal.nonce(account);
  if (tx.nonce < nonce) return Err(TxError::kNonceTooLow);
  if (tx.nonce > nonce) return Err(TxError::kNonceTooHigh);
  const ByteView code = journal.code(account);
  if (!code.empty() && !delegation_target(code) && !config.contracts_may_send && !config.simulated)
    return Err(TxError::kSenderNotEoa);
  const auto cost = largest_cost(tx);
  if (!cost) return Err(cost.error());
  if (journal.balance(account) < *cost) return Err(TxError::kInsufficientFunds);
  return {};
}

u256 effective_gas_price(const Transaction& tx, const u256& base_fee) {
  if (tx.max_fee_per_gas < base_fee) return tx.max_fee_per_gas;  // StfConfig::simulated
  // The difference cannot wrap. For types 0 and 1 both caps are the gas price.
  return base_fee + std::min(tx.max_priority_fee_per_gas, tx.max_fee_per_gas - base_fee);
}

}  // namespace atlas::stf
