#pragma once
// Cells of numbers, from words of a call.
#include <span>

#include <zkvm/chips/ecall/primitive_trace.hpp>
#include <zkvm/chips/u256/number.hpp>

namespace atlas::zkvm::chips {

inline void set_words(std::span<const EcallWord> words, u32 time, MemoryWord<u32>* out) {
  for (const EcallWord& w : words) *out++ = memory_word(w.before, w.last, time);
}
/// The number of eight words before or after the call.
inline Number<u32> number_of(std::span<const EcallWord> words, u32 EcallWord::* value) {
  Number<u32> out;
  for (unsigned i = 0; i < kNumberWords; ++i) {
    out.limb[2 * i] = words[i].*value & 0xffff;
    out.limb[2 * i + 1] = words[i].*value >> 16;
  }
  return out;
}
inline NumberBytes<u32> bytes_of(const Number<u32>& number) {
  NumberBytes<u32> out;
  for (unsigned i = 0; i < kNumberLimbs; ++i) {
    out.byte[2 * i] = number.limb[i] & 255;
    out.byte[2 * i + 1] = number.limb[i] >> 8;
  }
  return out;
}
inline LowBytes<u32> low_bytes_of(const Number<u32>& number) {
  LowBytes<u32> out;
  for (unsigned i = 0; i < kNumberLimbs; ++i) out.byte[i] = number.limb[i] & 255;
  return out;
}

}  // namespace atlas::zkvm::chips
