#pragma once
#include <rpc/backend.hpp>
#include <rpc/error.hpp>

namespace atlas::rpc {

/// The error for a transaction that the mempool refused: geth's words, then what is special about this one.
Err<RpcError> submit_failed(const SubmitError& error);

}  // namespace atlas::rpc
