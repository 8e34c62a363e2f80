#pragma once
#include <zkvm/chips/add/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

template <bool kSubtract>
RowOf<AddRegister<kSubtract>> trace_row(std::type_identity<AddRegister<kSubtract>>, const StepView& s) {
  return {1, s.at, s.rs1, s.rs2, s.rd, limbs_of(s.result)};
}
inline RowOf<AddImmediate> trace_row(std::type_identity<AddImmediate>, const StepView& s) {
  return {1, s.at, s.rs1, s.rd, s.fields.immediate, limbs_of(s.result)};
}

}  // namespace atlas::zkvm::chips
