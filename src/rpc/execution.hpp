#pragma once
// Runs messages without a signature over a state of the chain: eth_call, eth_estimateGas, eth_createAccessList.
#include <memory>
#include <optional>

#include <rpc/method.hpp>

namespace atlas::evm {
class Tracer;
}
namespace atlas::stf {
struct CallMessage;
struct ExecutionResult;
enum class TxError : u8;
}  // namespace atlas::stf

namespace atlas::rpc {

/// The block an id names. For kPending the head; the caller decides what pending means to it.
Result<BlockPtr, RpcError> find_block(Call& call, const BlockId& id);
/// Like find_block, but an unknown block is null, as eth_getBlockBy… answers. A pruned one is an error all the same.
Result<BlockPtr, RpcError> lookup_block(Call& call, const BlockId& id);
/// What `call` gets for a block that is no longer kept.
RpcError pruned_block(const Call& call, u64 number);
/// The state after the block an id names, or that it is no longer kept.
Result<StatePtr, RpcError> find_state(Call& call, const std::optional<BlockId>& id);

/// A state, a block and overrides, on which messages run one by one, each from the same start.
class Simulation {
 public:
  ~Simulation();
  static Result<std::unique_ptr<Simulation>, RpcError> make(Call& call, const std::optional<BlockId>& id,
                                                            const StateOverrides* state, const BlockOverrides* block);

  /// Runs `message`; on a refusal the error that tools expect. `tracer` listens if not null.
  Result<stf::ExecutionResult, RpcError> run(const stf::CallMessage& message, evm::Tracer* tracer = nullptr);
  const BlockContext& block() const;
  const StateView& state() const;

 private:
  struct Impl;
  explicit Simulation(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// The message that `args` asks for, with gas bounded by the node's cap and prices resolved against the base fee.
Result<stf::CallMessage, RpcError> to_message(Call& call, const CallArgs& args, const BlockContext& block);

/// The smallest gas limit with which `args` succeeds.
Result<u64, RpcError> estimate(Call& call, const CallArgs& args, const std::optional<BlockId>& id,
                               const StateOverrides* state, const BlockOverrides* block);

/// The error for a run that ended badly: code 3 with revert data, or that all gas is gone.
Err<RpcError> execution_failed(const stf::ExecutionResult& result);
/// geth's sentence for revert data: "execution reverted", with the reason of Error(string) or Panic(uint256) behind it.
std::string revert_message(ByteView data);
/// geth's words for a refusal by the state transition.
std::string describe_refusal(stf::TxError error);

}  // namespace atlas::rpc
