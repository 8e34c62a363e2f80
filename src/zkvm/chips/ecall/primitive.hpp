#pragma once
// What the chips of primitives have in common: the call they answer, and memory.
//
// Words are accessed in the primitive's own rows with access_memory(): operand k at time + kTickEcallReads + k, results
// at time + kTickEcallWrites. Where the result replaces operand 0 (EcallPlan::in_place) there is one access for both,
// at the time of writing: it receives the old value and sends the new one. Nothing of the call writes before, so that
// is the value that the operand had, whatever other operands share words with it.
#include <zkvm/machine/parts.hpp>

namespace atlas::zkvm::chips {

inline constexpr u32 kFirstPrimitive = 16;

/// A request of chips/ecall. Times of calls are at least kTicksPerEcall apart, so time (and time + 1 … time + 7) names
/// a call in messages between the rows of its chip.
template <class T>
struct PrimitiveCall {
  T time;
  T index;               ///< a0: a word of the window, below 2^30, alignment checked
  Limbs<T> argument[4];  ///< a1 to a4
  Limbs<T> immediate;    ///< −memory_begin
};

template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void receive_primitive(Builder& b, const T& when, const T& function,
                                                    const PrimitiveCall<T>& call) {
  const auto& a = call.argument;
  b.receive(kPrimitiveTag, when,
            {function, call.time, call.index, a[0].lo, a[0].hi, a[1].lo, a[1].hi, a[2].lo, a[2].hi, a[3].lo, a[3].hi,
             call.immediate.lo, call.immediate.hi});
}

/// `pointer` is argument a_k as a word of the window; 1 ≤ k ≤ 4. Misaligned pointers have no such word.
template <class Builder, class T>
ATLAS_FORCE_INLINE constexpr void check_pointer(Builder& b, const T& when, const PrimitiveCall<T>& call, unsigned k,
                                                const Address<T>& pointer) {
  check_address(b, when, call.argument[k - 1], call.immediate, b.constant(0), pointer);
}

}  // namespace atlas::zkvm::chips
