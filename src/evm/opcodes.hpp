#pragma once
// The EVM's instruction set: one row an opcode (Yellow Paper appendix H and the EIPs up to Osaka).
#include <array>
#include <string_view>

#include <base/types.hpp>
#include <types/fork.hpp>

namespace atlas::evm {

// clang-format off
// X(value, identifier, mnemonic, words popped, words pushed, static gas). Static gas is what every execution pays: the
// warm price where EIP-2929 has two, nothing for SSTORE, whose price has no common part.
// Operations that neither jump, end the frame, call nor copy stack words; `execute<Opcode>` implements them.
#define ATLAS_EVM_PLAIN_OPCODES(X) ATLAS_EVM_WORD_MEMORY_OPCODES(X) ATLAS_EVM_COMMON_OPCODES(X)
// Those whose memory is nearly always there already; the fast interpreter keeps growth out of their way.
#define ATLAS_EVM_WORD_MEMORY_OPCODES(X)                 \
  X(0x51, Mload, "MLOAD", 1, 1, 3)                       \
  X(0x52, Mstore, "MSTORE", 2, 0, 3)                     \
  X(0x53, Mstore8, "MSTORE8", 2, 0, 3)
#define ATLAS_EVM_COMMON_OPCODES(X)                       \
  X(0x01, Add, "ADD", 2, 1, 3)                           \
  X(0x02, Mul, "MUL", 2, 1, 5)                           \
  X(0x03, Sub, "SUB", 2, 1, 3)                           \
  X(0x04, Div, "DIV", 2, 1, 5)                           \
  X(0x05, Sdiv, "SDIV", 2, 1, 5)                         \
  X(0x06, Mod, "MOD", 2, 1, 5)                           \
  X(0x07, Smod, "SMOD", 2, 1, 5)                         \
  X(0x08, Addmod, "ADDMOD", 3, 1, 8)                     \
  X(0x09, Mulmod, "MULMOD", 3, 1, 8)                     \
  X(0x0a, Exp, "EXP", 2, 1, 10)                          \
  X(0x0b, Signextend, "SIGNEXTEND", 2, 1, 5)             \
  X(0x10, Lt, "LT", 2, 1, 3)                             \
  X(0x11, Gt, "GT", 2, 1, 3)                             \
  X(0x12, Slt, "SLT", 2, 1, 3)                           \
  X(0x13, Sgt, "SGT", 2, 1, 3)                           \
  X(0x14, Eq, "EQ", 2, 1, 3)                             \
  X(0x15, Iszero, "ISZERO", 1, 1, 3)                     \
  X(0x16, And, "AND", 2, 1, 3)                           \
  X(0x17, Or, "OR", 2, 1, 3)                             \
  X(0x18, Xor, "XOR", 2, 1, 3)                           \
  X(0x19, Not, "NOT", 1, 1, 3)                           \
  X(0x1a, Byte, "BYTE", 2, 1, 3)                         \
  X(0x1b, Shl, "SHL", 2, 1, 3)                           \
  X(0x1c, Shr, "SHR", 2, 1, 3)                           \
  X(0x1d, Sar, "SAR", 2, 1, 3)                           \
  X(0x1e, Clz, "CLZ", 1, 1, 5) /* EIP-7939, Osaka */     \
  X(0x20, Keccak256, "KECCAK256", 2, 1, 30)              \
  X(0x30, Address, "ADDRESS", 0, 1, 2)                   \
  X(0x31, Balance, "BALANCE", 1, 1, 100)                 \
  X(0x32, Origin, "ORIGIN", 0, 1, 2)                     \
  X(0x33, Caller, "CALLER", 0, 1, 2)                     \
  X(0x34, Callvalue, "CALLVALUE", 0, 1, 2)               \
  X(0x35, Calldataload, "CALLDATALOAD", 1, 1, 3)         \
  X(0x36, Calldatasize, "CALLDATASIZE", 0, 1, 2)         \
  X(0x37, Calldatacopy, "CALLDATACOPY", 3, 0, 3)         \
  X(0x38, Codesize, "CODESIZE", 0, 1, 2)                 \
  X(0x39, Codecopy, "CODECOPY", 3, 0, 3)                 \
  X(0x3a, Gasprice, "GASPRICE", 0, 1, 2)                 \
  X(0x3b, Extcodesize, "EXTCODESIZE", 1, 1, 100)         \
  X(0x3c, Extcodecopy, "EXTCODECOPY", 4, 0, 100)         \
  X(0x3d, Returndatasize, "RETURNDATASIZE", 0, 1, 2)     \
  X(0x3e, Returndatacopy, "RETURNDATACOPY", 3, 0, 3)     \
  X(0x3f, Extcodehash, "EXTCODEHASH", 1, 1, 100)         \
  X(0x40, Blockhash, "BLOCKHASH", 1, 1, 20)              \
  X(0x41, Coinbase, "COINBASE", 0, 1, 2)                 \
  X(0x42, Timestamp, "TIMESTAMP", 0, 1, 2)               \
  X(0x43, Number, "NUMBER", 0, 1, 2)                     \
  X(0x44, Prevrandao, "PREVRANDAO", 0, 1, 2)             \
  X(0x45, Gaslimit, "GASLIMIT", 0, 1, 2)                 \
  X(0x46, Chainid, "CHAINID", 0, 1, 2)                   \
  X(0x47, Selfbalance, "SELFBALANCE", 0, 1, 5)           \
  X(0x48, Basefee, "BASEFEE", 0, 1, 2)                   \
  X(0x49, Blobhash, "BLOBHASH", 1, 1, 3)                 \
  X(0x4a, Blobbasefee, "BLOBBASEFEE", 0, 1, 2)           \
  X(0x50, Pop, "POP", 1, 0, 2)                           \
  X(0x54, Sload, "SLOAD", 1, 1, 100)                     \
  X(0x55, Sstore, "SSTORE", 2, 0, 0)                     \
  X(0x59, Msize, "MSIZE", 0, 1, 2)                       \
  X(0x5a, Gas, "GAS", 0, 1, 2)                           \
  X(0x5c, Tload, "TLOAD", 1, 1, 100)                     \
  X(0x5d, Tstore, "TSTORE", 2, 0, 100)                   \
  X(0x5e, Mcopy, "MCOPY", 3, 0, 3)                       \
  X(0xa0, Log0, "LOG0", 2, 0, 375)                       \
  X(0xa1, Log1, "LOG1", 3, 0, 750)                       \
  X(0xa2, Log2, "LOG2", 4, 0, 1125)                      \
  X(0xa3, Log3, "LOG3", 5, 0, 1500)                      \
  X(0xa4, Log4, "LOG4", 6, 0, 1875)

// Instructions that ask stf for a frame; `request_call<Opcode>` and `request_create<Opcode>`.
#define ATLAS_EVM_CALL_OPCODES(X)                        \
  X(0xf1, Call, "CALL", 7, 1, 100)                       \
  X(0xf2, Callcode, "CALLCODE", 7, 1, 100)               \
  X(0xf4, Delegatecall, "DELEGATECALL", 6, 1, 100)       \
  X(0xfa, Staticcall, "STATICCALL", 6, 1, 100)
#define ATLAS_EVM_CREATE_OPCODES(X)                      \
  X(0xf0, Create, "CREATE", 3, 1, 32000)                 \
  X(0xf5, Create2, "CREATE2", 4, 1, 32000)

// Control flow.
#define ATLAS_EVM_FLOW_OPCODES(X)                        \
  X(0x00, Stop, "STOP", 0, 0, 0)                         \
  X(0x56, Jump, "JUMP", 1, 0, 8)                         \
  X(0x57, Jumpi, "JUMPI", 2, 0, 10)                      \
  X(0x58, Pc, "PC", 0, 1, 2)                             \
  X(0x5b, Jumpdest, "JUMPDEST", 0, 0, 1)                 \
  X(0xf3, Return, "RETURN", 2, 0, 0)                     \
  X(0xfd, Revert, "REVERT", 2, 0, 0)                     \
  X(0xfe, Invalid, "INVALID", 0, 0, 0)                   \
  X(0xff, Selfdestruct, "SELFDESTRUCT", 1, 0, 5000)

// clang-format on

/// Opcodes by number. PUSH0-32, DUP1-16 and SWAP1-16 are ranges from their first member.
enum class Opcode : u8 {
#define X(value, name, mnemonic, pops, pushes, gas) k##name = value,
  ATLAS_EVM_PLAIN_OPCODES(X) ATLAS_EVM_CALL_OPCODES(X) ATLAS_EVM_CREATE_OPCODES(X) ATLAS_EVM_FLOW_OPCODES(X)
#undef X
      kPush0 = 0x5f,
  kPush32 = 0x7f,
  kDup1 = 0x80,
  kDup16 = 0x8f,
  kSwap1 = 0x90,
  kSwap16 = 0x9f,
};

/// Stack effect and static gas of one opcode.
struct OpcodeTraits {
  bool defined = false;
  u8 pops = 0;
  u8 pushes = 0;
  u16 gas = 0;
};

/// Traits by opcode number as of Osaka; `is_defined` knows which are newer than Cancun.
inline constexpr std::array<OpcodeTraits, 256> kOpcodeTraits = [] {
  std::array<OpcodeTraits, 256> t{};
#define X(value, name, mnemonic, pops, pushes, gas) t[value] = {true, pops, pushes, gas};
  ATLAS_EVM_PLAIN_OPCODES(X)
  ATLAS_EVM_CALL_OPCODES(X)
  ATLAS_EVM_CREATE_OPCODES(X)
  ATLAS_EVM_FLOW_OPCODES(X)
#undef X
  t[0x5f] = {true, 0, 1, 2};  // PUSH0, EIP-3855
  for (u8 i = 0x60; i <= 0x7f; ++i) t[i] = {true, 0, 1, 3};
  for (u8 n = 1; n <= 16; ++n) {
    t[0x7f + n] = {true, n, static_cast<u8>(n + 1), 3};                       // DUPn reads n words
    t[0x8f + n] = {true, static_cast<u8>(n + 1), static_cast<u8>(n + 1), 3};  // SWAPn reads n + 1
  }
  t[0xfe].defined = false;  // INVALID, EIP-141: has a name and is not an instruction
  return t;
}();

constexpr const OpcodeTraits& traits_of(u8 opcode) {
  return kOpcodeTraits[opcode];
}
constexpr bool is_defined(u8 opcode, Fork fork) {
  if (opcode == static_cast<u8>(Opcode::kClz)) return fork >= Fork::kOsaka;
  return kOpcodeTraits[opcode].defined;
}
constexpr bool is_push(u8 opcode) {
  return opcode >= 0x5f && opcode <= 0x7f;
}
/// Bytes of immediate data after the opcode.
constexpr unsigned immediate_size(u8 opcode) {
  return opcode >= 0x60 && opcode <= 0x7f ? opcode - 0x5fU : 0U;
}

/// The mnemonic, or "" for an opcode that is not defined in any fork.
std::string_view mnemonic(u8 opcode);

}  // namespace atlas::evm
