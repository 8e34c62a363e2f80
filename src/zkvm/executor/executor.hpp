#pragma once
// Runs a program. Two loops over one machine: run() is fast and says nothing; observe() (observe.hpp) hands every step
// to a sink. They may alternate, at any cycle.
#include <memory>
#include <optional>
#include <vector>

#include <zkvm/executor/ecall.hpp>
#include <zkvm/executor/fault.hpp>
#include <zkvm/executor/memory.hpp>
#include <zkvm/executor/state.hpp>

namespace atlas::zkvm {

class FastCode;

enum class Stop : u8 {
  kPaused,  ///< the cycles asked for are done; run on as you like
  kHalted,  ///< halt(0)
  kFault,   ///< see Executor::fault()
};

struct ExecutorOptions {
  /// Cycles after which the execution ends with kBudgetSpent.
  u64 budget = u64{1} << 40;
  /// Bytes of memory from the window's begin; what lies beyond faults. Bounds what a hostile program can make us map.
  u64 memory_limit = u64{1} << 32;
  /// Hears log and phase; may be null.
  EcallListener* listener = nullptr;
};

class Executor {
 public:
  /// The program must outlive the executor. `hints` are consumed in order, zero-padded to a word.
  Executor(const Program& program, ByteView hints, ExecutorOptions options = {});
  ~Executor();
  Executor(Executor&&) noexcept;

  /// At most `cycles` more instructions, exactly that many when it returns kPaused.
  Stop run(u64 cycles = ~u64{0});
  /// The same, step by step; `sink` is told of each (observe.hpp).
  template <class Sink>
  Stop observe(Sink& sink, u64 cycles = ~u64{0});

  const Program& program() const { return program_; }
  const State& state() const { return state_; }
  const GuestMemory& memory() const { return memory_; }
  std::span<const u32> hints() const { return hints_; }
  /// Set once run() or observe() returned kFault; the machine stands before the instruction that failed.
  const Fault& fault() const { return *fault_; }

  /// For snapshots: the machine may be put into any state that it once was in.
  State& mutable_state() { return state_; }
  GuestMemory& mutable_memory() { return memory_; }

 private:
  Stop fail(FaultKind kind, u32 address);
  /// Executes the checked ecall at pc; counts it and moves on unless it ends the execution.
  Stop finish_ecall(const EcallPlan& plan);
  /// Cycles that may still be executed when `cycles` are asked for.
  u64 allowed(u64 cycles) const { return std::min(cycles, options_.budget - std::min(options_.budget, state_.cycle)); }

  const Program& program_;
  ExecutorOptions options_;
  std::vector<u32> hints_;
  State state_;
  GuestMemory memory_;
  std::optional<Fault> fault_;
  bool halted_ = false;
  std::unique_ptr<FastCode> fast_;  // made when first needed
};

}  // namespace atlas::zkvm
