#pragma once
#include <zkvm/chips/shift/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

template <bool kImmediate>
RowOf<ShiftChip<kImmediate>> trace_row(std::type_identity<ShiftChip<kImmediate>>, const StepView& s) {
  RowOf<ShiftChip<kImmediate>> row{};
  row.is_sll = s.op == Op::kSll || s.op == Op::kSlli;
  row.is_srl = s.op == Op::kSrl || s.op == Op::kSrli;
  row.is_sra = s.op == Op::kSra || s.op == Op::kSrai;
  row.at = s.at;
  row.rs1 = s.rs1;
  const u32 amount = s.y & 31, k = amount >> 3;
  if constexpr (kImmediate) {
    row.second = amount;
  } else {
    row.second = s.rs2;
  }
  row.rd = s.rd;
  row.result = limbs_of(s.result);
  row.x0 = s.x & 255;
  row.x2 = s.x >> 16 & 255;
  row.k1 = k == 1;
  row.k2 = k == 2;
  row.k3 = k == 3;
  row.r = amount & 7;
  row.power = u32{1} << (row.is_sll != 0 ? row.r : 8 - row.r);
  for (unsigned i = 0; i < 4; ++i) {
    const u32 moved = (s.x >> 8 * i & 255) * row.power;
    row.low[i] = moved & 255;
    row.high[i] = moved >> 8;
  }
  row.sign = row.is_sra & s.x >> 31;
  row.fill = row.sign * (256 - row.power);
  return row;
}

}  // namespace atlas::zkvm::chips
