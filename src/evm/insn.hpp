#pragma once
// The internal instruction set: the EVM's own operations, block headers, resolved jumps and fused sequences.
#include <evm/opcodes.hpp>

namespace atlas::evm {

// clang-format off
// Instructions without an EVM opcode of their own. "Word" operands follow the instruction as raw words of the machine:
// 8 bytes a slot, lowest first.
#define ATLAS_EVM_INTERNAL_INSNS(X)                                                                       \
  X(Block)          /* opens a basic block: arg = its static gas; stack bounds in x, y */                 \
  X(MeteredBlock)   /* the same, and its native cost in the arg of the next slot */                       \
  X(Goto)           /* arg = signed distance in slots */                                                  \
  X(Continue)       /* arg = code position; translates on and becomes Goto */                             \
  X(Push)           /* arg = value */                                                                     \
  X(Push64)         /* 1 slot follows: the value */                                                       \
  X(Push256)        /* 4 slots follow: the value */                                                       \
  X(JumpTo)         /* PUSH JUMP: arg = signed distance in slots */                                       \
  X(JumpIfTo)       /* PUSH JUMPI */                                                                      \
  X(JumpIfZeroTo)   /* ISZERO PUSH JUMPI */                                                               \
  X(SelectorTo)     /* DUP1 PUSH4 EQ PUSH JUMPI: arg = distance; 1 slot follows: the selector */          \
  X(JumpPc)         /* the same four before their target is resolved: arg = code position */              \
  X(JumpIfPc)                                                                                             \
  X(JumpIfZeroPc)                                                                                         \
  X(SelectorPc)                                                                                           \
  X(AddConst)       /* PUSH ADD: arg = the constant; likewise the following */                            \
  X(AndConst)                                                                                             \
  X(EqConst)                                                                                              \
  X(LtConst)        /* constant < top */                                                                  \
  X(GtConst)        /* constant > top */                                                                  \
  X(ShlConst)       /* arg < 256 */                                                                       \
  X(ShrConst)       /* arg < 256 */                                                                       \
  X(MloadConst)                                                                                           \
  X(MstoreConst)                                                                                          \
  X(CalldataloadConst)                                                                                    \
  X(SubFrom)        /* PUSH SWAP1 SUB: top − constant */                                                  \
  X(AndWide)        /* PUSH AND with a constant above 32 bits: 4 slots follow */                          \
  X(Nip)            /* SWAP1 POP */                                                                       \
  X(PopPop)         /* POP POP */                                                                         \
  X(Dup2Add)        /* DUP2 ADD */                                                                        \
  X(Swap1Sub)       /* SWAP1 SUB */                                                                       \
  X(IszeroIszero)   /* ISZERO ISZERO */

#define ATLAS_EVM_STACK_INSNS(X)                                                                                     \
  X(Dup1, 1) X(Dup2, 2) X(Dup3, 3) X(Dup4, 4) X(Dup5, 5) X(Dup6, 6) X(Dup7, 7) X(Dup8, 8) X(Dup9, 9) X(Dup10, 10)   \
  X(Dup11, 11) X(Dup12, 12) X(Dup13, 13) X(Dup14, 14) X(Dup15, 15) X(Dup16, 16)
#define ATLAS_EVM_SWAP_INSNS(X)                                                                                      \
  X(Swap1, 1) X(Swap2, 2) X(Swap3, 3) X(Swap4, 4) X(Swap5, 5) X(Swap6, 6) X(Swap7, 7) X(Swap8, 8) X(Swap9, 9)       \
  X(Swap10, 10) X(Swap11, 11) X(Swap12, 12) X(Swap13, 13) X(Swap14, 14) X(Swap15, 15) X(Swap16, 16)

// clang-format on

enum class Op : u8 {
#define X(name, ...) k##name,
#define Y(value, name, ...) k##name,
  ATLAS_EVM_INTERNAL_INSNS(X) ATLAS_EVM_STACK_INSNS(X) ATLAS_EVM_SWAP_INSNS(X) ATLAS_EVM_PLAIN_OPCODES(Y)
      ATLAS_EVM_CALL_OPCODES(Y) ATLAS_EVM_CREATE_OPCODES(Y) ATLAS_EVM_FLOW_OPCODES(Y)
#undef X
#undef Y
          kCount
};

/// One instruction slot.
struct Insn {
  Op op = Op::kInvalid;
  u8 x = 0;
  u16 y = 0;
  u32 arg = 0;

  /// Of a Block: how many words it takes from the stack, and how far above its start the stack rises. Both saturate at
  /// 4095, which is above the limit of 1024 and so never fits.
  static constexpr Insn block(Op op, u32 gas, u32 need, u32 rise) {
    need = need < 4095 ? need : 4095;
    rise = rise < 4095 ? rise : 4095;
    return {op, static_cast<u8>(need), static_cast<u16>(need >> 8 | rise << 4), gas};
  }
  constexpr u32 need() const { return x | (y & 0xfU) << 8; }
  constexpr u32 rise() const { return y >> 4; }
};
static_assert(sizeof(Insn) == 8);

}  // namespace atlas::evm
