#pragma once
// The two ways to run a frame. Both go from the frame's stored position to its next outcome and agree in every effect.
#include <evm/operations.hpp>
#include <evm/tracer.hpp>

namespace atlas::evm {

/// Runs translated instructions; gas and stack bounds are checked once a block. `f.position` is an instruction index.
void run_fast(EvmFrame& f);

/// Runs bytecode one opcode at a time with every check before each. `f.position` is a code position. `tracer` may be
/// null (differential tests).
void run_plain(EvmFrame& f, Tracer* tracer);

/// Writes the result of a frame that halted exceptionally.
void finish_failed(EvmFrame& f, HaltReason reason);

/// Writes the frame's result. `output` lies in the frame's memory.
void finish(EvmFrame& f, FrameStatus status, i64 gas, ByteView output);

/// The memory that RETURN and REVERT name; already expanded.
inline ByteView output_range(EvmFrame& f, const u256* sp) {
  const auto size = static_cast<std::size_t>(sp[-1].low_u64());
  return size == 0 ? ByteView{} : ByteView{f.memory.data() + sp[0].low_u64(), size};
}

}  // namespace atlas::evm
