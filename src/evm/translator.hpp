#pragma once
// Bytecode → internal instructions, one straight run at a time. Used by Program alone.
#include <array>

#include <evm/program.hpp>

namespace atlas::evm {

/// What the opcodes of a basic block come to.
struct BlockBounds {
  u32 gas = 0;     ///< static
  u32 native = 0;  ///< static; evm/native_costs.hpp
  i32 height = 0;  ///< relative to the block's start, as are the next two
  i32 need = 0;
  i32 rise = 0;

  void add(u8 opcode);
};
/// Bounds of the block that starts at `pc`, an instruction boundary. They follow from the code alone, however it was
/// translated, because runs end where pages of the code do.
BlockBounds block_bounds(ByteView code, u64 pc, Fork fork);
/// Whether the instruction at `next`, which follows `opcode` at `pc`, starts a block.
bool starts_block(ByteView code, u64 pc, u8 opcode, u64 next);

class Translator {
 public:
  Translator(Program& program, ByteView code) : program_(program), code_(code) {}

  /// Translates from `pc`, an instruction boundary that no block starts at yet, to the first instruction that never
  /// goes on to the next, to a block that exists, or to the end of a page. Returns the index of the first block.
  u32 run(u32 pc);

 private:
  /// What one emitted instruction is, as long as a later one of the same block may fuse with it.
  struct Emitted {
    u32 at = 0;
    bool is_constant = false;
    u256 value;
  };
  static constexpr u32 kWindow = 8;  // a power of two

  /// Translates one instruction; false when the run ends with it.
  bool translate(u8 opcode, u32 pc);
  void open_block();
  void close_block();
  bool jumpdest(u32 pc, bool inside_run);
  void jump();
  void jump_if();
  void push(const u256& value);
  /// Folds or fuses `opcode` with what was emitted before; false if it must stand alone.
  bool fuse(u8 opcode);
  bool fold_constants(Opcode opcode);
  bool fuse_constant(Opcode opcode);
  bool fuse_pair(Opcode opcode);

  void emit(Op op, u32 arg = 0);
  void emit_words(const u256& value, unsigned slots);
  void emit_jump(Op resolved, Op unresolved, u64 target);
  u32 next_index() const { return static_cast<u32>(program_.insns_.size()); }

  Emitted& recent(u32 back) { return window_[(window_end_ - 1 - back) % kWindow]; }
  bool recent_is(u32 back, Op op) const;
  bool recent_constant(u32 back) const;
  /// Takes back the last `count` instructions.
  void retract(u32 count);
  void forget() { window_count_ = 0; }

  Program& program_;
  ByteView code_;

  // The open block.
  u32 block_ = 0;
  BlockBounds bounds_;

  std::array<Emitted, kWindow> window_;
  u32 window_end_ = 0;
  u32 window_count_ = 0;
};

}  // namespace atlas::evm
