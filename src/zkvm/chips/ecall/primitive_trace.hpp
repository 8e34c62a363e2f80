#pragma once
#include <zkvm/chips/ecall/primitive.hpp>
#include <zkvm/prover/step_view.hpp>

namespace atlas::zkvm::chips {

/// A word's index as rows take it apart.
constexpr Address<u32> address_of_index(u32 index) {
  return {index & 0x3fff, index >> 14};
}

/// `pointer`: an argument that points to the word `index`; it tells where the window begins.
inline PrimitiveCall<u32> primitive_call(const EcallStep& s, unsigned pointer, u32 index) {
  const auto& a = s.plan->arguments;
  PrimitiveCall<u32> call{};
  call.time = s.time;
  call.immediate = limbs_of(4 * index - a[pointer]);
  call.index = (a[0] + 4 * index - a[pointer]) / 4;
  for (unsigned k = 0; k < 4; ++k) call.argument[k] = limbs_of(a[k + 1]);
  return call;
}

}  // namespace atlas::zkvm::chips
