#include <algorithm>

#include <rpc/backend.hpp>
#include <storage/records.hpp>

namespace atlas::rpc {

MinedTransaction mined_transaction(const BlockPtr& block, u32 index) {
  ENSURE(index < block->transactions.size() && index < block->receipts.size(), "transaction index outside the block");
  MinedTransaction out;
  out.block_hash = block->hash;
  out.block_number = block->header.number;
  out.block_timestamp = block->header.timestamp;
  out.base_fee = block->header.base_fee_per_gas;
  out.index = index;
  for (u32 i = 0; i < index; ++i) out.first_log_index += static_cast<u32>(block->receipts[i].logs.size());
  out.tx = TxPtr(block, &block->transactions[index]);
  out.receipt = ReceiptPtr(block, &block->receipts[index]);
  return out;
}

std::string_view describe(SubmitCode code) {
  switch (code) {
    case SubmitCode::kDecode:
      return "transaction could not be decoded";
    case SubmitCode::kUnsupportedType:
      return "transaction type not supported";
    case SubmitCode::kInvalidSender:
      return "invalid sender";
    case SubmitCode::kWrongChainId:
      return "invalid sender: invalid chain id for signer";
    case SubmitCode::kUnprotected:
      return "only replay-protected (EIP-155) transactions allowed over RPC";
    case SubmitCode::kAlreadyKnown:
      return "already known";
    case SubmitCode::kNonceTooLow:
      return "nonce too low";
    case SubmitCode::kNonceTooHigh:
      return "nonce too high";
    case SubmitCode::kNonceMax:
      return "nonce has max value";
    case SubmitCode::kUnderpriced:
      return "transaction underpriced";
    case SubmitCode::kReplacementUnderpriced:
      return "replacement transaction underpriced";
    case SubmitCode::kInsufficientFunds:
      return "insufficient funds for gas * price + value";
    case SubmitCode::kIntrinsicGas:
      return "intrinsic gas too low";
    case SubmitCode::kFloorGas:
      return "insufficient gas for floor data gas cost";
    case SubmitCode::kGasLimit:
      return "exceeds block gas limit";
    case SubmitCode::kGasCap:
      return "transaction gas limit too high";
    case SubmitCode::kFeeCapBelowBaseFee:
      return "max fee per gas less than block base fee";
    case SubmitCode::kTipAboveFeeCap:
      return "max priority fee per gas higher than max fee per gas";
    case SubmitCode::kInitCodeTooLarge:
      return "max initcode size exceeded";
    case SubmitCode::kOversized:
      return "oversized data";
    case SubmitCode::kSenderNotEoa:
      return "sender not an eoa";
    case SubmitCode::kEmptyAuthorizations:
      return "EIP-7702 transaction with empty auth list";
    case SubmitCode::kSetCodeWithoutTo:
      return "EIP-7702 transaction cannot be used to create contract";
    case SubmitCode::kPoolFull:
      return "txpool is full";
    case SubmitCode::kAccountLimit:
      return "account limit exceeded";
    case SubmitCode::kDelegatedLimit:
      return "in-flight transaction limit reached for delegated accounts";
    case SubmitCode::kDelegatedGap:
      return "gapped-nonce tx from delegated accounts";
    case SubmitCode::kAuthorityReserved:
      return "authority already reserved";
    case SubmitCode::kStopping:
      return "node is shutting down";
    case SubmitCode::kInternal:
      return "internal error";
  }
  return "internal error";
}

bool LogQuery::matches(const Log& log) const {
  if (!addresses.empty() && std::find(addresses.begin(), addresses.end(), log.address) == addresses.end()) return false;
  if (topics.size() > log.topics.size()) return false;
  for (std::size_t i = 0; i < topics.size(); ++i) {
    if (topics[i].empty()) continue;
    if (std::find(topics[i].begin(), topics[i].end(), log.topics[i]) == topics[i].end()) return false;
  }
  return true;
}

namespace {
bool bloom_has(const Bloom& bloom, const Bloom& item) {
  for (std::size_t i = 0; i < Bloom::kSize; ++i) {
    if ((bloom[i] & item[i]) != item[i]) return false;
  }
  return true;
}
}  // namespace

bool LogQuery::may_match(const Bloom& bloom) const {
  if (bloom.is_zero()) return false;
  const auto any_address = [&] {
    return std::any_of(addresses.begin(), addresses.end(), [&](const Address& a) {
      // The log's own address is the one bloom item of a log without topics.
      Bloom item;
      add_to_bloom(item, Log{a, {}, {}});
      return bloom_has(bloom, item);
    });
  };
  return addresses.empty() || any_address();
}

bool visit_logs(const Block& block, const LogQuery& query, const LogVisitor& visit) {
  LogRecord record;
  record.block_hash = &block.hash;
  record.block_number = block.header.number;
  record.block_timestamp = block.header.timestamp;
  u32 index = 0;
  for (u32 t = 0; t < block.receipts.size(); ++t) {
    for (const Log& log : block.receipts[t].logs) {
      record.log_index = index++;
      if (!query.matches(log)) continue;
      record.log = &log;
      record.tx_index = t;
      record.tx_hash = &block.transactions[t].hash;
      if (!visit(record)) return false;
    }
  }
  return true;
}

void Backend::for_each_log(const LogQuery& query, const LogVisitor& visit) const {
  for (u64 n = query.from_block; n <= query.to_block; ++n) {
    const BlockPtr block = block_by_number(n);
    if (!block) continue;
    if (query.may_match(block->header.logs_bloom) && !visit_logs(*block, query, visit)) return;
    if (n == query.to_block) return;  // to_block may be the largest u64
  }
}

WalkEnd Backend::for_each_transaction(const AddressQuery& query, const TransactionVisitor& visit) const {
  if (query.from_block > query.to_block) return {};
  for (u64 i = 0; i <= query.to_block - query.from_block; ++i) {
    const u64 number = query.newest_first ? query.to_block - i : query.from_block + i;
    const BlockPtr block = block_by_number(number);
    if (!block) continue;
    const u32 count = static_cast<u32>(block->transactions.size());
    for (u32 k = 0; k < count; ++k) {
      const u32 index = query.newest_first ? count - 1 - k : k;
      if (!storage::takes_part(query.address, block->transactions[index], block->receipts[index])) continue;
      if (!visit(mined_transaction(block, index))) return {false, number};
    }
  }
  return {};
}

std::optional<ContractCreation> Backend::creation(const Address& contract) const {
  for (u64 number = head()->header.number; number > 0; --number) {
    const BlockPtr block = block_by_number(number);
    for (std::size_t i = block ? block->transactions.size() : 0; i-- > 0;) {
      const auto found = storage::creation_in(number, block->transactions[i], block->receipts[i], contract);
      if (found) return ContractCreation{found->transaction, found->creator};
    }
  }
  return std::nullopt;
}

std::vector<SubmitResult> Backend::submit_many(const std::vector<ByteView>& raws) {
  std::vector<SubmitResult> out;
  out.reserve(raws.size());
  for (const ByteView raw : raws) out.push_back(submit(raw));
  return out;
}

}  // namespace atlas::rpc
