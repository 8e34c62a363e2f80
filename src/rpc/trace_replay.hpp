#pragma once
// Executes a block's transactions again, or a message, with a recorder listening.
#include <functional>

#include <rpc/execution.hpp>
#include <rpc/trace.hpp>

namespace atlas::rpc {

/// Takes what was recorded, while state and journal are still in place.
using TraceUse = std::function<Reply(const TraceSubject&, const stf::ExecutionResult&)>;

/// One block from its parent's state, transaction by transaction.
class Replay {
 public:
  ~Replay();
  /// kResourceUnavailable if the parent's state is no longer kept.
  static Result<std::unique_ptr<Replay>, RpcError> make(Call& call, BlockPtr block);

  /// Executes the transactions before `index` that have not been yet.
  Reply skip_to(std::size_t index);
  /// Executes transaction `index`, to which skip_to() leads, aside: the replay stays before it.
  Reply trace(std::size_t index, Recorder& recorder, const TraceUse& use);

 private:
  struct Impl;
  explicit Replay(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// debug_traceCall: runs `message` over `simulation`'s state.
Reply trace_message(Call& call, const Simulation& simulation, const stf::CallMessage& message, Recorder& recorder,
                    const TraceUse& use);

/// The transaction with this hash with `recorder` listening; "transaction not found" if there is none in a block.
Reply trace_transaction(Call& call, const Hash256& hash, Recorder& recorder, const TraceUse& use);

}  // namespace atlas::rpc
