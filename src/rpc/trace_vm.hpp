#pragma once
#include <rpc/trace.hpp>

namespace atlas::rpc {

/// Parity's vmTrace: every instruction with what it pushed, wrote and stored, and the frames that it ran inside it.
std::unique_ptr<Recorder> make_vm_recorder(std::size_t bytes_max);
/// Parity's stateDiff: every account that changed, field by field: "=", {"+": born}, {"-": gone}, {"*": {from, to}}.
std::unique_ptr<Recorder> make_state_diff_recorder(std::size_t bytes_max);

}  // namespace atlas::rpc
