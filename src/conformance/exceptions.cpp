#include <conformance/exceptions.hpp>

namespace atlas::conformance {
namespace {

using stf::TxError;

struct Name {
  std::string_view name;
  TxError error;
};

// execution-spec-tests, src/ethereum_test_exceptions: TransactionException. A name stands once for each error it
// covers.
constexpr Name kNames[] = {
    {"INTRINSIC_GAS_TOO_LOW", TxError::kIntrinsicGasTooLow},
    {"INTRINSIC_GAS_TOO_LOW", TxError::kFloorGasTooLow},
    {"INTRINSIC_GAS_BELOW_FLOOR_GAS_COST", TxError::kFloorGasTooLow},
    {"INSUFFICIENT_ACCOUNT_FUNDS", TxError::kInsufficientFunds},
    {"INSUFFICIENT_ACCOUNT_FUNDS", TxError::kValueOverflow},
    {"GASLIMIT_PRICE_PRODUCT_OVERFLOW", TxError::kValueOverflow},
    {"SENDER_NOT_EOA", TxError::kSenderNotEoa},
    {"INITCODE_SIZE_EXCEEDED", TxError::kInitCodeTooLarge},
    {"GAS_LIMIT_EXCEEDS_MAXIMUM", TxError::kGasLimitAboveCap},
    {"GAS_ALLOWANCE_EXCEEDED", TxError::kGasLimitAboveBlock},
    {"NONCE_IS_MAX", TxError::kNonceMax},
    {"NONCE_MISMATCH_TOO_HIGH", TxError::kNonceTooHigh},
    {"NONCE_MISMATCH_TOO_LOW", TxError::kNonceTooLow},
    {"INSUFFICIENT_MAX_FEE_PER_GAS", TxError::kMaxFeeBelowBaseFee},
    {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS", TxError::kPriorityFeeAboveMaxFee},
    {"PRIORITY_GREATER_THAN_MAX_FEE_PER_GAS_2", TxError::kPriorityFeeAboveMaxFee},
    {"INSUFFICIENT_MAX_FEE_PER_BLOB_GAS", TxError::kBlobFeeTooLow},
    {"INVALID_CHAINID", TxError::kWrongChainId},
    {"TYPE_NOT_SUPPORTED", TxError::kUnsupportedType},
    {"TYPE_4_TX_PRE_FORK", TxError::kUnsupportedType},
    {"TYPE_3_TX_ZERO_BLOBS", TxError::kBlobEmptyList},
    {"TYPE_3_TX_CONTRACT_CREATION", TxError::kBlobWithoutTo},
    {"TYPE_3_TX_INVALID_BLOB_VERSIONED_HASH", TxError::kBlobBadVersion},
    {"TYPE_3_TX_BLOB_COUNT_EXCEEDED", TxError::kBlobTooMany},
    {"TYPE_3_TX_MAX_BLOB_GAS_ALLOWANCE_EXCEEDED", TxError::kBlobTooMany},
    {"TYPE_4_EMPTY_AUTHORIZATION_LIST", TxError::kEmptyAuthorizationList},
    {"TYPE_4_TX_CONTRACT_CREATION", TxError::kSetCodeWithoutTo},
};

bool name_covers(std::string_view name, const Refusal& refusal) {
  constexpr std::string_view kClass = "TransactionException.";
  if (name.starts_with(kClass)) name.remove_prefix(kClass.size());
  bool known = false;
  for (const Name& entry : kNames) {
    if (entry.name != name) continue;
    known = true;
    const auto* error = std::get_if<TxError>(&refusal);
    if (error != nullptr && *error == entry.error) return true;
  }
  return !known;
}

}  // namespace

std::string describe(const Refusal& refusal) {
  return std::visit([](auto error) -> std::string { return describe(error); }, refusal);
}

bool covers(std::string_view expected, const Refusal& refusal) {
  while (!expected.empty()) {
    const std::size_t bar = expected.find('|');
    if (name_covers(expected.substr(0, bar), refusal)) return true;
    expected.remove_prefix(bar == std::string_view::npos ? expected.size() : bar + 1);
  }
  return false;
}

}  // namespace atlas::conformance
