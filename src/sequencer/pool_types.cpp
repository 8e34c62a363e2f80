#include <sequencer/pool_types.hpp>

namespace atlas::sequencer {

std::string_view describe(PoolError error) {
  switch (error) {
    case PoolError::kUndecodable:
      return "transaction could not be decoded";
    case PoolError::kInvalid:
      return "invalid transaction";
    case PoolError::kUnprotected:
      return "only replay-protected (EIP-155) transactions allowed over RPC";
    case PoolError::kOversized:
      return "oversized data";
    case PoolError::kAlreadyKnown:
      return "already known";
    case PoolError::kUnderpriced:
      return "transaction underpriced";
    case PoolError::kReplacementUnderpriced:
      return "replacement transaction underpriced";
    case PoolError::kNonceGap:
      return "nonce too high";
    case PoolError::kAccountLimit:
      return "account limit exceeded";
    case PoolError::kDelegatedLimit:
      return "in-flight transaction limit reached for delegated accounts";
    case PoolError::kDelegatedGap:
      return "gapped-nonce tx from delegated accounts";
    case PoolError::kAuthorityReserved:
      return "authority already reserved";
    case PoolError::kPoolFull:
      return "txpool is full";
    case PoolError::kStopping:
      return "node is shutting down";
  }
  return "invalid transaction";
}

std::string Refusal::message() const {
  std::string text;
  if (error == PoolError::kUndecodable) {
    text = describe(decode_error);
  } else if (error == PoolError::kInvalid) {
    text = stf::describe(tx_error);
  } else {
    text = describe(error);
  }
  if (!detail.empty()) text += ": " + detail;
  return text;
}

}  // namespace atlas::sequencer
