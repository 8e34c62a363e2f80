#pragma once
// A recorded step as trace generators want it: operands, accesses and the program table's fields side by side.
#include <type_traits>

#include <zkvm/executor/observe.hpp>
#include <zkvm/machine/program_table.hpp>

namespace atlas::zkvm {

inline constexpr u32 kGapLowMask = (u32{1} << kGapLowBits) - 1;

constexpr Limbs<u32> limbs_of(u32 word) {
  return {word & 0xffff, word >> 16};
}
/// Low bits of the gap between two accesses.
constexpr u32 gap_of(u32 time, u32 last) {
  return (time - last - 1) & kGapLowMask;
}
constexpr RegisterAccess<u32> register_access(u32 index, u32 value, u32 last, u32 time) {
  return {index, value & 0xffff, value >> 16, last, gap_of(time, last)};
}
constexpr MemoryWord<u32> memory_word(u32 value, u32 last, u32 time) {
  return {value & 0xffff, value >> 16, last, gap_of(time, last)};
}
/// An integer modulo p.
constexpr u32 field_of(i64 value) {
  constexpr i64 kP = BabyBear::kModulus;
  return static_cast<u32>((value % kP + kP) % kP);
}

struct StepView {
  Op op;
  Cursor<u32> at;
  RegisterAccess<u32> rs1, rs2, rd;
  Fields<u32> fields;
  u32 x = 0, y = 0;  ///< operands: rs1; rs2 or the immediate
  u32 result = 0;    ///< what rd becomes
  u32 next_slot = 0;
  u32 offset = 0;  ///< loads and stores: address in the window
  MemoryWord<u32> word{};
  u32 word_after = 0;

  Address<u32> address() const { return {(offset & 0xffff) >> 2, offset >> 16}; }
};

/// The row of chip Chip for this step: one overload of trace_row(std::type_identity<Chip>, view) beside each chip.
template <class Chip>
using RowOf = typename Chip::template Row<u32>;

}  // namespace atlas::zkvm
