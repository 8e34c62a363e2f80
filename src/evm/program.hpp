#pragma once
// Bytecode in the form that the interpreter runs: fixed-size instructions with immediates decoded, jumps resolved,
// frequent sequences fused, and gas and stack bounds summed over basic blocks. Translated lazily, one straight run at a
// time, so that code which never runs (most of an init code, most functions of a contract) costs nothing.
#include <vector>

#include <base/u256.hpp>
#include <evm/insn.hpp>
#include <types/fork.hpp>

namespace atlas::evm {

class Program {
 public:
  /// Forgets the old program, keeping its storage. No code is read yet. `code_size` is that of the code which every
  /// later call must pass.
  /// A metered program counts what it costs to prove, in Host::native, which must then be there.
  void reset(std::size_t code_size, Fork fork, bool metered);

  /// Index of the first instruction of the code.
  u32 entry(ByteView code);
  /// Index of the block that the JUMPDEST at `pc` opens; 0 if there is none (also inside push data).
  u32 resolve(ByteView code, u64 pc);
  /// Index of the block at `pc`, an instruction boundary where translation had paused.
  u32 continue_at(ByteView code, u32 pc);
  /// Whether `pc` holds a JUMPDEST that is not push data.
  bool is_jumpdest(ByteView code, u64 target);

  const Insn* insns() const { return insns_.data(); }
  Insn& insn(u32 index) { return insns_[index]; }
  const u32* targets() const { return targets_.data(); }
  std::size_t targets_size() const { return targets_.size(); }

  /// Bytes of storage held.
  std::size_t footprint() const;

 private:
  friend class Translator;

  std::vector<Insn> insns_;     // [0] is a guard, so that index 0 says "none"
  std::vector<u32> targets_;    // by code position; sized at the first need
  std::vector<u64> jumpdests_;  // bit by code position, valid below scanned_
  std::size_t scanned_ = 0;     // an instruction boundary
  std::size_t code_size_ = 0;
  u32 entry_ = 0;
  Fork fork_ = Fork::kOsaka;
  bool metered_ = false;
};

}  // namespace atlas::evm
