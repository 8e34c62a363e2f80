#pragma once
// The state of one running or suspended contract.
#include <memory>

#include <evm/mapping_hashes.hpp>
#include <evm/memory.hpp>
#include <evm/program.hpp>
#include <state/environment.hpp>
#include <state/journal.hpp>

namespace atlas::evm {

class Tracer;

inline constexpr unsigned kStackLimit = 1024;
inline constexpr unsigned kCallDepthLimit = 1024;
inline constexpr u64 kMaxInitCodeSize = 49152;  // EIP-3860

/// Where the results of a call go once it comes back.
struct PendingCall {
  bool creates = false;
  u32 output_offset = 0;  ///< memory range that the caller gave for the output, already expanded
  u32 output_size = 0;
};

/// One frame. While it runs, the interpreter keeps position, stack pointer and gas in registers and writes them back
/// when the frame suspends.
struct EvmFrame final : Frame {
  EvmFrame();

  // The surroundings, set by every start and resume.
  Host* host = nullptr;
  StepOutcome* outcome = nullptr;
  MappingHashes* mapping_hashes = nullptr;
  Tracer* heir_listener = nullptr;

  // The program's tables, which move when it is translated further.
  const Insn* insns = nullptr;
  const u32* targets = nullptr;  ///< instruction index by code position; 0 where nothing is translated yet
  std::size_t targets_size = 0;

  // The suspended position.
  u64 position = 0;  ///< instruction index, or code position in a plain run
  u256* sp = nullptr;
  i64 gas = 0;

  i64 refund = 0;
  AccountRef self;  ///< the recipient's
  CallRequest request;
  ByteView code;
  Program* program = nullptr;
  bool idle = true;  ///< in the pool
  PendingCall pending;
  Memory memory;
  Buffer return_data;

  /// The slot below the first stack element; `sp` points here when the stack is empty and at the top element otherwise.
  u256* bottom() { return stack_.get(); }
  std::size_t stack_size() const { return static_cast<std::size_t>(sp - stack_.get()); }

  void load_program_tables() {
    insns = program->insns();
    targets = program->targets();
    targets_size = program->targets_size();
  }

  /// For code that is not cached: init code, of which every run may differ.
  Program own_program;

 private:
  struct Free {
    void operator()(u256* p) const { ::operator delete(static_cast<void*>(p)); }
  };
  std::unique_ptr<u256, Free> stack_;  // 1 + kStackLimit words, uninitialised until pushed
};

}  // namespace atlas::evm
