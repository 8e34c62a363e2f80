// The smoke program as freestanding rv32im: entry, allocator and the runtime hooks that libc++ headers ask for. It runs
// under qemu-riscv32, whose ecalls are Linux's; the proving machine's own ABI comes with the guest programs.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <string>

#include "smoke.hpp"

namespace {

constexpr long kLinuxWrite = 64;
constexpr long kLinuxExit = 93;
constexpr int kExitAbort = 3;

long linux_call(long function, long a, long b, long c) {
  register long a0 asm("a0") = a;
  register long a1 asm("a1") = b;
  register long a2 asm("a2") = c;
  register long a7 asm("a7") = function;
  asm volatile("ecall" : "+r"(a0) : "r"(a1), "r"(a2), "r"(a7) : "memory");
  return a0;
}
[[noreturn]] void quit(int code) {
  for (;;) linux_call(kLinuxExit, code, 0, 0);
}
void print(const char* text, std::size_t size) {
  linux_call(kLinuxWrite, 1, reinterpret_cast<long>(text), static_cast<long>(size));
}

// A bump heap: nothing is ever given back, which a run of bounded length can afford and a proof finds cheapest.
constexpr std::size_t kHeapBytes = 192u << 20;
constexpr std::uintptr_t kAlign = 16;
alignas(kAlign) unsigned char heap[kHeapBytes];
std::size_t used = 0;

void* allocate(std::size_t size) {
  const std::size_t rounded = (size + kAlign - 1) & ~static_cast<std::size_t>(kAlign - 1);
  if (rounded < size || rounded > kHeapBytes - used) {
    static constexpr char kMessage[] = "smoke: heap exhausted\n";
    print(kMessage, sizeof kMessage - 1);
    quit(kExitAbort);
  }
  void* block = heap + used;
  used += rounded;
  return block;
}

}  // namespace

void* operator new(std::size_t size) {
  return allocate(size);
}
void* operator new[](std::size_t size) {
  return allocate(size);
}
void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  return allocate(size);
}
void* operator new(std::size_t size, std::align_val_t align) {
  const auto wanted = static_cast<std::size_t>(align);
  auto* block = static_cast<unsigned char*>(allocate(size + wanted));
  const auto address = reinterpret_cast<std::uintptr_t>(block);
  return block + ((wanted - address % wanted) % wanted);
}
void operator delete(void*) noexcept {}
void operator delete(void*, std::size_t) noexcept {}
void operator delete(void*, std::align_val_t) noexcept {}
void operator delete(void*, std::size_t, std::align_val_t) noexcept {}
void operator delete[](void*) noexcept {}
void operator delete[](void*, std::size_t) noexcept {}

namespace std {
inline namespace __1 {
[[noreturn]] void __libcpp_verbose_abort(const char* format, ...) {
  print(format, char_traits<char>::length(format));
  quit(kExitAbort);
}
// libc++ declares these as living in its library, which the guest has not.
template class basic_string<char>;
}  // namespace __1
}  // namespace std

extern "C" {
[[noreturn]] void __cxa_pure_virtual() {
  quit(kExitAbort);
}
void abort() {
  quit(kExitAbort);
}
// Nothing runs after the end, so static objects are never destroyed.
int __cxa_atexit(void (*)(void*), void*, void*) {
  return 0;
}
void* __dso_handle = nullptr;

using Initializer = void (*)();
extern Initializer __init_array_start[];
extern Initializer __init_array_end[];

[[noreturn]] void smoke_main() {
  for (Initializer* f = __init_array_start; f != __init_array_end; ++f) (*f)();
  const std::string text = atlas::smoke::run_block();
  print(text.data(), text.size());
  quit(0);
}

[[noreturn, gnu::naked]] void _start() {
  asm volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "andi sp, sp, -16\n"
      "j smoke_main\n");
}
}
