#pragma once
// The messages of the machine's chips: what passes between rows, and the tables that rows look into. docs/zkvm.md,
// "the proof", tells the whole story.
#include <stark/air/machine.hpp>

namespace atlas::zkvm {

using stark::BabyBear;
using stark::Bus;
using stark::Tag;
using stark::TagKind;

/// The machine between two instructions: (time, slot). A slot is the number of an instruction in the text; pc itself,
/// which does not fit a field element, is never needed: the program table holds what depends on it as constants.
inline constexpr Tag kStateTag{"state", 1, 2, TagKind::kPermutation, Bus::kLocal};
/// A word of a space since its last access: (space, index, low limb, high limb, time).
inline constexpr Tag kAccessTag{"access", 2, 5, TagKind::kPermutation, Bus::kLocal};
/// An instruction: (slot, operation, rd, rs1, rs2, immediate low, high, auxiliary low, high). See
/// machine/program_table.hpp.
inline constexpr Tag kProgramTag{"program", 3, 9, TagKind::kLookup, Bus::kLocal};
/// One word of an ecall's transfer is next: (time of the call, 1 if it is a commit, index, words left).
inline constexpr Tag kTransferTag{"transfer", 4, 4, TagKind::kPermutation, Bus::kLocal};
/// A word of the public output: (words left, low limb, high limb); the verifier receives them.
inline constexpr Tag kOutputTag{"output", 5, 3, TagKind::kPermutation, Bus::kLocal};
/// Ecalls so far in this segment. It makes the number of cycles follow from time.
inline constexpr Tag kCallTag{"call", 6, 1, TagKind::kPermutation, Bus::kLocal};
/// The segment's number, from the verifier to the segment table, and from there to boundary rows.
inline constexpr Tag kNumberTag{"number", 7, 1, TagKind::kPermutation, Bus::kLocal};
inline constexpr Tag kSegmentTag{"segment", 8, 1, TagKind::kLookup, Bus::kLocal};
/// Initial words below `low` are done: (zone, space, kind, low). Kind 1: the zone is part of the image.
inline constexpr Tag kOrderTag{"order", 9, 4, TagKind::kPermutation, Bus::kLocal};
/// A word of the image: (index, low limb, high limb).
inline constexpr Tag kImageTag{"image", 10, 3, TagKind::kLookup, Bus::kLocal};
/// Integers below 2^20, 2^16, 2^14; three below 2^6; two bytes.
inline constexpr Tag kRange20Tag{"range20", 11, 1, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kRange16Tag{"range16", 12, 1, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kRange14Tag{"range14", 13, 1, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kTicksTag{"ticks", 14, 3, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kBytesTag{"bytes", 15, 2, TagKind::kLookup, Bus::kLocal};
/// Two bytes and their conjunction.
inline constexpr Tag kAndTag{"and", 16, 3, TagKind::kLookup, Bus::kLocal};
/// (byte a, r < 8, direction, low, high, power): a·power = low + 256·high, power = 2^r to the left (0), 2^(8−r) to the
/// right (1).
inline constexpr Tag kShiftTag{"shift", 17, 6, TagKind::kLookup, Bus::kLocal};
/// A word between segments: (space, index, low limb, high limb, segment that left it so; 0: its initial value).
inline constexpr Tag kWordTag{"word", 18, 5, TagKind::kPermutation, Bus::kBoundary};

/// A primitive is called: (function, time of the call, a0 as an index, a1 to a4 by limbs, -memory_begin by limbs). The
/// chip of the function receives it, so it is answered by that chip alone; times differ, so it is answered once.
inline constexpr Tag kPrimitiveTag{"primitive", 19, 13, TagKind::kPermutation, Bus::kLocal};
/// Two bytes and their exclusive or, split: (x, y, its low 4 bits, its high 4); (x, y, its low 7, its top bit).
inline constexpr Tag kXorNibblesTag{"xor nibbles", 22, 4, TagKind::kLookup, Bus::kLocal};
inline constexpr Tag kXorTopTag{"xor top", 23, 4, TagKind::kLookup, Bus::kLocal};

/// Tags' ids are below. Chips of primitives have theirs in their own folders: hashes 20 to 39, arithmetic 40 to 63.
inline constexpr u32 kTagIds = 64;

/// Address spaces. An index of registers is their number; of memory the word's number in the window that begins where
/// the text ends (Program::memory_begin), so that it is below 2^30.
inline constexpr u32 kRegisterSpace = 1;
inline constexpr u32 kMemorySpace = 2;
/// Writes to x0 go to a register that no instruction reads, and that each segment begins anew.
inline constexpr u32 kDiscard = 32;

inline constexpr u32 kSlotsMax = 1u << 24;  ///< instructions of a program; load_elf() takes no more
/// Where a halted machine stands: no instruction is there, the last one's successor is not, and no jump can name it.
/// JALR takes any address apart into a slot below 2^30 (chips/jump).
inline constexpr u32 kHaltSlot = 1u << 30;
inline constexpr u32 kNowhere = kHaltSlot + 1;  ///< where branches and JAL out of the program lead
static_assert(kSlotsMax < kHaltSlot && kNowhere < BabyBear::kModulus);

/// Times are below 2^26: twenty bits and six in a range check.
inline constexpr u32 kGapLowBits = 20;
inline constexpr u32 kGapHighBits = 6;
inline constexpr u32 kTimeMax = 1u << (kGapLowBits + kGapHighBits);

/// 1/2^bits modulo p.
constexpr u32 inverse_power(u32 bits) {
  return BabyBear(u32{1} << bits).inverse().canonical();
}
inline constexpr u32 kInverse5 = inverse_power(5), kInverse8 = inverse_power(8), kInverse14 = inverse_power(14),
                     kInverse16 = inverse_power(16), kInverse20 = inverse_power(20);
inline constexpr u32 kMinusOne = BabyBear::kModulus - 1;

/// What the chips' bounds are held against: numbers of absolute value below p/2 that are equal modulo p are equal, and
/// so are numbers from 0 to p − 1.
inline constexpr i64 kHalfField = BabyBear::kModulus / 2;

/// Operations of the program table. A chip that does several gives them successive numbers.
enum class Operation : u32 {
  kNone = 0,  ///< padding, illegal instructions: no chip does it
  kAdd = 1,
  kSub,
  kAddImmediate,
  kConstant,  ///< rd = immediate, on to the auxiliary slot: LUI, AUIPC, JAL
  kBitwise,   ///< XOR, OR, AND
  kBitwiseImmediate = kBitwise + 3,
  kShift = kBitwiseImmediate + 3,  ///< SLL, SRL, SRA
  kShiftImmediate = kShift + 3,
  kCompare = kShiftImmediate + 3,  ///< SLTU, SLT
  kCompareImmediate = kCompare + 2,
  kBranchEqual = kCompareImmediate + 2,  ///< BEQ, BNE
  kBranchLess = kBranchEqual + 2,        ///< BLTU, BGEU, BLT, BGE
  kJumpRegister = kBranchLess + 4,
  kLoadWord,
  kStoreWord,
  kLoadPart,                   ///< LBU, LHU, LB, LH
  kStorePart = kLoadPart + 4,  ///< SB, SH
  kMul = kStorePart + 2,
  kMulHigh,             ///< MULHU, MULHSU, MULH
  kDiv = kMulHigh + 3,  ///< DIVU, REMU, DIV, REM
  kEcall = kDiv + 4,
  kOperations
};
constexpr u32 number(Operation o) {
  return static_cast<u32>(o);
}

}  // namespace atlas::zkvm
