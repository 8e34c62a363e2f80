#pragma once
#include <string>

#include <base/bytes.hpp>
#include <base/result.hpp>

namespace atlas::rpc {

/// JSON-RPC 2.0 section 5.1, EIP-1474, and geth's own where tools look at them.
enum class ErrorCode : int {
  kParse = -32700,
  kInvalidRequest = -32600,
  kMethodNotFound = -32601,
  kInvalidParams = -32602,
  kInternal = -32603,
  kServer = -32000,               ///< mempool and execution errors; the message says which
  kResourceUnavailable = -32002,  ///< state or history no longer kept
  kTransactionRejected = -32003,  ///< EIP-1474
  kLimitExceeded = -32005,        ///< EIP-1474: too many results, filters, requests in flight
  kReverted = 3,                  ///< geth: execution reverted, `data` is the revert data
  kReceiptTimeout = 4,            ///< EIP-7966: no receipt in time, `data` is the hash
  kPruned = 4444,                 ///< geth (EIP-4444): block no longer kept
  // eth_simulateV1 (execution-apis): the simulation as a whole is refused.
  kSimNonceTooLow = -38010,
  kSimNonceTooHigh = -38011,
  kSimBaseFeeTooLow = -38012,  ///< maxFeePerGas below the block's base fee, with validation
  kSimIntrinsicGas = -38013,
  kSimInsufficientFunds = -38014,
  kSimBlockGasLimit = -38015,
  kSimBlockNumber = -38020,     ///< blocks must ascend
  kSimBlockTimestamp = -38021,  ///< so must their timestamps
  kSimInitCodeTooLarge = -38025,
  kSimTooLarge = -38026,  ///< more blocks than a request may have
};

/// The error object of an answer. `data_json` is JSON, or empty for none.
struct RpcError {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;
  std::string data_json;
};

/// What a method comes to: its result is written, or an error.
using Reply = Result<void, RpcError>;

inline Err<RpcError> fail(ErrorCode code, std::string message, std::string data_json = {}) {
  return Err(RpcError{code, std::move(message), std::move(data_json)});
}

}  // namespace atlas::rpc
