#pragma once
// The machine's door as C++ (docs/guest-abi.md). Pointers are word-aligned; the "memory" clobber keeps the compiler's
// view of memory honest.
#include <base/guest_abi.hpp>

namespace atlas::platform {

inline u32 word_of(const void* pointer) {
  return static_cast<u32>(reinterpret_cast<std::uintptr_t>(pointer));
}

inline void ecall(abi::Ecall function, u32 first = 0, u32 second = 0, u32 third = 0, u32 fourth = 0, u32 fifth = 0) {
  register u32 a0 asm("a0") = first;
  register u32 a1 asm("a1") = second;
  register u32 a2 asm("a2") = third;
  register u32 a3 asm("a3") = fourth;
  register u32 a4 asm("a4") = fifth;
  register u32 a7 asm("a7") = static_cast<u32>(function);
  asm volatile("ecall" : : "r"(a0), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a7) : "memory");
}

[[noreturn]] inline void halt(u32 code) {
  for (;;) ecall(abi::Ecall::kHalt, code);
}

/// Text for whoever runs the executor; it has no effect on the machine.
inline void write_log(const char* text, std::size_t size) {
  ecall(abi::Ecall::kLog, word_of(text), static_cast<u32>(size));
}

/// The next words of the hints: untrusted, check them. Fewer left than asked for is a fault.
inline void read_hints(u32* out, std::size_t words) {
  for (; words > 0;) {
    const std::size_t part = words < abi::kHintWordsMax ? words : abi::kHintWordsMax;
    ecall(abi::Ecall::kHintRead, word_of(out), static_cast<u32>(part));
    out += part;
    words -= part;
  }
}

/// The public output, once.
inline void commit(const u32* output) {
  ecall(abi::Ecall::kCommit, word_of(output));
}

}  // namespace atlas::platform
