#pragma once
#include <zkvm/chips/bitwise/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

template <bool kImmediate>
RowOf<BitwiseChip<kImmediate>> trace_row(std::type_identity<BitwiseChip<kImmediate>>, const StepView& s) {
  RowOf<BitwiseChip<kImmediate>> row{};
  row.is_xor = s.op == Op::kXor || s.op == Op::kXori;
  row.is_or = s.op == Op::kOr || s.op == Op::kOri;
  row.is_and = s.op == Op::kAnd || s.op == Op::kAndi;
  row.at = s.at;
  row.rs1 = s.rs1;
  if constexpr (kImmediate) {
    row.second = s.fields.immediate;
  } else {
    row.second = s.rs2;
  }
  row.rd = s.rd;
  row.result = limbs_of(s.result);
  const u32 both = s.x & s.y;
  row.x0 = s.x & 255;
  row.x2 = s.x >> 16 & 255;
  row.y0 = s.y & 255;
  row.y2 = s.y >> 16 & 255;
  row.n0 = both & 255;
  row.n1 = both >> 8 & 255;
  row.n2 = both >> 16 & 255;
  row.n3 = both >> 24;
  return row;
}

}  // namespace atlas::zkvm::chips
