#include <zkvm/executor/executor.hpp>
#include <zkvm/executor/fast.hpp>
#include <zkvm/executor/observe.hpp>

namespace atlas::zkvm {

Executor::Executor(const Program& program, ByteView hints, ExecutorOptions options)
    : program_(program), options_(options), hints_((hints.size() + 3) / 4), memory_(program, options.memory_limit) {
  if (!hints.empty()) std::memcpy(hints_.data(), hints.data(), hints.size());
  state_.pc = program.entry;
}
Executor::~Executor() = default;
Executor::Executor(Executor&&) noexcept = default;

Stop Executor::fail(FaultKind kind, u32 address) {
  if (!fault_) fault_.emplace();
  fault_->kind = kind;
  fault_->address = address;
  fault_->pc = state_.pc;
  fault_->cycle = state_.cycle;
  return Stop::kFault;
}

Stop Executor::finish_ecall(const EcallPlan& plan) {
  Fault fault;
  const EcallResult result = perform_ecall(plan, state_, memory_, hints_, options_.listener, fault);
  if (result == EcallResult::kFault) {
    fault_ = std::move(fault);
    return fail(fault_->kind, fault_->address);
  }
  ++state_.cycle;
  state_.pc += 4;
  halted_ = result == EcallResult::kHalted;
  return halted_ ? Stop::kHalted : Stop::kPaused;
}

Stop Executor::run(u64 cycles) {
  if (halted_) return Stop::kHalted;
  if (fault_) return Stop::kFault;
  if (!fast_) fast_ = std::make_unique<FastCode>(program_, memory_);
  const u64 end = state_.cycle + allowed(cycles);
  NullSink sink;
  for (;;) {
    fast_->run(state_, end);
    // What the fast loop does not do comes here one by one: ecalls, faults, and the last cycles before `end`.
    const u64 left = end - state_.cycle;
    const u64 slow = left <= fast_->margin() ? left : 1;
    const Stop stop = observe(sink, slow);
    if (stop != Stop::kPaused || state_.cycle >= end) return stop;
  }
}

}  // namespace atlas::zkvm
