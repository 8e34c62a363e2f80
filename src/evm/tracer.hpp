#pragma once
// What a tracer sees of execution (debug_trace*). With a tracer set, an environment runs the plain interpreter, so the
// fast one carries no trace of it. Frames are reported by stf, which drives them (precompiles included); instructions
// by the environment. Heirs are reported by the fast interpreter too, to who listens to them alone.
#include <span>

#include <evm/frame.hpp>

namespace atlas::evm {

/// The machine just before an instruction. Views are good for the duration of the callback.
struct TraceStep {
  u64 pc = 0;
  u8 opcode = 0;
  u16 depth = 0;                ///< 0 for the transaction's own frame
  u64 gas = 0;                  ///< before the instruction is paid
  i64 refund = 0;               ///< of this frame and what returned to it
  std::span<const u256> stack;  ///< bottom first
  ByteView memory;
  ByteView return_data;
  const CallRequest* frame = nullptr;
};

class Tracer {
 public:
  virtual ~Tracer() = default;
  /// A frame is about to run. `request.recipient` is known, also of creations.
  virtual void enter(const CallRequest& request) = 0;
  /// It ended.
  virtual void exit(const CallResult& result) = 0;
  /// About to execute.
  virtual void step(const TraceStep& step) = 0;
  /// The same instruction was executed or halted the frame. `cost` includes gas passed to a callee, without stipend.
  virtual void step_done(u64 cost, HaltReason halt) = 0;
  /// SELFDESTRUCT left the balance of the frame's account to `heir`.
  virtual void inherit(const Address& /*heir*/) {}
  /// SLOAD or SSTORE touched a slot of the frame's account, between step and step_done.
  virtual void storage(const Address& account, const u256& slot, const u256& value) = 0;
};

}  // namespace atlas::evm
