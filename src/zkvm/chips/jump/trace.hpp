#pragma once
#include <zkvm/chips/jump/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

inline RowOf<JumpRegister> trace_row(std::type_identity<JumpRegister>, const StepView& s) {
  RowOf<JumpRegister> row{};
  row.real = 1;
  row.at = s.at;
  row.rs1 = s.rs1;
  row.rd = s.rd;
  row.immediate = s.fields.immediate;
  row.link = s.fields.auxiliary;
  const u32 distance = s.x + s.fields.immediate.lo + (s.fields.immediate.hi << 16);
  row.bit = distance & 1;
  row.target = {(distance & 0xffff) >> 2, distance >> 16};
  return row;
}

}  // namespace atlas::zkvm::chips
