#pragma once
#include <zkvm/chips/compare/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

inline Comparison<u32> comparison_of(u32 x, u32 y, bool is_signed) {
  const bool less = is_signed ? static_cast<i32>(x) < static_cast<i32>(y) : x < y;
  return {less, (x & 0xffff) < (y & 0xffff), is_signed ? x >> 31 : 0, is_signed ? y >> 31 : 0};
}

template <bool kImmediate>
RowOf<CompareChip<kImmediate>> trace_row(std::type_identity<CompareChip<kImmediate>>, const StepView& s) {
  RowOf<CompareChip<kImmediate>> row{};
  row.real = 1;
  row.is_signed = s.op == Op::kSlt || s.op == Op::kSlti;
  row.at = s.at;
  row.rs1 = s.rs1;
  if constexpr (kImmediate) {
    row.second = s.fields.immediate;
  } else {
    row.second = s.rs2;
  }
  row.rd = s.rd;
  row.order = comparison_of(s.x, s.y, row.is_signed != 0);
  return row;
}

}  // namespace atlas::zkvm::chips
