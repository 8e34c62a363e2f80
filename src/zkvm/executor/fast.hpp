#pragma once
// The fast loop: instructions decoded once more, into what a threaded interpreter wants.
#include <vector>

#include <zkvm/executor/memory.hpp>
#include <zkvm/executor/state.hpp>

namespace atlas::zkvm {

/// One slot of the threaded code. Jump distances are in bytes of slots; addresses of loads and stores are offsets into
/// the memory window, its begin being folded into imm; writes to x0 go to a slot that nobody reads.
struct FastInsn {
  using Handler = void (*)(const FastInsn* ip, i64 limit, u32* x, u8* memory, struct FastContext* context);
  Handler handler;
  i32 imm;
  u8 op;
  u8 rd;
  u8 rs1;
  u8 rs2;
};
static_assert(sizeof(FastInsn) == 16);

/// What the loop needs besides its registers, and where it leaves its position.
struct FastContext {
  const FastInsn* ip;
  i64 limit;
  u64 memory_words;
  u64 memory_halves;
  u64 memory_bytes;
  const FastInsn* code;
  u32 text_size;  ///< instructions
  u32 link_bias;  ///< return address of the jump in slot p is (p >> 2) + link_bias (mod 2^32)
};

class FastCode {
 public:
  FastCode(const Program& program, GuestMemory& memory);

  /// Executes until `end` is no more than margin() cycles away, or until an instruction comes that is not its own
  /// (ecall, fault). Never beyond `end`.
  void run(State& state, u64 end);
  /// Cycles that may pass between two looks at the limit: the longest run without a jump that is always taken.
  u64 margin() const { return margin_; }

 private:
  const Program& program_;
  u8* memory_;
  std::vector<FastInsn> code_;
  FastContext context_{};
  u64 margin_ = 0;
};

}  // namespace atlas::zkvm
