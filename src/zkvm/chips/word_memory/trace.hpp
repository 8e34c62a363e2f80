#pragma once
#include <zkvm/chips/word_memory/chip.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

inline RowOf<LoadWord> trace_row(std::type_identity<LoadWord>, const StepView& s) {
  return {1, s.at, s.rs1, s.rd, s.fields.immediate, s.address(), s.word};
}
inline RowOf<StoreWord> trace_row(std::type_identity<StoreWord>, const StepView& s) {
  return {1, s.at, s.rs1, s.rs2, s.fields.immediate, s.address(), s.word};
}

}  // namespace atlas::zkvm::chips
