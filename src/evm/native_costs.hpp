#pragma once
// What execution costs to prove, in cycles of the guest's machine: the table that docs/fees.md prints. Figures are
// upper estimates; the cycle report of the guest replaces them one by one. Protocol constants: a change is a new
// version.
//
// Every opcode pays its static figure, once for a whole basic block and before it runs; what depends on operands comes
// on top. A frame that halts because a block's gas or stack bounds do not hold has not paid for that block.
#include <array>

#include <base/bytes.hpp>
#include <evm/opcodes.hpp>

namespace atlas::evm {

namespace native {

// Dynamic parts.
inline constexpr u64 kMemoryWord = 20;          ///< of growth: zeroing, and moving when the buffer doubles
inline constexpr u64 kCopyWord = 24;            ///< *COPY
inline constexpr u64 kKeccakBlock = 2'000;      ///< 136 bytes, one permutation
inline constexpr u64 kExpByte = 5'600;          ///< of the exponent: eight squarings and as many products
inline constexpr u64 kLogByte = 40;             ///< copied into the receipt, hashed in the trie
inline constexpr u64 kColdAccount = 25'000;     ///< two leaves in the multiproof, old and new root
inline constexpr u64 kColdSlot = 15'000;        ///< one leaf
inline constexpr u64 kCodeLoad = 2'000;         ///< a contract's code, once a transaction: its leaf …
inline constexpr u64 kCodeByte = 24;            ///< … and for each byte: commitment, jump destinations, translation
inline constexpr u64 kFrame = 2'500;            ///< a call's or creation's frame
inline constexpr u64 kCreatedAccount = 90'000;  ///< address, three leaves of a new contract
inline constexpr u64 kCreatedCodeByte = 60;     ///< Keccak and BLAKE3 of deployed code, pubdata

// A transaction, before its first instruction.
inline constexpr u64 kTransaction = 150'000;  ///< signature, decoding, receipt, two tries, leaves of sender and target
inline constexpr u64 kTransactionByte = 40;   ///< of call data
inline constexpr u64 kAuthorization = 150'000;  ///< EIP-7702: a signature, an account's leaves

constexpr u64 words(u64 bytes) {
  return bytes / 32 + (bytes % 32 != 0);
}
constexpr u64 keccak(u64 bytes) {
  return kKeccakBlock * (bytes / 136 + 1);
}

}  // namespace native

/// Static figures by opcode number; 0 where nothing is defined.
inline constexpr std::array<u32, 256> kOpcodeNative = [] {
  std::array<u32, 256> t{};
  const auto set = [&t](Opcode opcode, u32 cycles) { t[static_cast<u8>(opcode)] = cycles; };
  for (const Opcode o : {Opcode::kAdd, Opcode::kSub, Opcode::kEq, Opcode::kAnd, Opcode::kOr, Opcode::kXor, Opcode::kNot,
                         Opcode::kByte, Opcode::kClz, Opcode::kIszero}) {
    set(o, 100);
  }
  for (const Opcode o : {Opcode::kLt, Opcode::kGt, Opcode::kSlt, Opcode::kSgt}) set(o, 120);
  for (const Opcode o : {Opcode::kShl, Opcode::kShr, Opcode::kSar, Opcode::kSignextend}) set(o, 250);
  set(Opcode::kMul, 450);
  for (const Opcode o : {Opcode::kDiv, Opcode::kSdiv, Opcode::kMod, Opcode::kSmod}) set(o, 2'500);
  set(Opcode::kAddmod, 3'000);
  set(Opcode::kMulmod, 6'000);
  set(Opcode::kExp, 600);
  set(Opcode::kKeccak256, 1'000);
  for (const Opcode o :
       {Opcode::kAddress,     Opcode::kOrigin,     Opcode::kCaller,         Opcode::kCallvalue, Opcode::kCalldatasize,
        Opcode::kCodesize,    Opcode::kGasprice,   Opcode::kReturndatasize, Opcode::kCoinbase,  Opcode::kTimestamp,
        Opcode::kNumber,      Opcode::kPrevrandao, Opcode::kGaslimit,       Opcode::kChainid,   Opcode::kBasefee,
        Opcode::kBlobbasefee, Opcode::kBlobhash,   Opcode::kMsize,          Opcode::kGas,       Opcode::kPc}) {
    set(o, 100);
  }
  set(Opcode::kSelfbalance, 200);
  for (const Opcode o : {Opcode::kBalance, Opcode::kExtcodesize, Opcode::kExtcodecopy, Opcode::kExtcodehash})
    set(o, 1'200);
  set(Opcode::kCalldataload, 250);
  for (const Opcode o : {Opcode::kCalldatacopy, Opcode::kCodecopy, Opcode::kReturndatacopy, Opcode::kMcopy})
    set(o, 300);
  set(Opcode::kBlockhash, 2'000 + native::kColdSlot);  // any of 256 slots, which no gas warms
  set(Opcode::kPop, 40);
  for (const Opcode o : {Opcode::kMload, Opcode::kMstore, Opcode::kMstore8}) set(o, 200);
  set(Opcode::kSload, 1'500);
  set(Opcode::kSstore, 3'000);
  for (const Opcode o : {Opcode::kTload, Opcode::kTstore}) set(o, 1'500);
  set(Opcode::kLog0, 4'000);
  set(Opcode::kLog1, 9'000);  // three bits of the bloom filter a topic: a permutation each
  set(Opcode::kLog2, 12'000);
  set(Opcode::kLog3, 15'000);
  set(Opcode::kLog4, 18'000);
  for (const Opcode o : {Opcode::kCall, Opcode::kCallcode, Opcode::kDelegatecall, Opcode::kStaticcall}) set(o, 2'500);
  for (const Opcode o : {Opcode::kCreate, Opcode::kCreate2}) set(o, 4'000);
  set(Opcode::kStop, 300);
  for (const Opcode o : {Opcode::kReturn, Opcode::kRevert}) set(o, 600);
  set(Opcode::kJump, 120);
  set(Opcode::kJumpi, 120);
  set(Opcode::kJumpdest, 50);
  set(Opcode::kSelfdestruct, 30'000);
  for (unsigned i = 0x5f; i <= 0x7f; ++i) t[i] = 70;   // PUSH
  for (unsigned i = 0x80; i <= 0x8f; ++i) t[i] = 60;   // DUP
  for (unsigned i = 0x90; i <= 0x9f; ++i) t[i] = 100;  // SWAP
  return t;
}();

}  // namespace atlas::evm
