#pragma once
#include <zkvm/chips/part_memory/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

inline Part<u32> part_of(const StepView& s) {
  const u32 limb = (s.offset & 2) != 0 ? s.word.hi : s.word.lo;
  return {s.offset & 1, s.offset >> 1 & 1, limb, limb & 255};
}

inline RowOf<LoadPart> trace_row(std::type_identity<LoadPart>, const StepView& s) {
  RowOf<LoadPart> row{};
  row.is_half = s.op == Op::kLh || s.op == Op::kLhu;
  row.is_byte = 1 - row.is_half;
  row.is_signed = s.op == Op::kLb || s.op == Op::kLh;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rd = s.rd;
  row.immediate = s.fields.immediate;
  row.address = s.address();
  row.word = s.word;
  row.part = part_of(s);
  row.top_byte = row.is_half != 0 || row.part.bit0 != 0 ? row.part.limb >> 8 : row.part.low_byte;
  row.sign = row.is_signed & row.top_byte >> 7;
  row.value_lo = s.result & 0xffff;
  return row;
}

inline RowOf<StorePart> trace_row(std::type_identity<StorePart>, const StepView& s) {
  RowOf<StorePart> row{};
  row.is_half = s.op == Op::kSh;
  row.is_byte = 1 - row.is_half;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rs2 = s.rs2;
  row.immediate = s.fields.immediate;
  row.address = s.address();
  row.word = s.word;
  row.part = part_of(s);
  row.byte = s.y & 255;
  row.stored = limbs_of(s.word_after);
  row.limb = row.part.bit1 != 0 ? row.stored.hi : row.stored.lo;
  return row;
}

}  // namespace atlas::zkvm::chips
