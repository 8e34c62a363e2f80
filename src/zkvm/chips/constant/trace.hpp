#pragma once
#include <zkvm/chips/constant/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

inline RowOf<Constant> trace_row(std::type_identity<Constant>, const StepView& s) {
  return {1, s.at, s.rd, s.fields.immediate, s.fields.auxiliary.lo};
}

}  // namespace atlas::zkvm::chips
